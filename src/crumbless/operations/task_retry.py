"""Reads, retries and deletes failed jobs."""

from typing import Literal

from sqlalchemy import Connection

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.ledger.transaction import Transaction
from crumbless.mail.mail_message import MailKind
from crumbless.mail.mail_queue import read_mail_request
from crumbless.operations.task_wire import DeadTask, DeadTasks
from crumbless.security.access import Session
from crumbless.security.encryption import SecretBox
from crumbless.tasks.task import Task, TaskFailed
from crumbless.tasks.task_store import dead_tasks, drop_task, retry_dead

MAX_SHOWN = 100


def read_failed_tasks(connection: Connection, workspace: int, secret_box: SecretBox) -> DeadTasks:
    """Return the newest failed jobs of the workspace, at most MAX_SHOWN."""
    found = dead_tasks(connection, workspace, MAX_SHOWN + 1)
    return DeadTasks([_view(one, secret_box) for one in found[:MAX_SHOWN]], len(found) > MAX_SHOWN)


def retry_task(tx: Transaction, actor: Session, task: int) -> None:
    """Attempt a failed job again. Raises ApiError `not_found`."""
    if not retry_dead(tx.connection, actor.workspace, task):
        raise ApiError("not_found")
    write_audit_log(tx.connection, actor, "task_retried", target_kind="task", target_id=str(task))


def delete_failed_task(tx: Transaction, actor: Session, task: int) -> None:
    """Delete a failed job. Raises ApiError `not_found`."""
    if not drop_task(tx.connection, actor.workspace, task):
        raise ApiError("not_found")
    write_audit_log(tx.connection, actor, "task_dropped", target_kind="task", target_id=str(task))


def _view(task: Task, secret_box: SecretBox) -> DeadTask:
    if task.kind not in ("mail", "file_removal", "author_names"):
        raise ValueError("no failed job of a workspace has this kind")
    mail: MailKind | Literal[""] = task.payload["mail"] if task.kind == "mail" else ""
    to = _address_of(task, secret_box) if mail else ""
    return DeadTask(
        id=task.id,
        kind=task.kind,
        mail=mail,
        to=to,
        error=task.error,
        attempts=task.attempts,
        created_at=task.created_at,
        dead_at=task.dead_at,
    )


def _address_of(task: Task, secret_box: SecretBox) -> str:
    try:
        return read_mail_request(secret_box, task).to
    except TaskFailed:
        # Encrypted with a lost key. The job is shown without its address.
        return ""
