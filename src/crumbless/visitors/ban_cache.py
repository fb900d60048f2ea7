"""The bans in force, cached on this node. They are read on demand, at most once a second."""

import asyncio
from collections.abc import Awaitable, Callable

from crumbless.visitors.ban_list import BanList

CACHE_SECONDS = 1.0


class BanCache:
    """Caches the bans.

    Args:
        read: reads the bans from the database.
        now: returns monotonic seconds.
    """

    def __init__(self, read: Callable[[], Awaitable[BanList]], now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._list = BanList()
        self._at: float | None = None
        self._reading = asyncio.Lock()

    async def current(self) -> BanList:
        """Return the bans in force, at most a second old."""
        if not self._is_fresh():
            # One caller reads for all who wait at the same time.
            async with self._reading:
                if not self._is_fresh():
                    began = self._now()
                    self._list, self._at = await self._read(), began
        return self._list

    def forget(self) -> None:
        """Discard the cache, because a ban was added or lifted on this node."""
        self._at = None

    def _is_fresh(self) -> bool:
        return self._at is not None and self._now() - self._at < CACHE_SECONDS
