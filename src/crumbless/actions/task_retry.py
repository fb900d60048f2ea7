"""Failed jobs: an operator retries or deletes them."""

from sqlalchemy import Connection

from crumbless.actions.audit_write import write_audit
from crumbless.domain.access import Session
from crumbless.errors import Refused
from crumbless.store.task_store import drop_task, revive_task


def retry_task(connection: Connection, by: Session, task: int) -> None:
    """Attempt a failed job again. Raises Refused `not_found`."""
    if not revive_task(connection, by.workspace, task):
        raise Refused("not_found")
    write_audit(connection, by, "task_retried", target_kind="task", target_id=str(task))


def delete_failed_task(connection: Connection, by: Session, task: int) -> None:
    """Delete a failed job. Raises Refused `not_found`."""
    if not drop_task(connection, by.workspace, task):
        raise Refused("not_found")
    write_audit(connection, by, "task_dropped", target_kind="task", target_id=str(task))
