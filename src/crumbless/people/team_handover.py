"""Hands over an operator's places in teams."""

from sqlalchemy import Connection

from crumbless.accounts.account_policy_store import touch_operator
from crumbless.people.handover import Departure, HandoverRow
from crumbless.people.team_store import set_teams_of, teams_of
from crumbless.security.access import has_power_over


def _count(connection: Connection, workspace: int, operator_id: str) -> int:
    return len(teams_of(connection, workspace, operator_id))


def _give(connection: Connection, departure: Departure) -> int:
    """Put the colleague into the operator's teams, and take the operator out.

    Without a colleague the operator stays in the teams, and has them again if the account is enabled. An admin cannot
    put an owner into a team.
    """
    actor, colleague, leaver = departure.actor, departure.colleague, departure.leaver
    if colleague is None or not has_power_over(actor.role, colleague.role):
        return 0
    workspace = actor.workspace
    teams, has = teams_of(connection, workspace, leaver.id), teams_of(connection, workspace, colleague.id)
    set_teams_of(connection, workspace, colleague.id, teams | has)
    set_teams_of(connection, workspace, leaver.id, [])
    touch_operator(connection, colleague.id)
    return len(teams - has)


TEAMS = HandoverRow("teams", _count, _give)
