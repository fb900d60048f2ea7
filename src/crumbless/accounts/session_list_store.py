"""Reads and ends the sessions of operators."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, update

from crumbless.core.ids import confirmed_ms, latest_ms
from crumbless.core.time_units import HOUR_MS
from crumbless.realtime.session_store import end_sessions, read_sessions
from crumbless.realtime.tables import session
from crumbless.security.access import Session


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session in the list that its operator sees."""

    id: str
    device: str
    time_zone_name: str
    factors: str
    created_at: int
    last_seen_at: int
    expires_at: int


def sessions_of(connection: Connection, operator_id: str, seen_after: int) -> list[ListedSession]:
    """Return the operator's sessions that have neither ended nor expired, the last used first.

    Args:
        seen_after: sessions that were last used before this time have expired.
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
            id=row.id,
            device=row.device,
            time_zone_name=row.time_zone_name,
            factors=row.factors,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


def end_sessions_of(
    connection: Connection, operator_id: str, *, except_id: str | None = None, only: str | None = None
) -> Sequence[Session]:
    """End an operator's sessions: all, all but `except_id`, or `only` one. Return those that were active.

    From the commit on their tokens are invalid and their streams close.
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
    """Return whether the operator has had a session on a device of this name."""
    return (
        connection.execute(
            select(session.c.id).where(session.c.operator_id == operator_id, session.c.device == device).limit(1)
        ).scalar()
        is not None
    )


def has_had_session(connection: Connection, operator_id: str) -> bool:
    """Return whether the operator has ever signed in."""
    query = select(session.c.id).where(session.c.operator_id == operator_id).limit(1)
    return connection.execute(query).scalar() is not None


def note_seen(connection: Connection, session_ids: Collection[str], at: int) -> None:
    """Record that these sessions were used. A later time is not replaced, unless a wrong clock put it in the future."""
    seen_at = session.c.last_seen_at
    wrong = or_(seen_at < at, seen_at > latest_ms() + HOUR_MS)
    connection.execute(update(session).where(session.c.id.in_([*session_ids]), wrong).values(last_seen_at=at))
