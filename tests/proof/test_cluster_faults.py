"""Each kind of fault once, on two nodes of one PostgreSQL: no loss, no duplicate, and no lasting error.

`bin/faults --tour` makes the same plan.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from faults.trouble import FULL, kinds_of

TESTS = Path(__file__).parents[1]

CRASHES = {"database_kill", "database_backend", "database_full_log"}
"""After these, PostgreSQL recovers from its write-ahead log."""

WITHOUT_MOUNTING = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]


def report_of(*arguments: str, wrapper: list[str] | None = None) -> dict[str, Any]:
    """Return the report of a run."""
    command = [*(wrapper or []), sys.executable, "-m", "faults", "--json", "--no-shrink", *arguments]
    command += ["--visitors", "60", "--operators", "4", "--seed", "18"]
    run = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=900, check=False)
    assert run.stdout, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("bus", ["postgresql", "nats"])
def test_each_fault_of_two_nodes_loses_nothing_and_leaves_no_error(bus: str) -> None:
    report = report_of("--tour", "--nodes", "2", "--bus", bus)
    assert report["faults"] == [], report
    assert report["internal_errors"] == {}, report
    assert report["tracebacks"] == 0, report
    assert report["troubles"].keys() | report["not_run"].keys() == {*kinds_of(2, bus)}
    assert report["troubles"]["clock"] == 2
    assert report["recoveries"] >= len(CRASHES & report["troubles"].keys()), "the premise: PostgreSQL crashed"
    assert report["ways_back"] > 0, "the premise: connections were lost"
    assert report["failed_batches"] > 0 or report["not_run"], "the premise: the disk was full"


def test_full_disk_is_reported_as_not_run_without_the_right_to_mount() -> None:
    wrapper = WITHOUT_MOUNTING if os.geteuid() == 0 else None
    report = report_of("--tour", "--nodes", "2", "--only", *FULL, "reset", wrapper=wrapper)
    assert report["ok"], report
    assert report["not_run"] == dict.fromkeys(FULL, "needs root")
    assert report["troubles"] == {"reset": 1}
