"""Reads the retention rules, and previews a run with stored rules and with others."""

from sqlalchemy import Connection, select

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.settings import RetentionSettings
from crumbless.ledger.tables import task
from crumbless.operations.nightly_backup import next_time
from crumbless.retention.deletion_store import last_finished
from crumbless.retention.expired_data import count_expired, limits_at
from crumbless.retention.retention_rule import RetentionRules, SiteRule
from crumbless.retention.retention_wire import RetentionPreview, RetentionRequest, RetentionResponse, SiteRetention
from crumbless.retention.rule_store import live_sites, read_rules
from crumbless.tasks.task import RECURRING


def rules_of_request(connection: Connection, workspace: int, wanted: RetentionRequest) -> RetentionRules:
    """Return the requested rules.

    Raises:
        ApiError: `not_found` for a site that the workspace does not have.
    """
    ids = {key: number for number, key in live_sites(connection, workspace).items()}
    if not {one.key for one in wanted.sites} <= {*ids}:
        raise ApiError("not_found", "There is no such site.")
    return RetentionRules(
        SiteRule(wanted.conversation_days, wanted.receipt_days),
        wanted.audit_days,
        {ids[one.key]: SiteRule(one.conversation_days, one.receipt_days) for one in wanted.sites},
    )


def preview_stored(connection: Connection, workspace: int, settings: RetentionSettings) -> RetentionPreview:
    """Return the data that the next run deletes."""
    return _preview(connection, workspace, read_rules(connection, workspace), settings)


def preview_requested(
    connection: Connection, workspace: int, wanted: RetentionRequest, settings: RetentionSettings
) -> RetentionPreview:
    """Return the data that the next run would delete with these rules. Raises as `rules_of_request`."""
    return _preview(connection, workspace, rules_of_request(connection, workspace, wanted), settings)


def read_retention(connection: Connection, workspace: int, settings: RetentionSettings) -> RetentionResponse:
    """Return the stored rules with the preview of the next run and the receipt of the last."""
    rules, keys = read_rules(connection, workspace), live_sites(connection, workspace)
    sites = [
        SiteRetention(keys[number], rule.conversation_days, rule.receipt_days)
        for number, rule in sorted(rules.sites.items())
        if number in keys
    ]
    return RetentionResponse(
        RetentionRequest(rules.common.conversation_days, rules.common.receipt_days, rules.audit_days, sites),
        settings.receipt_days,
        settings.audit_days,
        _preview(connection, workspace, rules, settings),
        last_finished(connection, workspace, "retention"),
    )


def next_run(connection: Connection, settings: RetentionSettings) -> int:
    """Return when the next run begins (milliseconds)."""
    due = connection.execute(select(task.c.due_at).where(task.c.id == RECURRING["retention_run"])).scalar()
    now = now_ms()
    return due if due is not None and due > now else next_time(settings.retention_time, now)


def _preview(
    connection: Connection, workspace: int, rules: RetentionRules, settings: RetentionSettings
) -> RetentionPreview:
    at = next_run(connection, settings)
    return RetentionPreview(at, **count_expired(connection, limits_at(connection, workspace, rules, settings, at)))
