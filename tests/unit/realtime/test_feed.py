"""The feed delivers every entry once and in order, whatever the bus loses."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.ledger.entry import Appended, NewEntry
from crumbless.realtime import feed as feed_module
from crumbless.realtime.feed import Feed

WORKSPACE = 1


def appended(position: int) -> Appended:
    return Appended(
        NewEntry(WORKSPACE, "c", str(position), 0, "message", "visitor", "v", ""), position, position, position, False
    )


class Database:
    """The committed positions. Reading them fails `failures` times first."""

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

    def receive(self, *positions: int) -> None:
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
    """Commit batches of these sizes, some of which the bus loses. Return the delivered and the committed positions."""
    node = await following()
    for size, arrives in [*batches, (1, True)]:
        first = node.database.committed + 1
        node.database.committed += size
        if arrives:
            node.receive(*range(first, first + size))
            await asyncio.sleep(0)
    await node.until(node.database.committed)
    return node.delivered, node.database.committed


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=12))
def test_every_entry_is_delivered_once_and_in_order(batches: list[tuple[int, bool]]) -> None:
    delivered, committed = asyncio.run(run(batches))
    assert delivered == list(range(1, committed + 1))


@given(st.permutations(range(1, 12)), st.integers(0, 11))
def test_reordered_entries_are_delivered_in_order(order: list[int], lost: int) -> None:
    async def deliver_all() -> list[int]:
        node = await following()
        node.database.committed = 12
        for position in order[lost:]:
            node.receive(position)
        node.receive(12)
        await node.until(12)
        return node.delivered

    assert asyncio.run(deliver_all()) == list(range(1, 13))


async def test_entry_that_waits_for_an_earlier_one_costs_no_read() -> None:
    node = await following()
    node.receive(2, 4)
    assert node.delivered == []
    node.receive(1)
    assert node.delivered == [1, 2]
    node.receive(3, 5)
    assert node.delivered == [1, 2, 3, 4, 5]
    assert node.database.reads == 0


async def test_repeated_batch_is_delivered_once() -> None:
    node = await following()
    for _ in range(2):
        node.receive(1, 2)
    node.receive(2, 3)
    assert node.delivered == [1, 2, 3]


async def test_failed_read_is_repeated() -> None:
    node = await following(failures=2)
    node.database.committed = 6
    node.receive(6)
    await node.until(6)
    assert node.delivered == [1, 2, 3, 4, 5, 6]


async def test_failing_listener_does_not_stop_the_feed(caplog: pytest.LogCaptureFixture) -> None:
    node = await following(committed=0)
    failing = [OSError("the listener")]
    original = node._deliver  # pyright: ignore[reportPrivateUsage]

    def deliver(workspace: int, entries: Sequence[Appended]) -> None:
        original(workspace, entries)
        if failing:
            raise failing.pop()

    node.feed = Feed(deliver, node.database.read_after, node.database.read_position)
    await node.feed.begin(WORKSPACE)
    node.database.committed = 5
    node.feed.advance_to(WORKSPACE, 5)
    await node.until(5)
    node.database.committed = 6
    node.receive(6)
    await node.until(6)
    assert node.delivered == [*range(1, 7)]
    assert "could not deliver" in caplog.text


async def test_entries_that_arrive_while_a_gap_is_read_are_delivered_after_it() -> None:
    node = await following()
    node.database.committed = 9
    node.feed.advance_to(WORKSPACE, 9)
    for position in (10, 11, 12):
        node.database.committed = position
        node.receive(position)
    assert node.delivered == []
    await node.until(12)
    node.receive(13)
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


async def test_entries_before_the_first_listener_are_not_delivered() -> None:
    node = Node(Database(committed=3))
    node.receive(3)
    await node.feed.begin(WORKSPACE)
    assert node.delivered == []
    node.receive(4)
    assert node.delivered == [4]


@pytest.mark.parametrize("received", [[], [5], [6], [5, 6]])
async def test_first_listener_misses_no_entry_committed_during_its_beginning(received: list[int]) -> None:
    """The position is read as 4. Then 5 and 6 are committed, of which the bus delivers all, some or none."""
    node = Node(Database(committed=4))
    beginning = asyncio.create_task(node.feed.begin(WORKSPACE))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not beginning.done(), "the read is under way"
    node.database.committed = 6
    for position in received:
        node.receive(position)
    await beginning
    # From the heartbeat, or from the next entry.
    node.feed.advance_to(WORKSPACE, 6)
    await node.until(6)
    assert node.delivered == [5, 6]


async def test_failed_beginning_is_repeated() -> None:
    node = Node(Database(committed=2))
    read_position = node.database.read_position

    async def fail(_workspace: int) -> int:
        raise OSError("away")

    node.feed._read_position = fail  # pyright: ignore[reportPrivateUsage]
    outcomes = await asyncio.gather(*(node.feed.begin(WORKSPACE) for _ in range(2)), return_exceptions=True)
    assert [type(one) for one in outcomes] == [OSError, OSError]
    node.feed._read_position = read_position  # pyright: ignore[reportPrivateUsage]
    await node.feed.begin(WORKSPACE)
    node.receive(3)
    assert node.delivered == [3]


async def test_position_that_was_never_committed_is_skipped() -> None:
    node = await following(committed=2)
    node.feed.advance_to(WORKSPACE, 1_000)
    async with asyncio.timeout(5):
        while node.database.reads < feed_module.EMPTY_READS:  # noqa: ASYNC110 - the feed tells nobody that it gives up
            await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    node.receive(3)
    assert node.delivered == [3]


async def test_forgotten_workspace_receives_nothing_until_it_is_followed_again() -> None:
    node = await following()
    node.receive(1)
    node.receive(4)
    node.feed.forget(WORKSPACE)
    node.receive(2)
    node.database.committed = 4
    await node.feed.begin(WORKSPACE)
    node.receive(5)
    assert node.delivered == [1, 5]


async def test_workspaces_without_a_message_between_two_polls_are_silent() -> None:
    node = await following()
    assert node.feed.take_silent() == []
    assert node.feed.take_silent() == [WORKSPACE]
    node.receive(1)
    assert node.feed.take_silent() == []
