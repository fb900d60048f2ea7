"""The runner executes each job once, retries failures, gives up after the last attempt, and returns jobs at a stop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from crumbless.core.ids import now_ms
from crumbless.database.database import open_reader, write_once
from crumbless.ledger.events import DomainEvent, TasksQueued
from crumbless.ledger.ledger import Ledger
from crumbless.ledger.ledger_port import LedgerPort
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from crumbless.ledger.tables import task
from crumbless.tasks import task_runner
from crumbless.tasks.task import MAX_ATTEMPTS, RECURRING, Task, TaskFailed, TaskKind
from crumbless.tasks.task_runner import TaskHandler, TaskRunner
from crumbless.tasks.task_store import add_task, claim_batches

SECONDS = 5.0
NEVER = 3600.0
"""A poll interval longer than any test: whatever runs was woken."""


class Office:
    """Runners on one database, and the calls of their handlers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.done: list[tuple[str, int]] = []
        self.outcome: Callable[[Task], int | None] = lambda _task: None
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.runners: list[TaskRunner] = []
        self.loops: dict[TaskRunner, asyncio.Task[None]] = {}
        self.reader = open_reader(url)
        self.ledger = Ledger(lambda: SqliteBatchWriter(url), lambda _: None, 1000, self.publish)

    def publish(self, events: Sequence[DomainEvent]) -> None:
        if TasksQueued() in events:
            for runner in self.runners:
                runner.wake()

    def runner(self, name: str = "a", poll_seconds: float = NEVER, kind: TaskKind = "mail") -> TaskRunner:
        async def handle(one: Task) -> int | None:
            self.done.append((name, one.id))
            await self.may_end.wait()
            return self.outcome(one)

        return self.run(TaskRunner({kind: TaskHandler(handle)}, self.ledger, self.reader, poll_seconds))

    def run(self, runner: TaskRunner) -> TaskRunner:
        self.runners.append(runner)
        self.loops[runner] = asyncio.create_task(runner.loop.run())
        return runner

    async def never(self, _task: Task) -> None:
        raise AssertionError("it has started")

    async def stop(self, runner: TaskRunner) -> None:
        self.loops[runner].cancel()
        await asyncio.wait({self.loops[runner]})
        await runner.stop()

    async def add(self, number: int = 1, **more: Any) -> None:
        def put_in(connection: Any) -> None:
            for _ in range(number):
                add_task(connection, 1, "mail", {"mail": "reset"}, **more)

        await self.ledger.write(put_in)

    def rows(self) -> list[Any]:
        return write_once(self.url, lambda connection: [*connection.execute(select(task).order_by(task.c.id))])

    def change(self, **values: object) -> None:
        write_once(self.url, lambda connection: connection.execute(update(task).values(**values)))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():  # noqa: ASYNC110 - what is waited for lies in the database
                await asyncio.sleep(0.005)


@pytest_asyncio.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    office = Office(database_url)
    office.ledger.start()
    yield office
    await asyncio.gather(*(office.stop(runner) for runner in office.runners))
    await office.ledger.close()
    await office.reader.close()


def failing(final: bool = False) -> Callable[[Task], int | None]:
    def fail(_task: Task) -> int | None:
        raise TaskFailed("the other side sleeps", final)

    return fail


async def test_added_job_is_done_at_once_and_deleted(office: Office) -> None:
    office.runner()
    await office.add()
    await office.until(lambda: not office.rows())
    assert len(office.done) == 1


async def test_two_runners_do_each_job_once(office: Office) -> None:
    office.runner("a")
    office.runner("b")
    await office.add(40)
    await office.until(lambda: not office.rows())
    assert len(office.done) == len({number for _, number in office.done}) == 40
    assert {name for name, _ in office.done} == {"a", "b"}


async def test_job_of_another_process_is_found_by_polling(office: Office) -> None:
    office.runner(poll_seconds=0.05)
    write_once(office.url, lambda connection: add_task(connection, 1, "mail", {}))
    await office.until(lambda: not office.rows())


async def test_job_that_is_due_later_is_done_then(office: Office) -> None:
    office.runner(poll_seconds=0.05)
    due_at = now_ms() + 150
    await office.add(due_at=due_at)
    await office.until(lambda: not office.rows())
    assert now_ms() >= due_at


async def test_failure_is_retried_later_and_has_a_reason(office: Office) -> None:
    office.outcome = failing()
    office.runner()
    await office.add()
    await office.until(lambda: bool(office.rows()[0].error))
    [row] = office.rows()
    assert (row.error, row.attempts, row.claimed_by, row.dead_at) == ("the other side sleeps", 1, None, None)
    assert row.due_at > now_ms()
    office.outcome = lambda _task: None
    office.change(due_at=0)
    office.publish([TasksQueued()])
    await office.until(lambda: not office.rows())


@pytest.mark.parametrize(("final", "attempts"), [(True, 1), (False, MAX_ATTEMPTS)])
async def test_permanent_or_repeated_failure_ends_in_a_failed_job(office: Office, final: bool, attempts: int) -> None:
    office.outcome = failing(final)
    await office.add()
    office.change(attempts=attempts - 1)
    office.runner()
    await office.until(lambda: office.rows()[0].dead_at is not None)
    assert [(row.error, row.attempts) for row in office.rows()] == [("the other side sleeps", attempts)]


async def test_text_of_an_internal_error_is_in_the_log_only(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    def stumble(_task: Task) -> int | None:
        raise KeyError("olga@tea.example")

    office.outcome = stumble
    office.runner()
    await office.add()
    await office.until(lambda: bool(office.rows()[0].error))
    assert "olga" not in office.rows()[0].error
    assert "a task of the kind mail failed" in caplog.text


async def test_job_that_takes_too_long_fails(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_runner, "DEADLINE_SECONDS", 0.05)
    office.may_end.clear()
    office.runner()
    await office.add()
    await office.until(lambda: bool(office.rows()[0].error))
    assert "did not finish within" in office.rows()[0].error


async def test_job_that_kills_every_node_fails_without_another_start(office: Office) -> None:
    await office.add()
    office.change(attempts=MAX_ATTEMPTS)
    office.runner()
    await office.until(lambda: office.rows()[0].dead_at is not None)
    assert office.done == []


async def test_job_of_a_killed_node_is_done_after_its_lease(office: Office) -> None:
    await office.add()
    write_once(office.url, lambda connection: claim_batches(connection, "dead node", "mail", 1))
    office.runner(poll_seconds=0.02)
    await office.add()
    await office.until(lambda: len(office.rows()) == 1)
    assert [number for _, number in office.done] == [2], "the first job is left to its node"
    office.change(claimed_until=now_ms() - 1)
    await office.until(lambda: not office.rows())
    assert [number for _, number in office.done] == [2, 1]


async def test_stopping_node_finishes_its_jobs(office: Office) -> None:
    office.may_end.clear()
    runner = office.runner()
    await office.add()
    await office.until(lambda: bool(office.done))
    stopping = asyncio.create_task(office.stop(runner))
    office.may_end.set()
    await stopping
    assert office.rows() == []


async def test_stopping_node_returns_unfinished_jobs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_runner, "GRACE_SECONDS", 0.01)
    office.may_end.clear()
    runner = office.runner()
    await office.add()
    await office.until(lambda: bool(office.done))
    await office.stop(runner)
    assert [(row.claimed_by, row.attempts, row.error) for row in office.rows()] == [(None, 0, "")]
    office.may_end.set()
    office.runner("b")
    await office.until(lambda: not office.rows())
    assert [name for name, _ in office.done] == ["a", "b"]


async def test_recurring_job_starts_by_itself_and_repeats(office: Office) -> None:
    later = now_ms() + 60_000
    office.outcome = lambda _task: later
    office.runner(kind="retention")
    await office.until(lambda: any(row.due_at == later for row in office.rows()))
    assert [(row.id, row.claimed_by) for row in office.rows()] == [(RECURRING["retention"], None)]


async def test_recurring_job_is_retried_without_limit(office: Office) -> None:
    office.outcome = failing(final=True)
    office.runner(kind="retention")
    await office.until(lambda: bool(office.rows()) and bool(office.rows()[0].error))
    office.change(attempts=MAX_ATTEMPTS + 3, due_at=0)
    office.publish([TasksQueued()])
    await office.until(lambda: office.rows()[0].attempts == MAX_ATTEMPTS + 4 and office.rows()[0].claimed_by is None)
    assert office.rows()[0].dead_at is None


async def test_hanging_kind_delays_no_other(office: Office) -> None:
    hanging = asyncio.Event()
    done: list[TaskKind] = []

    async def hang(one: Task) -> None:
        done.append(one.kind)
        await hanging.wait()

    async def note(one: Task) -> None:
        done.append(one.kind)

    handlers: dict[TaskKind, TaskHandler] = {"mail": TaskHandler(hang), "file_removal": TaskHandler(note)}
    runner = office.run(TaskRunner(handlers, office.ledger, office.reader, NEVER))
    await office.add(6)
    await office.until(lambda: len(done) == task_runner.AT_ONCE)
    await office.ledger.write(lambda connection: add_task(connection, 1, "file_removal", {}))
    await office.until(lambda: "file_removal" in done)
    assert done.count("mail") == task_runner.AT_ONCE, "the other jobs wait, unclaimed"
    assert [row.claimed_by is None for row in office.rows() if row.kind == "mail"] == [False] * 4 + [True] * 2
    hanging.set()
    await office.until(lambda: not office.rows())
    await office.stop(runner)


class LateLedger:
    """A ledger whose callers learn of a commit only once `told` is set."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.told = asyncio.Event()

    async def write(self, operation: Callable[[Any], Any], workspace: int | None = None) -> Any:
        result = await self._ledger.write(operation, workspace)
        await self.told.wait()
        return result


async def test_node_that_stops_during_a_claim_returns_the_claimed_jobs(office: Office) -> None:
    late = LateLedger(office.ledger)
    handlers: dict[TaskKind, TaskHandler] = {"mail": TaskHandler(office.never)}
    await office.add()
    runner = office.run(TaskRunner(handlers, cast(LedgerPort, late), office.reader, NEVER))
    await office.until(lambda: office.rows()[0].claimed_by is not None)
    office.loops[runner].cancel()
    await asyncio.wait({office.loops[runner]})
    late.told.set()
    await runner.stop()
    assert [(row.claimed_by, row.claimed_until, row.attempts) for row in office.rows()] == [(None, None, 0)]
