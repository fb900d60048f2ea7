"""The ledger's transaction on PostgreSQL.

A batch first locks the counter rows of its workspaces, in the order of their IDs. So batches of several nodes run one
after another in a workspace, commit order is position order, and the batches cannot deadlock. Operations that name no
workspace may still deadlock; PostgreSQL detects this and the batch runs again.

A lost connection is replaced and the batch runs again. If it was lost during the COMMIT, the writer first checks the
outcome of the transaction. No acknowledged write is lost and none is stored twice.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, TypeVar

import uvloop
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool
from sqlalchemy.util import await_only

from crumbless.core.errors import ApiError
from crumbless.core.exhaustion import is_disk_failure
from crumbless.database.database_postgres import (
    COMMAND_SECONDS,
    LIVE_SETTINGS,
    SERVING,
    invalid_value_error,
    is_unavailable,
    is_unavailable_state,
    make_engine,
    state_of,
)
from crumbless.ledger.entry import Appended, NewEntry
from crumbless.ledger.ledger_batch import WriteRequest, append_entries, run_operation
from crumbless.ledger.ledger_sequence import (
    CHANGED_COLUMNS,
    COLUMNS,
    CONVERSATION_COLUMNS,
    REPEAT_COLUMNS,
    BatchState,
    batch_state,
    decode_lookup,
)
from crumbless.ledger.reaction import Reaction

T = TypeVar("T")

TIMEOUT_SECONDS = 5.0
"""How long a batch waits for an unavailable database. Longer than a restart of PostgreSQL."""

RESOLVE_SECONDS = 60.0
"""How long the writer tries to find the outcome of a transaction whose COMMIT was interrupted."""

RETRY_SECONDS = 0.1

CLOSE_SECONDS = 2.0
"""How long a stopping node waits until PostgreSQL has released the connection's locks."""

BUSY_SECONDS = 5.0

RETRYABLE_STATES = {"40P01", "40001"}
"""A deadlock or a conflict of transactions. The other side continues, this one runs again."""

_LOCK = "SELECT id FROM workspace WHERE id IN ({}) ORDER BY id FOR NO KEY UPDATE"

_LOOK_UP = f"""
SELECT json_build_object(
  'conversations', (
    SELECT coalesce(json_agg(json_build_array({", ".join(f"c.{name}" for name in CONVERSATION_COLUMNS)},
      coalesce((c.status = 'closed' AND (SELECT e.kind = 'erased' FROM entry AS e
        WHERE e.conversation_no = c.no AND e.seq = c.last_seq))::int, 0))), '[]')
    FROM conversation AS c WHERE c.id = ANY($1::text[])),
  'workspaces', (
    SELECT coalesce(json_agg(json_build_array(w.id, w.position)), '[]')
    FROM workspace AS w WHERE w.id = ANY($2::int[])),
  'repeats', (
    SELECT coalesce(json_agg(json_build_array({", ".join(REPEAT_COLUMNS)})), '[]')
    FROM unnest($3::int[], $4::text[]) AS new(workspace_id, id)
    JOIN entry AS e ON e.id = new.id AND e.workspace_id + 0 = new.workspace_id
    JOIN conversation AS c ON c.no = e.conversation_no))::text
"""  # noqa: S608 # nosec B608

_TYPES = {
    **dict.fromkeys(("workspace_id", "conversation_no", "seq", "visitor_seq", "no"), "int"),
    **dict.fromkeys(("last_seq", "last_visitor_seq", "operator_seen"), "int"),
    **dict.fromkeys(("position", "at", "waiting_since"), "bigint"),
}
"""The columns that are not text."""


def _arrays(columns: Sequence[str], first: int) -> str:
    """Return the parameters of these columns, numbered from `first`, as arrays of their types."""
    return ", ".join(f"${at}::{_TYPES.get(name, 'text')}[]" for at, name in enumerate(columns, first))


_RAISED = ("no", *CHANGED_COLUMNS)
_STORE_ROWS = f"""
WITH added AS (
  INSERT INTO entry ({", ".join(COLUMNS)})
  SELECT * FROM unnest({_arrays(COLUMNS, 1)})
), raised AS (
  UPDATE conversation SET {", ".join(f"{name} = new.{name}" for name in CHANGED_COLUMNS)}
  FROM unnest({_arrays(_RAISED, len(COLUMNS) + 1)}) AS new({", ".join(_RAISED)})
  WHERE conversation.no = new.no
)
UPDATE workspace SET position = new.position
FROM unnest({_arrays(("no", "position"), len(COLUMNS) + len(_RAISED) + 1)}) AS new(id, position)
WHERE workspace.id = new.id RETURNING pg_current_xact_id()::text
"""  # noqa: S608 # nosec B608

_NUMBER = "SELECT pg_current_xact_id_if_assigned()::text"

_SELF = """
SELECT pid, backend_start, (SELECT stats_reset FROM pg_stat_wal) AS recovered
FROM pg_stat_activity WHERE pid = pg_backend_pid()
"""
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2"
_FATE = "SELECT pg_xact_status($1::text::xid8)"
_STORED = "SELECT EXISTS (SELECT FROM entry WHERE workspace_id = $1 AND position = $2 AND id = $3)"

_SETTINGS = (
    LIVE_SETTINGS
    + """
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
"""
)
"""All lookups of a batch have an index. PostgreSQL ignores it while tables are small, and does not change such plans
before it has counted the rows. For the same reason `+ 0` above: an entry is found by its ID only."""

log = logging.getLogger("crumbless.ledger")


class _UnknownOutcome(Exception):
    """The connection was lost while the transaction `number` was being committed."""

    def __init__(self, number: str) -> None:
        super().__init__()
        self.number = number


class PostgresBatchWriter:
    """Commits batches on one connection, in the ledger's thread, on a separate loop."""

    def __init__(self, database_url: str, reactions: Sequence[Reaction] = ()) -> None:
        self._reactions = reactions
        self._engine = make_engine(
            database_url, _SETTINGS, COMMAND_SECONDS, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        self._loop = uvloop.new_event_loop()
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._self: tuple[int, Any] | None = None
        self._recovered: Any = None
        """The start of PostgreSQL's statistics, which is its last recovery from a crash."""
        self._unavailable = False
        self._locked: set[int] = set()
        self._number: str | None = None

    def commit(self, batch: Sequence[WriteRequest]) -> None:
        """Commit the batch in one transaction and set each request's outcome.

        Raises:
            ApiError: `busy` if the database is unavailable. As far as can be known, nothing of the batch was stored.
        """
        self._loop.run_until_complete(self._commit(batch))

    def close(self) -> None:
        """Close the connection and release its locks for the next command."""
        self._loop.run_until_complete(self._disconnect())
        self._loop.run_until_complete(self._release())
        self._loop.run_until_complete(self._engine.dispose())
        self._loop.close()

    async def _commit(self, batch: Sequence[WriteRequest]) -> None:
        # After one timeout, later batches fail at once until the database is available again.
        until = time.monotonic() + (0.0 if self._unavailable else TIMEOUT_SECONDS)
        # Not a Periodic: it retries one batch until a deadline.
        while True:
            try:
                await self._try(batch)
            except _UnknownOutcome as lost:
                if await self._resolve_commit(lost.number, batch):
                    break
            except Exception as error:
                if is_disk_failure(error):
                    # Not retried here: the clients retry, and later requests must not wait for free space.
                    raise ApiError("busy", f"the database's disk is full ({_name(error)})", BUSY_SECONDS) from None
                if not is_unavailable(error) and state_of(error) not in RETRYABLE_STATES:
                    raise
                if time.monotonic() >= until:
                    self._unavailable = True
                    raise ApiError("busy", f"the database is unavailable ({_name(error)})", BUSY_SECONDS) from None
                await asyncio.sleep(RETRY_SECONDS)
            else:
                break
            _forget(batch)
        self._unavailable = False

    async def _try(self, batch: Sequence[WriteRequest]) -> None:
        connection = await self._connected()
        self._locked, self._number = set(), None
        number: str | None = None
        try:
            # Each statement costs a round trip to the server, so the first two are sent together.
            await self._driver.execute("; ".join(["BEGIN", *self._locks(request.workspace for request in batch)]))
            await connection.run_sync(self._write, batch)
            number = self._number or await self._driver.fetchval(_NUMBER)
            await self._driver.execute("COMMIT")
        except BaseException as error:
            if not isinstance(error, Exception) or is_unavailable(error) or not await self._rolled_back():
                await self._release()
            if number is not None and isinstance(error, Exception) and is_unavailable(error):
                raise _UnknownOutcome(number) from error
            raise

    async def _connected(self) -> AsyncConnection:
        if self._connection is not None:
            return self._connection
        connection = await self._engine.connect()
        try:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            if self._self is not None:
                # The server process of the lost connection may hold locks, or be about to commit.
                await driver.fetch(_END, *self._self)
            if not await driver.fetchval(f"SELECT pg_try_advisory_lock_shared({SERVING})"):
                raise ConnectionError("a command is replacing what is in the database")
            found = await driver.fetchrow(_SELF)
            self._self, self._recovered = (found["pid"], found["backend_start"]), found["recovered"]
        except BaseException:
            await connection.close()
            raise
        self._connection, self._driver = connection, driver
        return connection

    async def _rolled_back(self) -> bool:
        try:
            await self._driver.execute("ROLLBACK")
        except Exception:
            return False
        return True

    async def _disconnect(self) -> None:
        if self._driver is None:
            return
        try:
            await self._driver.close(timeout=CLOSE_SECONDS)
        except Exception as error:
            log.info("PostgreSQL did not confirm the close: %s", _name(error))

    async def _release(self) -> None:
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        driver, self._driver = self._driver, None
        # Not a graceful close: a server that is frozen or disconnected would never confirm it.
        driver.terminate()
        try:
            await connection.close()
        except Exception as error:
            log.info("could not close a lost connection: %s", _name(error))

    async def _resolve_commit(self, number: str, batch: Sequence[WriteRequest]) -> bool:
        """Return whether the transaction was committed. False if the server does not know it (after a failover).

        Raises:
            ApiError: `busy` if the outcome cannot be found. Clients find out when they retry.
        """
        log.warning("connection to PostgreSQL lost during a commit; checking its outcome")
        until, recovered = time.monotonic() + RESOLVE_SECONDS, self._recovered
        # Not a Periodic: it asks for the outcome of one commit until a deadline.
        while True:
            try:
                await self._connected()
                fate = await self._driver.fetchval(_FATE, number)
                if fate == "committed" and self._recovered != recovered:
                    return await self._is_stored(batch)
                if fate != "in progress":
                    return fate == "committed"
            except ApiError:
                raise
            except Exception as error:
                await self._release()
                if not is_unavailable(error):
                    return False
            if time.monotonic() >= until:
                raise ApiError("busy", "database connection lost; outcome of the last commit unknown", BUSY_SECONDS)
            await asyncio.sleep(RETRY_SECONDS)

    async def _is_stored(self, batch: Sequence[WriteRequest]) -> bool:
        """Return whether the batch is stored, by looking up one of its entries.

        After a crash PostgreSQL may give the ID of a lost transaction to another one. The ID alone would acknowledge a
        lost batch.

        Raises:
            ApiError: `busy` if the batch has no entry that can be looked up.
        """
        for request in batch:
            for one in request.made or (request,):
                outcome = one.outcome
                if isinstance(outcome, Appended) and not outcome.repeat and one.entry is not None:
                    entry = one.entry
                    return bool(await self._driver.fetchval(_STORED, entry.workspace, outcome.position, entry.id))
        raise ApiError("busy", "PostgreSQL crashed; outcome of the last commit unknown", BUSY_SECONDS)

    def _write(self, connection: Connection, batch: Sequence[WriteRequest]) -> None:
        self._inside = connection
        plain: list[WriteRequest] = []
        for request in batch:
            if request.operation is None:
                plain.append(request)
                continue
            if request.entry is not None or request.erases:
                # Positions follow the order of the batch, so earlier entries are appended before this request.
                self._append(plain)
                plain = []
            self._run(connection, request)
        self._append(plain)

    def _locks(self, workspaces: Iterable[int | None]) -> list[str]:
        """Return the statement that locks these counter rows, if any are not locked yet."""
        unlocked = sorted({one for one in workspaces if one is not None} - self._locked)
        self._locked |= {*unlocked}
        return [_LOCK.format(", ".join(str(int(one)) for one in unlocked))] if unlocked else []

    def _run(self, connection: Connection, request: WriteRequest) -> None:
        run_operation(connection, request, self._append)
        if isinstance(request.outcome, IntegrityError):
            # Another node may have stored the same row after this operation looked for it. So it runs again.
            _forget([request])
            run_operation(connection, request, self._append)
        if isinstance(request.outcome, Exception) and _fails_batch(state_of(request.outcome)):
            raise request.outcome
        if isinstance(request.outcome, Exception) and (error := invalid_value_error(request.outcome)):
            request.outcome = error

    def _append(self, requests: list[WriteRequest]) -> None:
        append_entries(self._inside, requests, self._look_up, self._store_rows, self._reactions)

    def _look_up(self, entries: list[NewEntry]) -> BatchState:
        for statement in self._locks(entry.workspace for entry in entries):
            self._wait(self._driver.execute(statement))
        found = self._wait(
            self._driver.fetchval(
                _LOOK_UP,
                [*{entry.conversation for entry in entries}],
                [*{entry.workspace for entry in entries}],
                [entry.workspace for entry in entries],
                [entry.id for entry in entries],
            )
        )
        return batch_state(decode_lookup(found))

    def _store_rows(self, values: list[object], state: BatchState) -> None:
        raised = [one for one in state.conversations.values() if one.position]
        self._number = self._wait(
            self._driver.fetchval(
                _STORE_ROWS,
                *(values[column :: len(COLUMNS)] for column in range(len(COLUMNS))),
                [one.number for one in raised],
                *map(list, zip(*(one.changed for one in raised), strict=True)),
                [*state.positions],
                [*state.positions.values()],
            )
        )

    @staticmethod
    def _wait(awaited: Awaitable[T]) -> T:
        """Wait for the driver, in a function that SQLAlchemy runs as a synchronous one, and return its result."""
        return await_only(awaited)


def _fails_batch(state: str) -> bool:
    """Return whether an error of one request's operation means that the whole batch has to run again.

    Deadlocked locks of the batch are released only by a rollback. A server that is unavailable fails all other requests
    too.
    """
    return state in RETRYABLE_STATES or is_unavailable_state(state)


def _forget(batch: Sequence[WriteRequest]) -> None:
    """Reset the requests' outcomes, because their transaction was rolled back."""
    for request in batch:
        request.outcome = request.result = request.made = None
        request.events = ()


def _name(error: BaseException) -> str:
    return type(getattr(error, "orig", None) or error).__name__
