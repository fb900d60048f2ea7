"""The command line: the table of its commands, and the report of an error.

Each command's module is imported when the command runs, so each one pays only for what it uses.
"""

import errno
import os
import sys
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

from crumbless.cli.lazy_command import LazyCommand
from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import ApiError, CrumblessError

if TYPE_CHECKING:
    from sqlalchemy import exc
else:
    # 80 ms, which `crumbless --help` does not need.
    exc = deferred_module("sqlalchemy.exc")

COMMANDS = (
    LazyCommand(
        "demo",
        "crumbless.cli.demo_command",
        "Run a sample shop with the chat, and the desk for its operators, on this machine.",
    ),
    LazyCommand(
        "serve",
        "crumbless.cli.serve_command",
        "Serve widget, desk and API. The first start creates the database and prints a setup link.",
    ),
    LazyCommand(
        "migrate",
        "crumbless.cli.database_commands",
        "Migrate the database to the schema of this version. Does nothing if it is up to date.",
    ),
    LazyCommand(
        "compact",
        "crumbless.cli.database_commands",
        "Compact the database file. Stop the server first.",
    ),
    LazyCommand(
        "status",
        "crumbless.cli.status_command",
        "Show the status of the installation, running or not. Exit code 0 if it is healthy, 1 if not.",
    ),
    LazyCommand(
        "counters",
        "crumbless.cli.tag_commands",
        "Show a site's counters by day (UTC), without personal data.",
    ),
    LazyCommand(
        "check",
        "crumbless.cli.check_command",
        "Check a public address for problems with proxies and TLS. Exit code 1 if a check fails.",
    ),
    LazyCommand(
        "audit",
        "crumbless.cli.audit_command",
        "List the items that a website stores in browsers, and check that it declares them. Exit code 1 if not.",
    ),
    LazyCommand(
        "copy",
        "crumbless.cli.database_commands",
        "Copy all data into another, empty database. Stop the server first.",
    ),
    LazyCommand(
        "backup",
        "crumbless.cli.database_commands",
        "Write a snapshot of the database to a file, while the server runs.",
    ),
    LazyCommand(
        "restore",
        "crumbless.cli.database_commands",
        "Replace the content of the database with a backup. Stop the server first.",
    ),
    LazyCommand(
        "verify",
        "crumbless.cli.database_commands",
        "Check that a backup is complete and unchanged. Exit code 0 only if it is.",
    ),
    LazyCommand("operator", "crumbless.cli.people_commands", "Add, list, reset and disable operators."),
    LazyCommand(
        "workspace",
        "crumbless.cli.people_commands",
        "Add and list workspaces (tenants), each with its operators, sites and conversations.",
    ),
    LazyCommand("site", "crumbless.cli.site_commands", "Add websites that show the chat."),
    LazyCommand(
        "tag",
        "crumbless.cli.tag_commands",
        "Set, test and remove Google Analytics and TikTok on a site, after consent.",
    ),
    LazyCommand(
        "retention", "crumbless.cli.retention_commands", "Set how long data is stored, and preview the next deletion."
    ),
    LazyCommand("consent", "crumbless.cli.tag_commands", "Export the visitors' consent receipts."),
)

app = TyperGroup(
    name="crumbless",
    help="Self-hosted live chat that sets no cookie. Configure it with CRUMBLESS_* environment variables, "
    "or with a TOML file that CRUMBLESS_CONFIG names.",
    no_args_is_help=True,
    commands=COMMANDS,
)

DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
"""The disk is full, a quota or limit is reached, it is read-only or broken, or the folder belongs to another user."""


def main() -> None:
    """Run the `crumbless` command. An error is reported in one line on standard error, with exit code 2."""
    # Databases, backups and reports contain what visitors wrote. Under the usual umask of 022, SQLite's files were
    # readable by every local user.
    os.umask(0o077)
    try:
        app()
    except Exception as error:
        line = _line_of(error)
        if line is None:
            raise
        typer.echo(f"crumbless: {line}", err=True)
        sys.exit(2)


def _line_of(error: Exception) -> str | None:
    """Return the line that reports the error, or None if it is a bug."""
    if isinstance(error, ApiError):
        return error.detail
    if isinstance(error, CrumblessError):
        return str(error)
    if isinstance(error, OSError):
        return f"cannot write {error.filename or 'a file'}: {error.strerror}" if error.errno in DISK_ERRORS else None
    return f"the database cannot be used: {error.orig}" if isinstance(error, exc.OperationalError) else None
