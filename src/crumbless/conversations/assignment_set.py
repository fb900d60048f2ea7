"""Assigns a conversation to an operator, a team or both."""

from sqlalchemy import Connection, and_, select, update

from crumbless.conversations.actor_entry import actor_entry
from crumbless.conversations.entry_target import find_place, is_stored
from crumbless.conversations.operator_find import require_operators, require_team
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_port import Operation
from crumbless.ledger.tables import conversation
from crumbless.protocol.frames import Assign
from crumbless.protocol.timeline import AssignedData
from crumbless.realtime.operator_change import change_operators
from crumbless.realtime.tables import operator, operator_scope
from crumbless.security.access import Session


def assign_conversation(actor: Session, frame: Assign) -> NewEntry:
    """Return the assignment as an entry."""
    return actor_entry(actor, frame, "assigned", AssignedData(frame.operator, frame.team))


def check_assignment(frame: Assign) -> None:
    """Raises ApiError `invalid` if nothing is assigned."""
    if frame.operator is None and frame.team is None:
        raise ApiError("invalid", "Name an operator or a team.")


def before_assignment(actor: Session, frame: Assign) -> Operation[None]:
    """Return the operation that stores the operator and the team.

    It raises ApiError: see `find_place`; `unknown_operator` if the actor does not see the team. Also if the operator is
    not active, or does not see the conversation afterwards.
    """

    def assign(connection: Connection) -> None:
        if is_stored(connection, actor, frame.id):
            return
        place = find_place(connection, actor, frame.conversation)
        team_id = place.team_id if frame.team is None else frame.team or None
        operator_id = place.operator_id if frame.operator is None else frame.operator or None
        if frame.team:
            require_team(connection, actor, frame.team)
        if frame.operator:
            require_operators(connection, actor.workspace, [frame.operator], place.site_id, team_id)
        connection.execute(
            update(conversation).where(conversation.c.no == place.no).values(team_id=team_id, operator_id=operator_id)
        )
        if place.team_id is not None and place.team_id != team_id:
            _hide(connection, place.team_id, place.site_id)

    return assign


def _hide(connection: Connection, team_id: str, site_id: int) -> None:
    """Give a new number to the lists with the team and without the site.

    Their operators no longer see the conversation. Their desks delete their data, and load what they see now.
    """
    of_team = select(operator_scope.c.operator_id).where(operator_scope.c.team_id == team_id)
    of_site = select(operator_scope.c.operator_id).where(operator_scope.c.site_id == site_id)
    limited = and_(operator.c.id.in_(of_team), operator.c.id.not_in(of_site), operator.c.scoped_at.is_not(None))
    change_operators(connection, limited, scoped_at=now_ms())
