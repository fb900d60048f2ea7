"""Reads the operators of a workspace, its teams and its invitations."""

import msgspec
from sqlalchemy import Connection

from crumbless.people.invitation_store import pending_invitations
from crumbless.people.member_store import list_operators
from crumbless.people.people_wire import PendingInvitation, PeopleResponse
from crumbless.people.scope_store import list_site_names
from crumbless.people.team_store import list_teams
from crumbless.security.access import Session
from crumbless.security.visibility import visible


def read_people(connection: Connection, actor: Session) -> PeopleResponse:
    """Return operators and teams. Add invitations and sites for an operator who manages people."""
    people, teams = list_operators(connection, actor.workspace), list_teams(connection, actor.workspace)
    if not actor.may("manage_people"):
        return PeopleResponse(people, teams, [], [])
    sites = list_site_names(connection, actor.workspace, visible(actor))
    invited = pending_invitations(connection, actor.workspace)
    return PeopleResponse(people, teams, sites, msgspec.convert(invited, list[PendingInvitation], from_attributes=True))
