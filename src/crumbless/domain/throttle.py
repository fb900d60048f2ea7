"""Slows down who guesses: after some failures each further try waits twice as long. Nobody is locked out for good."""

from collections import OrderedDict
from dataclasses import dataclass

MOST_KEYS = 50_000
FIRST_SECONDS = 5.0
LONGEST_SECONDS = 15 * 60.0
FORGET_SECONDS = 24 * 3600.0


@dataclass(slots=True)
class _Record:
    failures: int
    free_at: float
    last: float


class Throttle:
    """Counts failures by key, in this process.

    Args:
        free: failures that cost nothing.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Seconds until the key may try again; 0 when it may now. `now` is in monotonic seconds."""
        record = self._records.get(key)
        if record is None or now - record.last > FORGET_SECONDS:
            return 0.0
        return max(record.free_at - now, 0.0)

    def count(self, key: str, now: float) -> None:
        """Count a try of this key as failed, before it is known: of many at once, only the first are free."""
        record = self._records.pop(key, None)
        if record is None or now - record.last > FORGET_SECONDS:
            record = _Record(0, now, now)
        record.failures += 1
        record.last = now
        beyond = record.failures - self._free
        if beyond > 0:
            record.free_at = now + min(FIRST_SECONDS * 2.0 ** min(beyond - 1, 20), LONGEST_SECONDS)
        self._records[key] = record
        if len(self._records) > MOST_KEYS:
            self._records.popitem(last=False)

    def take_back(self, key: str) -> None:
        """The try that was counted last was none, or was right after all."""
        record = self._records.get(key)
        if record is None:
            return
        record.failures -= 1
        if record.failures <= self._free:
            record.free_at = record.last
        if not record.failures:
            del self._records[key]

    def succeed(self, key: str) -> None:
        """Whoever it was has shown who they are."""
        self._records.pop(key, None)
