"""Failed jobs: an operator reads, retries or deletes them."""

from typing import Literal

from sqlalchemy import Connection

from crumbless.actions.audit_write import write_audit
from crumbless.actions.mail_write import open_order
from crumbless.domain.access import Session
from crumbless.domain.mail_order import MailKind
from crumbless.domain.seal import Vault
from crumbless.domain.task import Task, TaskFailed
from crumbless.domain.wire_task import DeadTask, DeadTasks
from crumbless.errors import Refused
from crumbless.store.task_store import dead_tasks, drop_task, revive_task

MAX_SHOWN = 100


def read_failed_tasks(connection: Connection, workspace: int, vault: Vault) -> DeadTasks:
    """Return the failed jobs of the workspace, as many as the desk shows."""
    found = dead_tasks(connection, workspace, MAX_SHOWN + 1)
    return DeadTasks([_view(one, vault) for one in found[:MAX_SHOWN]], len(found) > MAX_SHOWN)


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


def _view(task: Task, vault: Vault) -> DeadTask:
    if task.kind not in ("mail", "file_removal"):
        raise ValueError("no failed job of a workspace has this kind")
    mail: MailKind | Literal[""] = task.payload["mail"] if task.kind == "mail" else ""
    to = _address_of(task, vault) if mail else ""
    return DeadTask(task.id, task.kind, mail, to, task.error, task.tries, task.created_at, task.dead_at)


def _address_of(task: Task, vault: Vault) -> str:
    try:
        return open_order(vault, task).to
    except TaskFailed:
        # Encrypted with a key that is gone: the job is shown nevertheless.
        return ""
