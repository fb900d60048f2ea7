"""Measures what is asked for and prints one table. bench/run prepares everything; README.md explains it."""

import argparse
import resource
import sys
from pathlib import Path

import msgspec

from cluster_rows import ClusterRound, Storm, measure_cluster, measure_storm
from desk_rows import DeskStart, watch_desk
from durable_rows import Pace, Run, run_rounds
from generator_rows import GeneratorRun, check_generator
from growth_rows import Growth, measure_growth
from loader_rows import LoaderSeen, watch_loader
from log_rows import LogBytes, log_table, measure_log
from memory_rows import Memory, measure_memory
from postgres_rows import PostgresRound, measure_postgres
from sign_in_rows import SignInCost, measure_sign_in
from size_rows import read_sizes
from support.machine_lock import hold_machine
from table_print import Line, print_table
from table_rows import desk_table, durable_table, generator_table, loader_table, memory_table, size_table
from table_scale import cluster_table, growth_table, postgres_table, sign_in_table, storm_table

ROWS = (
    *("generator", "latency", "saturation", "spread", "steady", "overload", "workspace", "log", "memory", "start"),
    *("sizes", "loader", "desk"),
    *("signin", "postgres", "cluster", "storm", "growth"),
)
DURABLE = frozenset({"latency", "saturation", "spread", "steady", "overload", "workspace", "start"})


class Results(msgspec.Struct):
    """Everything that was measured, run by run, for `--json`."""

    generator: list[GeneratorRun] = []
    durable: list[Run] = []
    log: list[LogBytes] = []
    memory: list[Memory] = []
    sizes: dict[str, int] = {}
    loader: list[LoaderSeen] = []
    desk: list[DeskStart] = []
    sign_in: list[SignInCost] = []
    postgres: list[PostgresRound] = []
    cluster: list[ClusterRound] = []
    storm: list[Storm] = []
    growth: list[Growth] = []


def main() -> int:
    """Runs the rows and prints the table."""
    arguments = _read_arguments()
    rows: list[str] = arguments.rows.split(",")
    if unknown := set(rows) - set(ROWS):
        print(f"There is no row named {', '.join(sorted(unknown))}. The rows are {', '.join(ROWS)}.", file=sys.stderr)
        return 2
    if not hold_machine(alone=True):
        print("Tests or another bench of this checkout are running. Start again when they have ended.", file=sys.stderr)
        return 2
    _allow_open_files()
    results = _measure(rows, arguments.rounds, quick=arguments.quick)
    print_table(_lines(results))
    if arguments.json:
        Path(arguments.json).write_bytes(msgspec.json.format(msgspec.json.encode(results)))
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description="Speed and size of Crumbless beside its peers.")
    parser.add_argument("--quick", action="store_true", help="short windows and few connections: a look, not a result")
    parser.add_argument("--rounds", type=int, default=3, help="alternating rounds of which the median is taken (3)")
    parser.add_argument("--rows", default=",".join(ROWS), help=f"some of {','.join(ROWS)}")
    parser.add_argument("--json", metavar="FILE", help="keep every single run there")
    return parser.parse_args()


def _allow_open_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _report(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _measure(rows: list[str], rounds: int, *, quick: bool) -> Results:
    results = Results()
    pace = Pace(0.5, 1.0, rounds) if quick else Pace(1.0, 3.0, rounds)
    if "generator" in rows:
        _report("generator against the floor")
        results.generator = check_generator(pace)
    if DURABLE & set(rows):
        results.durable = run_rounds(pace, rows, _report)
    if "log" in rows:
        _report("bytes of the write-ahead log")
        results.log = measure_log()
    if "memory" in rows:
        for number in range(rounds):
            _report(f"round {number + 1} of {rounds}: idle connections")
            results.memory += measure_memory(500 if quick else 5000, number)
    if "sizes" in rows:
        results.sizes = read_sizes()
    if "loader" in rows:
        _report("the loader in Chromium")
        results.loader = watch_loader(max(rounds, 3))
    if "desk" in rows:
        _report("the desk in Chromium, cold and warm in turn")
        results.desk = watch_desk(max(rounds, 5))
    _measure_scale(results, rows, pace, quick=quick)
    return results


def _measure_scale(results: Results, rows: list[str], pace: Pace, *, quick: bool) -> None:
    for number in range(pace.rounds):
        if "signin" in rows:
            _report(f"round {number + 1} of {pace.rounds}: signing in")
            results.sign_in.append(measure_sign_in(pace.seconds * 2))
        if "postgres" in rows:
            results.postgres.append(measure_postgres(pace, number, _report))
        if "cluster" in rows:
            results.cluster.append(measure_cluster(pace, _report))
        if "storm" in rows:
            _report(f"round {number + 1} of {pace.rounds}: everybody comes back at once")
            results.storm.append(measure_storm(500 if quick else 5_000, 3.0 if quick else 10.0))
    if "growth" in rows:
        results.growth = measure_growth(_report, quick=quick)


def _lines(results: Results) -> list[Line]:
    return [
        *generator_table(results.generator),
        *durable_table(results.durable),
        *log_table(results.log),
        *memory_table(results.memory),
        *size_table(results.sizes),
        *loader_table(results.loader),
        *desk_table(results.desk),
        *sign_in_table(results.sign_in),
        *postgres_table(results.postgres),
        *cluster_table(results.cluster),
        *storm_table(results.storm),
        *growth_table(results.growth),
    ]


if __name__ == "__main__":
    sys.exit(main())
