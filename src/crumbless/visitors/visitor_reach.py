"""Decides which conversations a visitor's session can access. No other code decides this.

A session belongs to a visitor and can access all conversations of that visitor. If the site verified the visitor in
this very session, it can also access those of the contact's other visitors. These are the contact's other devices. A
session from a code, a link or an old key may be another person's, so it cannot access those of other visitors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select, union

from crumbless.core.errors import ApiError
from crumbless.core.ids import is_id
from crumbless.ledger.tables import conversation
from crumbless.realtime.session_state import MOST_REMEMBERED, reach_summary
from crumbless.realtime.session_store import find_session
from crumbless.realtime.tables import session, visitor
from crumbless.security.access import Session


@dataclass(frozen=True, slots=True)
class Reach:
    """IDs of the visitors whose conversations a session can access. `contact` is set only in a verified session."""

    visitors: list[str]
    contact: str | None


_mate = visitor.alias("mate")
_lives = (session.c.id == bindparam("session")) & session.c.ended_at.is_(None)
_CONTACT = (
    select(visitor.c.contact_id)
    .join(session, session.c.visitor_id == visitor.c.id)
    .where(_lives, session.c.verified == 1)
)
REACHED_VISITORS = union(
    select(session.c.visitor_id.label("id")).where(_lives),
    select(_mate.c.id).where(_mate.c.contact_id == _CONTACT.scalar_subquery()),
)
"""The visitors whose conversations the session of the parameter `session` can access; none once it has ended."""

REACHED = conversation.c.visitor_id.in_(select(REACHED_VISITORS.subquery().c.id))
"""The condition for the conversations that the session can access."""

# Built once: see timeline_read.py.
_NEWEST = select(conversation.c.id).where(REACHED).order_by(conversation.c.no.desc()).limit(MOST_REMEMBERED)
_ONE = select(conversation.c.id).where(REACHED, conversation.c.id == bindparam("conversation"))


def reach_of(connection: Connection, session_id: str) -> Reach:
    """Return the visitors whose conversations the session can access.

    Raises:
        ApiError: `invalid_token` for a session that has ended.
    """
    found = [*connection.execute(REACHED_VISITORS, {"session": session_id}).scalars()]
    if not found:
        raise ApiError("invalid_token")
    return Reach(sorted(found), connection.execute(_CONTACT, {"session": session_id}).scalar())


def newest_reached(connection: Connection, session_id: str) -> tuple[str, ...]:
    """Return the IDs of the newest conversations that the session can access, the last started first."""
    return (*connection.execute(_NEWEST, {"session": session_id}).scalars(),)


def newest_reached_by(connection: Connection, session_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the result of `newest_reached` for each session. Sessions that have ended are left out."""
    found = {one: newest_reached(connection, one) for one in session_ids}
    return {one: reach for one, reach in found.items() if reach}


_their = session.c.id.in_(bindparam("sessions", expanding=True)) & session.c.ended_at.is_(None)
_pairs = union(
    select(session.c.id.label("session_id"), session.c.visitor_id).where(_their),
    select(session.c.id, _mate.c.id)
    .join(visitor, visitor.c.id == session.c.visitor_id)
    .join(_mate, _mate.c.contact_id == visitor.c.contact_id)
    .where(_their, session.c.verified == 1),
).subquery()
_counted = (
    select(_pairs.c.session_id, func.count().label("conversations"), func.max(conversation.c.no).label("newest"))
    .join(conversation, conversation.c.visitor_id == _pairs.c.visitor_id)
    .group_by(_pairs.c.session_id)
    .subquery()
)
_SUMMARIES = select(_counted.c.session_id, conversation.c.id, _counted.c.conversations).join(
    conversation, conversation.c.no == _counted.c.newest
)


def reach_summaries(connection: Connection, session_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Return the `reach_summary` of each of these sessions that reaches a conversation, in one query."""
    rows = connection.execute(_SUMMARIES, {"sessions": [*session_ids]})
    return {row.session_id: reach_summary(row.id, row.conversations) for row in rows}


def reaches(connection: Connection, session_id: str, conversation_id: str) -> bool:
    """Return whether the session can access the conversation."""
    # PostgreSQL cannot store a NUL, and no ID contains one.
    if not is_id(conversation_id):
        return False
    return connection.execute(_ONE, {"session": session_id, "conversation": conversation_id}).first() is not None


def choose_reached(connection: Connection, session_id: str, requested: str | None) -> str:
    """Return the conversation that a request names, or the newest.

    Raises:
        ApiError: `unknown_conversation` if the session cannot access it or has ended.
    """
    if requested is None:
        newest = newest_reached(connection, session_id)
        if newest:
            return newest[0]
    elif reaches(connection, session_id, requested):
        return requested
    raise ApiError("unknown_conversation")


def find_reaching_session(connection: Connection, token_hash: bytes) -> Session | None:
    """Return the active session of this token, with the conversations that it can access."""
    found = find_session(connection, token_hash)
    if found is not None and found.role == "visitor":
        found.reach = newest_reached(connection, found.id)
    return found
