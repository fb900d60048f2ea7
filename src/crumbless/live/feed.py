"""The ordered stream of a workspace's entries: what the bus tells, with every gap filled from the database first.

Commit order is position order, without gaps; so a batch that does not continue where the last one ended means that the
bus lost something, and the database has it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from crumbless.domain.ports import Appended

log = logging.getLogger("crumbless.feed")

RETRY_SECONDS = 0.5

ReadAfter = Callable[[int, int], Awaitable[Sequence[Appended]]]
"""(workspace, position) -> the next entries, in order; empty at the end."""

Deliver = Callable[[int, Sequence[Appended]], None]


class Feed:
    """Passes each workspace's entries on exactly once and in order.

    Args:
        deliver: told (workspace, entries) in position order.
        read_after: how to read what the bus did not tell.
    """

    def __init__(self, deliver: Deliver, read_after: ReadAfter) -> None:
        self._deliver = deliver
        self._read_after = read_after
        self._positions: dict[int, int] = {}
        self._filling: dict[int, asyncio.Task[None]] = {}
        self._known: dict[int, int] = {}
        self.gaps = 0
        """Gaps since the start."""

    def receive(self, workspace: int, appended: Sequence[Appended]) -> None:
        """The bus says that these entries were committed (in position order, not empty)."""
        position = self._positions.get(workspace, appended[0].position - 1)
        self._known[workspace] = max(self._known.get(workspace, 0), appended[-1].position)
        if workspace in self._filling:
            return
        if appended[0].position > position + 1:
            self._fill(workspace)
            return
        self._pass_on(workspace, [one for one in appended if one.position > position])

    def _pass_on(self, workspace: int, appended: Sequence[Appended]) -> None:
        if appended:
            self._positions[workspace] = appended[-1].position
            self._deliver(workspace, appended)

    def _fill(self, workspace: int) -> None:
        self.gaps += 1
        log.warning("the bus left a gap in workspace %d; reading it", workspace)
        task = asyncio.get_running_loop().create_task(self._read_gap(workspace))
        self._filling[workspace] = task

    async def _read_gap(self, workspace: int) -> None:
        while self._positions[workspace] < self._known[workspace]:
            try:
                self._pass_on(workspace, await self._read_after(workspace, self._positions[workspace]))
            except Exception:
                log.exception("the gap could not be read; trying again")
                await asyncio.sleep(RETRY_SECONDS)
        del self._filling[workspace]
