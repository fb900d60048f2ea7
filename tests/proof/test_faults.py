"""Longer runs of `bin/faults`, with seeds that change from run to run. The report names the seed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("nodes", ["1", "3"])
def test_nothing_is_lost_duplicated_or_out_of_order(nodes: str) -> None:
    command = [sys.executable, "-m", "faults", "--json", "--no-shrink", "--seconds", "90", "--nodes", nodes]
    run = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=900, check=False)
    assert run.stdout, run.stderr
    report = json.loads(run.stdout)
    assert report["faults"] == [], report
    assert report["entries"] >= report["acknowledged"] > 500
    assert report["ways_back"] > 0, "the premise: connections were lost"
