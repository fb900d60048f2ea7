"""Read by Python at the start of a node whose clock is to be wrong: shifts what it takes for the time of day."""

import os
import time

_shift = float(os.environ.get("FAULTS_CLOCK_SHIFT", "0"))
_time, _time_ns = time.time, time.time_ns

time.time = lambda: _time() + _shift
time.time_ns = lambda: _time_ns() + int(_shift * 1e9)
