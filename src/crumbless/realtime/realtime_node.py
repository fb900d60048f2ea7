"""The realtime part of a node: listeners, cached sessions, feed, bus, and the polls that compensate lost messages."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crumbless.core.deferred_import import deferred_module
from crumbless.core.periodic import Periodic
from crumbless.core.settings import BusSettings
from crumbless.ledger.entry import Appended
from crumbless.protocol.timeline import VisitorSummary
from crumbless.realtime.bus_memory import MemoryBus
from crumbless.realtime.bus_network import BusTransport, NetworkBus
from crumbless.realtime.connections import Connections
from crumbless.realtime.feed import Feed
from crumbless.realtime.mark_poll import MarkPoll, ReadMarks, ReadVisitorSeqs
from crumbless.realtime.session_cache import SessionCache
from crumbless.realtime.session_poll import SessionPoll
from crumbless.realtime.session_state import SessionChanges
from crumbless.realtime.subscriptions import Subscriptions
from crumbless.realtime.summaries import Summaries
from crumbless.security.access import Session

if TYPE_CHECKING:
    from crumbless.realtime import bus_nats, bus_postgres
else:
    # With their clients: 35 ms, or 20 ms and 2 MB.
    bus_nats = deferred_module("crumbless.realtime.bus_nats")
    bus_postgres = deferred_module("crumbless.realtime.bus_postgres")


@dataclass(frozen=True, slots=True)
class RealtimeReads:
    """The functions by which the realtime part reads the database."""

    entries_after: Callable[[int, int], Awaitable[Sequence[Appended]]]
    positions: Callable[[Sequence[int]], Awaitable[Mapping[int, int]]]
    session: Callable[[bytes], Awaitable[Session | None]]
    changes: Callable[[Sequence[str], int], Awaitable[SessionChanges]]
    marks: ReadMarks
    visitor_seqs: ReadVisitorSeqs
    reach: Callable[[Sequence[str]], Awaitable[Mapping[str, tuple[str, ...]]]]
    summaries: Callable[[Sequence[str]], Awaitable[Sequence[VisitorSummary]]]


class RealtimeNode:
    """The realtime part of one node.

    Args:
        operator_idle_ms: idle time after which an operator's session expires.
        visitor_idle_ms: the same for visitors.
        transport: connects the bus to other nodes; None for a single node.
    """

    def __init__(
        self, reads: RealtimeReads, operator_idle_ms: int, visitor_idle_ms: int, transport: BusTransport | None
    ) -> None:
        self._reads = reads
        self.connections = Connections()
        self.sessions = SessionCache(reads.session, operator_idle_ms, visitor_idle_ms)
        self.feed = Feed(self.connections.deliver, reads.entries_after, self._read_position)
        self._summaries = Summaries(self.connections, reads.reach, reads.summaries)
        local = MemoryBus(self.feed, self.connections, self.sessions, self._summaries)
        self.bus = local if transport is None else NetworkBus(secrets.token_urlsafe(9), local, self.feed, transport)
        self._marks = MarkPoll(reads.marks, reads.visitor_seqs, local.show_seen)
        if self.bus.lossy:
            local.on_seen = self._marks.note
        self.subscriptions = Subscriptions(self.feed, self.connections, self.bus, reads.positions, self._marks)
        self._watch = SessionPoll(self.sessions, self.connections, reads.changes, self._summaries.change_reach)

    async def _read_position(self, workspace: int) -> int:
        return (await self._reads.positions([workspace])).get(workspace, 0)

    def start(self) -> None:
        """Start sending and receiving. Call on the event loop."""
        self.bus.start(self._on_possible_loss)

    def _on_possible_loss(self) -> None:
        """Poll the database at once, because messages may have been lost."""
        self.subscriptions.poll_now()
        self._watch.loop.wake()

    def loops(self) -> list[Periodic]:
        """Return the loops that poll the database. Positions and marks are polled only if the bus can lose messages."""
        return [self._watch.loop, *([self.subscriptions.loop, self._marks.loop] if self.bus.lossy else [])]

    async def stop(self) -> None:
        """Send the waiting messages and disconnect."""
        await self._summaries.stop()
        await self.bus.stop()


def open_bus_transport(settings: BusSettings, database_url: str, prefix: str) -> BusTransport | None:
    """Return the transport that CRUMBLESS_BUS_URL names. Its client is imported only if it is used.

    Args:
        prefix: distinguishes this installation from others on the same NATS.

    Raises:
        SettingsError: if one of its files cannot be used.
    """
    if settings.bus_url == "memory":
        return None
    if settings.bus_url == "postgresql":
        return bus_postgres.PostgresTransport(database_url)
    return bus_nats.NatsTransport(settings.bus_url, prefix, settings.bus_credentials, settings.bus_ca)
