"""The bans that hold, as this node knows them: read at most once a second, and only when somebody asks."""

import asyncio
from collections.abc import Awaitable, Callable

from crumbless.domain.ban import BanList

CACHE_SECONDS = 1.0


class BanCache:
    """Finds the bans.

    Args:
        read: those in the database.
        now: monotonic seconds.
    """

    def __init__(self, read: Callable[[], Awaitable[BanList]], now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._list = BanList()
        self._at: float | None = None
        self._reading = asyncio.Lock()

    async def current(self) -> BanList:
        """The bans that hold now, or held a second ago."""
        if not self._is_fresh():
            # One reads for all who ask at the same time.
            async with self._reading:
                if not self._is_fresh():
                    began = self._now()
                    self._list, self._at = await self._read(), began
        return self._list

    def forget(self) -> None:
        """A ban was added or lifted here: the next question reads again."""
        self._at = None

    def _is_fresh(self) -> bool:
        return self._at is not None and self._now() - self._at < CACHE_SECONDS
