"""Notifies an operator by email of a change to their sign-in methods, including their own changes."""

import contextlib

from sqlalchemy import Connection

from crumbless.actions.mail_write import queue_mail
from crumbless.domain.mail_order import MailRequest
from crumbless.domain.seal import SecretBox
from crumbless.errors import ApiError
from crumbless.ids import now_ms
from crumbless.store.people_store import Credentials


def queue_factor_notice(
    connection: Connection, secret_box: SecretBox, person: Credentials, change: str, device: str
) -> None:
    """Queue the email.

    Args:
        change: one of domain/mail_order.CHANGES.
        device: a coarse name of the device that made the change; may be empty.
    """
    operator = person.operator
    language = next(iter(operator.languages), "en")
    values = {"change": change, "device": device, "at": str(now_ms())}
    order = MailRequest("factor_changed", operator.email, language, values, operator.name)
    # An operator whose address receives no email can still sign in and change factors.
    with contextlib.suppress(ApiError):
        queue_mail(connection, secret_box, person.workspace, order)
