"""Failed jobs, for owners and admins, over HTTP."""

from typing import Literal

from crumbless.actions.mail_write import open_order
from crumbless.actions.task_retry import delete_failed_task, retry_task
from crumbless.api.call import OperatorCall
from crumbless.domain.mail_order import MailKind
from crumbless.domain.seal import Vault
from crumbless.domain.task import Task, TaskFailed
from crumbless.domain.wire_task import DeadTask, DeadTasks
from crumbless.store.task_store import GivenUp, dead_tasks

MOST = 100


async def get_tasks(call: OperatorCall) -> DeadTasks:
    """Return the failed jobs of the workspace."""
    found = await call.read(dead_tasks, call.workspace, MOST + 1)
    return DeadTasks([_told(one, call.platform.vault) for one in found[:MOST]], len(found) > MOST)


async def post_retry(call: OperatorCall, task: int) -> None:
    """Attempt a failed job again."""
    await call.write(retry_task, task)


async def post_drop(call: OperatorCall, task: int) -> None:
    """Delete a failed job."""
    await call.write(delete_failed_task, task)


def _told(one: GivenUp, vault: Vault) -> DeadTask:
    task = one.task
    if task.kind in ("retention", "reset", "attempts", "backup"):
        raise ValueError("this kind belongs to no workspace")
    mail: MailKind | Literal[""] = task.payload["mail"] if task.kind == "mail" else ""
    to = _address_of(task, vault) if mail else ""
    return DeadTask(task.id, task.kind, mail, to, one.error, task.tries, task.created_at, one.dead_at)


def _address_of(task: Task, vault: Vault) -> str:
    try:
        return open_order(vault, task).to
    except TaskFailed:
        # Sealed with a key that is gone: that it failed is told nevertheless.
        return ""
