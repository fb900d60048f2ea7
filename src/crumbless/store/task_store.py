"""The outbox: work for later, kept in the transaction of the act that causes it, claimed by one node at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, insert, or_, select, update

from crumbless.domain.task import RECURRING, Task, TaskKind, farthest_due, lease_of
from crumbless.ids import now_ms
from crumbless.store.database import lease_clock
from crumbless.store.tables_people import task

MAX_ERROR = 500
"""Characters of a failure's reason that are kept."""

TASKS_ADDED = "crumbless.tasks_added"
"""Set in a connection's `info` by those who add work, for the ledger, which tells the node once it is committed."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A dead letter: the task, and why and when it was given up."""

    task: Task
    error: str
    dead_at: int


def add_task(
    connection: Connection,
    workspace: int | None,
    kind: TaskKind,
    payload: Mapping[str, Any],
    *,
    sealed: bytes | None = None,
    due_at: int | None = None,
) -> None:
    """Queue work. It exists when the transaction is committed, and never when it is not.

    Args:
        sealed: what of it nobody may read in the database.
        due_at: not before then (milliseconds); at once when absent.
    """
    now = now_ms()
    connection.execute(
        insert(task).values(
            workspace_id=workspace,
            kind=kind,
            payload=dict(payload),
            sealed=sealed,
            due_at=now if due_at is None else due_at,
            created_at=now,
        )
    )
    connection.info[TASKS_ADDED] = True


def add_recurring(connection: Connection, kind: TaskKind, due_at: int) -> None:
    """Queue work that comes again for ever, unless it is there.

    Raises:
        IntegrityError: when another node puts it there at this moment.
    """
    number = RECURRING[kind]
    if connection.execute(select(task.c.id).where(task.c.id == number)).first() is None:
        connection.execute(insert(task).values(id=number, kind=kind, payload={}, due_at=due_at, created_at=now_ms()))


def next_task_due(connection: Connection, kinds: Collection[TaskKind]) -> int | None:
    """When something can be claimed next (milliseconds): that nobody has, or whose node was not heard of again."""
    far = _far_ahead(kinds, now_ms(), lease_clock(connection))
    free_at = case((far, 0), else_=func.coalesce(task.c.claimed_until, task.c.due_at))
    return connection.execute(
        select(func.min(free_at)).where(task.c.dead_at.is_(None), task.c.kind.in_([*kinds]))
    ).scalar()


def _far_ahead(kinds: Collection[TaskKind], now: int, clock: int) -> ColumnElement[bool]:
    """Return whether the time that a task waits for is later than it can be: a clock was wrong, so it is due now."""
    farthest = case(*[(task.c.kind == kind, now + farthest_due(kind)) for kind in kinds], else_=task.c.due_at)
    unclaimed = or_(task.c.claimed_until.is_(None), task.c.claimed_until <= clock)
    # Twice: a lease that another node took since `clock` was read ends later than one lease from then.
    latest = case(*[(task.c.kind == kind, clock + 2 * lease_of(kind)) for kind in kinds], else_=task.c.claimed_until)
    return or_(and_(unclaimed, task.c.due_at > farthest), task.c.claimed_until > latest)


def claim_tasks(connection: Connection, node: str, kinds: Collection[TaskKind], lease_ms: int, most: int) -> list[Task]:
    """Take what is due of these kinds, oldest first, so that no other node does for as long as the lease lasts."""
    now, clock = now_ms(), lease_clock(connection)
    free = and_(task.c.due_at <= now, or_(task.c.claimed_until.is_(None), task.c.claimed_until <= clock))
    due = or_(free, _far_ahead(kinds, now, clock))
    found = connection.execute(
        select(task)
        .where(task.c.dead_at.is_(None), due, task.c.kind.in_([*kinds]))
        .order_by(task.c.due_at, task.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    if found:
        connection.execute(
            update(task)
            .where(task.c.id.in_([row.id for row in found]))
            .values(claimed_by=node, claimed_until=clock + lease_ms, tries=task.c.tries + 1)
        )
    return [_task(row, row.tries + 1) for row in found]


def finish_task(connection: Connection, node: str, task_id: int) -> None:
    """It is done."""
    connection.execute(delete(task).where(_mine(node, task_id)))


def put_off_task(connection: Connection, node: str, task_id: int, due_at: int, error: str) -> None:
    """It is to be tried again then."""
    _settle(connection, node, task_id, due_at=due_at, error=error[:MAX_ERROR])


def repeat_task(connection: Connection, node: str, task_id: int, due_at: int) -> None:
    """It is done, and comes again then."""
    _settle(connection, node, task_id, due_at=due_at, error="", tries=0)


def bury_task(connection: Connection, node: str, task_id: int, error: str) -> None:
    """It is given up: a dead letter."""
    _settle(connection, node, task_id, dead_at=now_ms(), error=error[:MAX_ERROR])


def give_back_tasks(connection: Connection, node: str) -> None:
    """The node stops: what it had claimed and not begun or not ended is free again, and was not tried."""
    connection.execute(
        update(task)
        .where(task.c.claimed_by == node, task.c.dead_at.is_(None))
        .values(claimed_by=None, claimed_until=None, tries=task.c.tries - 1)
    )


def dead_tasks(connection: Connection, workspace: int, most: int) -> Sequence[GivenUp]:
    """What was given up in a workspace, the newest first."""
    rows = connection.execute(
        select(task)
        .where(task.c.workspace_id == workspace, task.c.dead_at.is_not(None))
        .order_by(task.c.dead_at.desc(), task.c.id.desc())
        .limit(most)
    )
    return [GivenUp(_task(row, row.tries), row.error, row.dead_at) for row in rows]


def count_dead_tasks(connection: Connection) -> int:
    """How many tasks of all workspaces were given up and are still kept."""
    return connection.execute(select(func.count()).where(task.c.dead_at.is_not(None))).scalar_one()


def count_due_tasks(connection: Connection) -> int:
    """How many tasks of all workspaces should have been done by now and are not."""
    late = task.c.dead_at.is_(None), task.c.due_at <= now_ms()
    return connection.execute(select(func.count()).where(*late)).scalar_one()


def revive_task(connection: Connection, workspace: int, task_id: int) -> bool:
    """Try a dead letter anew, at once; False when the workspace has no such."""
    revived = connection.execute(
        update(task)
        .where(_dead(workspace, task_id))
        .values(dead_at=None, error="", tries=0, due_at=now_ms(), claimed_by=None, claimed_until=None)
    )
    connection.info[TASKS_ADDED] = True
    return bool(revived.rowcount)


def drop_task(connection: Connection, workspace: int, task_id: int) -> bool:
    """Forget a dead letter; False when the workspace has no such."""
    return bool(connection.execute(delete(task).where(_dead(workspace, task_id))).rowcount)


def drop_mails_about(connection: Connection, visitor_id: str) -> None:
    """Forget the mails for a visitor that wait or were given up."""
    connection.execute(delete(task).where(task.c.kind == "mail", task.c.payload["about"].as_string() == visitor_id))


def _dead(workspace: int, task_id: int):
    return and_(task.c.id == task_id, task.c.workspace_id == workspace, task.c.dead_at.is_not(None))


def _mine(node: str, task_id: int):
    # Whoever was too slow and lost the task to another node settles nothing.
    return and_(task.c.id == task_id, task.c.claimed_by == node)


def _settle(connection: Connection, node: str, task_id: int, **values: object) -> None:
    connection.execute(update(task).where(_mine(node, task_id)).values(claimed_by=None, claimed_until=None, **values))


def _task(row: Row[Any], tries: int) -> Task:
    return Task(row.id, row.workspace_id, row.kind, row.payload, row.sealed, tries, row.created_at)
