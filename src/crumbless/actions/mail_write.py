"""Queues the emails that acts cause, each in the transaction of its act."""

import msgspec
from sqlalchemy import Connection

from crumbless.domain.mail_order import CHANGES, VALUES, MailRequest, check_address, in_one_line
from crumbless.domain.seal import DecryptionFailed, SecretBox
from crumbless.domain.task import Task, TaskFailed
from crumbless.store.task_store import add_task

PURPOSE = "mail"


def queue_mail(connection: Connection, secret_box: SecretBox, workspace: int, mail: MailRequest) -> None:
    """Have an email sent once this transaction is committed.

    Address, names and the secret of a link are encrypted in the database, and gone from it when the email is sent.
    Where no
    mail server is set, the email becomes a dead letter that says so.

    Raises:
        ApiError: `invalid` if it is not a valid mail address.
        ValueError: when the order's values are not those that its kind needs.
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


def read_mail_request(secret_box: SecretBox, task: Task) -> MailRequest:
    """What a queued mail says.

    Raises:
        TaskFailed: when it was queued under another key than this installation's.
    """
    try:
        return msgspec.json.decode(secret_box.decrypt(task.encrypted or b"", PURPOSE), type=MailRequest)
    except (DecryptionFailed, msgspec.DecodeError):
        raise TaskFailed("it was encrypted with another key (CRUMBLESS_SECRET_KEY)", final=True) from None
