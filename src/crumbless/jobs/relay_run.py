"""Tells vendors what visitors consented to be told, for as long as the server runs. Nobody waits for it."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from crumbless.actions.relay_send import Courier, send_due
from crumbless.domain.ports import LedgerPort, ReaderPort
from crumbless.errors import Refused
from crumbless.ids import new_id, now_ms
from crumbless.store.relay_store import give_back_events, next_due

LOOK_SECONDS = 15.0
"""How often a node looks for events of nodes that are gone; of its own it is told."""

log = logging.getLogger("crumbless.relay")


class RelayRunner:
    """Sends what the ledger has queued. Any node sends any event, and one at a time has it."""

    def __init__(self, couriers: Sequence[Courier], ledger: LedgerPort, reader: ReaderPort) -> None:
        self._couriers = couriers
        self._ledger = ledger
        self._reader = reader
        self._node = new_id()
        self._news = {courier.service: asyncio.Event() for courier in couriers}
        self._sending: list[asyncio.Task[None]] = []

    def wake(self) -> None:
        """Events were queued, by this node."""
        for news in self._news.values():
            news.set()

    def narrow(self, chain: str, services: frozenset[str]) -> None:
        """The consent of this chain has changed: only these services may go on."""
        for courier in self._couriers:
            if courier.service not in services:
                courier.stop(chain)

    def start(self) -> None:
        """Begin. Call on the loop, after the ledger has started."""
        self._sending = [asyncio.create_task(self._send(courier)) for courier in self._couriers]

    async def stop(self) -> None:
        """Stop sending and give back what was claimed. Call before the ledger is closed."""
        for sending in self._sending:
            sending.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        if any(courier.claimed for courier in self._couriers):
            with contextlib.suppress(Refused):
                await self._ledger.write(lambda connection: give_back_events(connection, self._node))
        for courier in self._couriers:
            await courier.relay.close()

    async def _send(self, courier: Courier) -> None:
        news = self._news[courier.service]
        while True:
            news.clear()
            try:
                wait = await self._turn(courier)
            except Refused as refused:
                wait = refused.retry_after
            except Exception as error:
                # The disk, say. What is queued stays there.
                log.warning("sending to %s failed: %s", courier.service, type(error).__name__)
                wait = 5.0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await news.wait()

    async def _turn(self, courier: Courier) -> float:
        """Send what is due; the seconds until the next look."""
        due = await self._reader.read(lambda connection: next_due(connection, courier.service))
        until_due = LOOK_SECONDS if due is None else (due - now_ms()) / 1000
        if until_due > 0:
            return min(until_due + 0.01, LOOK_SECONDS)
        if await send_due(courier, self._node, self._ledger, self._reader):
            return 0
        # Nothing although something is due: another node was quicker.
        return LOOK_SECONDS
