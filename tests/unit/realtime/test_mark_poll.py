"""Seen marks that the bus has lost are found and delivered once; the others are not repeated."""

from collections.abc import Mapping, Sequence

import pytest
import pytest_asyncio

from crumbless.protocol.frames import SeenNow
from crumbless.realtime import mark_poll
from crumbless.realtime.mark_poll import MarkPoll, MarksRead, StoredMarks

WORKSPACE = 7


class Office:
    """A workspace with one conversation, as the database has it, and the marks that were delivered from it."""

    def __init__(self) -> None:
        self.marks = StoredMarks(WORKSPACE, "c", visitor=3, operator=2, position=10, site=1, team=None)
        self.position = 10
        self.fails = False
        self.delivered: list[tuple[str, int, int | None]] = []
        self.poll = MarkPoll(self.read, self.read_numbers, self.show)

    async def read(self, since: Mapping[int, int]) -> MarksRead:
        if self.fails:
            raise ConnectionError
        moved = [self.marks] if self.marks.position >= since.get(WORKSPACE, 99) else []
        return MarksRead(dict.fromkeys(since, self.position), moved)

    async def read_numbers(self, places: Sequence[tuple[str, int]]) -> list[int]:
        return [seq * 10 for _, seq in places]

    def show(self, workspace: int, seen: SeenNow, visitor_seq: int | None, site: int, team: str | None) -> None:
        assert (workspace, site, team) == (WORKSPACE, 1, None)
        self.poll.note(workspace, seen)
        self.delivered.append((seen.by, seen.seq, visitor_seq))

    def move(self, visitor: int, operator: int) -> None:
        self.marks = StoredMarks(WORKSPACE, "c", visitor, operator, self.position, site=1, team=None)


@pytest_asyncio.fixture
async def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office whose marks were compared for the first time."""
    monkeypatch.setattr(mark_poll, "GRACE_SECONDS", 0)
    made = Office()
    made.poll.begin(WORKSPACE, 10)
    await made.poll.poll()
    return made


async def test_marks_of_the_first_comparison_are_not_delivered(office: Office) -> None:
    assert office.delivered == []


async def test_lost_mark_is_delivered_once(office: Office) -> None:
    office.move(visitor=5, operator=2)
    await office.poll.poll()
    await office.poll.poll()
    assert office.delivered == [("visitor", 5, 50)]


async def test_lost_mark_is_found_after_entries_too(office: Office) -> None:
    office.position = 12
    office.move(visitor=5, operator=4)
    await office.poll.poll()
    office.position = 20
    await office.poll.poll()
    assert office.delivered == [("visitor", 5, 50), ("operator", 4, 40)]


async def test_mark_that_the_bus_delivered_is_not_repeated(office: Office) -> None:
    office.move(visitor=5, operator=2)
    office.poll.note(WORKSPACE, SeenNow("c", "visitor", 5))
    await office.poll.poll()
    await office.poll.poll()
    assert office.delivered == []


async def test_failed_read_forgets_no_delivered_mark(office: Office) -> None:
    office.move(visitor=5, operator=2)
    office.poll.note(WORKSPACE, SeenNow("c", "visitor", 5))
    office.fails = True
    with pytest.raises(ConnectionError):
        await office.poll.poll()
    office.fails = False
    await office.poll.poll()
    assert office.delivered == []


async def test_workspace_without_listeners_is_not_read(office: Office) -> None:
    office.poll.forget(WORKSPACE)
    office.fails = True
    await office.poll.poll()
    assert office.delivered == []


async def test_workspaces_take_turns(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mark_poll, "TURN", 1)
    office.poll.begin(8, 0)
    office.move(visitor=5, operator=2)
    await office.poll.poll()
    assert office.delivered == [("visitor", 5, 50)]
    office.move(visitor=6, operator=2)
    await office.poll.poll()
    assert office.delivered == [("visitor", 5, 50)], "it is the other workspace's turn"
    await office.poll.poll()
    assert office.delivered == [("visitor", 5, 50), ("visitor", 6, 60)]
