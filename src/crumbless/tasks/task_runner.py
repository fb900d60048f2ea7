"""Runs the outbox: claims due jobs, runs them, retries them, and makes those that fail for good dead letters.

Every node does this and may run any task. A task runs at least once: if a node stops after running it but before
storing the result, another node runs it again.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from crumbless.core.errors import ApiError
from crumbless.core.exhaustion import in_one_line, is_exhausted
from crumbless.core.ids import confirmed_ms, new_id, now_ms
from crumbless.core.periodic import Periodic
from crumbless.ledger.ledger_port import LedgerPort, ReaderPort
from crumbless.tasks.task import (
    DEADLINE_SECONDS,
    LEASE_MS,
    LONG_SECONDS,
    MAX_ATTEMPTS,
    RECURRING,
    Task,
    TaskFailed,
    TaskKind,
    is_out_of_attempts,
    wait_after,
)
from crumbless.tasks.task_store import (
    add_recurring,
    claim_batches,
    complete_tasks,
    finish_tasks,
    next_due,
    release_tasks,
)

AT_ONCE = 4
"""Batches of a kind that one node runs at a time. A server that does not respond blocks only these, no other kind."""

GRACE_SECONDS = 1.0
"""How long a stopping node waits for running tasks."""

Work = Callable[[Task], Awaitable[int | None]]
"""Runs one task. For a recurring task it returns when the next run is due (milliseconds). Raises TaskFailed."""

log = logging.getLogger("crumbless.tasks")


class TaskHandler:
    """Runs the tasks of a kind one at a time. Those that fail for good become dead letters.

    A kind whose tasks are sent together has a separate class. `most`: maximum of tasks of one destination in a batch.
    `mixed`: whether they may belong to different visitors or consents.
    """

    most = 1
    mixed = True

    def __init__(self, operation: Work) -> None:
        self._work = operation

    async def do(self, tasks: Sequence[Task]) -> int | None:
        """Run a batch. The result is passed to `finish`. Raises TaskFailed; then the whole batch is retried."""
        return await self._work(tasks[0])

    def finish(self, connection: Connection, tasks: Sequence[Task], result: int | None) -> None:
        """Delete a batch that is done, or schedule its next run at the time that the work returned."""
        if result is None:
            finish_tasks(connection, tasks)
        else:
            complete_tasks(connection, tasks, due_at=result, attempts=0)

    def on_failed(self, connection: Connection, tasks: Sequence[Task], error: str) -> None:
        """Turn tasks whose last attempt failed into dead letters."""
        complete_tasks(connection, tasks, error, dead_at=now_ms())

    def forget(self, about: str) -> None:
        """Delete the data in memory that belongs to deleted tasks."""

    async def close(self) -> None:
        """Close connections."""


@dataclass(eq=False, slots=True)
class _Batch:
    kind: TaskKind
    tasks: Sequence[Task]
    doing: asyncio.Task[Any] | None = None
    withdrawn: bool = False


class TaskRunner:
    """Runs the installation's tasks for as long as the server runs.

    Args:
        handlers: by kind. Other kinds are left to nodes that have a handler.
        poll_seconds: how often the runner checks for tasks that other nodes and commands have added.
    """

    def __init__(
        self, handlers: Mapping[TaskKind, TaskHandler], ledger: LedgerPort, reader: ReaderPort, poll_seconds: float
    ) -> None:
        self._handlers = handlers
        self._ledger = ledger
        self._reader = reader
        self._node = new_id()
        self._running: dict[asyncio.Task[None], _Batch] = {}
        self._began = self._claiming = False
        # Kinds for which the last claim returned as many batches as requested.
        self._more: set[TaskKind] = set()
        self.loop = Periodic("the outbox", self._turn, poll_seconds)

    def wake(self) -> None:
        """Check for due tasks at once, because this node has added some."""
        self.loop.wake()

    def withdraw(self, kinds: Collection[str], about: str) -> None:
        """Cancel running batches that contain deleted tasks. Their other tasks run again at once."""
        for kind, handler in self._handlers.items():
            if kind in kinds:
                handler.forget(about)
        for batch in self._running.values():
            if batch.kind in kinds and batch.doing and any(one.about == about for one in batch.tasks):
                batch.withdrawn = batch.doing.cancel() or batch.withdrawn

    async def stop(self) -> None:
        """Wait for running tasks, or release them. Call when the loop has ended, before the ledger is closed."""
        claimed = self._claiming or bool(self._running)
        if self._running:
            await asyncio.wait(self._running, timeout=GRACE_SECONDS)
        for one in self._running:
            one.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if claimed:
            with contextlib.suppress(ApiError):
                await self._ledger.write(lambda connection: release_tasks(connection, self._node))
        for handler in self._handlers.values():
            await handler.close()

    async def _turn(self) -> float | None:
        """Start due tasks if there is capacity. Return the seconds until the next check."""
        if not self._began:
            await self._begin_recurring()
            self._began = True
        running = Counter(batch.kind for batch in self._running.values())
        room: dict[TaskKind, int] = {
            kind: AT_ONCE - running[kind] for kind in self._handlers if running[kind] < AT_ONCE
        }
        if not room:
            return None
        due: set[TaskKind] = self._more & room.keys()
        if due:
            # Without reading the due times, which scans all tasks of the kind.
            await self._claim(due, room)
            return 0
        now = now_ms()
        times = await self._reader.read(lambda connection: next_due(connection, room.keys()))
        due = {kind for kind, at in times.items() if at <= now}
        if due and await self._claim(due, room):
            return 0
        # If nothing was claimed although a task is due, another node was faster.
        return min(((at - now) / 1000 for at in times.values() if at > now), default=None)

    async def _begin_recurring(self) -> None:
        for kind in RECURRING:
            if kind in self._handlers:
                # Another node that starts at this moment may have added it first.
                with contextlib.suppress(IntegrityError):
                    await self._ledger.write(lambda connection, kind=kind: add_recurring(connection, kind, now_ms()))

    async def _claim(self, kinds: Collection[TaskKind], room: Mapping[TaskKind, int]) -> bool:
        """Claim and start batches of these kinds. Return whether there were any."""

        def claim(connection: Connection) -> dict[TaskKind, list[list[Task]]]:
            found: dict[TaskKind, list[list[Task]]] = {}
            for kind in kinds:
                handler = self._handlers[kind]
                found[kind] = claim_batches(connection, self._node, kind, room[kind], handler.most, handler.mixed)
            return found

        self._claiming = True
        claimed = await self._ledger.write(claim)
        for kind, batches in claimed.items():
            (self._more.add if len(batches) == room[kind] else self._more.discard)(kind)
            for tasks in batches:
                batch = _Batch(kind, tasks)
                running = asyncio.create_task(self._do(batch))
                self._running[running] = batch
                running.add_done_callback(self._end)
        self._claiming = False
        return any(claimed.values())

    def _end(self, running: asyncio.Task[None]) -> None:
        del self._running[running]
        self.wake()
        if not running.cancelled() and (error := running.exception()):
            log.warning("could not record a job's result; the job will run again: %s", type(error).__name__)

    async def _do(self, batch: _Batch) -> None:
        handler, tasks = self._handlers[batch.kind], batch.tasks
        if any(one.attempts > MAX_ATTEMPTS and is_out_of_attempts(one, confirmed_ms()) for one in tasks):
            # A node that crashes during the task records no failure. Without this check it would crash one node after
            # another.
            await self._reschedule(handler, tasks, "every attempt was interrupted")
            return
        # In a separate asyncio task, so that a withdrawal cancels the work but never the storing of its result.
        doing = batch.doing = asyncio.ensure_future(_do_in_time(handler, tasks))
        try:
            await asyncio.wait({doing})
        finally:
            doing.cancel()
            await asyncio.wait({doing})
        if doing.cancelled():
            await self._reschedule(handler, tasks, "it was cancelled", at_once=batch.withdrawn)
        elif error := doing.exception():
            await self._reschedule(handler, tasks, *_reason(batch.kind, error))
        else:
            await self._complete(lambda connection: handler.finish(connection, tasks, doing.result()))

    async def _reschedule(
        self, handler: TaskHandler, tasks: Sequence[Task], error: str, final: bool = False, at_once: bool = False
    ) -> None:
        """Retry tasks that failed, or turn them into dead letters."""
        now, confirmed = now_ms(), confirmed_ms()
        spent = [one for one in tasks if is_out_of_attempts(one, confirmed, final)]
        if spent:
            log.warning("%d tasks of the kind %s failed for good: %s", len(spent), spent[0].kind, error)
        elif not at_once:
            log.info("%d tasks of the kind %s will be retried: %s", len(tasks), tasks[0].kind, error)

        def store_failure(connection: Connection) -> None:
            if spent:
                handler.on_failed(connection, spent, error)
            for one in tasks:
                if one not in spent:
                    complete_tasks(connection, [one], error, due_at=now if at_once else now + wait_after(one.attempts))

        await self._complete(store_failure)

    async def _complete(self, work: Callable[[Connection], None]) -> None:
        """Store the result. While the disk is full, retry within the lease; after it any node may claim the task."""
        async with asyncio.timeout(LEASE_MS / 1000 - DEADLINE_SECONDS):
            # Not a Periodic: it retries one write until its lease ends.
            while True:
                try:
                    await self._ledger.write(work)
                except ApiError as error:
                    await asyncio.sleep(error.retry_after)
                else:
                    return


async def _do_in_time(handler: TaskHandler, tasks: Sequence[Task]) -> Any:
    deadline = LONG_SECONDS.get(tasks[0].kind, DEADLINE_SECONDS)
    try:
        async with asyncio.timeout(deadline):
            return await handler.do(tasks)
    except TimeoutError:
        raise TaskFailed(f"the job did not finish within {deadline:g} seconds") from None


def _reason(kind: TaskKind, error: BaseException) -> tuple[str, bool]:
    """Return why a task failed, without personal data, and whether a retry would fail too."""
    if isinstance(error, TaskFailed):
        return str(error), error.final
    if is_exhausted(error):
        return in_one_line(error), False
    log.error("a task of the kind %s failed", kind, exc_info=error)
    return "internal error; see the server's log", False
