"""Reads and writes the retention rules of workspaces."""

from sqlalchemy import Connection, delete, insert, select

from crumbless.core.ids import now_ms
from crumbless.ledger.tables import site, workspace
from crumbless.retention.retention_rule import RetentionRules, SiteRule
from crumbless.retention.tables import retention_rule


def read_rules(connection: Connection, workspace_id: int) -> RetentionRules:
    """Return the rules of a workspace. Without stored rules, only the defaults apply."""
    common, audit_days = SiteRule(), None
    sites: dict[int, SiteRule] = {}
    for row in connection.execute(select(retention_rule).where(retention_rule.c.workspace_id == workspace_id)):
        rule = SiteRule(row.conversation_days, row.receipt_days)
        if row.site_id is None:
            common, audit_days = rule, row.audit_days
        else:
            sites[row.site_id] = rule
    return RetentionRules(common, audit_days, sites)


def store_rules(connection: Connection, workspace_id: int, rules: RetentionRules) -> None:
    """Replace the rules of a workspace."""
    connection.execute(delete(retention_rule).where(retention_rule.c.workspace_id == workspace_id))
    for site_id, rule in [(None, rules.common), *rules.sites.items()]:
        connection.execute(
            insert(retention_rule).values(
                workspace_id=workspace_id,
                site_id=site_id,
                conversation_days=rule.conversation_days,
                receipt_days=rule.receipt_days,
                audit_days=rules.audit_days if site_id is None else None,
                changed_at=now_ms(),
            )
        )


def live_workspaces(connection: Connection) -> list[int]:
    """Return the IDs of all workspaces that are not deleted."""
    query = select(workspace.c.id).where(workspace.c.deleted_at.is_(None)).order_by(workspace.c.id)
    return [*connection.execute(query).scalars()]


def live_sites(connection: Connection, workspace_id: int) -> dict[int, str]:
    """Return the sites of a workspace that are not deleted: their keys by ID."""
    query = select(site.c.id, site.c.key).where(site.c.workspace_id == workspace_id, site.c.deleted_at.is_(None))
    return {row.id: row.key for row in connection.execute(query.order_by(site.c.id))}
