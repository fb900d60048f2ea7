"""Two nodes: how much more they do than one, how late an entry is on the other, and a storm of people coming back."""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from durable_rows import Pace
from faults.cluster import NatsCluster
from load_run import Counts, Load, Spread, run_load
from postgres_stack import PostgresStack
from seed_crumbless import Layout, Seeded
from server_process import IN_MEMORY, RunningServer, keep_off_the_server
from stack_crumbless import CrumblessStack, open_stream, wire_streams
from support.postgres import PostgresServer

LAYOUT = Layout(workspaces=20, conversations=10, operators=1)
WIDE = Layout(workspaces=2, conversations=100, operators=60)
"""Each message goes to 62 sockets: what two nodes share is the fan-out."""

ACROSS_RATE = 1_000.0
WIDE_RATE = 500.0
STORM_RATE = 500.0
WARM_SECONDS = 0.5


class FanOut(msgspec.Struct, frozen=True):
    """Deliveries to operators: per second at saturation; at a fixed rate, for each CPU second of the busiest node."""

    per_second: float
    per_cpu_second: float


class ClusterRound(msgspec.Struct, frozen=True):
    """One round. `across`: from a sender at node A to an operator at node B, in milliseconds."""

    one_node: FanOut
    two_nodes: FanOut
    across_p50: float
    across_p99: float


class Storm(msgspec.Struct, frozen=True):
    """`back`: seconds until all were welcomed again. Latencies of those who stayed, without and with it, in ms."""

    clients: int
    back: float
    calm_p99: float
    storm_p99: float
    storm_max: float


def measure_cluster(pace: Pace, report: Callable[[str], None]) -> ClusterRound:
    """One round on PostgreSQL and NATS."""
    postgres = PostgresServer(durable=True)
    postgres.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        nats = NatsCluster(folder, 1)
        nats.start()
        try:
            report("two nodes: an entry on one, a client of the other")
            p50, p99 = _measure_across(PostgresStack(postgres, layout=LAYOUT), folder, nats, pace)
            report("one node and two: a wide fan-out")
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


def _measure_wide(stack: PostgresStack, folder: Path, nats: NatsCluster, pace: Pace, nodes: int) -> FanOut:
    """Each node has its share of senders and operators."""
    servers = stack.start_nodes(folder, nodes, nats)

    def load_all(load: Load) -> tuple[Counts, float]:
        """Return the counts, and the CPU seconds of the busiest node."""
        wiring = wire_streams(stack.seeded, stack.layout, servers[0], servers[-1], spread=nodes > 1)
        before = [server.cpu_seconds() for server in servers]
        counts = run_load(wiring, load).counts
        spent = [server.cpu_seconds() - began for server, began in zip(servers, before, strict=True)]
        wiring.close()
        return counts, max(spent)

    try:
        steady, spent = load_all(pace.open(WIDE_RATE))
        return FanOut(load_all(pace.closed())[0].operator_per_second, steady.deliveries / spent)
    finally:
        for server in servers:
            server.stop()


def measure_storm(clients: int, seconds: float) -> Storm:
    """Measure a reconnect storm: all clients are disconnected and reconnect at once, while another chat continues."""
    talking = 200
    stack = CrumblessStack(Layout(20, (clients + talking) // 20, 1))
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as name:
        server = stack.start(Path(name))
        try:
            idle = Seeded(stack.seeded.visitors[talking:], [])
            talkers = Seeded(stack.seeded.visitors[:talking], stack.seeded.operators)
            storm = _StormDriver(server, idle)
            calm = _talk(talkers, stack.layout, server, seconds)
            beside = _talk(talkers, stack.layout, server, seconds, storm.run)
            storm.close()
            return Storm(len(idle.visitors), storm.took, calm.p99, beside.p99, beside.max)
        finally:
            server.stop()


def _talk(
    talkers: Seeded, layout: Layout, server: RunningServer, seconds: float, beside: Callable[[], None] | None = None
) -> Spread:
    """Return the latencies of a chat during some seconds. `beside` starts at the same time."""
    wiring = wire_streams(talkers, layout, server)
    thread = threading.Timer(WARM_SECONDS, beside) if beside else None
    if thread:
        thread.start()
    outcome = run_load(wiring, Load(rate=STORM_RATE, warm=WARM_SECONDS, seconds=seconds))
    if thread:
        thread.join()
    wiring.close()
    return outcome.counts.operator_ms


class _StormDriver:
    """Many idle streams, which are dropped and brought back as fast as the server lets them in."""

    def __init__(self, server: RunningServer, people: Seeded) -> None:
        self._server = server
        self._people = people
        self._streams = [open_stream(server, person) for person in people.visitors]
        self.took = 0.0

    def run(self) -> None:
        """Return once all were welcomed again, with what they had missed."""
        keep_off_the_server()
        began = time.monotonic()
        self.close()
        self._streams = [open_stream(self._server, person, after=0) for person in self._people.visitors]
        self.took = time.monotonic() - began

    def close(self) -> None:
        """Drop them all."""
        for stream in self._streams:
            stream.close()
