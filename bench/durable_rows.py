"""Messages that are on disk before they are acknowledged: throughput, latency and overload, round by round."""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from disk_probe import read_disk
from load_run import Counts, Load, run_load
from stack import CONVERSATIONS, Stack, check_kept
from stack_crumbless import MANY_CONVERSATIONS, ONE_WORKSPACE, CrumblessStack
from stack_peers import FASTAPI_ORM, NODE_WS_GROUP, NODE_WS_SPREAD, SOCKETIO_COMMIT

OUTSTANDING = 800
SLOW_RATE, FAST_RATE = 2000, 8000
OVERLOAD = 1.5
STEADY, STEADY_SECONDS = 0.7, 10.0
"""A share of saturation, and of the sustained rate, that a server should bear for long, and how long: the log is reused
several times."""

ReportProgress = Callable[[str], None]


class Run(msgspec.Struct, frozen=True):
    """One run of one server.

    `missing`: acknowledged, not in the database. `extra`: in it, not acknowledged. `others`: the share of the machine
    that other processes than server and generator used.
    """

    stack: str
    kind: str
    round: int
    counts: Counts
    missing: int
    extra: int
    cpu_us_per_message: float
    others: float
    first_answer: float
    disk_per_second: float
    disk_p50_ms: float


@dataclass(frozen=True)
class Pace:
    """How long the windows are, in seconds, and how many rounds there are."""

    warm: float
    seconds: float
    rounds: int

    def closed(self) -> Load:
        """Saturation: a fixed number of messages is always on its way."""
        return Load(outstanding=OUTSTANDING, warm=self.warm, seconds=self.seconds)

    def sustained(self) -> Load:
        """One message of each visitor is always on its way, for as long as the steady load that follows."""
        return Load(outstanding=CONVERSATIONS, warm=self.warm, seconds=max(self.seconds, STEADY_SECONDS))

    def steady(self, rate: float) -> Load:
        """A fixed rate for long."""
        return Load(rate=rate, warm=self.warm, seconds=max(self.seconds, STEADY_SECONDS))

    def open(self, rate: float) -> Load:
        """A fixed rate, whatever the server does."""
        return Load(rate=rate, warm=self.warm, seconds=self.seconds)


def run_rounds(pace: Pace, rows: Sequence[str], report: ReportProgress) -> list[Run]:
    """All durable runs that `rows` need. Servers alternate within a round, and the order turns from round to round."""
    runs: list[Run] = []
    for number in range(pace.rounds):
        stacks: list[Stack] = [CrumblessStack()]
        if "saturation" in rows:
            stacks += [NODE_WS_GROUP, SOCKETIO_COMMIT, FASTAPI_ORM]
        if "spread" in rows:
            stacks += [CrumblessStack(MANY_CONVERSATIONS, "Crumbless, 2,000 conversations"), NODE_WS_SPREAD]
        if "workspace" in rows:
            stacks.append(CrumblessStack(ONE_WORKSPACE, "Crumbless, one workspace"))
        for stack in stacks if number % 2 == 0 else reversed(stacks):
            report(f"round {number + 1} of {pace.rounds}: {stack.name}")
            runs += _measure(stack, number, pace, rows)
    return runs


def _measure(stack: Stack, number: int, pace: Pace, rows: Sequence[str]) -> list[Run]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = stack.start(folder)

        def measure(kind: str, load: Load) -> Run:
            wiring = stack.wire(server)
            before, busy = server.cpu_seconds(), _busy_seconds()
            outcome = run_load(wiring, load)
            spent, busy = server.cpu_seconds() - before, _busy_seconds() - busy
            wiring.close()
            disk = read_disk(folder)
            missing, extra = check_kept(stack, folder, outcome)
            cost = spent * 1e6 / max(outcome.counts.complete, 1)
            return Run(
                stack=stack.name,
                kind=kind,
                round=number,
                counts=outcome.counts,
                missing=missing,
                extra=extra,
                cpu_us_per_message=cost,
                others=_share_of_others(busy - spent, outcome.counts),
                first_answer=server.first_answer,
                disk_per_second=disk.per_second,
                disk_p50_ms=disk.p50_ms,
            )

        try:
            return _measure_started(stack, measure, pace, rows)
        finally:
            server.stop()


def _measure_started(stack: Stack, measure: Callable[[str, Load], Run], pace: Pace, rows: Sequence[str]) -> list[Run]:
    runs: list[Run] = []
    ours = stack.name == "Crumbless"
    if ours and "latency" in rows:
        runs += [measure(f"open {rate}", pace.open(rate)) for rate in (SLOW_RATE, FAST_RATE)]
    if not ours or {"saturation", "overload", "steady"} & {*rows}:
        runs.append(measure("saturation", pace.closed()))
    if ours and "overload" in rows:
        runs.append(measure("overload", pace.open(OVERLOAD * _rate_of(runs, "saturation"))))
    if ours and "steady" in rows:
        runs.append(measure("steady", pace.steady(STEADY * _rate_of(runs, "saturation"))))
        runs.append(measure("sustained", pace.sustained()))
        runs.append(measure("steady in turn", pace.steady(STEADY * _rate_of(runs, "sustained"))))
    return runs


def _rate_of(runs: Sequence[Run], kind: str) -> float:
    return next(run.counts.complete_per_second for run in runs if run.kind == kind)


def _busy_seconds() -> float:
    """Return the CPU time that all processes on this machine have used so far."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system + times.irq + times.softirq + times.steal


def _share_of_others(seconds: float, counts: Counts) -> float:
    generator = counts.pump_cpu_share * counts.wall
    return max(0.0, (seconds - generator) / counts.wall / (os.cpu_count() or 1))
