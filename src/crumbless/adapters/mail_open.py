"""The way that mails go, by the settings."""

from crumbless.adapters.mail_smtp import SENDER_SETTING, SmtpMail, read_smtp_url
from crumbless.domain.ports import Mail, MailFailed, MailPort
from crumbless.errors import SettingsError
from crumbless.settings import Settings

SENDER_NAME = "Crumbless"
"""Who writes, where the settings name no organisation."""


class NoMail:
    """The port for mails where no server is set: none leaves, and the desk shows each as given up."""

    async def send(self, mail: Mail) -> None:
        """Raises MailFailed."""
        raise MailFailed("no mail server is set (CRUMBLESS_SMTP_URL)", final=True)


def sender_name(settings: Settings) -> str:
    """Who writes, in words."""
    return settings.organisation or SENDER_NAME


def open_mail(settings: Settings) -> MailPort:
    """The port for mails. Nothing is connected yet.

    Raises:
        SettingsError: when the server's address cannot be read, or mails would have no sender.
    """
    if not settings.smtp_url:
        return NoMail()
    server = read_smtp_url(settings.smtp_url)
    if not settings.mail_from:
        raise SettingsError(f"{SENDER_SETTING}: must be set where mails are sent: the address they come from")
    return SmtpMail(server, settings.mail_from, sender_name(settings))
