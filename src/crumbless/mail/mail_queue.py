"""Queues emails, each in the transaction of the action that causes it."""

import contextlib
from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, delete, select

from crumbless.ledger.tables import task
from crumbless.mail.mail_message import CHANGES, VALUES, MailRequest, check_address, in_one_line
from crumbless.security.encryption import DecryptionFailed, SecretBox
from crumbless.tasks.task import Task, TaskFailed
from crumbless.tasks.task_store import add_task

PURPOSE = "mail"


def queue_mail(connection: Connection, secret_box: SecretBox, workspace: int, mail: MailRequest) -> None:
    """Queue an email, to be sent after this transaction is committed.

    The address, names and the secret of a link are encrypted in the database, and deleted when the email is sent. If
    no mail server is configured, the email becomes a failed job with this error.

    Raises:
        ApiError: `invalid` if the email address is invalid.
        ValueError: if the values do not match the kind of email.
    """
    check_address(mail.to)
    if frozenset(mail.values) != VALUES[mail.kind]:
        raise ValueError(f"an email of the kind {mail.kind} needs {sorted(VALUES[mail.kind])}")
    if mail.values.get("change", CHANGES[0]) not in CHANGES:
        raise ValueError(f"a change is one of {CHANGES}")
    cleaned = msgspec.structs.replace(
        mail,
        to_name=in_one_line(mail.to_name),
        values={name: in_one_line(value) for name, value in mail.values.items()},
    )
    encrypted = secret_box.encrypt(msgspec.json.encode(cleaned), PURPOSE)
    add_task(connection, workspace, "mail", {"mail": mail.kind}, encrypted=encrypted, about=mail.about)


def delete_mail_to(connection: Connection, secret_box: SecretBox, addresses: Collection[str]) -> int:
    """Delete the emails to these addresses (in lower case) that wait or have failed. Return their number.

    The addresses are encrypted, so each one is decrypted.
    """
    found: list[int] = []
    for row in connection.execute(select(task.c.id, task.c.encrypted).where(task.c.kind == "mail")):
        with contextlib.suppress(DecryptionFailed, msgspec.DecodeError):
            mail = msgspec.json.decode(secret_box.decrypt(row.encrypted or b"", PURPOSE), type=MailRequest)
            if mail.to.lower() in addresses:
                found.append(row.id)
    connection.execute(delete(task).where(task.c.id.in_(found)))
    return len(found)


def read_mail_request(secret_box: SecretBox, task: Task) -> MailRequest:
    """Return the content of a queued email.

    Raises:
        TaskFailed: if it was encrypted with another key than this installation's.
    """
    try:
        return msgspec.json.decode(secret_box.decrypt(task.encrypted or b"", PURPOSE), type=MailRequest)
    except (DecryptionFailed, msgspec.DecodeError):
        raise TaskFailed("the email was encrypted with another key (CRUMBLESS_SECRET_KEY)", final=True) from None
