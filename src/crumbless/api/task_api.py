"""What owners and admins see of work that was given up, and what they can do about it."""

from typing import Literal

import msgspec
from litestar import Response
from sqlalchemy import Connection

from crumbless.actions.audit_write import write_audit
from crumbless.actions.mail_write import open_order
from crumbless.api.request_read import AnyRequest, platform_of, read_operator
from crumbless.domain.access import Session
from crumbless.domain.mail_order import MailKind
from crumbless.domain.seal import Vault
from crumbless.domain.task import Task, TaskFailed
from crumbless.domain.wire_task import DeadTask, DeadTasks
from crumbless.errors import Refused
from crumbless.store.task_store import GivenUp, dead_tasks, drop_task, revive_task

MOST = 100
MAX_TASK = 2**31 - 1


async def get_tasks(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/tasks."""
    session = await read_operator(request)
    platform = platform_of(request)
    found = await platform.reader.read(lambda connection: dead_tasks(connection, session.workspace, MOST + 1))
    answer = DeadTasks([_told(one, platform.vault) for one in found[:MOST]], len(found) > MOST)
    return Response(msgspec.json.encode(answer), status_code=200, media_type="application/json")


async def post_retry(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/tasks/ID/retry."""
    session = await read_operator(request)
    number = _number(request)

    def retry(connection: Connection) -> None:
        if not revive_task(connection, session.workspace, number):
            raise Refused("not_found")
        _note(connection, session, "task_retried", number)

    await platform_of(request).ledger.write(retry)
    return Response(None, status_code=204)


async def post_drop(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/tasks/ID/drop."""
    session = await read_operator(request)
    number = _number(request)

    def drop(connection: Connection) -> None:
        if not drop_task(connection, session.workspace, number):
            raise Refused("not_found")
        _note(connection, session, "task_dropped", number)

    await platform_of(request).ledger.write(drop)
    return Response(None, status_code=204)


def _note(connection: Connection, session: Session, act: str, number: int) -> None:
    write_audit(connection, session, act, target_kind="task", target_id=str(number))


def _number(request: AnyRequest) -> int:
    text: str = request.path_params["task"]
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_TASK):
        raise Refused("not_found")
    return int(text)


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
