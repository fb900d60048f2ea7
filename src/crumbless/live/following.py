"""Which workspaces this node follows, and whether the bus has told everything: a look at the database finds out.

A bus may lose what it was given without a word, so silence proves nothing. Once a second the positions of the followed
workspaces that were silent are read, in one query; at once when the bus has come back or has begun to follow.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from crumbless.live.connections import Connections
from crumbless.live.feed import Feed
from crumbless.periodic import Periodic

POLL_SECONDS = 1.0

GRACE_SECONDS = 0.1
"""How long the bus may take to tell what a look has found already, while it works."""

ReadPositions = Callable[[Sequence[int]], Awaitable[Mapping[int, int]]]
"""workspaces -> their positions."""


class Channels(Protocol):
    """The bus, as far as following goes."""

    @property
    def connected(self) -> bool: ...

    @property
    def lossy(self) -> bool:
        """Whether what other nodes commit can be lost on the way."""
        ...

    def follow(self, workspace: int) -> None: ...

    def unfollow(self, workspace: int) -> None: ...


class Subscriptions:
    """Follows the workspaces that somebody listens to on this node."""

    def __init__(self, feed: Feed, connections: Connections, bus: Channels, read_positions: ReadPositions) -> None:
        self._feed = feed
        self._connections = connections
        self._bus = bus
        self._read_positions = read_positions
        self._urgent = False
        self.loop = Periodic("the comparison of positions", self._turn, POLL_SECONDS)

    async def begin(self, workspace: int) -> None:
        """Whatever is committed in the workspace after this returns is delivered. Add the listener first.

        Raises whatever reading the position raises.
        """
        self._bus.follow(workspace)
        await self._feed.begin(workspace)

    def poll_now(self) -> None:
        """The bus may have lost something: look at once."""
        self._urgent = True
        self.loop.wake()

    async def _turn(self) -> None:
        urgent, self._urgent = self._urgent or not self._bus.connected, False
        await self.poll(urgent)

    async def poll(self, urgent: bool) -> None:
        """Compare where the feed is with where the database is, and let go of workspaces that nobody listens to.

        Args:
            urgent: of all, and at once; else of those that were silent, and the bus gets a moment more.
        """
        self._release_unused()
        quiet = self._feed.take_silent()
        looked_at = self._feed.followed if urgent else quiet
        if not looked_at:
            return
        positions = await self._read_positions(looked_at)
        if not urgent:
            await asyncio.sleep(GRACE_SECONDS)
        for workspace, position in positions.items():
            self._feed.advance_to(workspace, position)

    def _release_unused(self) -> None:
        for workspace in self._feed.followed:
            if not self._connections.listened_to(workspace):
                self._feed.forget(workspace)
                self._bus.unfollow(workspace)
