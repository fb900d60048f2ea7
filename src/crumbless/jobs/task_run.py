"""Work for later: claims what is due, does it, tries it again, gives it up.

Every node runs this and any may do any task. A task is done at least once: a node that ends between doing it and noting
so leaves it to another.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from crumbless.domain.ports import LedgerPort, ReaderPort
from crumbless.domain.task import (
    DEADLINE_SECONDS,
    LEASE_MS,
    LONG_SECONDS,
    MOST_TRIES,
    RECURRING,
    Task,
    TaskFailed,
    TaskKind,
    lease_of,
    wait_after,
)
from crumbless.errors import Refused
from crumbless.exhaustion import in_one_line, is_exhausted
from crumbless.ids import new_id, now_ms
from crumbless.store.task_lease import extend_lease
from crumbless.store.task_store import (
    add_recurring,
    bury_task,
    claim_tasks,
    finish_task,
    give_back_tasks,
    next_task_due,
    put_off_task,
    repeat_task,
)

AT_ONCE = 4
"""Tasks that one node does at a time: a mail server that does not answer holds these, and nothing else."""

GRACE_SECONDS = 1.0
"""How long a stopping node lets those that run come to their end."""

Handler = Callable[[Task], Awaitable[int | None]]
"""Does a task of one kind. Returns when it comes again (milliseconds) if it is recurring. Raises TaskFailed."""

log = logging.getLogger("crumbless.tasks")


class TaskRunner:
    """Does the tasks of the installation for as long as the server runs.

    Args:
        handlers: what does each kind; other kinds are left to nodes that know them.
        poll_seconds: how often it looks for what other nodes and commands have added.
    """

    def __init__(
        self, handlers: Mapping[TaskKind, Handler], ledger: LedgerPort, reader: ReaderPort, poll_seconds: float
    ) -> None:
        self._handlers = handlers
        self._ledger = ledger
        self._reader = reader
        self._poll_seconds = poll_seconds
        self._node = new_id()
        self._news = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Something was added, by this node."""
        self._news.set()

    def start(self) -> None:
        """Begin. Call on the loop, after the ledger has started."""
        self._turning = asyncio.create_task(self._turn_for_ever())

    async def stop(self) -> None:
        """Let what runs end, or give it back. Call before the ledger is closed."""
        self._turning.cancel()
        await asyncio.gather(self._turning, return_exceptions=True)
        if not self._running:
            return
        await asyncio.wait(self._running, timeout=GRACE_SECONDS)
        for one in self._running:
            one.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        with contextlib.suppress(Refused):
            await self._ledger.write(lambda connection: give_back_tasks(connection, self._node))

    async def _turn_for_ever(self) -> None:
        begun = False
        while True:
            self._news.clear()
            try:
                if not begun:
                    await self._begin_recurring()
                    begun = True
                wait = await self._turn()
            except Refused as refused:
                wait = refused.retry_after
            except Exception as error:
                # The database is away, say. What is queued stays there. No traceback: it would hold the values.
                log.warning("tasks could not be looked for: %s", type(error).__name__)
                wait = self._poll_seconds
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    async def _begin_recurring(self) -> None:
        for kind in RECURRING:
            if kind in self._handlers:
                # Another node that starts at this moment was quicker.
                with contextlib.suppress(IntegrityError):
                    await self._ledger.write(lambda connection, kind=kind: add_recurring(connection, kind, now_ms()))

    async def _turn(self) -> float:
        """Begin what is due, as far as there is room; the seconds until the next look."""
        room = AT_ONCE - len(self._running)
        if room <= 0:
            return self._poll_seconds
        kinds = self._handlers.keys()
        due = await self._reader.read(lambda connection: next_task_due(connection, kinds))
        until_due = self._poll_seconds if due is None else (due - now_ms()) / 1000
        if until_due > 0:
            return min(until_due, self._poll_seconds)
        claimed = await self._ledger.write(
            lambda connection: claim_tasks(connection, self._node, kinds, LEASE_MS, room)
        )
        for task in claimed:
            self._begin(task)
        # Nothing although something is due: another node was quicker.
        return 0 if claimed else self._poll_seconds

    def _begin(self, task: Task) -> None:
        running = asyncio.create_task(self._do(task))
        self._running.add(running)
        running.add_done_callback(self._end)

    def _end(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        self._news.set()
        if not running.cancelled() and (error := running.exception()):
            log.warning("what became of a task could not be noted; it is done again: %s", type(error).__name__)

    async def _do(self, task: Task) -> None:
        if task.tries > MOST_TRIES and task.kind not in RECURRING:
            # A node that fails in doing it notes no failure; without this it would end one node after the other.
            await self._settle(lambda connection: bury_task(connection, self._node, task.id, "every try was cut short"))
            return
        deadline = LONG_SECONDS.get(task.kind, DEADLINE_SECONDS)
        if deadline > DEADLINE_SECONDS:
            await self._settle(lambda connection: extend_lease(connection, self._node, task.id, lease_of(task.kind)))
        try:
            async with asyncio.timeout(deadline):
                again = await self._handlers[task.kind](task)
        except TaskFailed as failed:
            await self._fail(task, str(failed), failed.final)
        except TimeoutError:
            await self._fail(task, f"it was not done within {deadline:g} seconds")
        except Exception as error:
            if is_exhausted(error):
                await self._fail(task, in_one_line(error))
                return
            log.exception("a task of the kind %s failed", task.kind)
            await self._fail(task, "a fault of the server; its log says which")
        else:
            await self._succeed(task, again)

    async def _succeed(self, task: Task, again: int | None) -> None:
        if again is None:
            await self._settle(lambda connection: finish_task(connection, self._node, task.id))
        else:
            await self._settle(lambda connection: repeat_task(connection, self._node, task.id, again))

    async def _fail(self, task: Task, error: str, final: bool = False) -> None:
        if (final or task.tries >= MOST_TRIES) and task.kind not in RECURRING:
            log.warning("a task of the kind %s was given up: %s", task.kind, error)
            await self._settle(lambda connection: bury_task(connection, self._node, task.id, error))
            return
        log.info("a task of the kind %s is tried again later: %s", task.kind, error)
        later = now_ms() + wait_after(task.tries)
        await self._settle(lambda connection: put_off_task(connection, self._node, task.id, later, error))

    async def _settle(self, work: Callable[[Connection], None]) -> None:
        """Note the outcome. While the disk takes nothing: within the lease, after which the task is anybody's."""
        async with asyncio.timeout(LEASE_MS / 1000 - DEADLINE_SECONDS):
            while True:
                try:
                    await self._ledger.write(work)
                except Refused as refused:
                    await asyncio.sleep(refused.retry_after)
                else:
                    return
