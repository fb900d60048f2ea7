"""What happened in chats is told to vendors: sent only while the consent holds, tried for 72 hours."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from crumbless.domain.ports import LedgerPort, ReaderPort, RelayEvent, RelayFailed, RelayPort
from crumbless.domain.relay import KEEP_MS, wait_after
from crumbless.ids import confirmed_ms, now_ms
from crumbless.store.relay_store import Due, claim_events, count, drop_events, put_off, still_allowed

PAGE = 500
"""Events looked at in one turn."""

AT_ONCE = 4
"""Requests to one vendor at a time: a slow one holds these, and nothing else."""

log = logging.getLogger("crumbless.relay")


@dataclass(eq=False)
class InFlight:
    """A request on its way, so that a withdrawal can stop it."""

    chains: frozenset[str]
    task: asyncio.Task[None]


@dataclass
class Courier:
    """What carries one service's events. `claimed`: whether a turn runs, whose events are this node's own."""

    service: str
    relay: RelayPort
    claimed: bool = False
    in_flight: set[InFlight] = field(default_factory=set[InFlight])
    stops: int = 0

    def stop(self, chain: str) -> None:
        """The consent was withdrawn: requests that carry its events end here, whatever they have sent of themselves."""
        self.stops += 1
        self.relay.forget(chain)
        for one in self.in_flight:
            if chain in one.chains:
                one.task.cancel()


async def send_due(courier: Courier, node: str, ledger: LedgerPort, reader: ReaderPort) -> int:
    """Send what is due once; returns how many events were looked at.

    What is sent belongs to this node until it is settled; each request is checked against the newest record of its
    consent right before it leaves.
    """
    service = courier.service
    courier.claimed = True
    groups, looked_at = await ledger.write(lambda connection: claim_events(connection, service, node, PAGE))
    turn = asyncio.Semaphore(AT_ONCE)
    parcels = [(due, events) for due in groups for events in _parcels(courier.relay, due.events)]
    await asyncio.gather(*(_deliver(courier, node, due, events, turn, ledger, reader) for due, events in parcels))
    courier.claimed = False
    return looked_at


def _parcels(relay: RelayPort, events: Sequence[RelayEvent]) -> list[list[RelayEvent]]:
    """The events as they share requests."""
    kept: dict[str, list[RelayEvent]] = {}
    for event in events:
        kept.setdefault("" if relay.mixed else event.chain, []).append(event)
    return [group[at : at + relay.most] for group in kept.values() for at in range(0, len(group), relay.most)]


async def _deliver(
    courier: Courier,
    node: str,
    due: Due,
    events: list[RelayEvent],
    turn: asyncio.Semaphore,
    ledger: LedgerPort,
    reader: ReaderPort,
) -> None:
    async with turn:
        events = await _still_allowed(courier, node, due, events, reader)
        if not events:
            return
        task = asyncio.ensure_future(courier.relay.send(due.account, events))
        flight = InFlight(frozenset(event.chain for event in events), task)
        courier.in_flight.add(flight)
        try:
            await asyncio.wait({task})
        finally:
            courier.in_flight.discard(flight)
            # When this whole turn is cancelled, at the stop of the server, so is the request.
            task.cancel()
    stopped = task.cancelled()
    error = None if stopped else task.exception()
    if error is not None:
        reason = error if isinstance(error, RelayFailed) else type(error).__name__
        log.warning("%s did not take %d events: %s", courier.service, len(events), reason)
    if error is None and not stopped:
        await ledger.write(lambda connection: _settle_sent(connection, courier.service, due, events))
    else:
        await ledger.write(lambda connection: _settle_failed(connection, courier.service, node, due, events, stopped))


async def _still_allowed(
    courier: Courier, node: str, due: Due, events: list[RelayEvent], reader: ReaderPort
) -> list[RelayEvent]:
    """Those that may be told at this moment: while others were sent, a withdrawal may have taken some away."""
    while True:
        stops = courier.stops
        allowed = await reader.read(
            lambda connection: still_allowed(connection, courier.service, due.site, events, node)
        )
        # A withdrawal that was committed while this read ran is not in it: read again.
        if stops == courier.stops:
            return allowed


def _settle_sent(connection: Connection, service: str, due: Due, events: Sequence[RelayEvent]) -> None:
    drop_events(connection, [event.id for event in events])
    count(connection, due.site, f"{service}_sent", len(events))


def _settle_failed(
    connection: Connection, service: str, node: str, due: Due, events: Sequence[RelayEvent], stopped: bool
) -> None:
    """Try again later; give up what is too old. What shared a request with a withdrawn consent goes again at once."""
    now, confirmed = now_ms(), confirmed_ms()
    late = {event.id for event in events if confirmed - event.at >= KEEP_MS}
    drop_events(connection, late)
    count(connection, due.site, f"{service}_dropped", len(late))
    for event in events:
        if event.id not in late:
            tries = due.tries[event.id]
            put_off(connection, node, event.id, now if stopped else now + wait_after(tries), tries + 1)
