"""PostgreSQL: connections, reads that survive its restart, and the locks between nodes and commands.

The same functions of a synchronous connection as on SQLite run here through SQLAlchemy's `run_sync` on asyncpg.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from crumbless.core.errors import ApiError, SettingsError
from crumbless.core.exhaustion import is_disk_failure

T = TypeVar("T")

READERS = 8
"""Connections for reads, per node."""

CONNECT_SECONDS = 5.0

COMMAND_SECONDS = 15.0
"""A statement that takes longer is waiting for a network or a server that is gone."""

READ_SECONDS = 10.0
"""Longest time that a read waits, including its connection."""

BUSY_SECONDS = 2.0
"""When a client should retry after the database was unavailable."""

SERVING = 0x6372756D_0001
MIGRATING = 0x6372756D_0002
"""Keys of advisory locks. All nodes share the first; a command that replaces the data holds it alone."""

LIVE_SETTINGS = """
SET application_name = 'crumbless';
SET idle_in_transaction_session_timeout = '10s';
SET lock_timeout = '10s';
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
"""
"""A node that is frozen or disconnected in a transaction must not block others for long. An acknowledged commit is on
disk, whatever the database's default is. A stricter setting is not changed."""

INVALID_VALUE_STATES = {"22000", "22003", "22021"}
"""SQLSTATEs for a value that cannot be stored: a NUL in a text, a number that is too large."""

COMMAND_SETTINGS = "SET application_name = 'crumbless command'"
"""Without time limits, because migrations and copies may take long."""

# The package has no type annotations.
_connect = cast(Any, asyncpg).connect

log = logging.getLogger("crumbless.database")


def is_unavailable(error: BaseException) -> bool:
    """Return whether an error means that the connection or the server is gone, so that a new connection may help."""
    if isinstance(error, (OSError, TimeoutError, PoolTimeoutError, PendingRollbackError, asyncpg.InterfaceError)):
        return True
    # A server that stops reports this between two requests. The driver expects no response then and raises this.
    if isinstance(error, asyncpg.InternalClientError):
        return True
    cause = getattr(error, "orig", None) or error.__cause__
    if getattr(error, "connection_invalidated", False) or (cause is not None and is_unavailable(cause)):
        return True
    if is_disk_failure(error):
        # A new connection meets the same disk.
        return False
    return is_unavailable_state(getattr(error, "sqlstate", None) or "")


def is_unavailable_state(state: str) -> bool:
    """Return whether an SQLSTATE means that the server cannot work now, independent of the statement."""
    # 08: connection. 53: a full disk or too many connections. 57P: shut down. 25P03: idle in a transaction for too
    # long. 0A000: a query plan that a migration has made invalid.
    return state.startswith(("08", "53", "57P")) or state in {"25P03", "0A000"}


def state_of(error: BaseException) -> str:
    """Return the SQLSTATE of the driver's error, also if SQLAlchemy wraps it; empty for other errors."""
    return getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def invalid_value_error(error: BaseException) -> ApiError | None:
    """Return the error for the client if the request contained a value that PostgreSQL cannot store."""
    return (
        ApiError("invalid", "A text or number has a value that cannot be stored.")
        if state_of(error) in INVALID_VALUE_STATES
        else None
    )


def make_engine(database_url: str, settings: str, command_seconds: float | None, **options: Any) -> AsyncEngine:
    """Return an engine whose connections run these settings first. asyncpg reads the URL, as libpq does."""

    async def connect(*_arguments: object, **_keywords: object) -> Any:
        connection = await _connect(database_url, timeout=CONNECT_SECONDS, command_timeout=command_seconds)
        await connection.execute(settings)
        return connection

    # Parameters contain what people wrote, so they must not appear in error messages.
    return create_async_engine("postgresql+asyncpg://", async_creator=connect, hide_parameters=True, **options)


class PostgresReader:
    """Runs reads on the event loop, each in one read-only snapshot, on one of a few connections."""

    def __init__(self, database_url: str) -> None:
        self._engine = make_engine(
            database_url,
            LIVE_SETTINGS,
            COMMAND_SECONDS,
            pool_size=READERS,
            max_overflow=0,
            pool_timeout=READ_SECONDS,
            pool_use_lifo=True,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )

    async def read(self, operation: Callable[[Connection], T]) -> T:
        """Run `operation` and return its result. A connection that was lost is replaced once.

        Raises:
            ApiError: `busy` if the database is unavailable; `invalid` for a value that cannot be stored.
        """
        try:
            return await self._read(operation)
        except Exception as error:
            if refused := invalid_value_error(error):
                raise refused from None
            if not is_unavailable(error):
                raise
        try:
            return await self._read(operation)
        except Exception as error:
            if not is_unavailable(error):
                raise
            log.warning("a read could not reach the database: %s", type(error).__name__)
            raise ApiError("busy", retry_after=BUSY_SECONDS) from None

    async def _read(self, operation: Callable[[Connection], T]) -> T:
        async with asyncio.timeout(READ_SECONDS), self._engine.connect() as connection:
            return await connection.run_sync(operation)

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()


class ServingCheck:
    """Checks at the start that no command is replacing the data. Nodes share the database, so there is no lock to hold.

    While a node serves, its ledger's connection holds SERVING together with the other nodes.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    def take(self) -> None:
        """Raises SettingsError while a command replaces or rewrites the data."""

        def ask(connection: Connection) -> bool:
            return bool(connection.execute(text(f"SELECT pg_try_advisory_xact_lock_shared({SERVING})")).scalar())

        if not write_once(self._database_url, ask):
            raise SettingsError(
                "CRUMBLESS_DATABASE_URL: a command is replacing the data in the database; wait until it ends"
            )

    def release(self) -> None:
        """Do nothing: no lock is held here."""


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a separate thread and return its result. The caller may be on an event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def write_once(database_url: str, operation: Callable[[Connection], T]) -> T:
    """Run `operation` in a separate transaction (see database.py)."""

    async def run() -> T:
        async with connected(database_url) as connection, connection.begin():
            return await connection.run_sync(operation)

    return run_apart(run())


def migrate(database_url: str, upgrade: Callable[[Connection], None], rewrites: Callable[[Connection], bool]) -> None:
    """Run Alembic in one transaction. A second process waits, and then has nothing to do.

    Args:
        rewrites: whether `upgrade` rewrites most of the database. Then no node may serve.

    Raises:
        SettingsError: if a node is using a database that has to be rewritten.
    """

    def run(connection: Connection) -> None:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATING})"))
        if (
            rewrites(connection)
            and not connection.execute(text(f"SELECT pg_try_advisory_xact_lock({SERVING})")).scalar()
        ):
            raise SettingsError("CRUMBLESS_DATABASE_URL: a server is using the database; stop every node first")
        upgrade(connection)

    write_once(database_url, run)


@asynccontextmanager
async def connected(database_url: str) -> AsyncGenerator[AsyncConnection]:
    """Yield a connection for a command.

    Raises:
        SettingsError: if the server cannot be reached or rejects the login. The message does not contain the password.
    """
    engine = make_engine(database_url, COMMAND_SETTINGS, None, poolclass=NullPool)
    try:
        connection = await _open(engine)
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await engine.dispose()


async def _open(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except Exception as error:
        reason = getattr(error, "orig", None) or error
        message = str(reason).partition("\n")[0] or type(reason).__name__
        raise SettingsError(f"CRUMBLESS_DATABASE_URL: cannot reach the database: {message}") from None


def compact(database_url: str, metadata: MetaData) -> tuple[int, int]:
    """Rewrite every table (see database.py)."""

    async def run() -> tuple[int, int]:
        async with connected(database_url) as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            await hold_alone(connection)
            before = await _size(connection)
            for table in metadata.sorted_tables:
                await connection.execute(text(f'VACUUM (FULL, ANALYZE) "{table.name}"'))
            # The log's files with the old rows are deleted after the next checkpoints.
            if await _may_checkpoint(connection):
                await connection.execute(text("CHECKPOINT"))
            return before, await _size(connection)

    return run_apart(run())


async def hold_alone(connection: AsyncConnection) -> None:
    """Prevent nodes from serving for as long as the connection is open. Raises SettingsError if one is serving."""
    taken = await connection.execute(text(f"SELECT pg_try_advisory_lock({SERVING})"))
    if not taken.scalar():
        raise SettingsError("CRUMBLESS_DATABASE_URL: a server is using the database; stop every node first")


async def _size(connection: AsyncConnection) -> int:
    return cast(int, (await connection.execute(text("SELECT pg_database_size(current_database())"))).scalar())


async def _may_checkpoint(connection: AsyncConnection) -> bool:
    result = await connection.execute(text("SELECT pg_has_role(current_user, 'pg_checkpoint', 'member')"))
    return bool(result.scalar())
