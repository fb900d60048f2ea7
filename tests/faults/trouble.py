"""The kinds of trouble, and a plan of them made from a seed."""

import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from faults.installation import Installation, Node

SHIFTS = (-3600.0, -30.0, 45.0, 86_400.0)
"""Seconds by which a clock is moved: it may go back too."""


@dataclass(frozen=True, slots=True)
class Trouble:
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
"""What happens to the connections of clients."""

_NODES = ("kill", "stop", "restart", "reset", "cut_up", "cut_down", "delay", "clock")
SINGLE = (*_NODES, "full")
CLUSTER = (*_NODES, "bus", "bus_part", "database", "database_sessions")


def make_plan(dice: random.Random, episodes: int, kinds: Sequence[str], nodes: int) -> list[Trouble]:
    """Episodes of one to three troubles that overlap. After each, everything heals and everybody has time to talk."""
    plan: list[Trouble] = []
    for episode in range(episodes):
        for _ in range(dice.choice((1, 1, 2, 3))):
            kind = dice.choice(kinds)
            amount = dice.choice(SHIFTS) if kind == "clock" else dice.uniform(0.01, 0.3) if kind == "delay" else 0.0
            at, lasts = round(dice.uniform(0.0, 1.0), 2), round(dice.uniform(0.2, 3.0), 2)
            plan.append(Trouble(episode, at, lasts, kind, dice.randrange(nodes), round(amount, 3)))
    return plan


def begin(trouble: Trouble, installation: Installation) -> None:
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
        case _:
            installation.begin(trouble)


def end(trouble: Trouble, installation: Installation) -> None:
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
