"""Commands for retention, for installations whose operators do not use the desk."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from sqlalchemy import Connection

from crumbless.cli.ready_settings import read_ready_settings
from crumbless.core.errors import ApiError
from crumbless.core.settings import RetentionSettings
from crumbless.database.database import write_once
from crumbless.people.workspace_store import choose_workspace, list_workspaces
from crumbless.retention.retention_change import set_retention
from crumbless.retention.retention_read import read_retention
from crumbless.retention.retention_wire import RetentionRequest, RetentionResponse, SiteRetention
from crumbless.tasks.task_store import hasten_recurring

app = typer.Typer()
retention_app = typer.Typer(help="Set how long data is stored, and preview the next deletion.", no_args_is_help=True)
app.add_typer(retention_app, name="retention")

Days = Annotated[str, typer.Option(metavar="DAYS|never", help="Days after the last message of a closed conversation.")]


@retention_app.command("preview")
def retention_preview() -> None:
    """Show the rules of each workspace, and the data that the next run deletes."""
    settings = read_ready_settings()
    for line in write_once(settings.database.database_url, lambda connection: _report(connection, settings.retention)):
        typer.echo(line)


@retention_app.command("set")
def retention_set(
    workspace: Annotated[str, typer.Option(help="Name or number of the workspace.")],
    conversations: Days,
    site: Annotated[str, typer.Option(help="Key of a site with its own rule.")] = "",
) -> None:
    """Set how long closed conversations of a workspace, or of one site, are stored."""
    settings = read_ready_settings()
    days = _days(conversations)

    def change(connection: Connection) -> list[str]:
        number = choose_workspace(connection, workspace)
        if number is None:
            raise ApiError("not_found", f"There is no workspace {workspace}.")
        rules = read_retention(connection, number, settings.retention).rules
        set_retention(connection, number, _changed(rules, site, days))
        return _report(connection, settings.retention)

    for line in write_once(settings.database.database_url, change):
        typer.echo(line)


@retention_app.command("run")
def retention_run() -> None:
    """Delete expired data now instead of at night. A running server does it, or the next one that starts."""
    settings = read_ready_settings()

    def hasten(connection: Connection) -> list[str]:
        report = _report(connection, settings.retention)
        hasten_recurring(connection, "retention_run")
        return report

    for line in write_once(settings.database.database_url, hasten):
        typer.echo(line)
    typer.echo(f"The server deletes this within {settings.tasks.task_poll_seconds:g} seconds, or when it starts.")


def _days(text: str) -> int | None:
    """Return the days, or None for "never". Raises ApiError `invalid`."""
    if text == "never":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 36_500:
        raise ApiError("invalid", "Enter a number of days from 1 to 36500, or never.")
    return int(text)


def _changed(rules: RetentionRequest, site: str, days: int | None) -> RetentionRequest:
    if not site:
        return msgspec.structs.replace(rules, conversation_days=days)
    before = next((one for one in rules.sites if one.key == site), SiteRetention(site))
    others = [one for one in rules.sites if one.key != site]
    return msgspec.structs.replace(rules, sites=[*others, msgspec.structs.replace(before, conversation_days=days)])


def _report(connection: Connection, settings: RetentionSettings) -> list[str]:
    return [
        line
        for number, name, _ in list_workspaces(connection)
        for line in _lines(name, read_retention(connection, number, settings))
    ]


def _lines(name: str, stored: RetentionResponse) -> list[str]:
    rules, following = stored.rules, stored.next
    at = datetime.fromtimestamp(following.at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return [
        name,
        f"  closed conversations: {_period(rules.conversation_days)}",
        *(f"  of the site {one.key}: {_period(one.conversation_days)}" for one in rules.sites),
        f"  consent receipts: {_period(rules.receipt_days or stored.default_receipt_days)}",
        f"  audit log: {_period(rules.audit_days or stored.default_audit_days)}",
        f"  next run: {at}",
        f"  it deletes: {following.conversations} conversations, {following.contacts} contacts, "
        f"{following.receipts} consent receipts, {following.audit_entries} entries of the audit log",
    ]


def _period(days: int | None) -> str:
    return "never deleted" if days is None else f"deleted after {days} days"
