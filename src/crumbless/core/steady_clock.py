"""The clock for all deadlines. It runs evenly, and follows a wall clock that was set only after a confirmation time.

There are three times:

- the wall clock of this machine, or of PostgreSQL, which all nodes share: it can be set at any moment;
- the steady time: it advances by the machine's uptime and follows the wall clock while both agree;
- the confirmed time: the steady time, but never later than the time that machines of this installation have seen pass
(core/age_witness.py). Only this one may delete or end anything by its age.
"""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crumbless.core.time_units import HOUR_MS, MINUTE_MS

PRECISION_MS = 20
"""A smaller difference is not followed: it results from reading the clocks."""

TOLERANCE_MS = MINUTE_MS
"""A difference that is followed at once: corrections by NTP, and clocks that run unevenly."""

CONFIRM_MS = HOUR_MS
"""How long a changed clock must stay as it is before the steady time follows it."""

_UPTIME_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""On Linux it includes the time in which the machine was suspended. It cannot be set."""


def elapsed_ms() -> int:
    """Return the machine's uptime in milliseconds."""
    return time.clock_gettime_ns(_UPTIME_CLOCK) // 1_000_000


def machine_clock_ms() -> int:
    """Return this machine's wall clock as milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


def read_machine() -> tuple[int, int]:
    """Return the wall clock and the uptime at the same moment, both in milliseconds."""
    # Of several readings, the one in which this thread was interrupted least.
    readings = [
        (time.clock_gettime_ns(_UPTIME_CLOCK), time.time_ns(), time.clock_gettime_ns(_UPTIME_CLOCK)) for _ in "123"
    ]
    before, wall, after = min(readings, key=lambda one: one[2] - one[0])
    middle = (before + after) // 2
    elapsed = middle // 1_000_000
    return elapsed + round((wall - middle) / 1_000_000), elapsed


def boot_name() -> str:
    """Return a name of this boot of the machine. Uptimes of processes with the same name can be compared.

    If the system has no such name, the name is unique to this process.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        # A container can have a separate uptime.
        return f"{boot} {Path('/proc/self/ns/time').readlink()}"
    except OSError:
        return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The wall clock has left the steady time, was followed, or is back. `by_ms`: how far it is or was ahead."""

    kind: Literal["left", "followed", "back"]
    by_ms: int


@dataclass(slots=True)
class _Jump:
    ahead: int
    since: int


class SteadyClock:
    """The steady and the confirmed time of this process.

    Args:
        wall: milliseconds since 1970.
        elapsed: the uptime at that moment, in milliseconds.
    """

    __slots__ = ("_jump", "_provisional", "_seen", "confirmed_offset", "latest_offset", "offset")

    def __init__(self, wall: int, elapsed: int) -> None:
        # Each time is the uptime plus one integer, which any thread can read without a lock.
        self.offset = self.confirmed_offset = self.latest_offset = wall - elapsed
        self._seen: int | None = None
        self._provisional = False
        self._jump: _Jump | None = None

    def see(self, seen: int, elapsed: int) -> None:
        """Store the time up to which time was seen to pass."""
        self._seen = seen - elapsed
        self._set(self.offset)

    def begin(self, at: int, elapsed: int, *, provisional: bool = False) -> None:
        """Start from a stored time.

        Args:
            provisional: the time is only a lower limit, so any later reading is followed at once.
        """
        self._provisional = provisional
        self._jump = None
        self._set(at - elapsed)

    def _set(self, offset: int) -> None:
        seen = offset if self._seen is None else self._seen
        self.offset = offset
        self.confirmed_offset = min(offset, seen)
        self.latest_offset = max(offset, seen)

    @property
    def ahead_ms(self) -> int:
        """Return how far the wall clock is ahead of the steady time; 0 while they agree."""
        return self._jump.ahead if self._jump else 0

    def observe(self, wall: int, elapsed: int) -> ClockChange | None:
        """Compare a reading of the wall clock with the steady time. Call every few seconds."""
        ahead = wall - elapsed - self.offset
        if -TOLERANCE_MS <= ahead <= TOLERANCE_MS or (self._provisional and ahead > 0):
            jump, self._jump, self._provisional = self._jump, None, False
            if abs(ahead) > PRECISION_MS:
                self._set(self.offset + ahead)
            return ClockChange("back", jump.ahead) if jump else None
        if self._jump is None or abs(ahead - self._jump.ahead) > TOLERANCE_MS:
            self._jump = _Jump(ahead, elapsed)
            return ClockChange("left", ahead)
        self._jump.ahead = ahead
        if elapsed - self._jump.since < CONFIRM_MS:
            return None
        self._set(self.offset + ahead)
        self._jump, self._provisional = None, False
        return ClockChange("followed", ahead)
