"""Writes down, once a minute, which sessions were used: a list of sessions needs it, and the idle limit."""

import contextlib
import functools
from collections.abc import Callable

from crumbless.domain.ports import LedgerPort
from crumbless.errors import ApiError
from crumbless.ids import now_ms
from crumbless.periodic import Periodic
from crumbless.store.session_store import note_seen

EVERY_SECONDS = 60.0

BATCH = 500
"""Written at a time, so that no message waits for all of them."""


class LastSeenWriter:
    """Stores the sessions that were used.

    Args:
        used: the sessions that were used since it was last called.
    """

    def __init__(self, used: Callable[[], set[str]], ledger: LedgerPort) -> None:
        self._used = used
        self._ledger = ledger
        self.loop = Periodic("the note of used sessions", self.write, EVERY_SECONDS)

    async def write(self) -> None:
        """Write what is not written yet. Called for the last time before the ledger is closed."""
        used, at = [*self._used()], now_ms()
        for start in range(0, len(used), BATCH):
            # Lost once, it is written the next time: the session is in use.
            with contextlib.suppress(ApiError):
                await self._ledger.write(functools.partial(note_seen, session_ids=used[start : start + BATCH], at=at))
