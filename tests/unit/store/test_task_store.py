"""The outbox: a task is there with its act or not at all, and one node at a time has it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from crumbless.domain.task import INTERVAL_MS, RECURRING, Task, TaskKind, farthest_due, lease_of
from crumbless.errors import ApiError
from crumbless.ids import now_ms
from crumbless.store import task_store
from crumbless.store.database import write_once
from crumbless.store.ledger import Ledger
from crumbless.store.ledger_open import open_writer
from crumbless.store.tables_people import task
from crumbless.store.task_store import (
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


def kept(any_url: str) -> list[Any]:
    return write_once(any_url, lambda connection: [*connection.execute(select(task).order_by(task.c.id))])


def expire_lease(any_url: str) -> None:
    write_once(any_url, lambda connection: connection.execute(update(task).values(claimed_until=now_ms() - 1)))


@pytest_asyncio.fixture
async def ledger(any_url: str) -> AsyncIterator[tuple[Ledger, list[str]]]:
    told: list[str] = []
    ledger = Ledger(lambda: open_writer(any_url), lambda _: None, 100, lambda events: told.extend(map(str, events)))
    ledger.start()
    yield ledger, told
    await ledger.close()


async def test_a_task_is_committed_with_its_act_and_told_once(ledger: tuple[Ledger, list[str]], any_url: str) -> None:
    writes, told = ledger
    await writes.append(make_entry(), lambda connection: add_task(connection, 1, "mail", {"mail": "reset"}))
    assert [row.payload for row in kept(any_url)] == [{"mail": "reset"}]
    assert told == ["TasksQueued()"]
    await writes.write(due)
    assert told == ["TasksQueued()"], "what adds no task wakes nobody"


async def test_a_task_of_an_act_that_was_undone_is_not_there(ledger: tuple[Ledger, list[str]], any_url: str) -> None:
    writes, told = ledger

    def act(connection: Connection) -> None:
        add_task(connection, 1, "mail", {})
        raise ApiError("forbidden")

    with pytest.raises(ApiError):
        await writes.write(act)
    # An entry that is refused takes the work beside it, and its task, with it.
    with pytest.raises(ApiError):
        await writes.append(
            make_entry(conversation=OTHER_CONVERSATION), lambda connection: add_task(connection, 1, "mail", {})
        )
    await writes.write(due)
    assert kept(any_url) == []
    assert told == []


def test_what_one_node_has_claimed_no_other_gets(any_url: str) -> None:
    for number in range(3):
        add(any_url, number)
    first = claim(any_url, "node-a", most=2)
    assert [one.payload["number"] for one in first] == [0, 1]
    assert [one.payload["number"] for one in claim(any_url, "node-b")] == [2]
    assert claim(any_url, "node-b") == []


def test_a_node_whose_clock_is_fast_takes_nothing_from_another(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(postgres_url)
    assert len(claim(postgres_url, "one")) == 1
    monkeypatch.setattr(task_store, "now_ms", lambda: now_ms() + 10 * LEASE_MS)
    assert claim(postgres_url, "fast") == []
    expire_lease(postgres_url)
    assert len(claim(postgres_url, "fast")) == 1


def test_a_node_leaves_kinds_that_it_does_not_know(any_url: str) -> None:
    add(any_url)
    assert claim(any_url, "old", kinds=["mail"]) == []
    assert write_once(any_url, lambda connection: next_due(connection, ["mail"])) == {}
    assert len(claim(any_url, "new")) == 1


def test_a_node_that_died_loses_its_tasks_after_the_lease(any_url: str) -> None:
    add(any_url)
    [mine] = claim(any_url, "node-a")
    assert write_once(any_url, due) == kept(any_url)[0].claimed_until
    expire_lease(any_url)
    [theirs] = claim(any_url, "node-b")
    assert (theirs.id, theirs.attempts) == (mine.id, 2)
    # The first one comes back to life: it settles nothing that is no longer its own.
    for settle in (finish_tasks, complete_tasks):
        write_once(any_url, lambda connection, settle=settle: settle(connection, [mine]))
    assert [row.claimed_by for row in kept(any_url)] == ["node-b"]
    write_once(any_url, lambda connection: finish_tasks(connection, [theirs]))
    assert kept(any_url) == []


def test_what_is_put_off_waits(any_url: str) -> None:
    add(any_url, due_at=0)
    [one] = claim(any_url, "node-a")
    later = now_ms() + 60_000
    write_once(any_url, lambda connection: complete_tasks(connection, [one], "no answer", due_at=later))
    assert claim(any_url, "node-a") == []
    assert write_once(any_url, due) == later
    assert kept(any_url)[0].error == "no answer"


def test_a_stopping_node_gives_back_untried_what_it_had(any_url: str) -> None:
    add(any_url)
    claim(any_url, "node-a")
    write_once(any_url, lambda connection: release_tasks(connection, "node-b"))
    assert claim(any_url, "node-b") == []
    write_once(any_url, lambda connection: release_tasks(connection, "node-a"))
    assert [one.attempts for one in claim(any_url, "node-b")] == [1]


def test_a_dead_letter_is_shown_to_its_workspace_and_can_be_retried_or_dropped(any_url: str) -> None:
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
    assert not write_once(any_url, lambda connection: drop_task(connection, 1, first)), "it is no dead letter"


def test_recurring_work_is_one_row_and_comes_again(any_url: str) -> None:
    for _ in range(2):
        write_once(any_url, lambda connection: add_recurring(connection, "retention", 0))
    [row] = kept(any_url)
    assert row.id == RECURRING["retention"]
    [one] = claim(any_url, "node-a")
    later = now_ms() + 60_000
    write_once(any_url, lambda connection: complete_tasks(connection, [one], due_at=later, attempts=0))
    assert claim(any_url, "node-a") == []
    assert [(row.due_at, row.attempts) for row in kept(any_url)] == [(later, 0)]


async def test_two_nodes_that_begin_together_leave_one_row(ledger: tuple[Ledger, list[str]], any_url: str) -> None:
    writes, _ = ledger
    outcomes = await asyncio.gather(
        *(writes.write(lambda connection: add_recurring(connection, "retention", 0)) for _ in range(5)),
        return_exceptions=True,
    )
    assert all(one is None or isinstance(one, IntegrityError) for one in outcomes)
    assert len(kept(any_url)) == 1


@pytest.mark.parametrize("ahead", [600_000 + 3_600_000 * 6 // 5, 86_400_000, 8 * 86_400_000, 365 * 86_400_000])
@pytest.mark.parametrize("kind", KINDS)
def test_a_task_that_is_due_later_than_it_can_be_is_due_now(any_url: str, kind: TaskKind, ahead: int) -> None:
    """A clock that was ahead when it was queued does not put it off."""
    write_once(any_url, lambda connection: add_task(connection, 1, kind, {}, due_at=now_ms() + farthest_due(kind)))
    assert claim(any_url, "node") == [], "it can be due by then"
    write_once(any_url, lambda connection: connection.execute(update(task).values(due_at=now_ms() + ahead)))
    found = write_once(any_url, due)
    assert found is not None
    assert found <= now_ms()
    assert [one.kind for one in claim(any_url, "node")] == [kind]
    assert claim(any_url, "another") == []


def test_the_long_lease_of_a_long_task_is_not_taken_for_a_wrong_clock(any_url: str) -> None:
    write_once(any_url, lambda connection: add_recurring(connection, "backup", 0))
    assert len(claim(any_url, "node-a", kinds=["backup"])) == 1
    [row] = kept(any_url)
    assert row.claimed_until > now_ms() + 2 * LEASE_MS, "it is longer than twice an ordinary one"
    assert claim(any_url, "node-b", kinds=["backup"]) == []
    # The premise: a lease that is longer than that is over.
    later = now_ms() + 3 * lease_of("backup")
    write_once(any_url, lambda connection: connection.execute(update(task).values(claimed_until=later)))
    assert len(claim(any_url, "node-b", kinds=["backup"])) == 1


def test_a_lease_that_ends_later_than_it_can_is_over(any_url: str) -> None:
    """PostgreSQL's clock was ahead when the task was claimed."""
    add(any_url)
    assert len(claim(any_url, "node-a")) == 1
    write_once(any_url, lambda connection: connection.execute(update(task).values(claimed_until=now_ms() + 10**10)))
    found = write_once(any_url, due)
    assert found is not None
    assert found <= now_ms()
    assert len(claim(any_url, "node-b")) == 1


def test_a_task_that_is_due_too_late_is_claimed_after_its_node_died(any_url: str) -> None:
    add(any_url, due_at=now_ms() + 10**10)
    assert len(claim(any_url, "node-a")) == 1
    assert claim(any_url, "node-b") == [], "the lease holds"
    expire_lease(any_url)
    assert len(claim(any_url, "node-b")) == 1


def test_each_recurring_kind_has_an_interval() -> None:
    assert INTERVAL_MS.keys() == RECURRING.keys()


def test_a_batch_has_one_destination_and_no_more_tasks_than_allowed(any_url: str) -> None:
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
    assert batches(2, 4, mixed=True) == [[1, 3, 4, 5], [2, 6]], "what is in no batch is not claimed"
    assert {row.claimed_by for row in kept(any_url)} == {None}


def test_tasks_are_deleted_with_what_they_are_about(any_url: str) -> None:
    for about in ("visitor-1", "visitor-2", ""):
        write_once(any_url, lambda connection, about=about: add_task(connection, 1, "mail", {}, about=about))
    write_once(any_url, lambda connection: delete_tasks(connection, ["file_removal"], about="visitor-1"))
    assert len(kept(any_url)) == 3, "only of the kinds that are named"
    write_once(any_url, lambda connection: delete_tasks(connection, ["mail"], about="visitor-1"))
    assert [row.about for row in kept(any_url)] == ["visitor-2", ""]


def test_events_for_vendors_are_counted_apart(any_url: str) -> None:
    for kind in ("mail", "ga4", "tiktok"):
        write_once(any_url, lambda connection, kind=kind: add_task(connection, 1, kind, {}, due_at=0))
    assert write_once(any_url, count_due_tasks) == 1
    assert write_once(any_url, count_queued_events) == 2
