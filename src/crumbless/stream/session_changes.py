"""Changes that other nodes and commands have made to sessions and operators since a node last checked."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from crumbless.realtime.session_state import SessionChanges, SessionState
from crumbless.realtime.tables import operator, session
from crumbless.visitors.visitor_reach import reach_summaries


def read_session_changes(connection: Connection, ids: Sequence[str], since: int) -> SessionChanges:
    """Return the state of these sessions, and the other sessions that ended and operators that changed since `since`
    (ms)."""
    rows = connection.execute(
        select(session.c.id, session.c.ended_at, session.c.authenticated_at, operator.c.changed_at)
        .outerjoin(operator, operator.c.id == session.c.operator_id)
        .where(session.c.id.in_(ids))
    )
    reach = reach_summaries(connection, ids)
    states = {
        row.id: SessionState(row.ended_at is not None, row.changed_at or 0, row.authenticated_at, reach.get(row.id))
        for row in rows
    }
    ended = connection.execute(select(session.c.id).where(session.c.ended_at >= since)).scalars().all()
    people = connection.execute(select(operator.c.id, operator.c.changed_at).where(operator.c.changed_at >= since))
    return SessionChanges(states, ended, [(row.id, row.changed_at) for row in people])
