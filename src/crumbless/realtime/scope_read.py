"""Reads what an operator can see."""

from sqlalchemy import Connection, bindparam, select

from crumbless.realtime.tables import operator_scope
from crumbless.security.visibility import Scope

_OF_OPERATOR = select(operator_scope.c.site_id, operator_scope.c.team_id).where(
    operator_scope.c.operator_id == bindparam("operator")
)


def read_scope(connection: Connection, operator_id: str) -> Scope:
    """Return the operator's list. It limits the operator only if `operator.scoped_at` is set."""
    rows = connection.execute(_OF_OPERATOR, {"operator": operator_id}).all()
    sites = frozenset(row.site_id for row in rows if row.site_id is not None)
    return Scope(sites, frozenset(row.team_id for row in rows if row.team_id is not None))
