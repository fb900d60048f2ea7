"""Finds seen marks that the bus has lost, and delivers them.

A mark is a column of its conversation and no entry, so the feed does not find it. Marks only move forward: a node
remembers the newest that it delivered, and compares them with the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from crumbless.core.periodic import Periodic
from crumbless.protocol.frames import SeenNow
from crumbless.protocol.timeline import Side

POLL_SECONDS = 1.0

GRACE_SECONDS = 0.1
"""How much longer the bus may take to deliver marks that are already in the database."""

TURN = 100
"""Workspaces that are compared in one poll. If more are followed, they take turns: each costs a query."""


@dataclass(frozen=True, slots=True)
class StoredMarks:
    """The marks of a conversation, in its `seq`. `position`: of the workspace when the newest of them moved."""

    workspace: int
    conversation: str
    visitor: int
    operator: int
    position: int
    site: int
    team: str | None


@dataclass(frozen=True, slots=True)
class MarksRead:
    """Marks that may have moved, and the workspaces' positions, in one snapshot."""

    positions: Mapping[int, int]
    marks: Sequence[StoredMarks]


ReadMarks = Callable[[Mapping[int, int]], Awaitable[MarksRead]]
"""{workspace: position} -> the marks that may have moved since it was there."""

ReadVisitorSeqs = Callable[[Sequence[tuple[str, int]]], Awaitable[Sequence[int]]]
"""[(conversation, seq)] -> the visitor's numbers of the newest visible entries up to there."""

ShowSeen = Callable[[int, SeenNow, int | None, int, str | None], None]
"""(workspace, mark, the visitor's number, site, team): sends a mark to the streams of this node."""

Delivered = dict[tuple[str, Side], int]


class MarkPoll:
    """Compares the marks of followed workspaces with the database. Used on the event loop only.

    Args:
        show_seen: delivers a mark that was lost.
    """

    def __init__(self, read: ReadMarks, read_visitor_seqs: ReadVisitorSeqs, show_seen: ShowSeen) -> None:
        self._read = read
        self._read_visitor_seqs = read_visitor_seqs
        self._show_seen = show_seen
        # By workspace: the position up to which marks were compared, and the marks that were delivered since.
        self._since: dict[int, int] = {}
        self._delivered: dict[int, Delivered] = {}
        # Workspaces of which no mark was read yet: those that are found first are no loss.
        self._new: set[int] = set()
        self.loop = Periodic("the comparison of seen marks", self.poll, POLL_SECONDS)

    def begin(self, workspace: int, position: int) -> None:
        """Compare the workspace's marks from this position on, unless that has begun already."""
        if workspace not in self._since:
            self._since[workspace] = position
            self._delivered[workspace] = {}
            self._new.add(workspace)
            self.loop.wake()

    def forget(self, workspace: int) -> None:
        """Compare the workspace's marks no longer."""
        self._since.pop(workspace, None)
        self._delivered.pop(workspace, None)
        self._new.discard(workspace)

    def note(self, workspace: int, seen: SeenNow) -> None:
        """Record a mark that is delivered."""
        delivered = self._delivered.get(workspace)
        if delivered is not None:
            key = (seen.conversation, seen.by)
            delivered[key] = max(delivered.get(key, 0), seen.seq)

    async def poll(self) -> None:
        """Compare the marks of the next workspaces, and deliver those that were lost."""
        due = {workspace: self._since[workspace] for workspace in [*self._since][:TURN]}
        if not due:
            return
        before = {workspace: self._delivered[workspace] for workspace in due}
        # Marks that are delivered from here on may be newer than the snapshot, so the next poll needs them too.
        self._delivered.update({workspace: {} for workspace in due})
        try:
            found = await self._read(due)
        except BaseException:
            for workspace, marks in before.items():
                self._restore(workspace, marks)
            raise
        await asyncio.sleep(GRACE_SECONDS)
        await self._deliver_lost([mark for mark in found.marks if mark.workspace not in self._new], before)
        self._new.difference_update(due)
        for mark in found.marks:
            # The next poll reads those at the snapshot's position again.
            if mark.position >= found.positions.get(mark.workspace, 0):
                newest: Delivered = {(mark.conversation, side): seq for side, seq in _sides(mark)}
                self._restore(mark.workspace, newest)
        for workspace in due:
            # At the end of the queue. It was forgotten if its last listener has left meanwhile.
            if self._since.pop(workspace, None) is not None:
                self._since[workspace] = found.positions.get(workspace, 0)

    async def _deliver_lost(self, marks: Sequence[StoredMarks], before: Mapping[int, Delivered]) -> None:
        lost: list[tuple[StoredMarks, Side, int]] = [
            (mark, side, seq)
            for mark in marks
            for side, seq in _sides(mark)
            if (delivered := self._delivered.get(mark.workspace)) is not None
            and seq > max(of.get((mark.conversation, side), 0) for of in (before[mark.workspace], delivered))
        ]
        if not lost:
            return
        numbers = await self._read_visitor_seqs([(mark.conversation, seq) for mark, _, seq in lost])
        for (mark, side, seq), visitor_seq in zip(lost, numbers, strict=True):
            self._show_seen(mark.workspace, SeenNow(mark.conversation, side, seq), visitor_seq, mark.site, mark.team)

    def _restore(self, workspace: int, marks: Delivered) -> None:
        delivered = self._delivered.get(workspace)
        if delivered is not None:
            for key, seq in marks.items():
                delivered[key] = max(delivered.get(key, 0), seq)


def _sides(mark: StoredMarks) -> tuple[tuple[Side, int], tuple[Side, int]]:
    return ("visitor", mark.visitor), ("operator", mark.operator)
