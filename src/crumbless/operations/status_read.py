"""Reads the status of an installation without changing or creating anything. A server may be running."""

import fcntl
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DatabaseError

from crumbless.core.errors import SettingsError
from crumbless.database.database import is_postgres, write_once
from crumbless.database.database_sqlite import sqlite_path
from crumbless.database.schema import schema_of
from crumbless.tasks.task_store import count_dead_tasks, count_due_tasks, count_queued_events, last_error

T = TypeVar("T")


class Stored(msgspec.Struct, frozen=True):
    """The status in the database. Without a schema the numbers are 0."""

    schema: str
    due_tasks: int = 0
    queued_events: int = 0
    failed_tasks: int = 0
    backup_error: str = ""


def read_stored(database_url: str) -> Stored:
    """Raises SettingsError if the database is missing, damaged or cannot be reached."""
    if is_postgres(database_url):
        return write_once(database_url, _read)
    path = sqlite_path(database_url)
    if not path.exists():
        raise SettingsError(f"there is no database at {path}")
    try:
        return _read_file(path, _read)
    except DatabaseError as error:
        raise SettingsError(f"the database {path} cannot be read: {error.orig}") from None


def is_served(database_url: str) -> bool | None:
    """Return whether a server has locked the SQLite file; None for PostgreSQL, which any number of nodes may serve."""
    if is_postgres(database_url):
        return None
    path = sqlite_path(database_url)
    try:
        # Opened for reading, so that a read-only disk is no obstacle.
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # A shared lock, released at once. Two of these commands do not conflict, and a server's start is very unlikely
        # to.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _read(connection: Connection) -> Stored:
    schema = schema_of(connection)
    if schema is None:
        return Stored("")
    counts = count_due_tasks(connection), count_queued_events(connection), count_dead_tasks(connection)
    return Stored(schema, *counts, last_error(connection, "backup"))


def _read_file(path: Path, operation: Callable[[Connection], T]) -> T:
    address = f"{path.absolute().as_uri()}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True, timeout=10))
    try:
        with engine.connect() as connection:
            return operation(connection)
    finally:
        engine.dispose()
