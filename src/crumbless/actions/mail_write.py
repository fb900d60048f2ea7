"""Queues the mails that acts cause, each in the transaction of its act."""

import msgspec
from sqlalchemy import Connection

from crumbless.domain.mail_order import CHANGES, VALUES, MailOrder, check_address, in_one_line
from crumbless.domain.seal import SealBroken, Vault
from crumbless.domain.task import Task, TaskFailed
from crumbless.store.task_store import add_task

PURPOSE = "mail"


def queue_mail(connection: Connection, vault: Vault, workspace: int, order: MailOrder) -> None:
    """Have a mail sent once this transaction is committed.

    Address, names and the secret of a link are sealed in the database, and gone from it when the mail is sent. Where no
    mail server is set, the mail becomes a dead letter that says so.

    Raises:
        Refused: `invalid` for what is no mail address.
        ValueError: when the order's values are not those that its kind needs.
    """
    check_address(order.to)
    if frozenset(order.values) != VALUES[order.kind]:
        raise ValueError(f"a mail of the kind {order.kind} needs {sorted(VALUES[order.kind])}")
    if order.values.get("change", CHANGES[0]) not in CHANGES:
        raise ValueError(f"a change is one of {CHANGES}")
    cleaned = msgspec.structs.replace(
        order,
        to_name=in_one_line(order.to_name),
        values={name: in_one_line(value) for name, value in order.values.items()},
    )
    sealed = vault.seal(msgspec.json.encode(cleaned), PURPOSE)
    add_task(connection, workspace, "mail", {"mail": order.kind}, sealed=sealed, about=order.about)


def open_order(vault: Vault, task: Task) -> MailOrder:
    """What a queued mail says.

    Raises:
        TaskFailed: when it was queued under another key than this installation's.
    """
    try:
        return msgspec.json.decode(vault.open(task.sealed or b"", PURPOSE), type=MailOrder)
    except (SealBroken, msgspec.DecodeError):
        raise TaskFailed("it was sealed with another key (CRUMBLESS_SECRET_KEY)", final=True) from None
