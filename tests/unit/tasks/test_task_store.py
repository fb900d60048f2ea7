"""The outbox: a job is stored in the transaction of its cause, and one node at a time has it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.database.database import write_once
from crumbless.ledger.ledger import Ledger
from crumbless.ledger.ledger_open import open_writer
from crumbless.ledger.tables import task
from crumbless.tasks import task_store
from crumbless.tasks.task import INTERVAL_MS, RECURRING, Task, TaskKind, farthest_due, lease_of
from crumbless.tasks.task_store import (
    add_recurring,
    add_task,
    claim_batches,
    complete_tasks,
    count_dead_tasks,
    count_due_tasks,
    count_queued_events,
    dead_tasks,
    delete_tasks,
    drop_task,
    finish_tasks,
    next_due,
    release_tasks,
    retry_dead,
)
from support.value_make import OTHER_CONVERSATION, make_entry

LEASE_MS = 60_000
KINDS: tuple[TaskKind, ...] = ("mail", "file_removal", "retention", "ga4")


def add(any_url: str, number: int = 1, workspace: int = 1, **more: Any) -> None:
    write_once(any_url, lambda connection: add_task(connection, workspace, "file_removal", {"number": number}, **more))


def claim(any_url: str, node: str, most: int = 10, kinds: Sequence[TaskKind] = KINDS) -> list[Task]:
    def claim_all(connection: Connection) -> list[Task]:
        return [one for kind in kinds for [one] in claim_batches(connection, node, kind, most)]

    return write_once(any_url, claim_all)


def due(connection: Connection) -> int | None:
    return min(next_due(connection, KINDS).values(), default=None)


def stored_tasks(any_url: str) -> list[Any]:
    return write_once(any_url, lambda connection: [*connection.execute(select(task).order_by(task.c.id))])


def expire_lease(any_url: str) -> None:
    write_once(any_url, lambda connection: connection.execute(update(task).values(claimed_until=now_ms() - 1)))


@pytest_asyncio.fixture
async def ledger(any_url: str) -> AsyncIterator[tuple[Ledger, list[str]]]:
    announced: list[str] = []
    ledger = Ledger(
        lambda: open_writer(any_url), lambda _: None, 100, lambda events: announced.extend(map(str, events))
    )
    ledger.start()
    yield ledger, announced
    await ledger.close()


async def test_job_is_committed_with_its_cause_and_announced_once(
    ledger: tuple[Ledger, list[str]], any_url: str
) -> None:
    writes, announced = ledger
    await writes.append(make_entry(), lambda connection: add_task(connection, 1, "mail", {"mail": "reset"}))
    assert [row.payload for row in stored_tasks(any_url)] == [{"mail": "reset"}]
    assert announced == ["TasksQueued()"]
    await writes.write(due)
    assert announced == ["TasksQueued()"], "a transaction without a job wakes no runner"


async def test_job_of_a_rolled_back_transaction_is_not_stored(ledger: tuple[Ledger, list[str]], any_url: str) -> None:
    writes, announced = ledger

    def fail(connection: Connection) -> None:
        add_task(connection, 1, "mail", {})
        raise ApiError("forbidden")

    with pytest.raises(ApiError):
        await writes.write(fail)
    # A refused entry rolls back its operation, and the operation's job.
    with pytest.raises(ApiError):
        await writes.append(
            make_entry(conversation=OTHER_CONVERSATION), lambda connection: add_task(connection, 1, "mail", {})
        )
    await writes.write(due)
    assert stored_tasks(any_url) == []
    assert announced == []


def test_claimed_job_is_not_claimed_by_another_node(any_url: str) -> None:
    for number in range(3):
        add(any_url, number)
    first = claim(any_url, "node-a", most=2)
    assert [one.payload["number"] for one in first] == [0, 1]
    assert [one.payload["number"] for one in claim(any_url, "node-b")] == [2]
    assert claim(any_url, "node-b") == []


def test_node_with_a_fast_clock_takes_no_job_of_another(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add(postgres_url)
    assert len(claim(postgres_url, "one")) == 1
    monkeypatch.setattr(task_store, "now_ms", lambda: now_ms() + 10 * LEASE_MS)
    assert claim(postgres_url, "fast") == []
    expire_lease(postgres_url)
    assert len(claim(postgres_url, "fast")) == 1


def test_node_does_not_claim_unknown_kinds(any_url: str) -> None:
    add(any_url)
    assert claim(any_url, "old", kinds=["mail"]) == []
    assert write_once(any_url, lambda connection: next_due(connection, ["mail"])) == {}
    assert len(claim(any_url, "new")) == 1


def test_jobs_of_a_dead_node_are_claimed_after_the_lease(any_url: str) -> None:
    add(any_url)
    [mine] = claim(any_url, "node-a")
    assert write_once(any_url, due) == stored_tasks(any_url)[0].claimed_until
    expire_lease(any_url)
    [theirs] = claim(any_url, "node-b")
    assert (theirs.id, theirs.attempts) == (mine.id, 2)
    # The first node is back: it cannot complete a job that it no longer owns.
    for settle in (finish_tasks, complete_tasks):
        write_once(any_url, lambda connection, settle=settle: settle(connection, [mine]))
    assert [row.claimed_by for row in stored_tasks(any_url)] == ["node-b"]
    write_once(any_url, lambda connection: finish_tasks(connection, [theirs]))
    assert stored_tasks(any_url) == []


def test_postponed_job_waits(any_url: str) -> None:
    add(any_url, due_at=0)
    [one] = claim(any_url, "node-a")
    later = now_ms() + 60_000
    write_once(any_url, lambda connection: complete_tasks(connection, [one], "no answer", due_at=later))
    assert claim(any_url, "node-a") == []
    assert write_once(any_url, due) == later
    assert stored_tasks(any_url)[0].error == "no answer"


def test_stopping_node_returns_its_jobs_without_an_attempt(any_url: str) -> None:
    add(any_url)
    claim(any_url, "node-a")
    write_once(any_url, lambda connection: release_tasks(connection, "node-b"))
    assert claim(any_url, "node-b") == []
    write_once(any_url, lambda connection: release_tasks(connection, "node-a"))
    assert [one.attempts for one in claim(any_url, "node-b")] == [1]


def test_failed_job_is_listed_in_its_workspace_and_can_be_retried_or_deleted(any_url: str) -> None:
    for number in (1, 2):
        add(any_url, number)
    for one in claim(any_url, "node-a"):
        write_once(any_url, lambda connection, dead=one: complete_tasks(connection, [dead], "why", dead_at=now_ms()))
    assert claim(any_url, "node-a") == []
    assert write_once(any_url, count_dead_tasks) == 2
    shown = write_once(any_url, lambda connection: dead_tasks(connection, 1, 10))
    assert [(one.payload["number"], one.error) for one in shown] == [(2, "why"), (1, "why")]
    second, first = (one.id for one in shown)
    assert write_once(any_url, lambda connection: dead_tasks(connection, 2, 10)) == []
    assert not write_once(any_url, lambda connection: retry_dead(connection, 2, first))
    assert not write_once(any_url, lambda connection: drop_task(connection, 2, first))
    assert write_once(any_url, lambda connection: retry_dead(connection, 1, first))
    assert write_once(any_url, lambda connection: drop_task(connection, 1, second))
    assert [(one.id, one.attempts) for one in claim(any_url, "node-a")] == [(first, 1)]
    assert not write_once(any_url, lambda connection: drop_task(connection, 1, first)), "it is no failed job"


def test_recurring_job_is_one_row_and_repeats(any_url: str) -> None:
    for _ in range(2):
        write_once(any_url, lambda connection: add_recurring(connection, "retention", 0))
    [row] = stored_tasks(any_url)
    assert row.id == RECURRING["retention"]
    [one] = claim(any_url, "node-a")
    later = now_ms() + 60_000
    write_once(any_url, lambda connection: complete_tasks(connection, [one], due_at=later, attempts=0))
    assert claim(any_url, "node-a") == []
    assert [(row.due_at, row.attempts) for row in stored_tasks(any_url)] == [(later, 0)]


async def test_two_nodes_that_start_together_leave_one_row(ledger: tuple[Ledger, list[str]], any_url: str) -> None:
    writes, _ = ledger
    outcomes = await asyncio.gather(
        *(writes.write(lambda connection: add_recurring(connection, "retention", 0)) for _ in range(5)),
        return_exceptions=True,
    )
    assert all(one is None or isinstance(one, IntegrityError) for one in outcomes)
    assert len(stored_tasks(any_url)) == 1


@pytest.mark.parametrize("ahead", [600_000 + 3_600_000 * 6 // 5, 86_400_000, 8 * 86_400_000, 365 * 86_400_000])
@pytest.mark.parametrize("kind", KINDS)
def test_job_due_later_than_possible_is_due_now(any_url: str, kind: TaskKind, ahead: int) -> None:
    """A clock that was ahead when it was queued does not delay it."""
    write_once(any_url, lambda connection: add_task(connection, 1, kind, {}, due_at=now_ms() + farthest_due(kind)))
    assert claim(any_url, "node") == [], "it can be due by then"
    write_once(any_url, lambda connection: connection.execute(update(task).values(due_at=now_ms() + ahead)))
    found = write_once(any_url, due)
    assert found is not None
    assert found <= now_ms()
    assert [one.kind for one in claim(any_url, "node")] == [kind]
    assert claim(any_url, "another") == []


def test_long_lease_of_a_long_job_is_not_a_wrong_clock(any_url: str) -> None:
    write_once(any_url, lambda connection: add_recurring(connection, "backup", 0))
    assert len(claim(any_url, "node-a", kinds=["backup"])) == 1
    [row] = stored_tasks(any_url)
    assert row.claimed_until > now_ms() + 2 * LEASE_MS, "it is longer than twice an ordinary one"
    assert claim(any_url, "node-b", kinds=["backup"]) == []
    # The premise: a lease that is longer than that has expired.
    later = now_ms() + 3 * lease_of("backup")
    write_once(any_url, lambda connection: connection.execute(update(task).values(claimed_until=later)))
    assert len(claim(any_url, "node-b", kinds=["backup"])) == 1


def test_lease_that_ends_later_than_possible_has_expired(any_url: str) -> None:
    """PostgreSQL's clock was ahead when the job was claimed."""
    add(any_url)
    assert len(claim(any_url, "node-a")) == 1
    write_once(any_url, lambda connection: connection.execute(update(task).values(claimed_until=now_ms() + 10**10)))
    found = write_once(any_url, due)
    assert found is not None
    assert found <= now_ms()
    assert len(claim(any_url, "node-b")) == 1


def test_job_due_too_late_is_claimed_after_its_node_died(any_url: str) -> None:
    add(any_url, due_at=now_ms() + 10**10)
    assert len(claim(any_url, "node-a")) == 1
    assert claim(any_url, "node-b") == [], "the lease is valid"
    expire_lease(any_url)
    assert len(claim(any_url, "node-b")) == 1


def test_each_recurring_kind_has_an_interval() -> None:
    assert INTERVAL_MS.keys() == RECURRING.keys()


def test_batch_has_one_destination_and_at_most_the_allowed_jobs(any_url: str) -> None:
    rows: list[dict[str, object]] = [
        {"kind": "ga4", "payload": {}, "due_at": 0, "created_at": 0, "destination": destination, "about": about}
        for destination, about in ("1x", "2x", "1y", "1x", "1x", "2y", "1x")
    ]
    write_once(any_url, lambda connection: connection.execute(insert(task), rows))

    def batches(most: int, size: int, mixed: bool) -> list[list[int]]:
        found = write_once(any_url, lambda connection: claim_batches(connection, "node", "ga4", most, size, mixed))
        write_once(any_url, lambda connection: release_tasks(connection, "node"))
        return [[one.id for one in batch] for batch in found]

    assert batches(9, 3, mixed=True) == [[1, 3, 4], [2, 6], [5, 7]]
    assert batches(9, 3, mixed=False) == [[1, 4, 5], [2], [3], [6], [7]]
    assert batches(2, 4, mixed=True) == [[1, 3, 4, 5], [2, 6]], "a job outside of a batch is not claimed"
    assert {row.claimed_by for row in stored_tasks(any_url)} == {None}


def test_jobs_are_deleted_with_their_subject(any_url: str) -> None:
    for about in ("visitor-1", "visitor-2", ""):
        write_once(any_url, lambda connection, about=about: add_task(connection, 1, "mail", {}, about=about))
    write_once(any_url, lambda connection: delete_tasks(connection, ["file_removal"], about="visitor-1"))
    assert len(stored_tasks(any_url)) == 3, "only of the named kinds"
    write_once(any_url, lambda connection: delete_tasks(connection, ["mail"], about="visitor-1"))
    assert [row.about for row in stored_tasks(any_url)] == ["visitor-2", ""]


def test_events_for_vendors_are_counted_separately(any_url: str) -> None:
    for kind in ("mail", "ga4", "tiktok"):
        write_once(any_url, lambda connection, kind=kind: add_task(connection, 1, kind, {}, due_at=0))
    assert write_once(any_url, count_due_tasks) == 1
    assert write_once(any_url, count_queued_events) == 2
