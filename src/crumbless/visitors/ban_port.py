"""The interface to the cache of bans."""

from typing import Protocol

from crumbless.visitors.ban_list import BanList


class BansPort(Protocol):
    """The bans in force (visitors/ban_cache.py)."""

    async def current(self) -> BanList:
        """Return the bans, at most a second old."""
        ...
