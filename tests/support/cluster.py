"""Several nodes of the product on one database, behind a balancer, and people who use them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import httpx

from support.balancer import Balancer
from support.client import Person, Stream, Transport
from support.clock import WrongClock
from support.people import World
from support.ports import free_port
from support.server import Database, ServerProcess


class ServerCluster:
    """Nodes that answer to the balancer's address.

    Args:
        buses: what each node has as its bus; one for all of two when it is a text.
        clocks: the wall clock of each node, where it is not the right one.
    """

    def __init__(
        self, database: Database, buses: str | Sequence[str], clocks: Sequence[WrongClock] = (), **settings: object
    ) -> None:
        self.balancer = Balancer()
        self.tokens: dict[str, Any] = {}
        self._database = database
        self._buses = [buses, buses] if isinstance(buses, str) else buses
        self._settings = settings
        self._clocks: Sequence[WrongClock | None] = clocks or [None] * len(self._buses)
        self.nodes: list[ServerProcess] = []

    @property
    def address(self) -> str:
        """The origin that browsers know."""
        return self.balancer.address

    @property
    def database_url(self) -> str:
        """The database that the nodes share."""
        return self.nodes[0].database_url

    def start(self) -> None:
        """Start balancer and nodes."""
        self.balancer.start()
        self.nodes = [
            ServerProcess(
                self._database,
                port_wanted=free_port(),
                public_url=self.address,
                bus_url=bus,
                clock=clock,
                **self._settings,
            )
            for bus, clock in zip(self._buses, self._clocks, strict=True)
        ]
        with ThreadPoolExecutor() as threads:
            list(threads.map(ServerProcess.start, self.nodes))
        self.balancer.ports = [node.port for node in self.nodes]

    def stop(self) -> None:
        """End all; fails when a node wrote a traceback."""
        self.balancer.stop()
        for node in self.nodes:
            node.dispose()
        for node in self.nodes:
            assert "Traceback" not in node.log(), node.log()

    def steer(self, node: int | None) -> None:
        """From now on new connections go to this node; None: to each in turn."""
        self.balancer.only = None if node is None else self.nodes[node].port

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.nodes[0].rows(query, *values)


class ClusterWorld(World):
    """A cluster and the people who use it."""

    def __init__(self, cluster: ServerCluster) -> None:
        # Each request uses a separate connection, so that each can be steered.
        http = httpx.AsyncClient(
            trust_env=False, timeout=40, limits=httpx.Limits(max_connections=200, max_keepalive_connections=0)
        )
        super().__init__(cast(ServerProcess, cluster), http)
        self.cluster = cluster

    async def close(self) -> None:
        """Close every stream."""
        await super().close()
        await self.http.aclose()

    async def bus_is(self, *, connected: bool) -> None:
        """Return once every node reports this state of its bus."""

        async def as_wanted() -> bool:
            answers = [await self.http.get(f"{node.address}/readyz") for node in self.cluster.nodes]
            parts = [part for answer in answers for part in answer.json()["parts"] if part["part"] == "bus"]
            return all(part["ok"] == connected for part in parts)

        await self.eventually(as_wanted, 20)

    async def stream_at(
        self, node: int, person: Person, transport: Transport = "websocket", after: int | None = 0
    ) -> Stream:
        """A stream at this node that has been welcomed."""
        self.cluster.steer(node)
        return await self.stream(person, transport, after)


def seqs(stream: Stream, conversation: str) -> Sequence[int]:
    """Return the numbers of a conversation's entries, as the stream delivered them."""
    return [entry["seq"] for entry in stream.entries() if entry["conversation"] == conversation]
