"""Chooses the mail transport from the settings."""

from typing import TYPE_CHECKING

from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import SettingsError
from crumbless.core.settings import CompanySettings, MailSettings
from crumbless.mail.mail_port import Mail, MailFailed, MailPort

if TYPE_CHECKING:
    from crumbless.mail import mail_smtp
else:
    # With its client: 15 ms.
    mail_smtp = deferred_module("crumbless.mail.mail_smtp")

SENDER_NAME = "Crumbless"
"""The sender's name if the settings contain no organisation."""


class NoMail:
    """The port for emails without a mail server: sending fails, and the desk lists each email as failed."""

    async def send(self, mail: Mail) -> None:
        """Raises MailFailed."""
        raise MailFailed("no mail server is set (CRUMBLESS_SMTP_URL)", final=True)


def sender_name(company: CompanySettings) -> str:
    """Return the sender's display name."""
    return company.organisation or SENDER_NAME


def open_mail(settings: MailSettings, sender: str) -> MailPort:
    """Return the port for emails. It is not connected yet.

    Args:
        sender: the sender's display name.

    Raises:
        SettingsError: if the server's address is invalid, or emails would have no sender.
    """
    if not settings.smtp_url:
        return NoMail()
    server = mail_smtp.read_smtp_url(settings.smtp_url)
    if not settings.mail_from:
        raise SettingsError(
            f"{mail_smtp.SENDER_SETTING}: expected the sender's address, because CRUMBLESS_SMTP_URL is set"
        )
    return mail_smtp.SmtpMail(server, settings.mail_from, sender)
