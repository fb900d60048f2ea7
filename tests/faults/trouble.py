"""The kinds of faults, and a plan of them created from a seed."""

import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from crumbless.ledger.ledger_postgres import TIMEOUT_SECONDS
from faults.installation import Installation, Node

SHIFTS = (-3600.0, -600.0, -30.0, 45.0, 600.0, 86_400.0)
"""Seconds by which a clock is moved. A clock can also go back."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that begins `at` seconds into its episode and ends after `lasts`. `which` selects the node or server."""

    episode: int
    at: float
    lasts: float
    kind: str
    which: int
    amount: float = 0.0

    def __str__(self) -> str:
        more = f" by {self.amount:g}" if self.amount else ""
        return f"episode {self.episode}, after {self.at:.2f} s: {self.kind} #{self.which}{more} for {self.lasts:.2f} s"


LINKS = {"reset", "cut_up", "cut_down", "delay"}
"""Faults of the clients' connections."""

TOUR_SECONDS = 3.0
"""Duration of each fault of a tour. It is longer than the interval between two messages of a client."""

_NODES = ("kill", "stop", "restart", "reset", "cut_up", "cut_down", "delay", "clock")
SINGLE = (*_NODES, "full")
FULL = ("database_full", "database_full_log")
"""Faults that need a separate disk for PostgreSQL. They last longer than a node retries a batch, so batches fail."""

DATABASE = ("database", "database_sessions", "database_kill", "database_backend", *FULL)
NATS = ("bus", "bus_part", "bus_kill")

MINUTES_APART = 600.0
"""Seconds by which the clocks of two nodes differ in a tour."""


def kinds_of(nodes: int, bus: str) -> Sequence[str]:
    """Return the kinds of faults that an installation can have."""
    if nodes == 1:
        return SINGLE
    return (*_NODES, *DATABASE, *(NATS if bus == "nats" else ()))


def make_tour(kinds: Sequence[str], nodes: int) -> list[Fault]:
    """Return a plan in which each kind of fault occurs alone, at one node after the other. Clocks go both ways."""
    every = [(kind, 0.2 if kind == "delay" else 0.0) for kind in kinds if kind != "clock"]
    if "clock" in kinds:
        every += [("clock", MINUTES_APART), ("clock", -MINUTES_APART)]
    return [
        Fault(number, 0.0, TOUR_SECONDS + _longer(kind), kind, number % nodes, amount)
        for number, (kind, amount) in enumerate(every)
    ]


def _longer(kind: str) -> float:
    """Return how many seconds longer than others this kind of fault lasts."""
    return TIMEOUT_SECONDS if kind in FULL else 0.0


def make_plan(rng: random.Random, episodes: int, kinds: Sequence[str], nodes: int) -> list[Fault]:
    """Return episodes of one to three overlapping faults. After each, the faults heal and clients have time to chat."""
    plan: list[Fault] = []
    for episode in range(episodes):
        for _ in range(rng.choice((1, 1, 2, 3))):
            kind = rng.choice(kinds)
            amount = rng.choice(SHIFTS) if kind == "clock" else rng.uniform(0.01, 0.3) if kind == "delay" else 0.0
            at, lasts = round(rng.uniform(0.0, 1.0), 2), round(rng.uniform(0.2, 3.0) + _longer(kind), 2)
            plan.append(Fault(episode, at, lasts, kind, rng.randrange(nodes), round(amount, 3)))
    return plan


def begin(fault: Fault, installation: Installation) -> None:
    """Begin the fault."""
    node = installation.nodes[fault.which % len(installation.nodes)]
    match fault.kind:
        case "kill" | "restart":
            node.kill() if fault.kind == "kill" else node.send(signal.SIGTERM)
        case "stop":
            node.send(signal.SIGSTOP)
        case "reset":
            node.proxy.reset()
        case "cut_up":
            node.proxy.weather.cut_up = True
        case "cut_down":
            node.proxy.weather.cut_down = True
        case "delay":
            node.proxy.weather.delay = fault.amount
        case "clock":
            node.kill()
            node.shift = fault.amount
            node.start()
            # The fault begins when the node serves with this clock.
            node.wait_started()
        case _:
            installation.begin(fault)


def end(fault: Fault, installation: Installation) -> None:
    """End the fault."""
    node = installation.nodes[fault.which % len(installation.nodes)]
    match fault.kind:
        case "kill" | "restart":
            node.start_again()
        case "stop":
            node.send(signal.SIGCONT)
        case "cut_up" | "cut_down" | "delay":
            heal_link(node)
        case "clock":
            node.kill()
            node.shift = 0.0
            node.start()
        case "reset":
            pass
        case _:
            installation.end(fault)


def heal_link(node: Node) -> None:
    """Restore the node's link. Affected connections are aborted, as timeouts of a network would do in the end."""
    weather = node.proxy.weather
    weather.cut_up = weather.cut_down = weather.closed = False
    weather.delay = 0.0
    node.proxy.reset()


def heal_all(installation: Installation) -> None:
    """Restart all processes with the right time. The event loop of the proxies restores their links."""
    for node in installation.nodes:
        node.send(signal.SIGCONT)
        if node.shift:
            node.kill()
            node.shift = 0.0
        node.start_again()
    installation.heal()
