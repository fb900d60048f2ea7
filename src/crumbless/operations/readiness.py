"""Checks whether this node can do work. The result is cached for a second: /readyz is public and polled often."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from crumbless.core.periodic import Periodic
from crumbless.database.disk_space import DiskSpace
from crumbless.database.schema import SCHEMA, schema_of
from crumbless.http.services import Services
from crumbless.operations.operation_wire import ReadyPart, ReadyResponse
from crumbless.realtime.node_state import DiskState

CACHE_SECONDS = 1.0
"""How long a result is cached, for all requests."""

TIMEOUT_SECONDS = 3.0
"""Time after which a part counts as unavailable. Load balancers have slightly longer timeouts."""

OPTIONAL_PARTS = {"bus", "disk"}
"""Parts that a ready node may lack. Without the bus it reads the database. If the bus is unavailable for all nodes,
taking all out of service would turn a delay into an outage. A disk that is nearly full still accepts writes."""

WATCH_SECONDS = 30.0
"""Interval at which a node checks its parts if no load balancer polls."""

log = logging.getLogger("crumbless.readiness")


class Readiness:
    """Checks the parts of one node."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._reading = asyncio.Lock()
        self._read_at = -CACHE_SECONDS
        self._parts: list[ReadyPart] = []
        self._healthy = True
        # Also without a load balancer, the desk must show that the disk is full.
        self.loop = Periodic("the check of the node's parts", self._check, WATCH_SECONDS)

    async def _check(self) -> None:
        await self.read()

    async def read(self) -> ReadyResponse:
        """Return the state of the parts, at most a second old. A stopping node is reported at once."""
        async with self._reading:
            stale = time.monotonic() - self._read_at >= CACHE_SECONDS
            # A commit that has failed or succeeded since then is reported at once too.
            if stale or self._services.ledger.healthy != self._healthy:
                self._parts = [*await self._database(), await self._ledger(), await self._disk(), self._bus()]
                self._read_at = time.monotonic()
                self._healthy = self._services.ledger.healthy
        parts = [self._node(), *self._parts]
        return ReadyResponse(all(part.ok or part.part in OPTIONAL_PARTS for part in parts), parts)

    def _node(self) -> ReadyPart:
        node = self._services.node
        if node.stopping:
            return ReadyPart("node", ok=False, state="stopping; use another node")
        if node.ended_loops:
            return ReadyPart("node", ok=False, state=f"{node.ended_loops[0]} has ended; restart this node")
        return ReadyPart("node", ok=True, state="serves")

    async def _database(self) -> list[ReadyPart]:
        """Return whether the database responds, and whether this code supports its schema."""
        found = await self._within_timeout("database", lambda: self._services.reader.read(_read_schema))
        if isinstance(found, _Unavailable):
            database = ReadyPart("database", ok=False, state="does not answer")
            return [database, ReadyPart("schema", ok=False, state="unknown while the database is unavailable")]
        return [ReadyPart("database", ok=True, state="answers"), _schema_part(found)]

    async def _ledger(self) -> ReadyPart:
        """Return whether the ledger writes. An unhealthy node gets no requests, so it must test its disk here."""
        ledger = self._services.ledger
        if ledger.at_work and not ledger.healthy:
            await self._within_timeout("ledger", ledger.try_disk)
        if not ledger.at_work:
            return ReadyPart("ledger", ok=False, state="does not answer: a disk that hangs, or restart this node")
        state = "writes" if ledger.healthy else "cannot write: see the log; is the disk full?"
        return ReadyPart("ledger", ledger.healthy, state)

    async def _disk(self) -> ReadyPart:
        """Return whether the disk has space, and show changes on the desk. A node with low space can still write."""
        services = self._services
        found = await self._within_timeout("disk", lambda: asyncio.to_thread(services.of(DiskSpace).free))
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
        return ReadyPart(
            "bus", connected, "connected" if connected else "unavailable; entries are read from the database"
        )

    async def _within_timeout(self, part: str, read: Callable[[], Awaitable[object]]) -> object:
        """Return the result of `read`, or _Unavailable after a timeout or exception.

        Exceptions are only logged, because the response is public.
        """
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await read()
        except Exception as error:
            log.warning("not ready: the %s did not respond: %s", part, type(error).__name__)
            return _Unavailable()


class _Unavailable:
    """The result of a part that does not respond."""


def _read_schema(connection: Connection) -> str | None:
    return schema_of(connection)


def _schema_part(found: object) -> ReadyPart:
    """Return whether the schema is supported. A newer one also supports this release (see "Upgrade" in the docs)."""
    state = f"{found}" if found == SCHEMA else f"{found}; this node was made for {SCHEMA}"
    return ReadyPart("schema", isinstance(found, str) and found >= SCHEMA, state)
