"""The operators' sessions, to be listed and ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, update

from crumbless.domain.access import Session
from crumbless.ids import confirmed_ms, latest_ms
from crumbless.store.people_store import end_sessions, read_sessions
from crumbless.store.tables import session

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session as its owner sees it."""

    id: str
    device: str
    time_zone_name: str
    factors: str
    created_at: int
    last_seen_at: int
    expires_at: int


def sessions_of(connection: Connection, operator_id: str, seen_after: int) -> list[ListedSession]:
    """The operator's sessions that have neither ended nor expired, the last used first.

    Args:
        seen_after: those that were last used before then have expired.
    """
    rows = connection.execute(
        select(session)
        .where(
            session.c.operator_id == operator_id,
            session.c.ended_at.is_(None),
            session.c.expires_at > confirmed_ms(),
            session.c.last_seen_at > seen_after,
        )
        .order_by(session.c.last_seen_at.desc(), session.c.created_at.desc())
    )
    return [
        ListedSession(
            row.id, row.device, row.time_zone_name, row.factors, row.created_at, row.last_seen_at, row.expires_at
        )
        for row in rows
    ]


def end_sessions_of(
    connection: Connection, operator_id: str, *, except_id: str | None = None, only: str | None = None
) -> Sequence[Session]:
    """End an operator's sessions, all but one or only one; those that had not ended yet.

    Their tokens are worth nothing from the commit on, and their streams close.
    """
    conditions = [session.c.operator_id == operator_id, session.c.ended_at.is_(None)]
    if except_id is not None:
        conditions.append(session.c.id != except_id)
    if only is not None:
        conditions.append(session.c.id == only)
    found = read_sessions(connection, *conditions)
    end_sessions(connection, found)
    return found


def is_known_device(connection: Connection, operator_id: str, device: str) -> bool:
    """Whether the operator has had a session on a device of this name."""
    return (
        connection.execute(
            select(session.c.id).where(session.c.operator_id == operator_id, session.c.device == device).limit(1)
        ).scalar()
        is not None
    )


def has_had_session(connection: Connection, operator_id: str) -> bool:
    """Whether the operator has ever signed in."""
    query = select(session.c.id).where(session.c.operator_id == operator_id).limit(1)
    return connection.execute(query).scalar() is not None


def find_factor_at(connection: Connection, session_id: str) -> int:
    """When a factor was last shown in the session, in milliseconds; 0 for one that is not there."""
    return connection.execute(select(session.c.authenticated_at).where(session.c.id == session_id)).scalar() or 0


def note_seen(connection: Connection, session_ids: Collection[str], at: int) -> None:
    """These sessions were used. A later time is kept, unless it is from the future: it would put off the idle limit."""
    seen_at = session.c.last_seen_at
    wrong = or_(seen_at < at, seen_at > latest_ms() + HOUR_MS)
    connection.execute(update(session).where(session.c.id.in_([*session_ids]), wrong).values(last_seen_at=at))
