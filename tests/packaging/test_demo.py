"""bin/demo starts fast if all is set up, prints one line for programs, reuses the sign-in, and stops on a signal."""

import os
import signal
import time
from pathlib import Path

import httpx
import pytest
from tests.packaging.conftest import StartDemo

from support.people import BUSY_MACHINE

ROOT = Path(__file__).parents[2]
START_SECONDS = 3 + BUSY_MACHINE
STOP_SECONDS = 2 + BUSY_MACHINE


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_second_start_is_fast_and_stops_on_a_signal(signal_number: int, tmp_path: Path, start_demo: StartDemo) -> None:
    command = [ROOT / "bin" / "demo", "--json", "--port", "0", "--data", tmp_path / "demo"]
    first = start_demo(command, tmp_path, os.environ)
    before = first.told()
    assert first.stop(signal_number, STOP_SECONDS) == (0, "")

    asked_at = time.monotonic()
    second = start_demo(command, tmp_path, os.environ)
    after = second.told()
    assert time.monotonic() - asked_at < START_SECONDS
    assert httpx.get(after.desk).status_code == 200
    assert (after.email, after.password) == (before.email, before.password)
    assert second.stop(signal_number, STOP_SECONDS) == (0, "")
