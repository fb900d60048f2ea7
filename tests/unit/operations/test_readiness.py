"""A node is ready if every required part is healthy. The report has the state of each part."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crumbless.database.schema import SCHEMA
from crumbless.ledger import ledger
from crumbless.ledger.ledger import Ledger
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.operations import readiness
from crumbless.operations.operation_wire import ReadyResponse
from crumbless.operations.readiness import Readiness
from crumbless.realtime.node_state import NodeState


class Disk:
    """A disk with 5 MB as its limit of free space."""

    def __init__(self) -> None:
        self.free: Callable[[], int] = lambda: 5

    def is_low(self, free: int | None) -> bool:
        return free is not None and free < 5


class Parts:
    """A platform whose parts can be made unhealthy."""

    def __init__(self) -> None:
        self.node = NodeState()
        self.bus = SimpleNamespace(connected=True)
        self.ledger: object = self
        self.connections = self
        self.shown: list[str] = []
        self.disk = Disk()
        self.at_work = True
        self.reader = self
        self.healthy = True
        self.heals = True
        self.schema: object = SCHEMA
        self.reads = 0

    def of(self, _kind: object) -> Disk:
        return self.disk

    async def read(self, _work: object) -> object:
        self.reads += 1
        if isinstance(self.schema, BaseException):
            raise self.schema
        if self.schema is None:
            await asyncio.sleep(60)
        return self.schema

    async def try_disk(self) -> None:
        self.healthy = self.heals

    def show_disk(self, state: str) -> None:
        self.shown.append(state)


class Writer:
    """Commits with the result of `commit`."""

    def __init__(self, commit: Callable[[], object]) -> None:
        self._commit = commit

    def commit(self, batch: Sequence[WriteRequest]) -> None:
        assert batch
        self._commit()

    def close(self) -> None:
        """It contains no data."""


def started(commit: Callable[[], object]) -> Ledger:
    one = Ledger(lambda: Writer(commit), lambda _appended: None, limit=10)
    one.start()
    return one


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the state is another thread's: there is no event
            await asyncio.sleep(0.001)


async def look(parts: Parts) -> ReadyResponse:
    return await Readiness(cast(Any, parts)).read()


def ill(answer: ReadyResponse) -> dict[str, str]:
    return {part.part: part.state for part in answer.parts if not part.ok}


async def test_healthy_node_is_ready() -> None:
    answer = await look(Parts())
    assert answer.ready
    assert [part.part for part in answer.parts] == ["node", "database", "schema", "ledger", "disk", "bus"]
    assert ill(answer) == {}


@pytest.mark.parametrize(
    ("schema", "part"),
    [("0001", "schema"), ("", "schema"), (OSError("gone: postgresql://me:secret@db"), "database")],
)
async def test_unusable_database_makes_the_node_unready(
    schema: object, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts = Parts()
    parts.schema = schema
    answer = await look(parts)
    assert not answer.ready
    assert part in ill(answer)
    assert "secret" not in repr(answer) + caplog.text


async def test_hanging_database_makes_the_node_unready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "TIMEOUT_SECONDS", 0.01)
    parts = Parts()
    parts.schema = None
    answer = await look(parts)
    assert not answer.ready
    assert ill(answer)["database"] == "does not answer"


async def test_newer_schema_is_reported_and_accepted() -> None:
    parts = Parts()
    parts.schema = "9999"
    answer = await look(parts)
    assert answer.ready
    assert f"9999; this node was made for {SCHEMA}" in {part.state for part in answer.parts}


async def test_failed_ledger_is_tried_again() -> None:
    parts = Parts()
    parts.healthy = parts.heals = False
    answer = await look(parts)
    assert not answer.ready
    assert "disk" in ill(answer)["ledger"]
    parts.heals = True
    assert (await look(parts)).ready


async def test_dead_thread_of_the_ledger_is_found_without_a_failed_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults: list[object] = []
    monkeypatch.setattr(threading, "excepthook", faults.append)

    def vanish() -> None:
        raise SystemExit

    parts = Parts()
    parts.ledger = one = started(vanish)
    assert (await look(parts)).ready, "the premise: it is alive before its first batch"
    waiting = asyncio.ensure_future(one.write(lambda _connection: None))
    await until(lambda: not one.at_work)
    answer = await look(parts)
    assert not answer.ready
    assert "does not answer" in ill(answer)["ledger"]
    assert len(faults) == 1
    assert not waiting.done(), "no commit has failed"
    waiting.cancel()


async def test_ledger_that_hangs_in_a_batch_is_found_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    disk_answers = threading.Event()
    parts = Parts()
    parts.ledger = one = started(disk_answers.wait)
    waiting = asyncio.ensure_future(one.write(lambda _connection: None))
    await until(lambda: one.waiting == 1)
    assert (await look(parts)).ready, "the premise: a commit may take some time"
    monkeypatch.setattr(ledger, "STALL_TIMEOUT_SECONDS", 0.01)
    await until(lambda: not one.at_work)
    answer = await look(parts)
    assert "does not answer" in ill(answer)["ledger"]
    assert one.waiting == 1, "a trial commit would only wait behind it"
    disk_answers.set()
    await waiting
    assert (await look(parts)).ready
    await one.close()


async def test_changes_of_the_disk_are_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "CACHE_SECONDS", 0)
    parts = Parts()
    ready = Readiness(cast(Any, parts))
    for free, healthy in ((5, True), (4, True), (4, True), (4, False), (4, False), (5, True), (5, True)):
        parts.disk.free = lambda free=free: free
        parts.healthy = parts.heals = healthy
        answer = await ready.read()
        assert answer.ready == healthy, "little space does not make the node unready"
    assert parts.shown == ["low", "full", ""]
    assert parts.node.disk == ""


async def test_node_without_the_bus_is_ready_and_reports_it() -> None:
    parts = Parts()
    parts.bus.connected = False
    answer = await look(parts)
    assert answer.ready
    assert [*ill(answer)] == ["bus"]


async def test_result_is_cached_for_a_second_but_a_shutdown_is_reported_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However long this machine takes for the checks.
    monkeypatch.setattr(readiness, "CACHE_SECONDS", 600)
    parts = Parts()
    ready = Readiness(cast(Any, parts))
    answers = await asyncio.gather(*(ready.read() for _ in range(50)))
    assert all(answer.ready for answer in answers)
    parts.node.stopping = True
    answer = await ready.read()
    assert parts.reads == 1
    assert not answer.ready
    assert [*ill(answer)] == ["node"]
