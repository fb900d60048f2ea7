"""`crumbless status`: the status of an installation, running or not."""

import importlib.metadata
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from crumbless.core.settings import Settings, read_settings
from crumbless.core.time_units import DAY_SECONDS
from crumbless.database.database import is_postgres
from crumbless.database.database_sqlite import sqlite_path
from crumbless.database.disk_space import MEGABYTE, DiskSpace
from crumbless.database.schema import SCHEMA
from crumbless.files.file_storage import written_folders
from crumbless.operations.operation_wire import ReadyResponse
from crumbless.operations.status_read import is_served, read_stored

app = typer.Typer()

RESPONSE_SECONDS = 5.0
"""Longest time for a readiness response. The server waits up to 3 s for its own parts."""

OLD_BACKUP_SECONDS = 2 * DAY_SECONDS
"""Age above which the newest backup is reported. With one each night, one may be running and none may be missing."""


class Status(msgspec.Struct, frozen=True):
    """The status. `server`: ready, not ready, stopped or unreachable. `faults`: the problems."""

    healthy: bool
    version: str
    database: str
    schema: str
    free_bytes: int | None
    server: str
    ledger: str
    due_tasks: int
    queued_events: int
    failed_tasks: int
    last_backup: str | None
    faults: list[str]


def read_status(settings: Settings) -> Status:
    """Return the status. Raises SettingsError if the database is missing, damaged or cannot be reached."""
    stored = read_stored(settings.database.database_url)
    disk = DiskSpace(
        written_folders(settings.files, settings.database.database_url), settings.monitoring.free_space_mb * MEGABYTE
    )
    free = disk.free()
    server, ready = _request_readiness(settings)
    backup = newest_backup(Path(settings.backup.backup_folder)) if settings.backup.backup_folder else None
    ledger = next((part.state for part in ready.parts if part.part == "ledger"), "") if ready else ""
    faults: list[str] = []
    if stored.schema != SCHEMA:
        faults.append(f"the database has schema {stored.schema or 'none'}, but this version needs {SCHEMA}")
    if disk.is_low(free):
        faults.append(f"less than {settings.monitoring.free_space_mb} MB of disk space is free")
    if server == "not ready" and ready is not None:
        faults += [f"{part.part}: {part.state}" for part in ready.parts if not part.ok]
    if server == "unreachable":
        faults.append("a server uses the database but does not respond")
    faults += _backup_faults(settings, backup)
    if settings.backup.backup_folder and stored.backup_error:
        faults.append(stored.backup_error)
    return Status(
        healthy=not faults,
        version=importlib.metadata.version("crumbless"),
        # Not the URL, which may contain a password.
        database="postgresql"
        if is_postgres(settings.database.database_url)
        else str(sqlite_path(settings.database.database_url)),
        schema=stored.schema,
        free_bytes=free,
        server=server,
        ledger=ledger,
        due_tasks=stored.due_tasks,
        queued_events=stored.queued_events,
        failed_tasks=stored.failed_tasks,
        last_backup=None if backup is None else _time_of(backup).isoformat(timespec="seconds"),
        faults=faults,
    )


def newest_backup(folder: Path) -> Path | None:
    """Return the newest backup in the folder, or None."""
    found = [path for path in folder.glob("*.db") if path.is_file()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def lines_of(status: Status) -> Iterator[str]:
    """Yield the status as text, one line for each part."""
    free = "unknown" if status.free_bytes is None else f"{status.free_bytes / 1e9:.1f} GB"
    yield f"Crumbless {status.version}"
    yield f"database      {status.database}, schema {status.schema or 'none'}"
    yield f"free space    {free}"
    yield f"server        {status.server}"
    yield f"ledger        {status.ledger or 'unknown, because no server responds'}"
    yield f"queues        {status.due_tasks} jobs due, {status.queued_events} events for vendors"
    yield f"failed jobs   {status.failed_tasks}"
    yield f"last backup   {status.last_backup or 'unknown'}"
    if status.healthy:
        yield "Healthy."
    for fault in status.faults:
        yield f"Not healthy: {fault}."


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show the status of the installation, running or not. Exit code 0 if it is healthy, 1 if not."""
    found = read_status(read_settings())
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found)))
    else:
        for line in lines_of(found):
            typer.echo(line)
    sys.exit(0 if found.healthy else 1)


def _backup_faults(settings: Settings, backup: Path | None) -> list[str]:
    if not settings.backup.backup_folder:
        return []
    if backup is None:
        return [f"there is no backup in {settings.backup.backup_folder}"]
    age = (datetime.now(UTC) - _time_of(backup)).total_seconds()
    return ["the newest backup is older than two days"] if age > OLD_BACKUP_SECONDS else []


def _time_of(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _request_readiness(settings: Settings) -> tuple[str, ReadyResponse | None]:
    """Request the readiness of the server with these settings on this machine."""
    served = is_served(settings.database.database_url)
    if served is False:
        return "stopped", None
    # A server that listens on all addresses is requested on the loopback address.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.server.host, settings.server.host)  # noqa: S104 # nosec B104
    address = f"http://[{host}]:{settings.server.port}" if ":" in host else f"http://{host}:{settings.server.port}"
    # Proxies in the environment are ignored, because the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/readyz", timeout=RESPONSE_SECONDS) as response:
            body = response.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError:
        return ("unreachable" if served else "stopped"), None
    try:
        ready = msgspec.json.decode(body, type=ReadyResponse)
    except msgspec.DecodeError:
        return ("unreachable" if served else "stopped"), None
    return ("ready" if ready.ready else "not ready"), ready
