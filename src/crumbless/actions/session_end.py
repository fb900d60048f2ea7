"""Sessions of operators end: their own choice, after a change of factors, or when somebody is disabled."""

from collections.abc import Sequence

from sqlalchemy import Connection

from crumbless.actions.audit_write import write_audit
from crumbless.domain.access import Session
from crumbless.store.session_store import end_sessions_of


def end_own(connection: Connection, by: Session, only: str | None = None) -> Sequence[Session]:
    """End every session of the operator, or only one; those that had not ended yet."""
    return _written(connection, by, end_sessions_of(connection, by.subject, only=only))


def end_others_of(connection: Connection, by: Session) -> Sequence[Session]:
    """End every session of the operator but the one that asks; those that had not ended yet."""
    return _written(connection, by, end_sessions_of(connection, by.subject, but_not=by.id))


def _written(connection: Connection, by: Session, ended: Sequence[Session]) -> Sequence[Session]:
    for one in ended:
        write_audit(connection, by, "session_ended", target_kind="session", target_id=one.id)
    return ended
