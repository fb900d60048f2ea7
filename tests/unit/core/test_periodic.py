"""Loops: failed work is repeated, and a loop that ends is reported."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import pytest_asyncio

from crumbless.core.errors import ApiError
from crumbless.core.periodic import Loops, Periodic
from crumbless.operations.readiness import Readiness
from crumbless.realtime.node_state import NodeState

NEVER = 3600.0
"""An interval longer than any test."""


class Work:
    """Counts its turns, and runs in each the action of the test."""

    def __init__(self) -> None:
        self.turns = 0
        self.do: Callable[[], float | None] = lambda: None
        self.done = asyncio.Event()

    async def __call__(self) -> float | None:
        self.turns += 1
        self.done.set()
        return self.do()

    async def turn(self, number: int) -> None:
        """Return once this turn has begun."""
        async with asyncio.timeout(20):
            while self.turns < number:
                self.done.clear()
                await self.done.wait()


class Group:
    """Runs loops as a server does."""

    def __init__(self) -> None:
        self.node = NodeState()
        self.loops = Loops(self.node.ended_loops)
        self._may_end = asyncio.Event()

    def start(self, *loops: Periodic) -> None:
        self._started = asyncio.Event()
        self._running = asyncio.create_task(self._run(loops))

    async def _run(self, loops: tuple[Periodic, ...]) -> None:
        async with asyncio.TaskGroup() as group:
            self.loops.start(group, loops)
            await self._may_end.wait()
            await self.loops.stop()

    async def stop(self) -> None:
        """Raise the error that ended the group."""
        self._may_end.set()
        async with asyncio.timeout(20):
            await self._running


@pytest_asyncio.fixture
async def group() -> AsyncIterator[Group]:
    made = Group()
    yield made
    await made.stop()


def fail(error: BaseException) -> Callable[[], float | None]:
    def raise_it() -> float | None:
        raise error

    return raise_it


async def test_work_runs_at_the_start_and_after_each_interval(group: Group) -> None:
    work = Work()
    group.start(Periodic("the work", work, 0.001))
    await work.turn(3)


async def test_work_returns_the_time_of_its_next_turn(group: Group) -> None:
    work = Work()
    work.do = lambda: 0 if work.turns < 5 else None
    group.start(Periodic("the work", work, NEVER))
    await work.turn(5)


async def test_wake_begins_the_next_turn_and_is_not_lost_during_one(group: Group) -> None:
    work = Work()
    loop = Periodic("the work", work, NEVER)
    group.start(loop)
    await work.turn(1)
    loop.wake()
    await work.turn(2)

    def wake_itself() -> None:
        work.do = lambda: None
        loop.wake()

    work.do = wake_itself
    loop.wake()
    await work.turn(4)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyError("otto"), asyncio.CancelledError()])
async def test_failed_work_is_repeated_and_logged_in_one_line(
    group: Group, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    work = Work()
    work.do = fail(error)
    loop = Periodic("the work", work, NEVER)
    group.start(loop)
    await work.turn(1)
    work.do = lambda: None
    loop.wake()
    await work.turn(2)
    [record] = caplog.records
    assert record.getMessage().startswith(f"the work failed and is retried: {type(error).__name__}")
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert "otto" not in record.getMessage(), "the text of an unknown error may be personal"
    assert group.node.ended_loops == []


async def test_refused_work_is_repeated_after_the_time_in_the_refusal(
    group: Group, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()
    work.do = fail(ApiError("busy", retry_after=0.001))
    group.start(Periodic("the work", work, NEVER))
    await work.turn(3)
    assert caplog.records == [], "the code that refused has logged why"


class Ending(Periodic):
    """A loop with a bug: it ends."""

    async def run(self) -> None:
        await self._work()


@pytest.mark.parametrize("error", [None, KeyError("otto"), asyncio.CancelledError()])
async def test_ended_loop_is_logged_and_makes_the_node_unready(
    group: Group, caplog: pytest.LogCaptureFixture, error: BaseException | None
) -> None:
    other, work = Work(), Work()
    if error is not None:
        work.do = fail(error)
    group.start(Periodic("the other", other, 0.001), Ending("the work", work, NEVER))
    async with asyncio.timeout(20):
        while not group.node.ended_loops:  # noqa: ASYNC110 - a list has no event
            await asyncio.sleep(0.001)
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    reason = "KeyError" if isinstance(error, KeyError) else "without an error"
    assert record.getMessage() == f"the work has ended, restart this node: {reason}"
    node = Readiness(cast(Any, SimpleNamespace(node=group.node)))._node()  # pyright: ignore[reportPrivateUsage]
    assert (node.part, node.ok) == ("node", False)
    assert node.state == "the work has ended; restart this node"
    await other.turn(other.turns + 2)


async def test_stopped_loops_are_no_error(caplog: pytest.LogCaptureFixture) -> None:
    group, work = Group(), Work()
    group.start(Periodic("the work", work, 0.001))
    await work.turn(1)
    await group.stop()
    turns = work.turns
    assert (group.node.ended_loops, caplog.records) == ([], [])
    for _ in range(20):
        await asyncio.sleep(0)
    assert work.turns == turns
