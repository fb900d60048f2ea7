"""A real mail server on this machine (aiosmtpd): accepts or rejects emails, and stores the accepted ones."""

import asyncio
import datetime
import email
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from support.server import wait_until

Tls = Literal["none", "offered", "from_the_start"]
USER, PASSWORD = "crumbless", "s3cret/word"


class MailServer:
    """One mail server, in a separate thread.

    Args:
        certificate: a file with key and certificate, for TLS.
        signs_in: whether it requires USER and PASSWORD.
    """

    def __init__(self, tls: Tls = "none", certificate: Path | None = None, signs_in: bool = False) -> None:
        self.taken: list[Envelope] = []
        self.refusal = ""
        """Answered to every recipient, when there is one."""
        self.holds = threading.Event()
        """While it is not set, received emails are not acknowledged."""
        self.holds.set()
        self.arrived = 0
        self.port = 0
        self._tls: Tls = tls
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._signs_in = signs_in
        self._protocols: list[SMTP] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, to: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take the recipient, or do not."""
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Accept the email."""
        self.arrived += 1
        await self._loop.run_in_executor(None, self.holds.wait)
        self.taken.append(envelope)
        return "250 OK"

    def messages(self) -> list[EmailMessage]:
        """Return the accepted emails, parsed."""
        return [email.message_from_bytes(cast(bytes, one.content), policy=default) for one in self.taken]

    def texts(self) -> list[str]:
        """The plain text of each."""
        bodies = [message.get_body(("plain",)) for message in self.messages()]
        return [str(body.get_content()) for body in bodies if body is not None]

    def wait_for(self, number: int, seconds: float = 15) -> list[EmailMessage]:
        """Return the emails once there are `number` of them."""
        wait_until(lambda: len(self.taken) >= number, seconds, f"{number} mails arrive")
        return self.messages()

    def _protocol(self) -> SMTP:
        def check(_server: Any, _session: Any, _envelope: Any, _mechanism: Any, data: LoginPassword) -> AuthResult:
            known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
            return AuthResult(success=known, handled=known)

        offered = self._tls == "offered"
        protocol = SMTP(
            self,
            hostname="mail.example",
            loop=self._loop,
            tls_context=self._context if offered else None,
            auth_required=self._signs_in,
            auth_require_tls=offered,
            authenticator=check if self._signs_in else None,
        )
        self._protocols.append(protocol)
        return protocol

    def start(self) -> None:
        """Listen on a free port."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)))
        self._thread.start()
        assert ready.wait(10)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        context = self._context if self._tls == "from_the_start" else None
        server = await self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._over.wait()
        server.close()
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.close()

    def stop(self) -> None:
        """End it."""
        self.holds.set()
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()


@contextmanager
def mail_server(tls: Tls = "none", certificate: Path | None = None, signs_in: bool = False) -> Generator[MailServer]:
    """A mail server for the length of a test."""
    server = MailServer(tls, certificate, signs_in)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def make_certificate(path: Path) -> Path:
    """Write key and certificate of localhost into one file. Clients that trust it need the file as well."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    return path
