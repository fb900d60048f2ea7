"""Sends emails through a mail server (RFC 5321), encrypted if possible, and always if a password is sent."""

import asyncio
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, make_msgid
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib

from crumbless.core.errors import SettingsError
from crumbless.mail.mail_port import Mail, MailFailed

DEADLINE_SECONDS = 30.0
"""For a whole email, from the connection to the server's last response."""

URL_SETTING = "CRUMBLESS_SMTP_URL"
SENDER_SETTING = "CRUMBLESS_MAIL_FROM"
_EXPECTED = (
    "expected smtp://USER:PASSWORD@HOST:PORT or smtps://…; USER:PASSWORD@ and :PORT are optional; "
    "smtp:// may end with ?tls=required or ?tls=off"
)

Tls = Literal["from_the_start", "required", "if_offered", "off"]


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The address of a mail server, and how to connect."""

    host: str
    port: int
    user: str
    password: str
    tls: Tls


def read_smtp_url(text: str) -> SmtpServer:
    """Return the server that the setting names.

    Raises:
        SettingsError: without the setting's text, which may contain a password.
    """
    try:
        url = urlsplit(text)
        port = url.port
        options = dict(parse_qsl(url.query, strict_parsing=True)) if url.query else {}
    except ValueError:
        raise SettingsError(f"{URL_SETTING}: {_EXPECTED}") from None
    secure = url.scheme == "smtps"
    tls = options.pop("tls", "")
    wrong = options or url.fragment or url.path not in {"", "/"} or not url.hostname or port == 0
    if wrong or url.scheme not in {"smtp", "smtps"} or tls not in ({""} if secure else {"", "required", "off"}):
        raise SettingsError(f"{URL_SETTING}: {_EXPECTED}")
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return SmtpServer(
        url.hostname or "", port or (465 if secure else 587), user, password, _tls(secure, tls, bool(user))
    )


def _tls(secure: bool, option: str, signs_in: bool) -> Tls:
    if secure:
        return "from_the_start"
    if option == "off":
        return "off"
    # An attacker in the network can strip STARTTLS from the server's capabilities, so a password requires encryption.
    return "required" if option == "required" or signs_in else "if_offered"


class SmtpMail:
    """The port for emails, by SMTP.

    Args:
        sender: the sender's address, which also receives replies.
        sender_name: the sender's display name.
    """

    def __init__(self, server: SmtpServer, sender: str, sender_name: str) -> None:
        self._server = server
        self._sender = sender
        self._sender_name = sender_name

    async def send(self, mail: Mail) -> None:
        """Send the email. Raises MailFailed."""
        message = write_message(mail, self._sender, self._sender_name)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self._hand_over(message)
        except (TimeoutError, aiosmtplib.SMTPTimeoutError):
            raise MailFailed("the mail server did not respond in time") from None
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = refused.recipients[0].code
            raise MailFailed(f"the mail server rejected the address ({code})", final=code >= 500) from None
        except aiosmtplib.SMTPAuthenticationError as refused:
            raise MailFailed(f"the mail server rejected the user name or password ({refused.code})") from None
        except aiosmtplib.SMTPResponseException as refused:
            raise MailFailed(
                f"the mail server rejected the email ({refused.code})", final=refused.code >= 500
            ) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailFailed(_why_unreachable(error)) from None

    async def _hand_over(self, message: EmailMessage) -> None:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.tls == "from_the_start",
            start_tls={"required": True, "if_offered": None}.get(server.tls, False),
            tls_context=None if server.tls == "off" else ssl.create_default_context(),
            timeout=DEADLINE_SECONDS,
            # Not the machine's name, which would reveal the internal network.
            local_hostname=self._sender.partition("@")[2],
        )
        async with client:
            await client.send_message(message)


def _why_unreachable(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the mail server's certificate is not valid, or not for its name"
        cause = cause.__cause__ or cause.__context__
    return f"the mail server could not be reached ({type(error).__name__})"


def write_message(mail: Mail, sender: str, sender_name: str) -> EmailMessage:
    """Return the email in the format of RFC 5322: its text first, and its HTML as the alternative."""
    message = EmailMessage(policy=SMTP)
    # The header classes reject line ends, so no name or subject can add a header.
    message["From"] = Address(sender_name, addr_spec=sender)
    message["To"] = Address(mail.to_name, addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    # RFC 3834: automatic replies are not wanted.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
