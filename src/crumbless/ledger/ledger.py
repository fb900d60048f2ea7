"""The only place where entries are appended and made durable.

Group commit: requests that arrive while a transaction runs wait in memory and share the next one. One fsync stores many
messages, and a burst makes batches larger instead of the queue slower. A writer thread owns the only writing
connection. When it begins a transaction, it takes all requests that wait. It returns them with their outcomes. So a
request waits for half a commit on average before the commit that stores it. If the event loop prepared the next batch
when a commit begins, requests would wait for a whole commit more.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TypeVar, cast

from crumbless.core.errors import ApiError
from crumbless.core.exhaustion import in_one_line, is_disk_failure
from crumbless.core.metrics import LedgerMetrics
from crumbless.ledger.entry import Appended, NewEntry
from crumbless.ledger.events import DomainEvent
from crumbless.ledger.ledger_batch import BatchWriter, WriteRequest, ignore_outcome
from crumbless.ledger.ledger_port import Done, Erasure, Operation
from crumbless.ledger.trial_write import write_trial
from crumbless.security.visibility import Scope

T = TypeVar("T")

MAX_BATCH = 2_000
"""Maximum of requests in one transaction. It limits how long the first of them waits for the last."""

BUSY_SECONDS = 1.0
"""When a client that received `busy` should retry."""

STALL_TIMEOUT_SECONDS = 10.0
"""After which a writer that returns no batch counts as stuck. Longer than it waits for PostgreSQL to restart."""

log = logging.getLogger("crumbless.ledger")


class Ledger:
    """Appends entries and runs operations in the order of the calls. Each is acknowledged after its commit.

    Args:
        open_writer: creates the writer; called in the writer's thread.
        on_commit: receives all appended entries, in position order per workspace, on the event loop, before `done`.
        limit: maximum of requests that wait or are being written. Above it, new ones are rejected with `busy`.
        on_events: receives the events of committed requests, on the event loop, after `on_commit` and before `done`.
    """

    def __init__(
        self,
        open_writer: Callable[[], BatchWriter],
        on_commit: Callable[[Sequence[Appended]], None],
        limit: int,
        on_events: Callable[[Sequence[DomainEvent]], None] = lambda _events: None,
    ) -> None:
        self._open_writer = open_writer
        self._on_commit = on_commit
        self._on_events = on_events
        self._limit = limit
        self._waiting: deque[WriteRequest] = deque()
        self._size = 0
        # Wakes the writer. False: it is to stop.
        self._wakeups: SimpleQueue[bool] = SimpleQueue()
        self._awake = False
        self._drained = asyncio.Event()
        self._closing = False
        self._failed = False
        self._last_report = 0.0
        self.metrics = LedgerMetrics()

    @property
    def waiting(self) -> int:
        """Return the number of requests that wait or are being written."""
        return self._size

    @property
    def at_work(self) -> bool:
        """Return whether the writer's thread is alive and has held no request for longer than STALL_TIMEOUT_SECONDS."""
        stuck = self._size > 0 and time.monotonic() - self._last_report > STALL_TIMEOUT_SECONDS
        return self._thread.is_alive() and not stuck

    @property
    def healthy(self) -> bool:
        """Return whether the writer is at work, and has stored an entry or a trial since the last failed batch.

        A batch that changes one page does not count: it may succeed on a disk that is too full for messages.
        """
        return self.at_work and not self._failed

    def start(self) -> None:
        """Start the writer's thread. Call on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_batches, name="crumbless-ledger")
        self._thread.start()

    async def close(self) -> None:
        """Reject new requests, commit and acknowledge the waiting ones, and stop the thread."""
        self._closing = True
        # Not a Periodic: it ends when all accepted requests have their outcome.
        while self._size:
            self._drained.clear()
            await self._drained.wait()
        self._wakeups.put(False)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def submit(
        self,
        entry: NewEntry,
        done: Done,
        scope: Scope | None,
        operation: Operation[object] | None = None,
        *,
        erases: bool = False,
    ) -> None:
        """Append `entry`. `done` receives the outcome on the event loop after the commit. `scope`: the operator's.

        Args:
            operation: runs before, in the same transaction. Its error rejects the entry.
            erases: the operation returns an Erasure: see `erase`.

        Raises:
            ApiError: `busy` if nothing was queued.
        """
        request = WriteRequest(entry, operation, done if operation is None else _answer_bugs(entry, done), scope=scope)
        request.erases = erases
        self._enqueue(request)

    async def append(self, entry: NewEntry, operation: Operation[object] | None = None) -> Appended:
        """Run `operation` and append `entry`, in one transaction. Return after the commit.

        Raises:
            ApiError: `busy`, `unknown_conversation`, `id_conflict`; neither of them was stored.
        """
        request = await self._wait_for(WriteRequest(entry, operation, ignore_outcome))
        return cast(Appended, request.outcome)

    async def write(self, operation: Operation[T], workspace: int | None = None) -> T:
        """Run `operation` in the next transaction and return its result after the commit. Raises its errors.

        It may run again if the transaction has to be repeated. `workspace`: the one that it writes to. An operation
        that changes conversations must give it, so that nodes do so one after another.
        """
        request = await self._wait_for(
            WriteRequest(None, cast(Operation[object], operation), ignore_outcome, workspace)
        )
        return cast(T, request.result)

    async def erase(self, operation: Operation[Erasure[T]], workspace: int | None = None) -> T:
        """Run `operation`, which erases data, and append the entries that record this, in one transaction.

        All earlier requests are stored when the operation runs. Returns after the commit. The erased data leaves
        SQLite's write-ahead log as soon as no other connection reads from it.
        """
        request = WriteRequest(None, cast(Operation[object], operation), ignore_outcome, workspace)
        request.erases = True
        await self._wait_for(request)
        return cast(Erasure[T], request.result).result

    async def try_disk(self) -> None:
        """Commit a trial of usual size that leaves no data. Raises ApiError if that fails."""
        request = WriteRequest(None, cast(Operation[object], write_trial), ignore_outcome)
        request.trial = True
        await self._wait_for(request)

    async def _wait_for(self, request: WriteRequest) -> WriteRequest:
        future: asyncio.Future[None] = self._loop.create_future()

        def resolve(_outcome: object) -> None:
            if not future.done():
                future.set_result(None)

        request.done = resolve
        self._enqueue(request)
        await future
        if isinstance(request.outcome, Exception):
            raise request.outcome
        return request

    def _enqueue(self, request: WriteRequest) -> None:
        if self._size >= self._limit or self._closing:
            self.metrics.rejected += 1
            raise ApiError("busy", retry_after=BUSY_SECONDS)
        if not self._size:
            self._last_report = time.monotonic()
        self._size += 1
        self._waiting.append(request)
        if not self._awake:
            # Once per iteration of the event loop: all messages that it read from the sockets share a batch.
            self._awake = True
            self._loop.call_soon(self._wakeups.put, True)

    def _write_batches(self) -> None:
        writer = self._open_writer()
        try:
            while self._wakeups.get():
                # Before the requests are taken, so that those that arrive afterwards wake the writer again.
                self._awake = False
                if batch := self._take():
                    self._write(writer, batch)
                    self._loop.call_soon_threadsafe(self._deliver, batch)
        finally:
            writer.close()

    def _take(self) -> list[WriteRequest]:
        """Return the requests that wait now. The event loop may add more at the same time: a deque permits that."""
        waiting = self._waiting
        batch = [waiting.popleft() for _ in range(min(len(waiting), MAX_BATCH))]
        if len(batch) == MAX_BATCH:
            # More requests may wait, and the event loop wakes the writer only when the next one arrives.
            self._wakeups.put(True)
        return batch

    def _write(self, writer: BatchWriter, batch: list[WriteRequest]) -> None:
        began = time.perf_counter()
        try:
            writer.commit(batch)
            self._failed = self._failed and not any(_proves_room(request) for request in batch)
            self.metrics.batch_sizes.add(len(batch))
            self.metrics.commit_seconds.add(time.perf_counter() - began)
        except Exception as error:
            # For example a full disk. Nothing of the batch is stored; its clients get `busy` and retry.
            self._failed = True
            self.metrics.failed_batches += 1
            if isinstance(error, ApiError) or is_disk_failure(error):
                reason = error.detail if isinstance(error, ApiError) else in_one_line(error)
                log.warning("could not commit a batch of %d: %s", len(batch), reason)
            else:
                log.exception("could not commit a batch of %d", len(batch))
            for request in batch:
                request.made = None
                request.events = ()
                request.outcome = ApiError("busy", retry_after=5.0, entry_id=request.entry.id if request.entry else "")

    def _deliver(self, batch: list[WriteRequest]) -> None:
        self._last_report = time.monotonic()
        self._size -= len(batch)
        entries = [one for t in batch for one in (t.made or (t,))]
        appended = [t.outcome for t in entries if type(t.outcome) is Appended and not t.outcome.repeat]
        if appended:
            self.metrics.appended += len(appended)
            self._publish_entries(appended)
        if events := [event for request in batch for event in request.events]:
            self._publish_events(events)
        for request in batch:
            try:
                request.done(request.outcome)  # pyright: ignore[reportArgumentType]
            except Exception:
                # A bug in one listener must not prevent the acknowledgements of the others.
                log.exception("could not deliver a ledger result")
        if not self._size:
            self._drained.set()

    def _publish_events(self, events: Sequence[DomainEvent]) -> None:
        try:
            self._on_events(events)
        except Exception:
            # The changes are on disk, and a poll finds them (ledger/events.py).
            log.exception("events could not be published")

    def _publish_entries(self, appended: Sequence[Appended]) -> None:
        try:
            self._on_commit(appended)
        except Exception:
            # The entries are on disk and must be acknowledged. Clients that missed them detect the gap.
            log.exception("could not publish committed entries")


def _answer_bugs(entry: NewEntry, done: Done) -> Done:
    """Return a function that passes outcomes on, and other errors of an operation as `internal`."""

    def deliver(outcome: object) -> None:
        if not isinstance(outcome, Appended | ApiError):
            # No traceback: it would show the values of a statement.
            log.error("an entry's operation failed: %s", in_one_line(cast(Exception, outcome)))
            outcome = ApiError("internal", entry_id=entry.id)
        done(outcome)

    return deliver


def _proves_room(request: WriteRequest) -> bool:
    """Return whether the request stored at least as much data as a message."""
    outcome = request.outcome
    return request.trial or (type(outcome) is Appended and not outcome.repeat)
