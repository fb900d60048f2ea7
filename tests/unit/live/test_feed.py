"""The feed: whatever the bus loses, everybody gets every entry once and in order."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from crumbless.domain.entry import NewEntry
from crumbless.domain.ports import Appended
from crumbless.live.feed import Feed

WORKSPACE = 1


def appended(position: int) -> Appended:
    return Appended(
        NewEntry(WORKSPACE, "c", str(position), 0, "message", "visitor", "v", ""), position, position, False
    )


class Database:
    """What was committed; reading it fails `failures` times first."""

    def __init__(self, failures: int = 0) -> None:
        self.committed = 0
        self.failures = failures

    async def read_after(self, _workspace: int, position: int) -> Sequence[Appended]:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is away")
        return [appended(one) for one in range(position + 1, min(position + 4, self.committed + 1))]


async def run(batches: list[tuple[int, bool]], failures: int = 0) -> tuple[list[int], int]:
    """Commit batches of these sizes, some of which the bus loses; what was delivered, and what was committed."""
    database, delivered = Database(failures), list[int]()
    feed = Feed(lambda _workspace, entries: delivered.extend(one.position for one in entries), database.read_after)
    for size, arrives in [(1, True), *batches, (1, True)]:
        first = database.committed + 1
        database.committed += size
        if arrives:
            feed.receive(WORKSPACE, [appended(one) for one in range(first, first + size)])
            await asyncio.sleep(0)
    async with asyncio.timeout(5):
        while len(delivered) < database.committed:  # noqa: ASYNC110 - the feed tells nobody that it is done
            await asyncio.sleep(0)
    return delivered, database.committed


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=12))
def test_every_entry_once_and_in_order(batches: list[tuple[int, bool]]) -> None:
    delivered, committed = asyncio.run(run(batches))
    assert delivered == list(range(1, committed + 1))


def test_a_batch_that_comes_twice_is_told_once() -> None:
    delivered = list[int]()
    feed = Feed(lambda _workspace, entries: delivered.extend(one.position for one in entries), Database().read_after)
    for _ in range(2):
        feed.receive(WORKSPACE, [appended(1), appended(2)])
    feed.receive(WORKSPACE, [appended(2), appended(3)])
    assert delivered == [1, 2, 3]


async def test_a_database_that_fails_is_asked_again() -> None:
    delivered, committed = await run([(3, False)], failures=1)
    assert delivered == list(range(1, committed + 1))


async def test_what_comes_while_a_gap_is_read_waits_its_turn() -> None:
    database, delivered = Database(), list[int]()
    feed = Feed(lambda _workspace, entries: delivered.extend(one.position for one in entries), database.read_after)
    for position in (1, 9, 10, 11, 12):
        database.committed = position
        feed.receive(WORKSPACE, [appended(position)])
    assert delivered == [1]
    async with asyncio.timeout(5):
        while len(delivered) < 12:  # noqa: ASYNC110 - the feed tells nobody that it is done
            await asyncio.sleep(0)
    feed.receive(WORKSPACE, [appended(13)])
    assert delivered == list(range(1, 14))


async def test_workspaces_do_not_wait_for_one_another() -> None:
    delivered, answer = list[tuple[int, int]](), asyncio.get_running_loop().create_future()

    async def read(_workspace: int, _position: int) -> Sequence[Appended]:
        return await answer

    feed = Feed(lambda workspace, entries: delivered.append((workspace, entries[-1].position)), read)
    feed.receive(1, [appended(1)])
    feed.receive(1, [appended(3)])
    feed.receive(2, [appended(1)])
    assert delivered == [(1, 1), (2, 1)]
    answer.set_result([appended(2), appended(3)])
    async with asyncio.timeout(5):
        while delivered[-1] != (1, 3):  # noqa: ASYNC110 - the feed tells nobody that it is done
            await asyncio.sleep(0)
