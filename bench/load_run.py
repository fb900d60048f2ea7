"""One measured run: hands open sockets and a plan to the load generator and reads what it counted."""

import array
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from server_process import GENERATOR_CORE, pinned
from socket_open import OpenSocket

BUILD = Path(__file__).parent / ".build"
PUMP = BUILD / "load_pump"


@dataclass(frozen=True)
class Sender:
    """A connection that sends: a frame is `prefix`, the message's id, `suffix`."""

    socket: OpenSocket
    prefix: str
    suffix: str


@dataclass(frozen=True)
class Receiver:
    """A connection that only receives. `index` distinguishes the operators of one run."""

    socket: OpenSocket
    role: Literal["tab", "operator"]
    index: int = 0


@dataclass(frozen=True)
class Wiring:
    """The connections of a run, what its server's frames start with, and how many receivers each message has."""

    senders: Sequence[Sender]
    receivers: Sequence[Receiver]
    ack: str
    entry: str
    refuse: str
    expect: int = 2

    def close(self) -> None:
        """Closes every connection."""
        for end in (*self.senders, *self.receivers):
            end.socket.close()


@dataclass(frozen=True)
class Load:
    """The load: `rate` a second (open loop) or `outstanding` at any time (closed loop). Times are in seconds."""

    rate: float = 0
    outstanding: int = 0
    warm: float = 1.0
    seconds: float = 3.0
    drain: float = 10.0


class Spread(msgspec.Struct, frozen=True):
    """Latencies of the measured window, in milliseconds, from the instant at which the message was due."""

    count: int
    p50: float
    p90: float
    p99: float
    max: float


class Counts(msgspec.Struct, frozen=True):
    """The generator's counts. Rates are of the measured window, all others of the whole run."""

    sent: int
    acked: int
    refused: int
    complete: int
    deliveries: int
    duplicates: int
    own_entries: int
    unsent: int
    strangers: int
    acked_per_second: float
    complete_per_second: float
    operator_per_second: float
    ack_ms: Spread
    operator_ms: Spread
    lag_ms: Spread
    refusals: dict[str, int]
    closes: dict[str, int]
    pump_cpu_share: float
    wall: float


@dataclass(frozen=True)
class Outcome:
    """A run's counts, and the ids of the messages that were acknowledged in it."""

    counts: Counts
    run: str
    acked: frozenset[str]


def make_run_prefix() -> str:
    """The first 24 characters of every id of a run: with twelve more digits it is a UUIDv7 (RFC 9562, section 5.7)."""
    stamp = f"{int(time.time() * 1000):012x}"
    noise = secrets.token_hex(3)
    return f"{stamp[:8]}-{stamp[8:]}-7{noise[:3]}-8{noise[3:]}-"


def run_load(wiring: Wiring, load: Load) -> Outcome:
    """Offers `load` over `wiring` from the generator's own core, and leaves the sockets open.

    Raises CalledProcessError when the generator fails.
    """
    run = make_run_prefix()
    with tempfile.TemporaryDirectory() as folder:
        plan, acked = Path(folder, "plan"), Path(folder, "acked")
        plan.write_text(_plan_text(wiring, load, run, acked))
        descriptors = [end.socket.hand_over() for end in (*wiring.senders, *wiring.receivers)]
        ended = subprocess.run(
            pinned(GENERATOR_CORE, [str(PUMP), str(plan)]),
            stdout=subprocess.PIPE,
            pass_fds=descriptors,
            check=True,
            timeout=load.warm + load.seconds + load.drain + 60,
            env={**os.environ, "LC_ALL": "C"},
        )
        numbers = array.array("I", acked.read_bytes())
    counts = msgspec.json.decode(ended.stdout, type=Counts)
    return Outcome(counts, run, frozenset(f"{run}{number:012x}" for number in numbers))


def _plan_text(wiring: Wiring, load: Load, run: str, acked: Path) -> str:
    lines = [
        f"mode {'closed' if load.outstanding else 'open'}",
        f"rate {load.rate}",
        f"outstanding {load.outstanding}",
        f"warm {load.warm}",
        f"seconds {load.seconds}",
        f"drain {load.drain}",
        f"expect {wiring.expect}",
        f"run {run}",
        f"ack {wiring.ack}",
        f"entry {wiring.entry}",
        f"refuse {wiring.refuse}",
        f"acked {acked}",
        *(f"sender {end.socket.hand_over()} {end.prefix}\t{end.suffix}" for end in wiring.senders),
        *(f"{end.role} {end.socket.hand_over()} {end.index}" for end in wiring.receivers),
    ]
    return "\n".join(lines) + "\n"
