"""Notifies an operator by email of a sign-in from a device that was not used for their account before."""

import contextlib

from sqlalchemy import Connection

from crumbless.accounts.operator_store import Credentials
from crumbless.accounts.session_list_store import has_had_session, is_known_device
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.mail.mail_message import MailRequest
from crumbless.mail.mail_queue import queue_mail
from crumbless.security.encryption import SecretBox


def queue_new_device_notice(
    connection: Connection, secret_box: SecretBox, person: Credentials, device: str, place: str
) -> None:
    """Queue the email, before the new session is stored. Not for the first session, and not for a known device.

    Args:
        device: a coarse name of the device.
        place: the device's time zone.
    """
    operator = person.operator
    if not has_had_session(connection, operator.id) or is_known_device(connection, operator.id, device):
        return
    values = {"device": device, "place": place, "at": str(now_ms())}
    language = next(iter(operator.languages), "en")
    order = MailRequest("new_sign_in", operator.email, language, values, operator.name)
    # An operator whose address receives no email can still sign in.
    with contextlib.suppress(ApiError):
        queue_mail(connection, secret_box, person.workspace, order)
