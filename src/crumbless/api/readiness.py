"""Whether this node can do work: asked by balancers, often, and by anybody, so that one look serves all of a second."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from crumbless.api.platform import Services
from crumbless.domain.wire_operation import ReadyPart, ReadyResponse
from crumbless.live.node_state import DiskState
from crumbless.periodic import Periodic
from crumbless.store.disk_space import DiskSpace
from crumbless.store.schema import SCHEMA, schema_of

CACHE_SECONDS = 1.0
"""How long a look is good for, however many ask."""

TIMEOUT_SECONDS = 3.0
"""After which a part that has not answered counts as away; balancers give up soon after."""

OPTIONAL_PARTS = {"bus", "disk"}
"""What a node can be without: it reads the database instead. When the bus is unavailable for all nodes, taking all of
them out
of service would turn a delay into an outage. A disk that is nearly full still takes what is written."""

WATCH_SECONDS = 30.0
"""How often a node looks at its parts when no balancer asks."""

log = logging.getLogger("crumbless.readiness")


class Readiness:
    """Looks at the parts of one node."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._reading = asyncio.Lock()
        self._read_at = -CACHE_SECONDS
        self._parts: list[ReadyPart] = []
        self._healthy = True
        # Desks learn of a full disk without a balancer.
        self.loop = Periodic("the look at the node's parts", self._turn, WATCH_SECONDS)

    async def _turn(self) -> None:
        await self.read()

    async def read(self) -> ReadyResponse:
        """How the parts are now, or were a second ago at most. That the node stops is told at once."""
        async with self._reading:
            stale = time.monotonic() - self._read_at >= CACHE_SECONDS
            # A commit that failed or worked since then is reported at once too.
            if stale or self._services.ledger.healthy != self._healthy:
                self._parts = [*await self._database(), await self._ledger(), await self._disk(), self._bus()]
                self._read_at = time.monotonic()
                self._healthy = self._services.ledger.healthy
        parts = [self._node(), *self._parts]
        return ReadyResponse(all(part.ok or part.part in OPTIONAL_PARTS for part in parts), parts)

    def _node(self) -> ReadyPart:
        node = self._services.node
        if node.stopping:
            return ReadyPart("node", ok=False, state="stops; ask another node")
        if node.ended_loops:
            return ReadyPart("node", ok=False, state=f"{node.ended_loops[0]} has ended; restart this node")
        return ReadyPart("node", ok=True, state="serves")

    async def _database(self) -> list[ReadyPart]:
        """Whether the database answers, and with a schema that this code knows."""
        found = await self._within_patience("database", lambda: self._services.reader.read(_read_schema))
        if isinstance(found, _Unavailable):
            away = ReadyPart("database", ok=False, state="does not answer")
            return [away, ReadyPart("schema", ok=False, state="unknown while the database is away")]
        return [ReadyPart("database", ok=True, state="answers"), _schema_part(found)]

    async def _ledger(self) -> ReadyPart:
        """A node that a balancer took out of service gets no other write by which it could find itself well again."""
        ledger = self._services.ledger
        if ledger.at_work and not ledger.healthy:
            await self._within_patience("ledger", ledger.try_disk)
        if not ledger.at_work:
            return ReadyPart("ledger", ok=False, state="does not answer: a disk that hangs, or restart this node")
        state = "writes" if ledger.healthy else "cannot write: see the log; is the disk full?"
        return ReadyPart("ledger", ledger.healthy, state)

    async def _disk(self) -> ReadyPart:
        """Low space is only reported: a node that can write continues. Tells the desks of those who can make room."""
        services = self._services
        found = await self._within_patience("disk", lambda: asyncio.to_thread(services.of(DiskSpace).free))
        free = found if isinstance(found, int) else None
        low = services.of(DiskSpace).is_low(free)
        full = services.ledger.at_work and not services.ledger.healthy
        state: DiskState = "full" if full else "low" if low else ""
        if state != services.node.disk:
            services.node.disk = state
            services.connections.show_disk(state)
            if state == "low":
                log.warning("the disk is nearly full: less than CRUMBLESS_FREE_SPACE_MB is free")
        return ReadyPart("disk", not low, "nearly full: make room" if low else "has room")

    def _bus(self) -> ReadyPart:
        connected = self._services.bus.connected
        return ReadyPart("bus", connected, "connected" if connected else "is away; entries are read from the database")

    async def _within_patience(self, part: str, ask: Callable[[], Awaitable[object]]) -> object:
        """What `ask` returns, or that it did not in time. What it raises is logged: the answer goes to anybody."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await ask()
        except Exception as error:
            log.warning("not ready: the %s did not answer: %s", part, type(error).__name__)
            return _Unavailable()


class _Unavailable:
    """In place of an answer."""


def _read_schema(connection: Connection) -> str | None:
    return schema_of(connection)


def _schema_part(found: object) -> ReadyPart:
    """A newer schema than ours is one that the next release made for itself and for us: see "Upgrading" in the docs."""
    state = f"{found}" if found == SCHEMA else f"{found}; this node was made for {SCHEMA}"
    return ReadyPart("schema", isinstance(found, str) and found >= SCHEMA, state)
