"""Hands over the pending invitations that an operator sent."""

from sqlalchemy import Connection

from crumbless.people.handover import Departure, HandoverRow
from crumbless.people.invitation_store import change_sender, invitations_by
from crumbless.people.person_invite import end_invitations_by
from crumbless.security.access import may_invite


def _count(connection: Connection, workspace: int, operator_id: str) -> int:
    return len(invitations_by(connection, workspace, operator_id))


def _give(connection: Connection, departure: Departure) -> int:
    """Make the colleague the sender of invitations that they may send, and revoke the others."""
    actor, colleague, given = departure.actor, departure.colleague, 0
    for found in invitations_by(connection, actor.workspace, departure.leaver.id):
        if colleague is not None and may_invite(colleague.role, found.role):
            change_sender(connection, found.id, colleague.id)
            given += 1
    end_invitations_by(connection, actor, actor.workspace, departure.leaver.id)
    return given


INVITATIONS = HandoverRow("invitations", _count, _give)
