"""Follows workspaces on this node, and compares positions with the database to find entries that the bus has lost.

A bus may lose messages without an error, so silence proves nothing. Once a second the positions of followed workspaces
without messages are read in one query. After a reconnection or a new subscription they are read at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from crumbless.core.periodic import Periodic
from crumbless.realtime.connections import Connections
from crumbless.realtime.feed import Feed
from crumbless.realtime.mark_poll import MarkPoll

POLL_SECONDS = 1.0

GRACE_SECONDS = 0.1
"""How much longer the bus may take to deliver entries that are already in the database."""

ReadPositions = Callable[[Sequence[int]], Awaitable[Mapping[int, int]]]
"""workspaces -> their positions."""


class Channels(Protocol):
    """The methods of the bus that following needs."""

    @property
    def connected(self) -> bool: ...

    @property
    def lossy(self) -> bool:
        """Return whether other nodes' entries can be lost on the way."""
        ...

    def follow(self, workspace: int) -> None: ...

    def unfollow(self, workspace: int) -> None: ...


class Subscriptions:
    """Follows the workspaces that have a listener on this node."""

    def __init__(
        self, feed: Feed, connections: Connections, bus: Channels, read_positions: ReadPositions, marks: MarkPoll
    ) -> None:
        self._marks = marks
        self._feed = feed
        self._connections = connections
        self._bus = bus
        self._read_positions = read_positions
        self._urgent = False
        self.loop = Periodic("the comparison of positions", self._poll_due, POLL_SECONDS)

    async def begin(self, workspace: int) -> None:
        """Follow the workspace: all later commits are delivered. Add the listener first.

        Raises the errors of reading the position.
        """
        self._bus.follow(workspace)
        await self._feed.begin(workspace)
        self._marks.begin(workspace, self._feed.position(workspace))

    def poll_now(self) -> None:
        """Compare positions at once, because the bus may have lost messages."""
        self._urgent = True
        self.loop.wake()

    async def _poll_due(self) -> None:
        urgent, self._urgent = self._urgent or not self._bus.connected, False
        await self.poll(urgent)

    async def poll(self, urgent: bool) -> None:
        """Compare the feed's positions with the database, and unfollow workspaces without listeners.

        Args:
            urgent: compare all workspaces at once. Else only those without messages, and the bus gets a moment more.
        """
        self._release_unused()
        quiet = self._feed.take_silent()
        compared = self._feed.followed if urgent else quiet
        if not compared:
            return
        positions = await self._read_positions(compared)
        if not urgent:
            await asyncio.sleep(GRACE_SECONDS)
        for workspace, position in positions.items():
            self._feed.advance_to(workspace, position)

    def _release_unused(self) -> None:
        for workspace in self._feed.followed:
            if not self._connections.listened_to(workspace):
                self._feed.forget(workspace)
                self._marks.forget(workspace)
                self._bus.unfollow(workspace)
