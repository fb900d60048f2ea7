"""Connects one or more databases, SQLite or PostgreSQL, for a command that moves their content, and locks them."""

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.util import greenlet_spawn

from crumbless.core.deferred_import import deferred_module
from crumbless.database.database import is_postgres
from crumbless.database.database_sqlite import DatabaseLock, sqlite_path, writing_engine

if TYPE_CHECKING:
    from crumbless.database import database_postgres
else:
    # With its driver: 90 ms and 9 MB.
    database_postgres = deferred_module("crumbless.database.database_postgres")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hold:
    """A database to connect. `alone`: no node may serve it in the meantime; if one does, the command is rejected."""

    url: str
    alone: bool = True


def hold(databases: Sequence[Hold], operation: Callable[..., T]) -> T:
    """Run `operation` with the connections, which begin no transaction by themselves (see `in_transaction`).

    Raises:
        SettingsError: if a database cannot be reached, or is being served.
    """
    return asyncio.run(_hold(databases, operation))


async def _hold(databases: Sequence[Hold], operation: Callable[..., T]) -> T:
    async with AsyncExitStack() as stack:
        connections = [await _open(stack, one) for one in databases]
        return await greenlet_spawn(operation, *connections)


async def _open(stack: AsyncExitStack, database: Hold) -> Connection:
    if not is_postgres(database.url):
        return _open_file(stack, database)
    opened = await stack.enter_async_context(database_postgres.connected(database.url))
    opened = await opened.execution_options(isolation_level="AUTOCOMMIT")
    if database.alone:
        await database_postgres.hold_alone(opened)
    connection: Any = opened.sync_connection
    return connection


def _open_file(stack: AsyncExitStack, database: Hold) -> Connection:
    if database.alone:
        lock = DatabaseLock(sqlite_path(database.url))
        lock.take()
        stack.callback(lock.release)
    engine = writing_engine(database.url)
    stack.callback(engine.dispose)
    return stack.enter_context(engine.connect())


@contextmanager
def in_transaction(connection: Connection, *, snapshot: bool = False) -> Generator[None]:
    """Run the block in one transaction. With `snapshot` it is for reading only and sees one state of the data."""
    if not snapshot:
        begin = "BEGIN"
    elif connection.dialect.name == "postgresql":
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    else:
        begin = "BEGIN DEFERRED"
    connection.exec_driver_sql(begin)
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")
