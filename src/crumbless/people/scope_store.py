"""The lists of sites and teams that limit what operators see."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, and_, delete, insert, select

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.ledger.tables import site
from crumbless.ledger.visibility_sql import visible_sites
from crumbless.people.people_wire import PersonScope, SiteName
from crumbless.realtime.operator_change import change_operators
from crumbless.realtime.tables import operator, operator_scope
from crumbless.security.visibility import Scope


def site_ids_of(connection: Connection, workspace: int, keys: Collection[str]) -> list[int]:
    """Return the IDs of the workspace's sites with these keys.

    Raises:
        ApiError: `not_found` if no site of this workspace has a key.
    """
    unique_keys = {*keys}
    query = select(site.c.id).where(site.c.workspace_id == workspace, site.c.key.in_(unique_keys))
    found = [*connection.execute(query).scalars()]
    if len(found) != len(unique_keys):
        raise ApiError("not_found", "There is no such site.")
    return found


def list_site_names(connection: Connection, workspace: int, scope: Scope | None) -> list[SiteName]:
    """Return key and name of the workspace's sites that are in the scope, oldest first."""
    query = select(site.c.key, site.c.name).where(site.c.workspace_id == workspace, *visible_sites(scope))
    return [SiteName(*row) for row in connection.execute(query.order_by(site.c.id))]


def set_scope(connection: Connection, workspace: int, operator_id: str, scope: Scope | None) -> None:
    """Store the operator's list; None: the operator sees the whole workspace. The caller has checked sites and
    teams."""
    connection.execute(delete(operator_scope).where(operator_scope.c.operator_id == operator_id))
    change_operators(connection, operator.c.id == operator_id, scoped_at=None if scope is None else now_ms())
    if scope is None:
        return
    own = {"workspace_id": workspace, "operator_id": operator_id}
    rows = [own | {"site_id": one, "team_id": None} for one in sorted(scope.sites)]
    rows += [own | {"site_id": None, "team_id": one} for one in sorted(scope.teams)]
    if rows:
        connection.execute(insert(operator_scope), rows)


def drop_team_from_scopes(connection: Connection, team_id: str) -> None:
    """Remove a team from all lists. Operators whose list becomes empty see nothing, not everything."""
    of_team = operator_scope.c.team_id == team_id
    listed = select(operator_scope.c.operator_id).where(of_team)
    limited = and_(operator.c.id.in_(listed), operator.c.scoped_at.is_not(None))
    change_operators(connection, limited, scoped_at=now_ms())
    connection.execute(delete(operator_scope).where(of_team))


def list_scopes(connection: Connection, workspace: int) -> dict[str, PersonScope]:
    """Return the stored lists of the workspace by operator, with the keys of the sites."""
    limited = select(operator.c.id).where(operator.c.workspace_id == workspace, operator.c.scoped_at.is_not(None))
    sites: dict[str, list[str]] = defaultdict(list)
    teams: dict[str, list[str]] = defaultdict(list)
    rows = connection.execute(
        select(operator_scope.c.operator_id, operator_scope.c.team_id, site.c.key)
        .outerjoin(site, site.c.id == operator_scope.c.site_id)
        .where(operator_scope.c.workspace_id == workspace)
        .order_by(operator_scope.c.id)
    )
    for row in rows:
        if row.key is None:
            teams[row.operator_id].append(row.team_id)
        else:
            sites[row.operator_id].append(row.key)
    return {
        one: PersonScope(False, sites.get(one, []), teams.get(one, [])) for one in connection.execute(limited).scalars()
    }
