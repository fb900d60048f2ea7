"""Notifies an operator by email of many wrong attempts to sign in to their account, at most once a day.

Whether the account exists is looked up only by the task: the response to an attempt, and its timing, are the same for
every address.
"""

import contextlib

from sqlalchemy import Connection

from crumbless.accounts.operator_store import claim_attempts_mail, find_active_operator, find_credentials
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.ledger.ledger_port import LedgerPort
from crumbless.mail.mail_message import MailRequest
from crumbless.mail.mail_queue import queue_mail
from crumbless.security.encryption import DecryptionFailed, SecretBox
from crumbless.tasks.task import Task, TaskFailed
from crumbless.tasks.task_store import add_task

PURPOSE = "attempts"


def queue_attempts_check(connection: Connection, account: str, secret_box: SecretBox) -> None:
    """Queue the check whether to notify the account's operator.

    Args:
        account: an operator's ID or email address, which may not exist.
    """
    add_task(connection, None, "attempts", {}, encrypted=secret_box.encrypt(account.encode(), PURPOSE))


class AttemptsNotify:
    """Runs the tasks of the kind "attempts"."""

    def __init__(self, ledger: LedgerPort, secret_box: SecretBox) -> None:
        self._ledger = ledger
        self._secret_box = secret_box

    async def __call__(self, task: Task) -> None:
        """Queue the email. Raises TaskFailed."""
        try:
            account = self._secret_box.decrypt(task.encrypted or b"", PURPOSE).decode()
        except DecryptionFailed:
            raise TaskFailed("the email was encrypted with another key (CRUMBLESS_SECRET_KEY)", final=True) from None
        await self._ledger.write(lambda connection: notify_of_attempts(connection, account, self._secret_box))


def notify_of_attempts(connection: Connection, account: str, secret_box: SecretBox) -> None:
    """Queue the email, unless the account does not exist or its operator was notified within the last day."""
    person = find_active_operator(connection, account) or find_credentials(connection, account)
    now = now_ms()
    if person is None or not person.active or not claim_attempts_mail(connection, person.operator.id, now, DAY_MS):
        return
    operator = person.operator
    write_audit_log(
        connection,
        person.workspace,
        "attempts_notified",
        target_kind="operator",
        target_id=operator.id,
        target_name=operator.name,
    )
    language = next(iter(operator.languages), "en")
    order = MailRequest("wrong_attempts", operator.email, language, {"at": str(now)}, operator.name)
    # An operator whose address receives no email still signs in.
    with contextlib.suppress(ApiError):
        queue_mail(connection, secret_box, person.workspace, order)
