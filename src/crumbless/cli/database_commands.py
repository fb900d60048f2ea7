"""Commands that migrate, compact, copy, back up, restore and verify the database."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crumbless.cli.ready_settings import read_ready_settings
from crumbless.core.settings import check_database_url, read_settings
from crumbless.database import backup as database_backup
from crumbless.database.copy import ProgressCallback
from crumbless.database.database import compact as compact_database
from crumbless.database.schema import SCHEMA
from crumbless.database.schema import migrate as migrate_database
from crumbless.tables import metadata

app = typer.Typer()

Url = Annotated[str, typer.Argument(help="sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME.")]


@app.command()
def migrate() -> None:
    """Migrate the database to the schema of this version. Does nothing if it is up to date."""
    with progress_of_rows() as progress:
        migrate_database(read_settings().database.database_url, progress=progress)
    typer.echo(f"The database is up to date (schema {SCHEMA}).")


@app.command()
def compact() -> None:
    """Compact the database file. Stop the server first."""
    before, after = compact_database(read_ready_settings().database.database_url, metadata)
    typer.echo(f"Compacted the database from {before / 1e6:.1f} MB to {after / 1e6:.1f} MB.")


@app.command("copy")
def copy_database(source: Url, target: Url) -> None:
    """Copy all data into another, empty database. Stop the server first.

    If the copy is interrupted, the same command continues it.
    """
    for url in (source, target):
        check_database_url(url)
    with progress_of_rows() as progress:
        sums = database_backup.copy(source, target, metadata, progress)
    _print_sums(sum(one.rows for one in sums.values()), len(sums))


@app.command("backup")
def backup_database(
    file: Annotated[
        Path, typer.Argument(help="The new file. It is a SQLite database, also if the source is PostgreSQL.")
    ],
) -> None:
    """Write a snapshot of the database to a file, while the server runs."""
    with progress_of_rows() as progress:
        size = database_backup.backup(read_settings().database.database_url, file, metadata, progress)
    typer.echo(
        f"Wrote {file} ({size / 1e6:.1f} MB). It does not contain the secret key and the files: back them up too."
    )


@app.command("restore")
def restore_database(
    file: Annotated[Path, typer.Argument(help="A file from `crumbless backup`.", exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Confirm that the data in the database is replaced.")] = False,
) -> None:
    """Replace the content of the database with a backup. Stop the server first."""
    with progress_of_rows() as progress:
        url = read_settings().database.database_url
        verified = database_backup.restore(file, url, metadata, replace=yes, progress=progress)
    if not verified.summed:
        _warn_without_sums(file)
    typer.echo(f"Restored {file} into the database.")


@app.command("verify")
def verify_backup_file(
    file: Annotated[Path, typer.Argument(help="A file from `crumbless backup`.", exists=True, dir_okay=False)],
) -> None:
    """Check that a backup is complete and unchanged. Exit code 0 only if it is."""
    verified = database_backup.verify_backup(file)
    if verified.summed:
        typer.echo(f"{file} is complete and unchanged: {verified.rows} rows in {verified.tables} tables.")
    else:
        typer.echo(f"{file} is a complete Crumbless database (schema {verified.schema}).")
        _warn_without_sums(file)


def _warn_without_sums(file: Path) -> None:
    typer.echo(
        f"crumbless: {file} has no checksums because an earlier version wrote it. "
        "It is complete, but changes since then cannot be detected.",
        err=True,
    )


def _print_sums(rows: int, tables: int) -> None:
    typer.echo(f"Copied {rows} rows in {tables} tables. Source and target are equal.")


@contextmanager
def progress_of_rows() -> Generator[ProgressCallback]:
    """Show the progress of each table."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def report(table: str, rows: int, count: int) -> None:
            progress.update(task, description=table, completed=rows, total=count)

        yield report
