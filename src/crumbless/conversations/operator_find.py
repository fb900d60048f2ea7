"""Checks the operators and teams that a command names."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from crumbless.core.errors import ApiError
from crumbless.ledger.tables import team
from crumbless.ledger.visibility_sql import visible_teams
from crumbless.realtime.scope_read import read_scope
from crumbless.realtime.tables import operator
from crumbless.security.access import Session
from crumbless.security.visibility import UNLIMITED_ROLES, is_visible, visible


def require_operators(
    connection: Connection, workspace: int, operators: Collection[str], site_id: int, team_id: str | None
) -> None:
    """Raises ApiError `unknown_operator` unless each operator is active and sees conversations of the site or team."""
    rows = connection.execute(
        select(operator).where(operator.c.workspace_id == workspace, operator.c.id.in_([*operators]))
    ).all()
    if len(rows) != len({*operators}):
        raise ApiError("unknown_operator")
    for row in rows:
        everything = row.role in UNLIMITED_ROLES or row.scoped_at is None
        scope = None if everything else read_scope(connection, row.id)
        if row.status != "active" or not is_visible(scope, site_id, team_id):
            raise ApiError("unknown_operator")


def require_team(connection: Connection, actor: Session, team_id: str) -> None:
    """Raises ApiError `unknown_operator` unless the actor sees the team."""
    own = team.c.id == team_id, team.c.workspace_id == actor.workspace, *visible_teams(visible(actor))
    if connection.execute(select(team.c.id).where(*own)).first() is None:
        raise ApiError("unknown_operator")
