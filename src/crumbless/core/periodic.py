"""The loop for all repeated work of a node. app.py starts all loops in one task group."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable

from crumbless.core.errors import ApiError
from crumbless.core.exhaustion import in_one_line

log = logging.getLogger("crumbless.loops")


class Periodic:
    """Repeats some work. An error is logged in one line and the work is retried at the next turn.

    Args:
        name: in log lines and in the readiness of the node: "the session watch".
        work: one turn. It may return the seconds until the next one.
        every: maximum of seconds between two turns.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[float | None]], every: float) -> None:
        self.name = name
        self._work = work
        self._every = every
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Begin the next turn at once, or right after the current one. Call on the event loop."""
        self._woken.set()

    async def run(self) -> None:
        """Repeat the work until cancelled. No error of the work ends this."""
        while True:
            self._woken.clear()
            wait: float | None = None
            try:
                wait = await self._work()
            except ApiError as error:
                wait = error.retry_after or None
            except (Exception, asyncio.CancelledError) as error:
                if (task := asyncio.current_task()) and task.cancelling():
                    raise
                # No traceback: it would show the values of a statement.
                log.warning("%s failed and is retried: %s", self.name, in_one_line(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every if wait is None else min(wait, self._every)):
                    await self._woken.wait()


class Loops:
    """The loops of a node, in one task group.

    Args:
        ended: receives the names of loops that end although `stop` was not called.
    """

    def __init__(self, ended: list[str]) -> None:
        self._ended = ended
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def start(self, group: asyncio.TaskGroup, loops: Iterable[Periodic]) -> None:
        """Run the loops in the group until `stop`."""
        self._tasks = [group.create_task(self._run(loop)) for loop in loops]

    async def stop(self) -> None:
        """Cancel the loops and wait for their end."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, loop: Periodic) -> None:
        reason = "without an error"
        try:
            await loop.run()
        except Exception as error:
            reason = in_one_line(error)
        finally:
            if not self._stopping:
                log.error("%s has ended, restart this node: %s", loop.name, reason)
                self._ended.append(loop.name)
