"""Teams: operators who share a queue."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.ledger.tables import team
from crumbless.ledger.visibility_sql import visible_teams
from crumbless.people.people_wire import Team
from crumbless.people.scope_store import drop_team_from_scopes
from crumbless.people.tables import team_member
from crumbless.realtime.tables import operator
from crumbless.security.visibility import Scope


def list_teams(connection: Connection, workspace: int) -> list[Team]:
    """Return the teams of a workspace, by name."""
    rows = connection.execute(select(team.c.id, team.c.name).where(team.c.workspace_id == workspace))
    return [Team(row.id, row.name) for row in sorted(rows, key=lambda row: row.name.casefold())]


def find_team(connection: Connection, workspace: int, team_id: str, scope: Scope | None) -> Team:
    """Return the team of this workspace.

    Raises:
        ApiError: `not_found`, also for one of another workspace or outside of the scope.
    """
    query = select(team).where(team.c.id == team_id, team.c.workspace_id == workspace, *visible_teams(scope))
    row = connection.execute(query).first()
    if row is None:
        raise ApiError("not_found", "There is no such team.")
    return Team(row.id, row.name)


def add_team(connection: Connection, workspace: int, name: str) -> Team:
    """Add a team and return it.

    Raises:
        ApiError: `invalid` if another team has this name.
    """
    added = Team(new_id(), name)
    try:
        connection.execute(insert(team).values(id=added.id, workspace_id=workspace, name=name, created_at=now_ms()))
    except IntegrityError:
        raise _taken() from None
    return added


def rename_team(connection: Connection, workspace: int, team_id: str, name: str) -> None:
    """Rename the team.

    Raises:
        ApiError: `invalid` if another team has this name.
    """
    try:
        connection.execute(update(team).where(team.c.id == team_id, team.c.workspace_id == workspace).values(name=name))
    except IntegrityError:
        raise _taken() from None


def _taken() -> ApiError:
    return ApiError("invalid", "A team with this name already exists. Choose another name.")


def remove_team(connection: Connection, workspace: int, team_id: str) -> None:
    """Delete the team, also from the lists of operators who see only some teams. Its members remain operators."""
    drop_team_from_scopes(connection, team_id)
    connection.execute(
        delete(team_member).where(team_member.c.team_id == team_id, team_member.c.workspace_id == workspace)
    )
    connection.execute(delete(team).where(team.c.id == team_id, team.c.workspace_id == workspace))


def members_of(connection: Connection, workspace: int, team_id: str) -> set[str]:
    """Return the IDs of the operators in the team."""
    return {
        *connection.execute(
            select(team_member.c.operator_id).where(
                team_member.c.team_id == team_id, team_member.c.workspace_id == workspace
            )
        ).scalars()
    }


def set_members(connection: Connection, workspace: int, team_id: str, members: Collection[str]) -> None:
    """Replace the members of the team.

    Raises:
        ApiError: `not_found` for an operator of another workspace.
    """
    operator_ids = {*members}
    known = {
        *connection.execute(
            select(operator.c.id).where(operator.c.workspace_id == workspace, operator.c.id.in_(operator_ids))
        ).scalars()
    }
    if known != operator_ids:
        raise ApiError("not_found", "There is no such operator.")
    connection.execute(delete(team_member).where(team_member.c.team_id == team_id))
    _join(connection, workspace, [(team_id, one) for one in sorted(operator_ids)])


def teams_of(connection: Connection, workspace: int, operator_id: str) -> set[str]:
    """Return the IDs of the operator's teams."""
    of_operator = team_member.c.operator_id == operator_id, team_member.c.workspace_id == workspace
    return {*connection.execute(select(team_member.c.team_id).where(*of_operator)).scalars()}


def set_teams_of(connection: Connection, workspace: int, operator_id: str, teams: Collection[str]) -> None:
    """Replace the teams of the operator. The caller has checked them; see `check_teams`."""
    connection.execute(
        delete(team_member).where(team_member.c.operator_id == operator_id, team_member.c.workspace_id == workspace)
    )
    _join(connection, workspace, [(one, operator_id) for one in sorted({*teams})])


def check_teams(connection: Connection, workspace: int, teams: Collection[str]) -> list[str]:
    """Return the teams without duplicates.

    Raises:
        ApiError: `not_found` for a team of another workspace.
    """
    unique = [*dict.fromkeys(teams)]
    if len(known_teams(connection, workspace, unique)) != len(unique):
        raise ApiError("not_found", "There is no such team.")
    return unique


def known_teams(connection: Connection, workspace: int, teams: Collection[str]) -> list[str]:
    """Return those of the teams that exist in the workspace."""
    rows = connection.execute(select(team.c.id).where(team.c.workspace_id == workspace, team.c.id.in_([*teams])))
    return [*rows.scalars()]


def _join(connection: Connection, workspace: int, pairs: Sequence[tuple[str, str]]) -> None:
    if pairs:
        connection.execute(
            insert(team_member),
            [{"workspace_id": workspace, "team_id": of, "operator_id": who} for of, who in pairs],
        )
