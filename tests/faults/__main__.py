"""`bin/faults [--seconds N | --tour] [--seed S] [--nodes N] [--bus nats|postgresql] [--json]`."""

import argparse
import asyncio
import functools
import json
import random
import secrets
import sys
from collections.abc import Sequence

from faults.cluster import Cluster
from faults.installation import SingleNode
from faults.run import Outcome, run_once
from faults.trouble import Fault, kinds_of, make_plan, make_tour

SHRINK_ATTEMPTS = 12


def main(arguments: Sequence[str]) -> int:
    """Run and return the exit code: 0 if no message was lost, duplicated or out of order."""
    asked = _parse(arguments)
    seed = asked.seed if asked.seed is not None else secrets.randbelow(2**31)
    kinds = asked.only or kinds_of(asked.nodes, asked.bus)
    if asked.tour:
        plan = make_tour(kinds, asked.nodes)
    else:
        plan = make_plan(random.Random(seed), max(int(asked.seconds), 1), kinds, asked.nodes)
    if not asked.json:
        print(f"seed {seed}: {asked.visitors} visitors, {asked.operators} operators", flush=True)
    outcome = _run(asked, seed, plan)
    if outcome.faults and asked.shrink:
        outcome = _shrink(asked, seed, outcome)
    print(json.dumps(_as_json(outcome)) if asked.json else _as_text(outcome))
    return 1 if outcome.faults else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long clients chat (default 30)")
    parser.add_argument("--seed", type=int, help="the same seed creates the same faults (default: a random one)")
    parser.add_argument("--tour", action="store_true", help="each kind of fault once, alone, instead of --seconds")
    parser.add_argument("--nodes", type=int, default=1, help="1: SQLite; more: PostgreSQL")
    parser.add_argument("--bus", choices=("nats", "postgresql"), default="nats", help="the bus between several nodes")
    parser.add_argument("--only", nargs="+", metavar="KIND", help="these kinds of fault only (docs/faults.md)")
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--operators", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="print the report as one line of JSON")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false", help="do not look for a shorter history")
    asked = parser.parse_args(arguments)
    if asked.nodes < 1:
        parser.error("--nodes must be at least 1")
    possible = kinds_of(asked.nodes, asked.bus)
    if unknown := {*(asked.only or ())} - {*possible}:
        parser.error(f"unknown with these nodes: {', '.join(sorted(unknown))}; there are {', '.join(possible)}")
    return asked


def _run(asked: argparse.Namespace, seed: int, plan: Sequence[Fault]) -> Outcome:
    make = SingleNode if asked.nodes == 1 else functools.partial(Cluster, size=asked.nodes, bus=asked.bus)
    seconds = None if asked.tour else asked.seconds
    return asyncio.run(run_once(make, seed, seconds, plan, asked.visitors, asked.operators))


def _shrink(asked: argparse.Namespace, seed: int, failed: Outcome) -> Outcome:
    """Return the failing run with the fewest faults that a few attempts find. Each attempt omits half of the faults."""
    best, size = failed, max(len(failed.plan) // 2, 1)
    for _ in range(SHRINK_ATTEMPTS):
        for start in range(0, len(best.plan), size):
            fewer = [*best.plan[:start], *best.plan[start + size :]]
            outcome = _run(asked, seed, fewer)
            if outcome.faults:
                best = outcome
                break
        else:
            if size == 1:
                return best
            size //= 2
    return best


def _as_json(outcome: Outcome) -> dict[str, object]:
    return {
        "seed": outcome.seed,
        "ok": not outcome.faults,
        "faults": outcome.faults,
        "troubles": dict(outcome.troubles),
        "history": [str(fault) for fault in outcome.plan] if outcome.faults else [],
        "clients": outcome.clients,
        "entries": outcome.entries,
        "acknowledged": outcome.acknowledged,
        "ways_back": outcome.ways_back,
        "longest_way_back": round(outcome.longest_way_back, 2),
        "seconds_to_heal": round(outcome.seconds_to_heal, 2),
        "tracebacks": outcome.tracebacks,
        "failed_batches": outcome.failed_batches,
        "recoveries": outcome.recoveries,
        "internal_errors": dict(outcome.internal_errors),
        "first_internal_error": next(iter(outcome.internal_error_lines), ""),
        "not_run": outcome.not_run,
    }


def _as_text(outcome: Outcome) -> str:
    injected = ", ".join(f"{count} {kind}" for kind, count in sorted(outcome.troubles.items()))
    lines = [
        f"faults: {injected}",
        f"{outcome.clients} clients reconnected {outcome.ways_back} times, the longest reconnect took "
        f"{outcome.longest_way_back:.1f} s; all checks passed {outcome.seconds_to_heal:.1f} s after the last fault",
        f"{outcome.entries} entries in the database, {outcome.acknowledged} of them acknowledged to their senders",
        f"{outcome.failed_batches} batches failed and were retried, {outcome.recoveries} recoveries of PostgreSQL, "
        f"{outcome.internal_errors.total()} responses with status 500",
    ]
    lines += outcome.internal_error_lines[:1]
    lines += [f"{kind}: not run: {reason}" for kind, reason in outcome.not_run.items()]
    if outcome.faults:
        lines += [f"WRONG (seed {outcome.seed}), the shortest history found:", *map(str, outcome.plan), ""]
        lines += [f"- {fault}" for fault in outcome.faults[:40]]
    else:
        lines.append("no message was lost, duplicated or out of order")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
