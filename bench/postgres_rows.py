"""PostgreSQL beside SQLite in the same round, and group commit beside a commit for each message."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from durable_rows import Pace
from load_run import run_load
from postgres_stack import PostgresStack
from stack import Stack, check_kept
from stack_crumbless import CrumblessStack
from support.postgres import PostgresServer


class PostgresRound(msgspec.Struct, frozen=True):
    """Durable messages per second of one round, and what an acknowledged message of all three lacks."""

    sqlite: float
    postgres: float
    ungrouped: float
    missing: int


def measure_postgres(pace: Pace, number: int, report: Callable[[str], None]) -> PostgresRound:
    """One round; the order turns from round to round."""
    postgres = PostgresServer(durable=True)
    postgres.start()
    try:
        stacks: dict[str, Stack] = {
            "sqlite": CrumblessStack(),
            "postgres": PostgresStack(postgres),
            "ungrouped": PostgresStack(postgres, "ungrouped"),
        }
        reached: dict[str, float] = {}
        missing = 0
        for name in stacks if number % 2 == 0 else reversed(stacks):
            report(f"round {number + 1} of {pace.rounds}: {name}")
            reached[name], lost = _saturate(stacks[name], pace)
            missing += lost
        return PostgresRound(**reached, missing=missing)
    finally:
        postgres.dispose()


def _saturate(stack: Stack, pace: Pace) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = stack.start(folder)
        try:
            wiring = stack.wire(server)
            outcome = run_load(wiring, pace.closed())
            wiring.close()
            return outcome.counts.complete_per_second, check_kept(stack, folder, outcome)[0]
        finally:
            server.stop()
