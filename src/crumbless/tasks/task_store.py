"""The outbox: jobs stored in the transaction of the action that causes them, each claimed by one node at a time."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, insert, or_, select, update

from crumbless.core.ids import now_ms
from crumbless.database.database import lease_clock
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.events import TasksQueued, TasksWithdrawn
from crumbless.ledger.tables import task
from crumbless.tasks.task import EVENT_KINDS, RECURRING, Task, TaskKind, farthest_due, lease_of

MAX_ERROR = 500
"""Maximum of characters of an error that are stored."""


def add_task(
    connection: Connection,
    workspace: int | None,
    kind: TaskKind,
    payload: Mapping[str, Any],
    *,
    encrypted: bytes | None = None,
    due_at: int | None = None,
    about: str = "",
) -> None:
    """Queue a job. It exists once the transaction is committed, and never if it is not.

    Args:
        encrypted: the part of the payload that must not be readable in the database.
        due_at: not before this time (milliseconds); at once if None.
        about: the ID of the visitor with whom it is deleted.
    """
    now = now_ms()
    connection.execute(
        insert(task).values(
            workspace_id=workspace,
            kind=kind,
            payload=dict(payload),
            encrypted=encrypted,
            due_at=now if due_at is None else due_at,
            created_at=now,
            about=about,
        )
    )
    after_commit(connection, TasksQueued())


def add_recurring(connection: Connection, kind: TaskKind, due_at: int) -> None:
    """Queue a job that recurs indefinitely, unless it exists.

    Raises:
        IntegrityError: if another node has just added it.
    """
    number = RECURRING[kind]
    if connection.execute(select(task.c.id).where(task.c.id == number)).first() is None:
        connection.execute(insert(task).values(id=number, kind=kind, payload={}, due_at=due_at, created_at=now_ms()))


def hasten_recurring(connection: Connection, kind: TaskKind) -> None:
    """Make a recurring job due now. Before the first start of a server it does not exist, and nothing changes."""
    connection.execute(update(task).where(task.c.id == RECURRING[kind]).values(due_at=now_ms()))
    after_commit(connection, TasksQueued())


def next_due(connection: Connection, kinds: Collection[TaskKind]) -> dict[TaskKind, int]:
    """Return for each kind that has tasks when the next one can be claimed (milliseconds)."""
    now, clock = now_ms(), lease_clock(connection)
    far = or_(*(and_(task.c.kind == kind, _far_ahead(kind, now, clock)) for kind in kinds))
    free_at = case((far, 0), else_=func.coalesce(task.c.claimed_until, task.c.due_at))
    rows = connection.execute(
        select(task.c.kind, func.min(free_at).label("at"))
        .where(task.c.dead_at.is_(None), task.c.kind.in_([*kinds]))
        .group_by(task.c.kind)
    )
    return {row.kind: row.at for row in rows}


def _far_ahead(kind: TaskKind, now: int, clock: int) -> ColumnElement[bool]:
    """Return the condition for times later than possible. A wrong clock stored them, so these tasks are due now."""
    unclaimed = or_(task.c.claimed_until.is_(None), task.c.claimed_until <= clock)
    # Twice, because another node may have taken a lease after `clock` was read. That lease ends later.
    late_claim = task.c.claimed_until > clock + 2 * lease_of(kind)
    return or_(and_(unclaimed, task.c.due_at > now + farthest_due(kind)), late_claim)


def claim_batches(
    connection: Connection, node: str, kind: TaskKind, limit: int, size: int = 1, mixed: bool = True
) -> list[list[Task]]:
    """Claim the due tasks of a kind, oldest first, in batches of one destination each.

    Args:
        limit: maximum of batches.
        size: tasks in a batch.
        mixed: a batch may contain tasks with different values of `about`.
    """
    now, clock = now_ms(), lease_clock(connection)
    free = and_(task.c.due_at <= now, or_(task.c.claimed_until.is_(None), task.c.claimed_until <= clock))
    rows = connection.execute(
        select(task)
        .where(task.c.dead_at.is_(None), task.c.kind == kind, or_(free, _far_ahead(kind, now, clock)))
        .order_by(task.c.due_at, task.c.id)
        .limit(limit * size)
        .with_for_update(skip_locked=True)
    ).all()
    batches: list[list[Task]] = []
    filling: dict[tuple[str, str], list[Task]] = {}
    for row in rows:
        group = row.destination, "" if mixed else row.about
        batch = filling.get(group)
        if batch is None or len(batch) == size:
            if len(batches) == limit:
                continue
            batch = filling[group] = []
            batches.append(batch)
        batch.append(_task(row, row.attempts + 1, node))
    if batches:
        connection.execute(
            update(task)
            .where(task.c.id.in_([one.id for batch in batches for one in batch]))
            .values(claimed_by=node, claimed_until=clock + lease_of(kind), attempts=task.c.attempts + 1)
        )
    return batches


def still_claimed(connection: Connection, tasks: Sequence[Task], margin_ms: int) -> dict[int, bool]:
    """Return the IDs of the tasks that this node still has, and whether their lease lasts `margin_ms` longer."""
    until = lease_clock(connection) + margin_ms
    rows = connection.execute(select(task.c.id, task.c.claimed_until).where(_claimed(tasks)))
    return {number: claimed_until > until for number, claimed_until in rows}


def finish_tasks(connection: Connection, tasks: Sequence[Task]) -> int:
    """Delete tasks that are done, or have failed without becoming a dead letter. Return their number."""
    return connection.execute(delete(task).where(_claimed(tasks))).rowcount


def complete_tasks(connection: Connection, tasks: Sequence[Task], error: str = "", **values: int) -> None:
    """Release tasks with new values: `due_at` for a retry, `dead_at` for dead letters."""
    released = {"claimed_by": None, "claimed_until": None, "error": error[:MAX_ERROR]}
    connection.execute(update(task).where(_claimed(tasks)).values(**released, **values))


def release_tasks(connection: Connection, node: str) -> None:
    """Release the unfinished tasks of a node that stops. This does not count as an attempt."""
    connection.execute(
        update(task)
        .where(task.c.claimed_by == node, task.c.dead_at.is_(None))
        .values(claimed_by=None, claimed_until=None, attempts=task.c.attempts - 1)
    )


def dead_tasks(connection: Connection, workspace: int, limit: int) -> Sequence[Task]:
    """Return the dead letters of a workspace, newest first."""
    rows = connection.execute(
        select(task)
        .where(task.c.workspace_id == workspace, task.c.dead_at.is_not(None))
        .order_by(task.c.dead_at.desc(), task.c.id.desc())
        .limit(limit)
    )
    return [_task(row, row.attempts) for row in rows]


def count_dead_tasks(connection: Connection) -> int:
    """Return the number of dead letters in all workspaces."""
    return _count(connection, task.c.dead_at.is_not(None))


def count_due_tasks(connection: Connection) -> int:
    """Return the number of overdue tasks in all workspaces, without events for vendors."""
    return _count(connection, task.c.dead_at.is_(None), task.c.due_at <= now_ms(), task.c.kind.not_in(EVENT_KINDS))


def count_queued_events(connection: Connection) -> int:
    """Return the number of queued events for vendors."""
    return _count(connection, task.c.kind.in_([*EVENT_KINDS]))


def last_error(connection: Connection, kind: TaskKind) -> str:
    """Return the error of a recurring task's last attempt; empty if it succeeded."""
    return connection.execute(select(task.c.error).where(task.c.id == RECURRING[kind])).scalar() or ""


def retry_dead(connection: Connection, workspace: int, task_id: int) -> bool:
    """Retry a dead letter at once. Return False if the workspace has no such dead letter."""
    revived = connection.execute(
        update(task)
        .where(_dead(workspace, task_id))
        .values(dead_at=None, error="", attempts=0, due_at=now_ms(), claimed_by=None, claimed_until=None)
    )
    after_commit(connection, TasksQueued())
    return bool(revived.rowcount)


def drop_task(connection: Connection, workspace: int, task_id: int) -> bool:
    """Delete a dead letter. Return False if the workspace has no such dead letter."""
    return bool(connection.execute(delete(task).where(_dead(workspace, task_id))).rowcount)


def delete_tasks(connection: Connection, kinds: Collection[TaskKind], **of: str) -> None:
    """Delete the tasks of these kinds with this `destination` or `about`, including claimed ones and dead letters."""
    connection.execute(delete(task).where(task.c.kind.in_([*kinds])).filter_by(**of))
    if "about" in of:
        after_commit(connection, TasksWithdrawn(frozenset(kinds), of["about"]))


def _dead(workspace: int, task_id: int):
    return and_(task.c.id == task_id, task.c.workspace_id == workspace, task.c.dead_at.is_not(None))


def _claimed(tasks: Sequence[Task]):
    # A node that was too slow and lost a task to another node must not change it.
    return and_(task.c.id.in_([one.id for one in tasks]), task.c.claimed_by == tasks[0].node)


def _count(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(task).where(*conditions)).scalar_one()


def _task(row: Row[Any], attempts: int, node: str = "") -> Task:
    return Task(
        id=row.id,
        workspace=row.workspace_id,
        kind=row.kind,
        payload=row.payload,
        encrypted=row.encrypted,
        attempts=attempts,
        created_at=row.created_at,
        destination=row.destination,
        about=row.about,
        node=node,
        error=row.error,
        dead_at=row.dead_at or 0,
    )
