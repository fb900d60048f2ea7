"""The command line: parses arguments and calls the commands."""

import errno
import logging
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from crumbless.cli.database_commands import database_app
from crumbless.cli.people_commands import operator_app, print_setup_link, workspace_app
from crumbless.cli.tag_commands import consent_app, print_counters, tag_app
from crumbless.core.errors import ApiError, CrumblessError
from crumbless.core.logging_setup import configure_logging
from crumbless.core.settings import Settings, read_settings

app = typer.Typer(
    name="crumbless",
    help="Live chat that sets no cookie. Settings: CRUMBLESS_* variables, and the TOML file named by CRUMBLESS_CONFIG.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
site_app = typer.Typer(help="The websites with the chat on them.", no_args_is_help=True)
app.add_typer(database_app)
app.add_typer(operator_app, name="operator")
app.add_typer(workspace_app, name="workspace")
app.add_typer(site_app, name="site")
app.add_typer(tag_app, name="tag")
app.add_typer(consent_app, name="consent")

DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
"""The disk is full, a quota or limit is reached, it is read-only or broken, or the folder belongs to another user."""

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any free one.")]
Workspace = Annotated[str, typer.Option(help="The workspace, by name or number; created if there is none.")]


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any free one.")] = 8000,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when ready, instead of the text.")
    ] = False,
    data: Annotated[Path, typer.Option(help="Folder for the demo's database and password.")] = Path("var/demo"),
    tags: Annotated[
        bool, typer.Option("--tags", help="Let the shop use Google Analytics and TikTok Pixel, after consent.")
    ] = False,
) -> None:
    """Run a sample shop with the chat, and the desk for its operators, on this machine."""
    from crumbless.demo.run import run_demo  # noqa: PLC0415 - each command pays only for what it uses

    run_demo(data, port, json, tags)


@app.command()
def serve(host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None, port: Port = None) -> None:
    """Serve widget, desk and API. The first start creates the database and prints a setup link."""
    import uvloop  # noqa: PLC0415

    from crumbless.app import open_socket  # noqa: PLC0415
    from crumbless.app import serve as serve_platform  # noqa: PLC0415

    settings = read_settings(host=host, port=port)
    configure_logging(settings.logging.log_format, settings.logging.log_level)
    listening = open_socket(settings.server.host, settings.server.port)
    settings = read_settings(host=host, port=listening.getsockname()[1])

    async def report() -> None:
        line = (
            f"Crumbless serves {settings.server.address}; the desk is at {settings.server.address}/desk/. Ctrl-C stops."
        )
        if settings.logging.log_format == "json":
            logging.getLogger("crumbless").info(line)
        else:
            typer.echo(line, err=True)
        await print_setup_link(settings)

    uvloop.run(serve_platform(settings, listening, on_ready=report))


@app.command()
def migrate() -> None:
    """Migrate the database to the schema of this version. Does nothing if it is up to date."""
    from crumbless.cli.database_commands import progress_of_rows  # noqa: PLC0415
    from crumbless.database.schema import SCHEMA  # noqa: PLC0415
    from crumbless.database.schema import migrate as migrate_database  # noqa: PLC0415

    with progress_of_rows() as progress:
        migrate_database(read_settings().database.database_url, progress=progress)
    typer.echo(f"The database has schema {SCHEMA}.")


@app.command()
def compact() -> None:
    """Rewrite the database file, without free space. Stop the server first."""
    from crumbless.database.database import compact as compact_database  # noqa: PLC0415
    from crumbless.tables import metadata  # noqa: PLC0415

    before, after = compact_database(_migrated().database.database_url, metadata)
    typer.echo(f"The database has {after / 1e6:.1f} MB; it had {before / 1e6:.1f} MB.")


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="Print one object of JSON.")] = False) -> None:
    """Show the status of the installation, running or not. Exit code 0 if it is healthy, 1 if not."""
    from crumbless.cli.status_command import run_command  # noqa: PLC0415

    sys.exit(run_command(read_settings(), json))


@site_app.command("add")
def site_add(
    name: Annotated[str, typer.Argument(help="The name above the chat.")],
    origin: Annotated[list[str], typer.Option(help="An origin whose pages may show the chat; may be given again.")],
    workspace: Workspace = "Main",
    key: Annotated[str, typer.Option(help="The public site key; generated if it is not given.")] = "",
) -> None:
    """Add a site and print the embed code for its pages."""
    from crumbless.database.database import write_once  # noqa: PLC0415
    from crumbless.sites.embed_snippet import embed_snippet  # noqa: PLC0415
    from crumbless.sites.workspace_set_up import add_site, workspace_for  # noqa: PLC0415

    settings = _migrated()
    site_key = key or secrets.token_urlsafe(9)
    write_once(
        settings.database.database_url,
        lambda connection: add_site(connection, workspace_for(connection, workspace), site_key, name, origin),
    )
    typer.echo(embed_snippet(settings.server.address, site_key))


@app.command()
def counters(
    site: Annotated[str, typer.Argument(help="The site's key.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days, today included.")] = 30,
) -> None:
    """Show a site's counters by day (UTC), without personal data."""
    print_counters(site, days)


@app.command()
def check(
    url: Annotated[str, typer.Argument(help="The public address: https://chat.example.com.")],
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    patience: Annotated[float, typer.Option(min=1, max=60, help="Seconds that each part may take.")] = 8.0,
) -> None:
    """Check whether proxies let all requests and streams through to a server. Exit code 0 unless a check fails."""
    from crumbless.connection_check.check_command import run_command  # noqa: PLC0415

    sys.exit(run_command(url, patience, json))


@app.command()
def audit(
    url: Annotated[str, typer.Argument(help="The page to audit.")],
    registry: Annotated[Path | None, typer.Option(help="The declared items: a storage.toml or a storage.json.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.html, report.json and report.xml (JUnit).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of the tables.")] = False,
    first_party: Annotated[
        list[str] | None, typer.Option(metavar="HOST", help="A host that is yours; may be given again.")
    ] = None,
    idle: Annotated[float, typer.Option(min=0, max=600, help="Seconds to wait and scroll.")] = 4.0,
    timeout: Annotated[float, typer.Option(min=5, max=3600, help="Seconds for the whole audit.")] = 180.0,
    chromium: Annotated[Path | None, typer.Option(help="The browser, if it is not found on PATH.")] = None,
    login_page: Annotated[bool, typer.Option("--login-page", help="Audit a page that asks for a password.")] = False,
    open_: Annotated[
        str, typer.Option("--open", metavar="SELECTOR", help="The button that opens the chat, if it is not detected.")
    ] = "",
    box: Annotated[
        str,
        typer.Option("--box", metavar="SELECTOR", help="The chat's input field, if it is not detected."),
    ] = "",
    send: Annotated[
        str, typer.Option("--send", metavar="SELECTOR", help="The button that sends, if it is not detected.")
    ] = "",
    end: Annotated[
        str,
        typer.Option("--end", metavar="SELECTOR", help="The button that ends the chat, if it is not detected."),
    ] = "",
    accept: Annotated[
        str,
        typer.Option("--accept", metavar="SELECTOR", help="The banner's button that accepts, if it is not detected."),
    ] = "",
    reject: Annotated[
        str,
        typer.Option("--reject", metavar="SELECTOR", help="The banner's button that rejects, if it is not detected."),
    ] = "",
    withdraw: Annotated[
        str,
        typer.Option(
            "--withdraw", metavar="SELECTOR", help="The control that withdraws the consent, if it is not detected."
        ),
    ] = "",
) -> None:
    """List the items that a website stores in browsers, and check that it declares them. Exit code 0 only if it
    does."""
    try:
        from crumbless.storage_auditor.audit_command import run_command  # noqa: PLC0415
        from crumbless.storage_auditor.audit_run import AuditOptions  # noqa: PLC0415
        from crumbless.storage_auditor.visitor_acts import Selectors  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name not in {"playwright", "publicsuffixlist"}:
            raise
        sys.exit(_fail(f"The audit needs {error.name}, which is not installed: pip install 'crumbless[audit]'"))
    options = AuditOptions(
        url=url,
        registry=registry,
        first_party=tuple(first_party or ()),
        selectors=Selectors(open=open_, box=box, send=send, end=end, accept=accept, reject=reject, withdraw=withdraw),
        idle=idle,
        timeout=timeout,
        login_page=login_page,
        chromium=chromium,
    )
    sys.exit(run_command(options, out, json))


def _migrated() -> Settings:
    from crumbless.database.schema import check_schema  # noqa: PLC0415

    settings = read_settings()
    check_schema(settings.database.database_url)
    return settings


def main() -> None:
    """Run the `crumbless` command. An error is reported in one line on standard error, with exit code 2."""
    # Databases, backups and reports contain what visitors wrote. Under the usual umask of 022, SQLite's files were
    # readable by every local user.
    os.umask(0o077)
    try:
        app()
    except ApiError as error:
        sys.exit(_fail(error.detail))
    except CrumblessError as error:
        sys.exit(_fail(str(error)))
    except OperationalError as error:
        sys.exit(_fail(f"the database cannot be used: {error.orig}"))
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        sys.exit(_fail(f"cannot write {error.filename or 'a file'}: {error.strerror}"))


def _fail(line: str) -> int:
    typer.echo(f"crumbless: {line}", err=True)
    return 2
