"""Measures whether the load generator is fast enough: its ceiling against a server that does nothing."""

import tempfile
from pathlib import Path

import msgspec

from durable_rows import FAST_RATE, OUTSTANDING, Pace
from load_run import Counts, Load, run_load
from stack_peers import FLOOR

PUSH_RATE = 45_000
"""Messages per second offered to the floor: above the overload that any server here is put under."""


class GeneratorRun(msgspec.Struct, frozen=True):
    """One run against the floor."""

    kind: str
    round: int
    counts: Counts


def check_generator(pace: Pace) -> list[GeneratorRun]:
    """Run each load once a round, against a separate floor server."""
    loads = {
        "closed": Load(outstanding=OUTSTANDING, warm=pace.warm, seconds=pace.seconds),
        f"open {FAST_RATE}": Load(rate=FAST_RATE, warm=pace.warm, seconds=pace.seconds),
        f"open {PUSH_RATE}": Load(rate=PUSH_RATE, warm=pace.warm, seconds=pace.seconds),
    }
    return [GeneratorRun(kind, number, _run(load)) for number in range(pace.rounds) for kind, load in loads.items()]


def _run(load: Load) -> Counts:
    with tempfile.TemporaryDirectory() as folder:
        server = FLOOR.start(Path(folder))
        try:
            wiring = FLOOR.wire(server)
            counts = run_load(wiring, load).counts
            wiring.close()
            return counts
        finally:
            server.stop()
