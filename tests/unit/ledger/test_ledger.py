"""The ledger's queue: order, batches, refusals, and failed commits."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from sqlalchemy import Connection

from crumbless.core.errors import ApiError
from crumbless.ledger.entry import Appended, NewEntry
from crumbless.ledger.ledger import Ledger
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_port import Erasure


class Writer:
    """Numbers entries, and fails on request. An erasure adds two entries, without a database."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.failing = False
        self.closed = False
        self.committing = threading.Event()
        self.may_commit = threading.Event()
        self.may_commit.set()
        self._seq = 0

    def commit(self, batch: Sequence[WriteRequest]) -> None:
        self.committing.set()
        self.may_commit.wait()
        if self.failing:
            raise OSError("no space left on device")
        self.batches.append(len(batch))
        for request in batch:
            if request.erases:
                request.result = Erasure("what was erased", [entry(-1), entry(-2)])
                request.made = [WriteRequest(one, None, lambda _outcome: None) for one in request.result.entries]
            for one in request.made or [request]:
                self._number(one)

    def _number(self, request: WriteRequest) -> None:
        if request.entry is not None:
            self._seq += 1
            request.outcome = Appended(request.entry, self._seq, self._seq, self._seq, repeat=False)

    def close(self) -> None:
        self.closed = True


def entry(number: int) -> NewEntry:
    return NewEntry(1, "c", str(number), 0, "message", "visitor", "v", "")


Open = Callable[..., Ledger]


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
async def committed() -> list[Appended]:
    return []


@pytest.fixture
async def ledger(writer: Writer, committed: list[Appended]) -> AsyncIterator[Ledger]:
    one = Ledger(lambda: writer, committed.extend, limit=1_000)
    one.start()
    yield one
    await one.close()
    assert writer.closed


async def test_requests_of_one_turn_share_a_commit(ledger: Ledger, writer: Writer) -> None:
    await asyncio.gather(*(ledger.append(entry(number)) for number in range(500)))
    assert sum(writer.batches) == 500
    assert len(writer.batches) < 10


async def test_all_requests_that_arrive_during_a_commit_share_the_next(ledger: Ledger, writer: Writer) -> None:
    writer.may_commit.clear()
    waiting = [asyncio.ensure_future(ledger.append(entry(0)))]
    await asyncio.to_thread(writer.committing.wait)
    for number in range(1, 6):
        waiting.append(asyncio.ensure_future(ledger.append(entry(number))))
        # Several iterations of the event loop: the request is queued, and the writer woken.
        for _ in range(3):
            await asyncio.sleep(0)
    writer.may_commit.set()
    await asyncio.gather(*waiting)
    assert writer.batches == [1, 5]


async def test_requests_beyond_the_largest_batch_follow_without_another_wake_up(
    ledger: Ledger, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crumbless.ledger.ledger.MAX_BATCH", 2)
    writer.may_commit.clear()
    waiting = [asyncio.ensure_future(ledger.append(entry(0)))]
    await asyncio.to_thread(writer.committing.wait)
    waiting += [asyncio.ensure_future(ledger.append(entry(number))) for number in range(1, 6)]
    await asyncio.sleep(0)
    writer.may_commit.set()
    await asyncio.gather(*waiting)
    assert writer.batches == [1, 2, 2, 1]


async def test_entries_are_committed_in_the_order_of_the_requests(ledger: Ledger, committed: list[Appended]) -> None:
    acknowledged = list[str]()

    def done(outcome: Appended | ApiError) -> None:
        assert isinstance(outcome, Appended)
        assert outcome in committed, "the feed is notified before the sender"
        acknowledged.append(outcome.entry.id)

    for number in range(300):
        ledger.submit(entry(number), done, None)
        if number % 7 == 0:
            await asyncio.sleep(0)
    await ledger.append(entry(300))
    assert acknowledged == [str(number) for number in range(300)]
    assert [one.seq for one in committed] == list(range(1, 302))


async def test_full_queue_is_refused_and_accepts_requests_later(writer: Writer) -> None:
    ledger = Ledger(lambda: writer, lambda _appended: None, limit=3)
    ledger.start()
    waiting = [asyncio.ensure_future(ledger.append(entry(number))) for number in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(ApiError) as caught:
        await ledger.append(entry(3))
    assert caught.value.code == "busy"
    assert caught.value.retry_after > 0
    await asyncio.gather(*waiting)
    assert (await ledger.append(entry(3))).seq == 4
    await ledger.close()


async def test_failed_commit_stores_nothing_and_is_reported(
    ledger: Ledger, writer: Writer, committed: list[Appended], caplog: pytest.LogCaptureFixture
) -> None:
    writer.failing = True
    with pytest.raises(ApiError) as caught:
        await ledger.append(entry(1))
    assert (caught.value.code, caught.value.entry_id) == ("busy", "1")
    assert committed == []
    assert not ledger.healthy
    assert "no space left" in caplog.text
    writer.failing = False
    assert (await ledger.append(entry(1))).seq == 1
    assert ledger.healthy


async def test_failing_feed_does_not_prevent_the_acknowledgement(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_appended: object) -> None:
        raise RuntimeError("broken feed")

    ledger = Ledger(lambda: writer, broken, limit=10)
    ledger.start()
    assert (await ledger.append(entry(1))).seq == 1
    assert "broken feed" in caplog.text
    await ledger.close()


async def test_failing_listener_does_not_affect_others(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_outcome: object) -> None:
        raise RuntimeError("broken listener")

    ledger.submit(entry(1), broken, None)
    assert (await ledger.append(entry(2))).seq == 2
    assert "broken listener" in caplog.text


async def test_close_finishes_accepted_requests(writer: Writer) -> None:
    ledger = Ledger(lambda: writer, lambda _appended: None, limit=10_000)
    ledger.start()
    waiting = [asyncio.ensure_future(ledger.append(entry(number))) for number in range(5_000)]
    await asyncio.sleep(0)
    await ledger.close()
    assert len([one for one in waiting if one.done()]) == 5_000
    with pytest.raises(ApiError):
        await ledger.append(entry(1))


def no_work(_connection: Connection) -> Erasure[str]:
    raise AssertionError("the writer of these tests runs no operation")


async def test_entries_of_an_erasure_are_published_in_order_with_the_others(
    ledger: Ledger, committed: list[Appended]
) -> None:
    erased, *_ = await asyncio.gather(ledger.erase(no_work), ledger.append(entry(1)))
    assert erased == "what was erased"
    assert [(one.entry.id, one.position) for one in committed] == [("-1", 1), ("-2", 2), ("1", 3)]


async def test_uncommitted_erasure_publishes_nothing(ledger: Ledger, writer: Writer, committed: list[Appended]) -> None:
    writer.failing = True
    with pytest.raises(ApiError) as caught:
        await ledger.erase(no_work)
    assert caught.value.code == "busy"
    assert committed == []
    writer.failing = False
    assert await ledger.erase(no_work) == "what was erased"


async def test_after_a_failure_only_an_entry_or_a_trial_makes_it_healthy(ledger: Ledger, writer: Writer) -> None:
    for proof in (lambda: ledger.append(entry(1)), ledger.try_disk):
        writer.failing = True
        with pytest.raises(ApiError):
            await ledger.append(entry(2))
        assert not ledger.healthy
        writer.failing = False
        await ledger.write(lambda _connection: None)
        assert not ledger.healthy, "one page fits where a message does not"
        await proof()
        assert ledger.healthy
