"""Reads the operators of a workspace, its teams and its invitations."""

import msgspec
from sqlalchemy import Connection

from crumbless.domain.access import Session
from crumbless.domain.visibility import visible
from crumbless.domain.wire_people import PendingInvitation, PeopleView, SiteName
from crumbless.store.invitation_store import pending_invitations
from crumbless.store.operator_store import list_people
from crumbless.store.site_store import list_sites
from crumbless.store.team_store import list_teams


def read_people(connection: Connection, by: Session) -> PeopleView:
    """Return operators and teams; also invitations and sites, to those who manage people."""
    people, teams = list_people(connection, by.workspace), list_teams(connection, by.workspace)
    if not by.may("manage_people"):
        return PeopleView(people, teams, [], [])
    sites = [SiteName(one.key, one.looks.name) for one in list_sites(connection, by.workspace, visible(by))]
    invited = pending_invitations(connection, by.workspace)
    return PeopleView(people, teams, sites, msgspec.convert(invited, list[PendingInvitation], from_attributes=True))
