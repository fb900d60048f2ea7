"""`crumbless audit`: the storage auditor."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import SettingsError
from crumbless.core.time_units import HOUR_SECONDS

if TYPE_CHECKING:
    from crumbless.storage_auditor import audit_command, audit_run, visitor_acts
else:
    # The help is shown without the packages of the extra `audit`, which the auditor imports.
    audit_command = deferred_module("crumbless.storage_auditor.audit_command")
    audit_run = deferred_module("crumbless.storage_auditor.audit_run")
    visitor_acts = deferred_module("crumbless.storage_auditor.visitor_acts")

app = typer.Typer()


@app.command()
def audit(
    url: Annotated[str, typer.Argument(help="Address of the page to audit.")],
    *,
    registry: Annotated[
        Path | None,
        typer.Option(help="File with the declared items: storage.toml or storage.json (default: the website's own)."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.html, report.json and report.xml (JUnit).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of tables.")] = False,
    first_party: Annotated[
        list[str] | None, typer.Option(metavar="HOST", help="Another host that belongs to the website (repeatable).")
    ] = None,
    idle: Annotated[float, typer.Option(min=0, max=600, help="Time for waiting and scrolling, in seconds.")] = 4.0,
    timeout: Annotated[
        float, typer.Option(min=5, max=HOUR_SECONDS, help="Timeout of the whole audit, in seconds.")
    ] = 180.0,
    chromium: Annotated[Path | None, typer.Option(help="Path of the browser, if it is not on PATH.")] = None,
    login_page: Annotated[bool, typer.Option("--login-page", help="Audit a page that asks for a password.")] = False,
    open_: Annotated[
        str, typer.Option("--open", metavar="SELECTOR", help="Button that opens the chat, if it is not detected.")
    ] = "",
    box: Annotated[
        str,
        typer.Option("--box", metavar="SELECTOR", help="Input field of the chat, if it is not detected."),
    ] = "",
    send: Annotated[
        str, typer.Option("--send", metavar="SELECTOR", help="Button that sends a message, if it is not detected.")
    ] = "",
    end: Annotated[
        str,
        typer.Option("--end", metavar="SELECTOR", help="Button that ends the chat, if it is not detected."),
    ] = "",
    accept: Annotated[
        str,
        typer.Option("--accept", metavar="SELECTOR", help="Button of the banner that accepts, if it is not detected."),
    ] = "",
    reject: Annotated[
        str,
        typer.Option("--reject", metavar="SELECTOR", help="Button of the banner that rejects, if it is not detected."),
    ] = "",
    withdraw: Annotated[
        str,
        typer.Option(
            "--withdraw", metavar="SELECTOR", help="Control that withdraws the consent, if it is not detected."
        ),
    ] = "",
) -> None:
    """List the items that a website stores in browsers, and check that it declares them. Exit code 1 if not."""
    try:
        run_command, options_of = audit_command.run_command, audit_run.AuditOptions
    except ModuleNotFoundError as error:
        if error.name not in {"playwright", "publicsuffixlist"}:
            raise
        needed = "pip install playwright publicsuffixlist"
        raise SettingsError(f"The audit needs {error.name}, which is not installed. Run: {needed}") from None
    options = options_of(
        url=url,
        registry=registry,
        first_party=tuple(first_party or ()),
        selectors=visitor_acts.Selectors(
            open=open_, box=box, send=send, end=end, accept=accept, reject=reject, withdraw=withdraw
        ),
        idle=idle,
        timeout=timeout,
        login_page=login_page,
        chromium=chromium,
    )
    sys.exit(run_command(options, out, json))
