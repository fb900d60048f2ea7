"""Stores once a minute which sessions were used, for the list of sessions and the idle limit."""

import contextlib
import functools
from collections.abc import Callable

from crumbless.accounts.session_list_store import note_seen
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.periodic import Periodic
from crumbless.ledger.ledger_port import LedgerPort

EVERY_SECONDS = 60.0

BATCH = 500
"""Sessions written in one transaction, so that no message waits for all of them."""


class LastSeenWriter:
    """Stores the sessions that were used.

    Args:
        used: returns the sessions that were used since its last call.
    """

    def __init__(self, used: Callable[[], set[str]], ledger: LedgerPort) -> None:
        self._used = used
        self._ledger = ledger
        self.loop = Periodic("the storing of used sessions", self.write, EVERY_SECONDS)

    async def write(self) -> None:
        """Store the sessions used since the last call. Called for the last time before the ledger closes."""
        used, at = [*self._used()], now_ms()
        for start in range(0, len(used), BATCH):
            # If this write fails, the next one stores the session, because it is in use.
            with contextlib.suppress(ApiError):
                await self._ledger.write(functools.partial(note_seen, session_ids=used[start : start + BATCH], at=at))
