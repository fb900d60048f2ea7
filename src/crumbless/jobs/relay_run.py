"""Work that nobody waits for: telling vendors what visitors consented to be told."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from crumbless.actions.relay_send import Courier, send_due
from crumbless.domain.ports import Appended, LedgerPort, ReaderPort
from crumbless.domain.relay import event_name
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.live.grants import Grants
from crumbless.store.relay_store import Heard, add_events, next_due

MOST_HEARD = 20_000
"""Events held until they are queued on disk; more than this only while the disk does not take anything."""

LONGEST_SLEEP_SECONDS = 300.0

log = logging.getLogger("crumbless.jobs")


class RelayJob:
    """Queues what is heard, and sends what is due, for as long as the server runs.

    A server without grants and with an empty queue does nothing here: `hear` looks at one dictionary and returns.
    """

    def __init__(self, couriers: Sequence[Courier], ledger: LedgerPort, reader: ReaderPort) -> None:
        self._couriers = couriers
        self._ledger = ledger
        self._reader = reader
        self.grants = Grants(self._narrowed)
        self._heard: list[Heard] = []
        self._news = asyncio.Event()
        self._queued = {courier.service: asyncio.Event() for courier in couriers}
        self._tasks: list[asyncio.Task[None]] = []

    def hear(self, appended: Sequence[Appended]) -> None:
        """Entries were committed."""
        if not self.grants:
            return
        for one in appended:
            grant = self.grants.find(one.entry.conversation)
            name = grant and event_name(one)
            if grant and name:
                self._hold(Heard(grant, name, one.entry.at))

    def _hold(self, heard: Heard) -> None:
        if len(self._heard) >= MOST_HEARD:
            log.warning("an event for vendors was lost: too many wait for the disk")
            return
        self._heard.append(heard)
        self._news.set()

    def start(self) -> None:
        """Begin. Call on the loop, after the ledger has started."""
        self._tasks = [
            asyncio.create_task(self._queue()),
            *(asyncio.create_task(self._send(c)) for c in self._couriers),
        ]

    async def stop(self) -> None:
        """Stop sending and queue what was heard. Call before the ledger is closed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Refused):
            await self._queue_heard()
        for courier in self._couriers:
            await courier.relay.close()

    def _narrowed(self, chain: str, services: frozenset[str]) -> None:
        for courier in self._couriers:
            if courier.service not in services:
                courier.stop(chain)

    async def _queue(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._queue_heard()
            except Refused as refused:
                await asyncio.sleep(refused.retry_after)
                self._news.set()

    async def _queue_heard(self) -> None:
        heard, self._heard = self._heard, []
        if not heard:
            return
        try:
            await self._ledger.write(lambda connection: add_events(connection, heard))
        except BaseException:
            self._heard = heard + self._heard
            raise
        for queued in self._queued.values():
            queued.set()

    async def _send(self, courier: Courier) -> None:
        queued = self._queued[courier.service]
        while True:
            queued.clear()
            try:
                if await send_due(courier, self._ledger, self._reader):
                    continue
                wait = await self._wait(courier.service)
            except Refused as refused:
                wait = refused.retry_after
            except Exception:
                # The disk, say. What is queued stays there.
                log.exception("sending to %s failed", courier.service)
                wait = 5.0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await queued.wait()

    async def _wait(self, service: str) -> float:
        """Seconds until something is due."""
        due = await self._reader.read(lambda connection: next_due(connection, service))
        if due is None:
            return LONGEST_SLEEP_SECONDS
        return min(max(due - now_ms(), 0) / 1000 + 0.01, LONGEST_SLEEP_SECONDS)
