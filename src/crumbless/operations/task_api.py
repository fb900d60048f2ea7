"""Failed jobs, for owners and admins, over HTTP."""

from crumbless.http.call import OperatorCall
from crumbless.operations.task_retry import delete_failed_task, read_failed_tasks, retry_task
from crumbless.operations.task_wire import DeadTasks


async def get_tasks(call: OperatorCall) -> DeadTasks:
    """Return the failed jobs of the workspace."""
    return await call.read(read_failed_tasks, call.workspace, call.platform.secret_box)


async def post_retry(call: OperatorCall, task: int) -> None:
    """Attempt a failed job again."""
    await call.write(retry_task, task)


async def post_drop(call: OperatorCall, task: int) -> None:
    """Delete a failed job."""
    await call.write(delete_failed_task, task)
