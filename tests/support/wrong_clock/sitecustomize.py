"""Read by Python at the start of a process whose wall clock a test sets. Its uptime stays as it is.

TEST_CLOCK_FILE contains by how many seconds the clock is ahead. It is read at each call.
"""

import os
import time

_file = os.environ["TEST_CLOCK_FILE"]
_time_ns = time.time_ns


def _shifted_ns() -> int:
    with open(_file, encoding="ascii") as file:
        return _time_ns() + int(file.read()) * 1_000_000_000


time.time_ns = _shifted_ns
time.time = lambda: _shifted_ns() / 1e9
