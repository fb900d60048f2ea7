"""Slows down guessing: after some failures, each further attempt waits twice as long. There is no permanent lockout."""

from collections import OrderedDict
from dataclasses import dataclass

from crumbless.core.rate_limit import limit_key
from crumbless.core.time_units import DAY_SECONDS

MAX_KEYS = 25_000
"""Records of one throttle. Each costs a counted attempt, so displacing a record takes longer than its wait."""

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 15 * 60.0
FORGET_SECONDS = DAY_SECONDS


@dataclass(slots=True)
class _Record:
    failures: int
    free_at: float
    last: float


class GuessThrottle:
    """Counts failures by key in this process. Keys are stored as hashes of a fixed size (`limit_key`).

    Args:
        free: failures without a wait.
        longest: the longest wait in seconds.
    """

    def __init__(self, free: int, longest: float = LONGEST_SECONDS) -> None:
        self._free = free
        self._longest = longest
        self._records: OrderedDict[bytes, _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    @property
    def free(self) -> int:
        """Return the number of failures without a wait."""
        return self._free

    def wait(self, key: str, now: float) -> float:
        """Return the seconds until the key may try again, or 0. `now` is in monotonic seconds."""
        record = self._records.get(limit_key(key))
        if record is None or now - record.last > FORGET_SECONDS:
            return 0.0
        return max(record.free_at - now, 0.0)

    def count(self, key: str, now: float) -> int:
        """Count an attempt of this key as failed before its result is known, so that of many at once only the first are
        free.

        Return the number of failures, including this one.
        """
        hashed = limit_key(key)
        record = self._records.pop(hashed, None)
        if record is None or now - record.last > FORGET_SECONDS:
            record = _Record(0, now, now)
        record.failures += 1
        record.last = now
        beyond = record.failures - self._free
        if beyond > 0:
            record.free_at = now + min(FIRST_SECONDS * 2.0 ** min(beyond - 1, 20), self._longest)
        self._forget_expired(now)
        self._records[hashed] = record
        if len(self._records) > MAX_KEYS:
            self._records.popitem(last=False)
        return record.failures

    def _forget_expired(self, now: float) -> None:
        # Up to two are deleted for each counted one, so that expired records disappear without a sweep.
        for _ in range(2):
            oldest = next(iter(self._records), None)
            if oldest is None or now - self._records[oldest].last <= FORGET_SECONDS:
                return
            del self._records[oldest]

    def take_back(self, key: str) -> None:
        """Undo the last count, because the attempt was not made or was successful."""
        hashed = limit_key(key)
        record = self._records.get(hashed)
        if record is None:
            return
        record.failures -= 1
        if record.failures <= self._free:
            record.free_at = record.last
        if not record.failures:
            del self._records[hashed]

    def succeed(self, key: str) -> None:
        """Forget the failures after a successful attempt."""
        self._records.pop(limit_key(key), None)
