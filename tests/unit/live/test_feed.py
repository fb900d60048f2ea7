"""The feed: whatever the bus loses, everybody gets every entry once and in order."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.domain.entry import Appended, NewEntry
from crumbless.live import feed as feed_module
from crumbless.live.feed import Feed

WORKSPACE = 1


def appended(position: int) -> Appended:
    return Appended(
        NewEntry(WORKSPACE, "c", str(position), 0, "message", "visitor", "v", ""), position, position, position, False
    )


class Database:
    """What was committed; reading it fails `failures` times first."""

    def __init__(self, failures: int = 0, committed: int = 0) -> None:
        self.committed = committed
        self.failures = failures
        self.reads = 0

    async def read_after(self, _workspace: int, position: int) -> Sequence[Appended]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is away")
        return [appended(one) for one in range(position + 1, min(position + 4, self.committed + 1))]

    async def read_position(self, _workspace: int) -> int:
        found = self.committed
        await asyncio.sleep(0)
        return found


class Node:
    """A feed on a database, and the positions that it delivered."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.delivered: list[int] = []
        self.feed = Feed(self._deliver, database.read_after, database.read_position)

    def _deliver(self, _workspace: int, entries: Sequence[Appended]) -> None:
        self.delivered.extend(one.position for one in entries)

    def tell(self, *positions: int) -> None:
        self.feed.receive(WORKSPACE, [appended(one) for one in positions])

    async def until(self, position: int) -> None:
        """Return once this position was delivered."""
        async with asyncio.timeout(5):
            while position not in self.delivered:  # noqa: ASYNC110 - the feed tells nobody that it is done
                await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "RETRY_SECONDS", 0.001)


async def following(committed: int = 0, failures: int = 0) -> Node:
    node = Node(Database(failures, committed))
    await node.feed.begin(WORKSPACE)
    return node


async def run(batches: list[tuple[int, bool]]) -> tuple[list[int], int]:
    """Commit batches of these sizes, some of which the bus loses; what was delivered, and what was committed."""
    node = await following()
    for size, arrives in [*batches, (1, True)]:
        first = node.database.committed + 1
        node.database.committed += size
        if arrives:
            node.tell(*range(first, first + size))
            await asyncio.sleep(0)
    await node.until(node.database.committed)
    return node.delivered, node.database.committed


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=12))
def test_every_entry_once_and_in_order(batches: list[tuple[int, bool]]) -> None:
    delivered, committed = asyncio.run(run(batches))
    assert delivered == list(range(1, committed + 1))


@given(st.permutations(range(1, 12)), st.integers(0, 11))
def test_what_comes_in_any_order_is_passed_on_in_order(order: list[int], lost: int) -> None:
    async def tell() -> list[int]:
        node = await following()
        node.database.committed = 12
        for position in order[lost:]:
            node.tell(position)
        node.tell(12)
        await node.until(12)
        return node.delivered

    assert asyncio.run(tell()) == list(range(1, 13))


async def test_an_entry_that_waits_for_an_earlier_one_costs_no_read() -> None:
    node = await following()
    node.tell(2, 4)
    assert node.delivered == []
    node.tell(1)
    assert node.delivered == [1, 2]
    node.tell(3, 5)
    assert node.delivered == [1, 2, 3, 4, 5]
    assert node.database.reads == 0


async def test_a_batch_that_comes_twice_is_told_once() -> None:
    node = await following()
    for _ in range(2):
        node.tell(1, 2)
    node.tell(2, 3)
    assert node.delivered == [1, 2, 3]


async def test_a_database_that_fails_is_asked_again() -> None:
    node = await following(failures=2)
    node.database.committed = 6
    node.tell(6)
    await node.until(6)
    assert node.delivered == [1, 2, 3, 4, 5, 6]


async def test_a_listener_that_fails_does_not_stop_the_feed(caplog: pytest.LogCaptureFixture) -> None:
    node = await following(committed=0)
    failing = [OSError("the listener")]
    told = node._deliver  # pyright: ignore[reportPrivateUsage]

    def deliver(workspace: int, entries: Sequence[Appended]) -> None:
        told(workspace, entries)
        if failing:
            raise failing.pop()

    node.feed = Feed(deliver, node.database.read_after, node.database.read_position)
    await node.feed.begin(WORKSPACE)
    node.database.committed = 5
    node.feed.advance_to(WORKSPACE, 5)
    await node.until(5)
    node.database.committed = 6
    node.tell(6)
    await node.until(6)
    assert node.delivered == [*range(1, 7)]
    assert "could not deliver" in caplog.text


async def test_what_comes_while_a_gap_is_read_waits_its_turn() -> None:
    node = await following()
    node.database.committed = 9
    node.feed.advance_to(WORKSPACE, 9)
    for position in (10, 11, 12):
        node.database.committed = position
        node.tell(position)
    assert node.delivered == []
    await node.until(12)
    node.tell(13)
    assert node.delivered == list(range(1, 14))


async def test_workspaces_do_not_wait_for_one_another() -> None:
    delivered, answer = list[tuple[int, int]](), asyncio.get_running_loop().create_future()

    async def read(_workspace: int, _position: int) -> Sequence[Appended]:
        return await answer

    async def read_position(_workspace: int) -> int:
        return 0

    feed = Feed(lambda workspace, entries: delivered.append((workspace, entries[-1].position)), read, read_position)
    await asyncio.gather(feed.begin(1), feed.begin(2))
    feed.advance_to(1, 3)
    feed.receive(2, [appended(1)])
    assert delivered == [(2, 1)]
    answer.set_result([appended(1), appended(2), appended(3)])
    async with asyncio.timeout(5):
        while delivered[-1] != (1, 3):  # noqa: ASYNC110 - the feed tells nobody that it is done
            await asyncio.sleep(0)


async def test_what_is_told_before_anybody_follows_is_nobodys_business() -> None:
    node = Node(Database(committed=3))
    node.tell(3)
    await node.feed.begin(WORKSPACE)
    assert node.delivered == []
    node.tell(4)
    assert node.delivered == [4]


@pytest.mark.parametrize("told", [[], [5], [6], [5, 6]])
async def test_the_first_listener_misses_nothing_of_what_is_committed_while_it_begins(told: list[int]) -> None:
    """The position is read as 4; then 5 and 6 are committed, of which the bus tells all, some or nothing."""
    node = Node(Database(committed=4))
    beginning = asyncio.create_task(node.feed.begin(WORKSPACE))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not beginning.done(), "the read is under way"
    node.database.committed = 6
    for position in told:
        node.tell(position)
    await beginning
    # The heartbeat's word, or the next entry's.
    node.feed.advance_to(WORKSPACE, 6)
    await node.until(6)
    assert node.delivered == [5, 6]


async def test_a_beginning_that_fails_is_begun_anew() -> None:
    node = Node(Database(committed=2))
    read_position = node.database.read_position

    async def fail(_workspace: int) -> int:
        raise OSError("away")

    node.feed._read_position = fail  # pyright: ignore[reportPrivateUsage]
    outcomes = await asyncio.gather(*(node.feed.begin(WORKSPACE) for _ in range(2)), return_exceptions=True)
    assert [type(one) for one in outcomes] == [OSError, OSError]
    node.feed._read_position = read_position  # pyright: ignore[reportPrivateUsage]
    await node.feed.begin(WORKSPACE)
    node.tell(3)
    assert node.delivered == [3]


async def test_a_position_that_was_never_committed_is_given_up() -> None:
    node = await following(committed=2)
    node.feed.advance_to(WORKSPACE, 1_000)
    async with asyncio.timeout(5):
        while node.database.reads < feed_module.EMPTY_READS:  # noqa: ASYNC110 - the feed tells nobody that it gives up
            await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    node.tell(3)
    assert node.delivered == [3]


async def test_what_is_forgotten_is_told_nobody_until_it_is_followed_again() -> None:
    node = await following()
    node.tell(1)
    node.tell(4)
    node.feed.forget(WORKSPACE)
    node.tell(2)
    node.database.committed = 4
    await node.feed.begin(WORKSPACE)
    node.tell(5)
    assert node.delivered == [1, 5]


async def test_silence_is_noted_between_two_looks() -> None:
    node = await following()
    assert node.feed.take_silent() == []
    assert node.feed.take_silent() == [WORKSPACE]
    node.tell(1)
    assert node.feed.take_silent() == []
