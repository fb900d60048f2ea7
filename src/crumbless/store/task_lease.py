"""Recurring and long tasks: their lease and their last failure."""

from sqlalchemy import Connection, select, update

from crumbless.domain.task import RECURRING, TaskKind
from crumbless.store.database import lease_clock
from crumbless.store.tables_people import task


def extend_lease(connection: Connection, node: str, task_id: int, lease_ms: int) -> None:
    """Keep other nodes from a task that this node has claimed, for so long from now on."""
    until = lease_clock(connection) + lease_ms
    connection.execute(update(task).where(task.c.id == task_id, task.c.claimed_by == node).values(claimed_until=until))


def has_failed(connection: Connection, kind: TaskKind) -> bool:
    """Return whether the last attempt of a recurring task failed."""
    return bool(connection.execute(select(task.c.error).where(task.c.id == RECURRING[kind])).scalar())
