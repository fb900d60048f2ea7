"""Reads and writes sessions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, insert, or_, select, update

from crumbless.core.ids import now_ms
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.events import SessionEnded
from crumbless.realtime.scope_read import read_scope
from crumbless.realtime.tables import account_policy, operator, session, visitor
from crumbless.security.access import Session
from crumbless.security.account_policy import AccountPolicy


def add_session(
    connection: Connection,
    who: Session,
    token_hash: bytes,
    factors: str = "",
    device: str = "",
    time_zone_name: str = "",
    *,
    verified: bool = False,
) -> None:
    """Store a session. Only a hash of its token is stored.

    `factors`: those that were used, such as "password totp". `device` and `time_zone_name`: coarse texts for the list.
    `verified`: the site verified the visitor in this session.
    """
    is_visitor = who.role == "visitor"
    connection.execute(
        insert(session).values(
            id=who.id,
            workspace_id=who.workspace,
            token_hash=token_hash,
            thumbprint=who.thumbprint,
            operator_id=None if is_visitor else who.subject,
            visitor_id=who.subject if is_visitor else None,
            created_at=now_ms(),
            expires_at=who.expires_at,
            last_seen_at=now_ms(),
            authenticated_at=who.authenticated_at,
            factors=factors,
            device=device,
            time_zone_name=time_zone_name,
            verified=int(verified),
        )
    )


def find_session(connection: Connection, token_hash: bytes) -> Session | None:
    """Return the active session of this token. The caller checks its expiry, idle time and key."""
    row = connection.execute(_OF_TOKEN, {"token_hash": token_hash}).first()
    if row is None:
        return None
    found = _session(row)
    if row.operator_id:
        found.scope = None if row.scoped_at is None else read_scope(connection, row.operator_id)
    return found


def remove_visitor_sessions(connection: Connection, visitor_id: str) -> Sequence[Session]:
    """Delete all sessions of a visitor. Return those that were active."""
    rows = connection.execute(
        _sessions().where(and_(session.c.visitor_id == visitor_id, session.c.ended_at.is_(None)))
    ).all()
    connection.execute(delete(session).where(session.c.visitor_id == visitor_id))
    return _announce_end(connection, [_session(row) for row in rows])


def read_sessions(connection: Connection, *conditions: ColumnElement[bool]) -> list[Session]:
    """Return the sessions that match the conditions, without their operators' scopes. They are about to be ended."""
    return [_session(row) for row in connection.execute(_sessions().where(*conditions))]


def _sessions() -> Select[Any]:
    return (
        select(
            session,
            operator.c.name.label("operator_name"),
            operator.c.role,
            operator.c.changed_at,
            operator.c.scoped_at,
            visitor.c.name.label("visitor_name"),
            account_policy.c.second_factor_from,
            account_policy.c.provider_only,
            account_policy.c.session_hours,
            account_policy.c.idle_minutes,
        )
        .outerjoin(operator, operator.c.id == session.c.operator_id)
        .outerjoin(visitor, visitor.c.id == session.c.visitor_id)
        .outerjoin(account_policy, account_policy.c.workspace_id == operator.c.workspace_id)
    )


# Built once: see timeline_read.py.
_OF_TOKEN = _sessions().where(
    session.c.token_hash == bindparam("token_hash"),
    session.c.ended_at.is_(None),
    or_(operator.c.status.is_(None), operator.c.status == "active"),
)


def _session(row: Any) -> Session:
    # Without an operator or a policy, all these columns are null, and nothing is required.
    policy = AccountPolicy(row.second_factor_from, bool(row.provider_only), row.session_hours, row.idle_minutes)
    return Session(
        id=row.id,
        role=row.role if row.operator_id else "visitor",
        workspace=row.workspace_id,
        subject=row.operator_id or row.visitor_id,
        name=row.operator_name or row.visitor_name or "",
        thumbprint=row.thumbprint,
        expires_at=policy.end_of(row.created_at, row.expires_at, row.factors),
        authenticated_at=row.authenticated_at,
        seen_at=row.last_seen_at,
        changed_at=row.changed_at or 0,
        idle_ms=policy.idle_ms,
        second_factor_from=policy.second_factor_due(row.factors),
    )


def end_sessions(connection: Connection, ended: Sequence[Session]) -> None:
    """End these sessions: from the commit on their tokens are invalid and their streams close."""
    if ended:
        ids = [one.id for one in ended]
        connection.execute(update(session).where(session.c.id.in_(ids)).values(ended_at=now_ms()))
        _announce_end(connection, ended)


def _announce_end(connection: Connection, ended: Sequence[Session]) -> Sequence[Session]:
    for one in ended:
        after_commit(connection, SessionEnded(one))
    return ended


def set_factor_at(connection: Connection, session_id: str, at: int) -> None:
    """Store when the session's user last authenticated."""
    connection.execute(update(session).where(session.c.id == session_id).values(authenticated_at=at))


def find_factor_at(connection: Connection, session_id: str) -> int:
    """Return when the session's user last authenticated (milliseconds); 0 if the session does not exist."""
    return connection.execute(select(session.c.authenticated_at).where(session.c.id == session_id)).scalar() or 0
