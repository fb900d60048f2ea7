"""Notifies an operator by email of a change to their sign-in methods, including their own changes."""

import contextlib

from sqlalchemy import Connection

from crumbless.accounts.operator_store import Credentials
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.mail.mail_message import MailRequest
from crumbless.mail.mail_queue import queue_mail
from crumbless.security.encryption import SecretBox


def queue_factor_notice(
    connection: Connection, secret_box: SecretBox, person: Credentials, change: str, device: str
) -> None:
    """Queue the email.

    Args:
        change: one of mail_message.CHANGES.
        device: a coarse name of the device that made the change; may be empty.
    """
    operator = person.operator
    language = next(iter(operator.languages), "en")
    values = {"change": change, "device": device, "at": str(now_ms())}
    order = MailRequest("factor_changed", operator.email, language, values, operator.name)
    # An operator whose address receives no email can still sign in and change factors.
    with contextlib.suppress(ApiError):
        queue_mail(connection, secret_box, person.workspace, order)
