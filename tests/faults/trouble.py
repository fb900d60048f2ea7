"""The kinds of faults, and a plan of them created from a seed."""

import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from crumbless.store.ledger_postgres import TIMEOUT_SECONDS
from faults.installation import Installation, Node

SHIFTS = (-3600.0, -600.0, -30.0, 45.0, 600.0, 86_400.0)
"""Seconds by which a clock is moved: it may go back too."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks `at` seconds into its episode and heals after `lasts`. `which`: to which node, say."""

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
"""How long each fault of a tour lasts: longer than a client waits between two messages."""

_NODES = ("kill", "stop", "restart", "reset", "cut_up", "cut_down", "delay", "clock")
SINGLE = (*_NODES, "full")
FULL = ("database_full", "database_full_log")
"""Need a disk of PostgreSQL's own. They outlast the time for which a node tries a batch again, so that batches fail."""

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
    """Return a plan in which each kind happens once, alone, at one node after the other; a clock goes both ways."""
    every = [(kind, 0.2 if kind == "delay" else 0.0) for kind in kinds if kind != "clock"]
    if "clock" in kinds:
        every += [("clock", MINUTES_APART), ("clock", -MINUTES_APART)]
    return [
        Fault(number, 0.0, TOUR_SECONDS + _longer(kind), kind, number % nodes, amount)
        for number, (kind, amount) in enumerate(every)
    ]


def _longer(kind: str) -> float:
    """Return the seconds that this kind of fault lasts longer than others."""
    return TIMEOUT_SECONDS if kind in FULL else 0.0


def make_plan(dice: random.Random, episodes: int, kinds: Sequence[str], nodes: int) -> list[Fault]:
    """Return episodes of one to three overlapping faults. After each, the faults heal and clients have time to chat."""
    plan: list[Fault] = []
    for episode in range(episodes):
        for _ in range(dice.choice((1, 1, 2, 3))):
            kind = dice.choice(kinds)
            amount = dice.choice(SHIFTS) if kind == "clock" else dice.uniform(0.01, 0.3) if kind == "delay" else 0.0
            at, lasts = round(dice.uniform(0.0, 1.0), 2), round(dice.uniform(0.2, 3.0) + _longer(kind), 2)
            plan.append(Fault(episode, at, lasts, kind, dice.randrange(nodes), round(amount, 3)))
    return plan


def begin(trouble: Fault, installation: Installation) -> None:
    """Let it happen."""
    node = installation.nodes[trouble.which % len(installation.nodes)]
    match trouble.kind:
        case "kill" | "restart":
            node.kill() if trouble.kind == "kill" else node.send(signal.SIGTERM)
        case "stop":
            node.send(signal.SIGSTOP)
        case "reset":
            node.proxy.reset()
        case "cut_up":
            node.proxy.weather.cut_up = True
        case "cut_down":
            node.proxy.weather.cut_down = True
        case "delay":
            node.proxy.weather.delay = trouble.amount
        case "clock":
            node.kill()
            node.shift = trouble.amount
            node.start()
            # The fault begins when the node serves with this clock.
            node.wait_started()
        case _:
            installation.begin(trouble)


def end(trouble: Fault, installation: Installation) -> None:
    """Let it heal."""
    node = installation.nodes[trouble.which % len(installation.nodes)]
    match trouble.kind:
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
            installation.end(trouble)


def heal_link(node: Node) -> None:
    """The node's link is as good as new; what hung on it is ended, as a network's own timeouts would in the end."""
    weather = node.proxy.weather
    weather.cut_up = weather.cut_down = weather.closed = False
    weather.delay = 0.0
    node.proxy.reset()


def heal_all(installation: Installation) -> None:
    """Every process runs again, with the right time. The links are healed on their loop."""
    for node in installation.nodes:
        node.send(signal.SIGCONT)
        if node.shift:
            node.kill()
            node.shift = 0.0
        node.start_again()
    installation.heal()
