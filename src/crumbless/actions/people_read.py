"""Reads the operators of a workspace, its teams and its invitations."""

import msgspec
from sqlalchemy import Connection

from crumbless.domain.access import Session
from crumbless.domain.wire_people import PendingInvitation, PeopleView
from crumbless.store.invitation_store import pending_invitations
from crumbless.store.operator_store import list_people
from crumbless.store.team_store import list_teams


def read_people(connection: Connection, by: Session) -> PeopleView:
    """Return operators and teams; also invitations, to those who manage people."""
    people, teams = list_people(connection, by.workspace), list_teams(connection, by.workspace)
    invited = pending_invitations(connection, by.workspace) if by.may("manage_people") else []
    return PeopleView(people, teams, msgspec.convert(invited, list[PendingInvitation], from_attributes=True))
