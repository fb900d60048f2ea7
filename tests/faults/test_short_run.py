"""A short run of `bin/faults` in each configuration. Long runs are started by hand (see docs/faults.md)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]


def faults(*arguments: str) -> dict[str, Any]:
    """Return the report of a run."""
    command = [sys.executable, "-m", "faults", "--json", "--no-shrink", *arguments]
    run = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=170, check=False)
    assert run.stdout, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("nodes", ["1", "3"])
def test_no_message_is_lost_duplicated_or_out_of_order(nodes: str) -> None:
    report = faults("--seconds", "5", "--seed", "7", "--nodes", nodes, "--visitors", "60", "--operators", "4")
    assert report["faults"] == [], report
    assert report["entries"] >= report["acknowledged"] > 60
    assert report["ways_back"] > 0, "the premise: connections were lost"
