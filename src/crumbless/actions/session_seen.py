"""Writes down, once a minute, which sessions were used: a list of sessions needs it, and the idle limit."""

import asyncio
import contextlib
import functools
from collections.abc import Callable

from crumbless.domain.ports import LedgerPort
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.store.session_store import note_seen

EVERY_SECONDS = 60.0

BATCH = 500
"""Written at a time, so that no message waits for all of them."""


class SeenKeeper:
    """Runs for as long as the server does.

    Args:
        used: the sessions that were used since it was last called.
    """

    def __init__(self, used: Callable[[], set[str]], ledger: LedgerPort) -> None:
        self._used = used
        self._ledger = ledger
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin. Call on the loop, after the ledger has started."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write what is not written yet. Call before the ledger is closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._write()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self._write()

    async def _write(self) -> None:
        used, at = [*self._used()], now_ms()
        for start in range(0, len(used), BATCH):
            # Lost once, it is written the next time: the session is in use.
            with contextlib.suppress(Refused):
                await self._ledger.write(functools.partial(note_seen, session_ids=used[start : start + BATCH], at=at))
