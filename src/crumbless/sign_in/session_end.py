"""Ends an operator's sessions, at their request or after a change of their factors."""

from collections.abc import Sequence

from sqlalchemy import Connection

from crumbless.accounts.session_list_store import end_sessions_of
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.ledger.transaction import Transaction
from crumbless.security.access import Session


def end_own(tx: Transaction, actor: Session, only: str | None = None) -> Sequence[Session]:
    """End all sessions of the operator, or `only` one. Return those that had not ended yet."""
    return _logged(tx.connection, actor, end_sessions_of(tx.connection, actor.subject, only=only))


def end_others_of(tx: Transaction, actor: Session) -> Sequence[Session]:
    """End all other sessions of the operator. Return those that had not ended yet."""
    return _logged(tx.connection, actor, end_sessions_of(tx.connection, actor.subject, except_id=actor.id))


def _logged(connection: Connection, actor: Session, ended: Sequence[Session]) -> Sequence[Session]:
    for one in ended:
        write_audit_log(connection, actor, "session_ended", target_kind="session", target_id=one.id)
    return ended
