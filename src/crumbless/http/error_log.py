"""Logs refused requests, at most one line per second and kind, so that a flood does not fill the disk."""

import asyncio
import logging
from collections import Counter

INTERVAL_SECONDS = 1.0

log = logging.getLogger("crumbless.refused")


class ErrorLog:
    """Counts refusals by kind. Used only on the event loop."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        """Refusals since the last line of each kind. A kind is present for INTERVAL_SECONDS after its line."""

    def add(self, kind: str) -> None:
        """Count a refusal. The first of a kind is logged at once, later ones together at the end of the interval.

        Args:
            kind: a constant text, never a value of a request.
        """
        if kind in self._counts:
            self._counts[kind] += 1
            return
        self._write(kind, 1)

    def _write(self, kind: str, count: int) -> None:
        log.warning("refused %d: %s", count, kind)
        self._counts[kind] = 0
        asyncio.get_running_loop().call_later(INTERVAL_SECONDS, self._end_interval, kind)

    def _end_interval(self, kind: str) -> None:
        count = self._counts.pop(kind)
        if count:
            self._write(kind, count)
