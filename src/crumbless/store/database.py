"""The database behind CRUMBLESS_DATABASE_URL: a SQLite file for one process, or PostgreSQL for any number of nodes.

Reads and writes are plain functions of a SQLAlchemy connection. What differs is in database_sqlite.py and
database_postgres.py; only this file chooses, and what PostgreSQL needs is imported where PostgreSQL is used.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection, text

from crumbless.ids import now_ms
from crumbless.steady_clock import machine_clock_ms
from crumbless.store import database_sqlite

T = TypeVar("T")


class Reader(Protocol):
    """Runs reads off the loop or between its turns, each in one snapshot."""

    async def read(self, operation: Callable[[Connection], T]) -> T:
        """What `work` returns.

        Raises:
            ApiError: `busy` when the database is unavailable.
        """
        ...

    async def close(self) -> None:
        """Wait for running reads and close the connections."""
        ...


class ServingLock(Protocol):
    """Held while a node serves."""

    def take(self) -> None:
        """Raises SettingsError when the database cannot be served now."""
        ...

    def release(self) -> None:
        """Let the next one in."""
        ...


def is_postgres(database_url: str) -> bool:
    """Whether several nodes share the database."""
    return database_url.startswith("postgresql:")


def open_reader(database_url: str) -> Reader:
    """Return a reader. On SQLite it has all its connections already; on PostgreSQL it opens them when needed."""
    if is_postgres(database_url):
        from crumbless.store.database_postgres import PostgresReader  # noqa: PLC0415

        return PostgresReader(database_url)
    return database_sqlite.SqliteReader(database_url)


def serving_lock(database_url: str) -> ServingLock:
    """What keeps two from serving where only one may, and a node from serving what is being replaced."""
    if is_postgres(database_url):
        from crumbless.store.database_postgres import ServingCheck  # noqa: PLC0415

        return ServingCheck(database_url)
    return database_sqlite.DatabaseLock(database_sqlite.sqlite_path(database_url))


def check_database(database_url: str) -> None:
    """Raises SettingsError, without the password, unless the database can be used, or made where it is a file."""
    if is_postgres(database_url):
        write_once(database_url, lambda _connection: None)
    else:
        database_sqlite.check_file(database_url)


def write_once(database_url: str, operation: Callable[[Connection], T]) -> T:
    """Run `work` in one durable transaction of its own: for commands, beside a server that may be running.

    What `work` raises is raised here, and nothing of it is kept.

    Raises:
        SettingsError: when PostgreSQL cannot be reached.
    """
    if is_postgres(database_url):
        from crumbless.store import database_postgres  # noqa: PLC0415

        return database_postgres.write_once(database_url, operation)
    return database_sqlite.write_once(database_url, operation)


def compact(database_url: str) -> tuple[int, int]:
    """Rewrite everything, without free space and what may still be read in it; size in bytes before and after.

    Raises:
        SettingsError: when a server is using the database, or the disk has no room for a copy of it.
    """
    if is_postgres(database_url):
        from crumbless.store import database_postgres  # noqa: PLC0415

        return database_postgres.compact(database_url)
    return database_sqlite.compact(database_url)


def lease_clock(connection: Connection) -> int:
    """The time (milliseconds since 1970) by which leases begin and end: one clock for all nodes, the database's."""
    return database_clock(connection) if connection.dialect.name == "postgresql" else now_ms()


def database_clock(connection: Connection) -> int:
    """Return the database's wall clock in milliseconds since 1970: PostgreSQL's, or this machine's for a file."""
    if connection.dialect.name == "postgresql":
        return connection.execute(text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")).scalar_one()
    return machine_clock_ms()
