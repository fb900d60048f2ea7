"""The outbox: a task is there with its act or not at all, and one node at a time has it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from crumbless.domain.task import INTERVAL_MS, RECURRING, Task, TaskKind, farthest_due, lease_of
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.store import task_store
from crumbless.store.database import write_once
from crumbless.store.ledger import Ledger
from crumbless.store.ledger_open import open_writer
from crumbless.store.tables_people import task
from crumbless.store.task_lease import extend_lease
from crumbless.store.task_store import (
    add_recurring,
    add_task,
    bury_task,
    claim_tasks,
    count_dead_tasks,
    dead_tasks,
    drop_task,
    finish_task,
    give_back_tasks,
    next_task_due,
    put_off_task,
    repeat_task,
    revive_task,
)
from support.value_make import OTHER_CONVERSATION, make_entry

LEASE_MS = 60_000
KINDS: tuple[TaskKind, ...] = ("mail", "file_removal", "retention")


def add(any_url: str, number: int = 1, workspace: int = 1, **more: Any) -> None:
    write_once(any_url, lambda connection: add_task(connection, workspace, "file_removal", {"number": number}, **more))


def claim(any_url: str, node: str, most: int = 10) -> list[Task]:
    return write_once(any_url, lambda connection: claim_tasks(connection, node, KINDS, LEASE_MS, most))


def due(connection: Connection) -> int | None:
    return next_task_due(connection, KINDS)


def kept(any_url: str) -> list[Any]:
    return write_once(any_url, lambda connection: [*connection.execute(select(task).order_by(task.c.id))])


def expire_lease(any_url: str) -> None:
    write_once(any_url, lambda connection: connection.execute(update(task).values(claimed_until=now_ms() - 1)))


@pytest_asyncio.fixture
async def ledger(any_url: str) -> AsyncIterator[tuple[Ledger, list[str]]]:
    told: list[str] = []
    ledger = Ledger(lambda: open_writer(any_url), lambda _: None, 100, lambda: told.append("tasks"))
    ledger.start()
    yield ledger, told
    await ledger.close()


async def test_a_task_is_committed_with_its_act_and_told_once(ledger: tuple[Ledger, list[str]], any_url: str) -> None:
    writes, told = ledger
    await writes.append(make_entry(), lambda connection: add_task(connection, 1, "mail", {"mail": "reset"}))
    assert [row.payload for row in kept(any_url)] == [{"mail": "reset"}]
    assert told == ["tasks"]
    await writes.write(due)
    assert told == ["tasks"], "what adds no task wakes nobody"


async def test_a_task_of_an_act_that_was_undone_is_not_there(ledger: tuple[Ledger, list[str]], any_url: str) -> None:
    writes, told = ledger

    def act(connection: Connection) -> None:
        add_task(connection, 1, "mail", {})
        raise Refused("forbidden")

    with pytest.raises(Refused):
        await writes.write(act)
    # An entry that is refused takes the work beside it, and its task, with it.
    with pytest.raises(Refused):
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
    assert write_once(any_url, lambda connection: claim_tasks(connection, "old", ["mail"], LEASE_MS, 9)) == []
    assert write_once(any_url, lambda connection: next_task_due(connection, ["mail"])) is None
    assert len(claim(any_url, "new")) == 1


def test_a_node_that_died_loses_its_tasks_after_the_lease(any_url: str) -> None:
    add(any_url)
    [mine] = claim(any_url, "node-a")
    assert write_once(any_url, due) == kept(any_url)[0].claimed_until
    expire_lease(any_url)
    [theirs] = claim(any_url, "node-b")
    assert (theirs.id, theirs.tries) == (mine.id, 2)
    # The first one comes back to life: it settles nothing that is no longer its own.
    write_once(any_url, lambda connection: finish_task(connection, "node-a", mine.id))
    assert len(kept(any_url)) == 1
    write_once(any_url, lambda connection: finish_task(connection, "node-b", mine.id))
    assert kept(any_url) == []


def test_what_is_put_off_waits(any_url: str) -> None:
    add(any_url, due_at=0)
    [one] = claim(any_url, "node-a")
    later = now_ms() + 60_000
    write_once(any_url, lambda connection: put_off_task(connection, "node-a", one.id, later, "no answer"))
    assert claim(any_url, "node-a") == []
    assert write_once(any_url, due) == later
    assert kept(any_url)[0].error == "no answer"


def test_a_stopping_node_gives_back_untried_what_it_had(any_url: str) -> None:
    add(any_url)
    claim(any_url, "node-a")
    write_once(any_url, lambda connection: give_back_tasks(connection, "node-b"))
    assert claim(any_url, "node-b") == []
    write_once(any_url, lambda connection: give_back_tasks(connection, "node-a"))
    assert [one.tries for one in claim(any_url, "node-b")] == [1]


def test_a_dead_letter_is_shown_to_its_workspace_and_can_be_retried_or_dropped(any_url: str) -> None:
    for number in (1, 2):
        add(any_url, number)
    for one in claim(any_url, "node-a"):
        write_once(any_url, lambda connection, number=one.id: bury_task(connection, "node-a", number, "why"))
    assert claim(any_url, "node-a") == []
    assert write_once(any_url, count_dead_tasks) == 2
    shown = write_once(any_url, lambda connection: dead_tasks(connection, 1, 10))
    assert [(one.task.payload["number"], one.error) for one in shown] == [(2, "why"), (1, "why")]
    second, first = (one.task.id for one in shown)
    assert write_once(any_url, lambda connection: dead_tasks(connection, 2, 10)) == []
    assert not write_once(any_url, lambda connection: revive_task(connection, 2, first))
    assert not write_once(any_url, lambda connection: drop_task(connection, 2, first))
    assert write_once(any_url, lambda connection: revive_task(connection, 1, first))
    assert write_once(any_url, lambda connection: drop_task(connection, 1, second))
    assert [(one.id, one.tries) for one in claim(any_url, "node-a")] == [(first, 1)]
    assert not write_once(any_url, lambda connection: drop_task(connection, 1, first)), "it is no dead letter"


def test_recurring_work_is_one_row_and_comes_again(any_url: str) -> None:
    for _ in range(2):
        write_once(any_url, lambda connection: add_recurring(connection, "retention", 0))
    [row] = kept(any_url)
    assert row.id == RECURRING["retention"]
    [one] = claim(any_url, "node-a")
    later = now_ms() + 60_000
    write_once(any_url, lambda connection: repeat_task(connection, "node-a", one.id, later))
    assert claim(any_url, "node-a") == []
    assert [(row.due_at, row.tries) for row in kept(any_url)] == [(later, 0)]


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


def test_the_extended_lease_of_a_long_task_is_not_taken_for_a_wrong_clock(any_url: str) -> None:
    def claim_backup(node: str) -> list[Task]:
        return write_once(any_url, lambda connection: claim_tasks(connection, node, ["backup"], LEASE_MS, 9))

    write_once(any_url, lambda connection: add_recurring(connection, "backup", 0))
    [one] = claim_backup("node-a")
    write_once(any_url, lambda connection: extend_lease(connection, "node-a", one.id, lease_of("backup")))
    assert claim_backup("node-b") == []
    # The premise: a lease that is longer than that is over.
    write_once(any_url, lambda connection: extend_lease(connection, "node-a", one.id, 3 * lease_of("backup")))
    assert len(claim_backup("node-b")) == 1


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
