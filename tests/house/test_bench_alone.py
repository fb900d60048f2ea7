"""A bench does not start while tests run, because both would be measured."""

import os
import subprocess
import sys
from pathlib import Path

from support.machine_lock import hold_machine

ROOT = Path(__file__).parents[2]


def test_bench_does_not_start_beside_tests() -> None:
    ran = subprocess.run(
        [sys.executable, "bench/compare.py", "--rows", "sizes"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "tests"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("Tests or another bench of this checkout are running.")


def test_tests_share_the_machine_and_a_bench_needs_all_of_it(tmp_path: Path) -> None:
    assert hold_machine(alone=True, path=tmp_path / "free"), "the premise: a bench starts on a free machine"
    assert not hold_machine(alone=True, path=tmp_path / "free"), "a second bench"
    assert hold_machine(alone=False, path=tmp_path / "tests")
    assert hold_machine(alone=False, path=tmp_path / "tests"), "more tests"
    assert not hold_machine(alone=True, path=tmp_path / "tests")
