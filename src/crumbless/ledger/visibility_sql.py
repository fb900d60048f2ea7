"""The SQL conditions of a scope: the same rule as `Scope.contains` (security/visibility.py).

For operators who see the whole workspace no condition is added.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, bindparam, or_

from crumbless.ledger.tables import conversation, site, team
from crumbless.security.visibility import Scope

_SITES = bindparam("visible_sites", expanding=True, type_=site.c.id.type)
_TEAMS = bindparam("visible_teams", expanding=True, type_=team.c.id.type)

IN_SCOPE: ColumnElement[bool] = or_(conversation.c.site_id.in_(_SITES), conversation.c.team_id.in_(_TEAMS))
"""For statements that are built once. `scope_values` returns the values of its parameters."""


def scope_values(scope: Scope | None) -> dict[str, object]:
    """Return the values of the parameters of IN_SCOPE; empty if there is no limit."""
    return {} if scope is None else {"visible_sites": [*scope.sites], "visible_teams": [*scope.teams]}


def visible_conversations(scope: Scope | None) -> Sequence[ColumnElement[bool]]:
    """Return the conditions on conversations, for a statement that is used once."""
    if scope is None:
        return ()
    return (or_(conversation.c.site_id.in_(scope.sites), conversation.c.team_id.in_(scope.teams)),)


def visible_sites(scope: Scope | None) -> Sequence[ColumnElement[bool]]:
    """Return the conditions on sites."""
    return () if scope is None else (site.c.id.in_(scope.sites),)


def visible_teams(scope: Scope | None) -> Sequence[ColumnElement[bool]]:
    """Return the conditions on teams."""
    return () if scope is None else (team.c.id.in_(scope.teams),)
