"""Two nodes: how much more they do than one, how late an entry is on the other, and a storm of people coming back."""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from durable_rows import Pace
from faults.cluster import NatsCluster
from load_run import Load, run_load
from postgres_stack import PostgresStack
from seed_crumbless import Layout, Seeded
from server_process import RunningServer, keep_off_the_server
from stack_crumbless import CrumblessStack, open_stream, wire_streams
from support.postgres import PostgresServer

LAYOUT = Layout(workspaces=20, conversations=10, operators=1)
WIDE = Layout(workspaces=2, conversations=100, operators=20)
"""Each message goes to 22 sockets: what two nodes share is the fan-out."""

ACROSS_RATE = 1_000.0
STORM_RATE = 500.0


class ClusterRound(msgspec.Struct, frozen=True):
    """One round. `across`: from a sender at node A to an operator at node B, in milliseconds."""

    one_node: float
    two_nodes: float
    across_p50: float
    across_p99: float


class Storm(msgspec.Struct, frozen=True):
    """`back`: seconds until all were welcomed again. p99 of those who stayed, without and with the storm, in ms."""

    clients: int
    back: float
    calm_p99: float
    storm_p99: float


def measure_cluster(pace: Pace, tell: Callable[[str], None]) -> ClusterRound:
    """One round on PostgreSQL and NATS."""
    postgres = PostgresServer(durable=True)
    postgres.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        nats = NatsCluster(folder, 1)
        nats.start()
        try:
            tell("two nodes: an entry on one, a client of the other")
            p50, p99 = _measure_across(PostgresStack(postgres, layout=LAYOUT), folder, nats, pace)
            tell("one node and two: a wide fan-out")
            one = _measure_wide(PostgresStack(postgres, layout=WIDE), folder, nats, pace, 1)
            two = _measure_wide(PostgresStack(postgres, layout=WIDE), folder, nats, pace, 2)
            return ClusterRound(one, two, p50, p99)
        finally:
            nats.kill()
            postgres.dispose()


def _measure_across(stack: PostgresStack, folder: Path, nats: NatsCluster, pace: Pace) -> tuple[float, float]:
    near, far = stack.start_nodes(folder, 2, nats)
    try:
        wiring = wire_streams(stack.seeded, stack.layout, near, far)
        outcome = run_load(wiring, pace.open(ACROSS_RATE))
        wiring.close()
        return outcome.counts.operator_ms.p50, outcome.counts.operator_ms.p99
    finally:
        near.stop()
        far.stop()


def _measure_wide(stack: PostgresStack, folder: Path, nats: NatsCluster, pace: Pace, nodes: int) -> float:
    """Deliveries per second, to all operators, at saturation; each node has its share of the operators."""
    servers = stack.start_nodes(folder, nodes, nats)
    try:
        wiring = wire_streams(stack.seeded, stack.layout, servers[0], servers[-1], spread=nodes > 1)
        outcome = run_load(wiring, pace.closed())
        wiring.close()
        return outcome.counts.operator_per_second
    finally:
        for server in servers:
            server.stop()


def measure_storm(clients: int, seconds: float) -> Storm:
    """Everybody is dropped at once and comes back at once, while others go on talking."""
    talking = 200
    stack = CrumblessStack(Layout(20, (clients + talking) // 20, 1))
    with tempfile.TemporaryDirectory() as name:
        server = stack.start(Path(name))
        try:
            idle = Seeded(stack.seeded.visitors[talking:], [])
            talkers = Seeded(stack.seeded.visitors[:talking], stack.seeded.operators)
            streams = [open_stream(server, person) for person in idle.visitors]
            calm = _talk(talkers, stack.layout, server, seconds)
            storm = _StormDriver(server, idle)
            for stream in streams:
                stream.close()
            thread = threading.Thread(target=storm.run)
            thread.start()
            beside = _talk(talkers, stack.layout, server, seconds)
            thread.join()
            return Storm(len(idle.visitors), storm.took, calm, beside)
        finally:
            server.stop()


def _talk(talkers: Seeded, layout: Layout, server: RunningServer, seconds: float) -> float:
    wiring = wire_streams(talkers, layout, server)
    outcome = run_load(wiring, Load(rate=STORM_RATE, warm=0.5, seconds=seconds))
    wiring.close()
    return outcome.counts.operator_ms.p99


class _StormDriver:
    """Brings everybody back as fast as the server lets them in."""

    def __init__(self, server: RunningServer, people: Seeded) -> None:
        self._server = server
        self._people = people
        self.took = 0.0

    def run(self) -> None:
        """Return once all were welcomed, with what they had missed."""
        keep_off_the_server()
        began = time.monotonic()
        back = [open_stream(self._server, person, after=0) for person in self._people.visitors]
        self.took = time.monotonic() - began
        for stream in back:
            stream.close()
