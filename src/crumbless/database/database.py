"""The database behind CRUMBLESS_DATABASE_URL: a SQLite file for one process, or PostgreSQL for any number of nodes.

Reads and writes are plain functions of a SQLAlchemy connection. The differences are in database_sqlite.py and
database_postgres.py. Only this file chooses between them, and imports the PostgreSQL driver only where it is used.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import Connection, MetaData, text

from crumbless.core.deferred_import import deferred_module
from crumbless.core.ids import now_ms
from crumbless.core.steady_clock import machine_clock_ms
from crumbless.database import database_sqlite

if TYPE_CHECKING:
    from crumbless.database import database_postgres
else:
    # With its driver: 90 ms and 9 MB.
    database_postgres = deferred_module("crumbless.database.database_postgres")

T = TypeVar("T")


class Reader(Protocol):
    """Runs reads in one snapshot each, without blocking the event loop."""

    async def read(self, operation: Callable[[Connection], T]) -> T:
        """Run `operation` and return its result.

        Raises:
            ApiError: `busy` if the database is unavailable.
        """
        ...

    async def close(self) -> None:
        """Wait for running reads and close the connections."""
        ...


class ServingLock(Protocol):
    """A lock that a node holds while it serves."""

    def take(self) -> None:
        """Acquire the lock. Raises SettingsError if the database cannot be served now."""
        ...

    def release(self) -> None:
        """Release the lock."""
        ...


def is_postgres(database_url: str) -> bool:
    """Return whether the URL is PostgreSQL's, which several nodes can share."""
    return database_url.startswith("postgresql:")


def open_reader(database_url: str) -> Reader:
    """Return a reader. SQLite's opens all its connections now, PostgreSQL's when needed."""
    if is_postgres(database_url):
        return database_postgres.PostgresReader(database_url)
    return database_sqlite.SqliteReader(database_url)


def serving_lock(database_url: str) -> ServingLock:
    """Return the lock against a second server on a SQLite file, or against nodes while a database is replaced."""
    if is_postgres(database_url):
        return database_postgres.ServingCheck(database_url)
    return database_sqlite.DatabaseLock(database_sqlite.sqlite_path(database_url))


def check_database(database_url: str) -> None:
    """Raises SettingsError, without the password, unless the database can be used, or created if it is a file."""
    if is_postgres(database_url):
        write_once(database_url, lambda _connection: None)
    else:
        database_sqlite.check_file(database_url)


def write_once(database_url: str, operation: Callable[[Connection], T]) -> T:
    """Run `operation` in a separate durable transaction. For commands, which may run beside a server.

    Raises an error of `operation` after rolling back.

    Raises:
        SettingsError: if PostgreSQL cannot be reached.
    """
    if is_postgres(database_url):
        return database_postgres.write_once(database_url, operation)
    return database_sqlite.write_once(database_url, operation)


def compact(database_url: str, metadata: MetaData) -> tuple[int, int]:
    """Rewrite the database without free space and remains of deleted data. Return its size in bytes before and after.

    Raises:
        SettingsError: if a server is using the database, or the disk has no room for a copy of it.
    """
    if is_postgres(database_url):
        return database_postgres.compact(database_url, metadata)
    return database_sqlite.compact(database_url)


def lease_clock(connection: Connection) -> int:
    """Return the time (milliseconds since 1970) for leases: one clock for all nodes, the database's."""
    return database_clock(connection) if connection.dialect.name == "postgresql" else now_ms()


def database_clock(connection: Connection) -> int:
    """Return the database's wall clock in milliseconds since 1970: PostgreSQL's, or this machine's for a file."""
    if connection.dialect.name == "postgresql":
        return connection.execute(text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")).scalar_one()
    return machine_clock_ms()
