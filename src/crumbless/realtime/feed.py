"""The ordered stream of a workspace's entries: those from the bus, after any gap is filled from the database.

Commit order is position order, without gaps. If a batch does not continue where the last one ended, the bus lost a
message, or another node's message is still on its way. The feed waits a moment for it, and then reads the entries from
the database.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from crumbless.ledger.entry import Appended

log = logging.getLogger("crumbless.feed")

RETRY_SECONDS = 0.5

GRACE_SECONDS = 0.02
"""How long entries wait for earlier ones of another node."""

MAX_AHEAD = 5_000
"""Entries that may wait in each workspace."""

EMPTY_READS = 20
"""After so many reads without a result, the announced entries count as never committed."""

ReadAfter = Callable[[int, int], Awaitable[Sequence[Appended]]]
"""(workspace, position) -> the next entries, in order; empty at the end."""

ReadPosition = Callable[[int], Awaitable[int]]
"""workspace -> the position of its newest entry."""

Deliver = Callable[[int, Sequence[Appended]], None]


class _Track:
    """The state of one workspace. `position`: None until the first position was read."""

    __slots__ = ("ahead", "beginning", "filling", "known", "position", "silent", "waiting")

    def __init__(self) -> None:
        self.position: int | None = None
        # The highest position that was announced.
        self.known = 0
        self.ahead: dict[int, Appended] = {}
        self.beginning: asyncio.Task[None] | None = None
        self.filling: asyncio.Task[None] | None = None
        self.waiting: asyncio.TimerHandle | None = None
        self.silent = False


class Feed:
    """Passes on the entries of each followed workspace exactly once and in order. Used on the event loop only.

    Args:
        deliver: receives (workspace, entries) in position order.
        read_after: reads entries that the bus has not delivered.
        read_position: reads the position to start from.
    """

    def __init__(self, deliver: Deliver, read_after: ReadAfter, read_position: ReadPosition) -> None:
        self._deliver = deliver
        self._read_after = read_after
        self._read_position = read_position
        self._tracks: dict[int, _Track] = {}
        self.gaps = 0
        """Number of gaps since the start."""

    async def begin(self, workspace: int) -> None:
        """Follow the workspace. All later commits are delivered, even if the bus loses all messages.

        Raises the errors of reading the position; then the workspace is not followed.
        """
        track = self._tracks.get(workspace)
        if track is None:
            track = self._tracks[workspace] = _Track()
            track.beginning = asyncio.get_running_loop().create_task(self._read_beginning(workspace, track))
        if track.beginning is not None:
            # Several callers may wait: the cancellation of one must not affect the others.
            await asyncio.shield(track.beginning)

    async def _read_beginning(self, workspace: int, track: _Track) -> None:
        try:
            track.position = await self._read_position(workspace)
        except BaseException:
            if self._tracks.get(workspace) is track:
                del self._tracks[workspace]
            raise
        finally:
            track.beginning = None
        if track.known > track.position:
            self._fill(workspace, track)

    def forget(self, workspace: int) -> None:
        """Stop following a workspace that has no listeners left."""
        track = self._tracks.pop(workspace, None)
        if track is not None and track.waiting is not None:
            track.waiting.cancel()

    def position(self, workspace: int) -> int:
        """Return the position up to which entries of a followed workspace were delivered."""
        track = self._tracks.get(workspace)
        return (track.position or 0) if track is not None else 0

    @property
    def followed(self) -> list[int]:
        """Return the workspaces that are followed."""
        return [*self._tracks]

    def take_silent(self) -> list[int]:
        """Return the followed workspaces for which no message was received since the last call."""
        quiet = [workspace for workspace, track in self._tracks.items() if track.silent]
        for track in self._tracks.values():
            track.silent = True
        return quiet

    def receive(self, workspace: int, appended: Sequence[Appended]) -> None:
        """Handle committed entries from the bus (in position order, not empty)."""
        track = self._tracks.get(workspace)
        if track is None:
            return
        track.silent = False
        first, last = appended[0].position, appended[-1].position
        if track.position is None or track.filling is not None:
            track.known = max(track.known, last)
        elif track.ahead or first > track.position + 1 or last - first != len(appended) - 1:
            self._store_ahead(workspace, track, appended)
        else:
            self._pass_on(workspace, track, appended)

    def advance_to(self, workspace: int, position: int) -> None:
        """Read all missing entries up to this position at once."""
        track = self._tracks.get(workspace)
        if track is None:
            return
        track.known = max(track.known, position)
        if track.position is not None and track.filling is None and position > track.position:
            self._fill(workspace, track)

    def _pass_on(self, workspace: int, track: _Track, appended: Sequence[Appended]) -> None:
        position = track.position or 0
        newer = appended if appended[0].position > position else [one for one in appended if one.position > position]
        if newer:
            track.position = newer[-1].position
            self._deliver(workspace, newer)

    def _pass_on_read(self, workspace: int, track: _Track, found: Sequence[Appended]) -> None:
        try:
            self._pass_on(workspace, track, found)
        except Exception:
            # An error in a listener must not stop the reading, because later entries would not be delivered.
            log.exception("could not deliver the entries of a gap")

    def _store_ahead(self, workspace: int, track: _Track, appended: Sequence[Appended]) -> None:
        """Store entries that are ahead, and deliver those that follow without a gap."""
        position = track.position or 0
        track.known = max(track.known, appended[-1].position)
        track.ahead.update((one.position, one) for one in appended if one.position > position)
        following: list[Appended] = []
        while (one := track.ahead.pop(position + len(following) + 1, None)) is not None:
            following.append(one)
        if following:
            self._pass_on(workspace, track, following)
        if len(track.ahead) > MAX_AHEAD:
            self._fill(workspace, track)
        elif track.ahead and track.waiting is None:
            self._wait(workspace, track)

    def _wait(self, workspace: int, track: _Track) -> None:
        loop = asyncio.get_running_loop()
        track.waiting = loop.call_later(GRACE_SECONDS, self._overdue, workspace, track, track.position)

    def _overdue(self, workspace: int, track: _Track, since: int | None) -> None:
        track.waiting = None
        if not track.ahead or track.filling is not None:
            return
        if track.position == since:
            self._fill(workspace, track)
        else:
            # This is another gap than the one whose time has passed.
            self._wait(workspace, track)

    def _fill(self, workspace: int, track: _Track) -> None:
        self.gaps += 1
        log.info("the bus left a gap in workspace %d; reading the missing entries from the database", workspace)
        track.ahead.clear()
        track.filling = asyncio.get_running_loop().create_task(self._read_gap(workspace, track))

    async def _read_gap(self, workspace: int, track: _Track) -> None:
        empty = 0
        # Not a Periodic: it ends when the gap of this workspace is filled.
        while self._tracks.get(workspace) is track and (position := track.position or 0) < track.known:
            try:
                found = await self._read_after(workspace, position)
            except Exception as error:
                log.warning("could not read the entries of a gap (%s); retrying", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if self._tracks.get(workspace) is not track:
                break
            if found:
                self._pass_on_read(workspace, track, found)
                continue
            empty += 1
            if empty == EMPTY_READS:
                log.warning(
                    "workspace %d has no entries after %d, although the bus announced some", workspace, position
                )
                track.known = position
            else:
                await asyncio.sleep(RETRY_SECONDS)
        track.filling = None
