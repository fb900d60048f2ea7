"""Emails by SMTP to a real server: encrypted, authenticated, refused, unreachable, and safe headers."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.errors import ApiError, SettingsError
from crumbless.core.settings import MailSettings
from crumbless.mail.mail_message import check_address, in_one_line
from crumbless.mail.mail_port import Mail, MailFailed
from crumbless.mail.mail_smtp import SmtpMail, SmtpServer, read_smtp_url, write_message
from crumbless.mail.mail_transport import NoMail, open_mail
from support.mail_server import PASSWORD, USER, MailServer, Tls, mail_server, make_certificate

MAIL = Mail("olga@tea.example", "Olga Ölström", "Wählen Sie", "Text\nmit ü", "<p>HTML mit ü</p>")
# Created by the server itself. It cannot know that the connection uses TLS from the start.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

SIGN_IN = f"{USER}:{quote(PASSWORD, safe='')}@"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "localhost.pem")


@pytest.fixture
def plain() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def sender(url: str) -> SmtpMail:
    return SmtpMail(read_smtp_url(url), "chat@tea.example", "Kornblume Tea")


async def failure(url: str) -> MailFailed:
    with pytest.raises(MailFailed) as caught:
        await sender(url).send(MAIL)
    for secret in ("olga", PASSWORD, "127.0.0.1"):
        assert secret not in str(caught.value)
    return caught.value


async def test_email_arrives_complete(plain: MailServer) -> None:
    await sender(f"smtp://127.0.0.1:{plain.port}").send(MAIL)
    [envelope], [message] = plain.taken, plain.messages()
    assert (envelope.mail_from, envelope.rcpt_tos) == ("chat@tea.example", ["olga@tea.example"])
    assert message["To"] == "Olga Ölström <olga@tea.example>"
    assert message["From"] == "Kornblume Tea <chat@tea.example>"
    assert message["Subject"] == "Wählen Sie"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@tea.example>")
    text, html = message.iter_parts()
    parts = [part.get_payload(decode=True) for part in (text, html)]
    assert parts == ["Text\r\nmit ü\r\n".encode(), "<p>HTML mit ü</p>\r\n".encode()]


@pytest.mark.parametrize(
    ("tls", "scheme", "ending"),
    [("from_the_start", "smtps", ""), ("offered", "smtp", ""), ("offered", "smtp", "?tls=required")],
)
async def test_password_is_sent_over_tls_only(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, tls: Tls, scheme: str, ending: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(tls, certificate, signs_in=True) as server:
        await sender(f"{scheme}://{SIGN_IN}127.0.0.1:{server.port}{ending}").send(MAIL)
        assert len(server.taken) == 1


async def test_wrong_password_is_reported(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server("from_the_start", certificate, signs_in=True) as server:
        failed = await failure(f"smtps://{USER}:wrong@127.0.0.1:{server.port}")
    assert str(failed) == "the mail server rejected the user name or password (535)"
    assert not failed.final, "an administrator can fix it"


async def test_untrusted_certificate_is_rejected(certificate: Path) -> None:
    for tls, scheme in (("from_the_start", "smtps"), ("offered", "smtp")):
        with mail_server(tls, certificate) as server:  # pyright: ignore[reportArgumentType]
            failed = await failure(f"{scheme}://127.0.0.1:{server.port}")
            assert server.taken == []
        assert "certificate" in str(failed)


async def test_server_without_tls_gets_no_password(plain: MailServer) -> None:
    failed = await failure(f"smtp://{SIGN_IN}127.0.0.1:{plain.port}")
    assert "could not be reached" in str(failed)
    assert plain.taken == []


async def test_permanently_refused_address_is_not_retried(plain: MailServer) -> None:
    plain.refusal = "550 No such user olga@tea.example"
    failed = await failure(f"smtp://127.0.0.1:{plain.port}")
    assert (str(failed), failed.final) == ("the mail server rejected the address (550)", True)
    plain.refusal = "450 Later"
    failed = await failure(f"smtp://127.0.0.1:{plain.port}")
    assert (str(failed), failed.final) == ("the mail server rejected the address (450)", False)


async def test_unreachable_server_is_reported() -> None:
    assert "could not be reached" in str(await failure("smtp://127.0.0.1:9"))


async def test_missing_server_is_reported() -> None:
    mails = open_mail(MailSettings(), "Tea")
    assert isinstance(mails, NoMail)
    with pytest.raises(MailFailed, match="no mail server is set") as caught:
        await mails.send(MAIL)
    assert caught.value.final


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 587, "", "", "if_offered")),
        ("smtp://mail.example:25?tls=off", SmtpServer("mail.example", 25, "", "", "off")),
        ("smtp://mail.example?tls=required", SmtpServer("mail.example", 587, "", "", "required")),
        ("smtp://a%40b:c%2Fd@mail.example", SmtpServer("mail.example", 587, "a@b", "c/d", "required")),
        ("smtp://a:b@mail.example?tls=off", SmtpServer("mail.example", 587, "a", "b", "off")),
        ("smtps://mail.example/", SmtpServer("mail.example", 465, "", "", "from_the_start")),
        ("smtps://[::1]:2465", SmtpServer("::1", 2465, "", "", "from_the_start")),
    ],
)
def test_smtp_url_is_parsed(url: str, server: SmtpServer) -> None:
    assert read_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://secret@mail.example",
        "smtp://",
        "smtp://secret@mail.example:0",
        "smtp://secret@mail.example:99999",
        "smtp://secret@mail.example/path",
        "smtp://secret@mail.example?tls=perhaps",
        "smtp://secret@mail.example?tls",
        "smtps://secret@mail.example?tls=off",
        "smtp://secret@mail.example?other=1",
        "smtp://secret@mail.example#x",
    ],
)
def test_invalid_url_stops_the_start_and_is_reported_without_the_secret(url: str) -> None:
    with pytest.raises(SettingsError, match="CRUMBLESS_SMTP_URL: expected") as caught:
        read_smtp_url(url)
    assert "secret" not in str(caught.value)


def test_sending_email_requires_a_sender() -> None:
    assert isinstance(
        open_mail(MailSettings(smtp_url="smtp://mail.example", mail_from="chat@tea.example"), "Tea"), SmtpMail
    )
    with pytest.raises(SettingsError, match="CRUMBLESS_MAIL_FROM"):
        open_mail(MailSettings(smtp_url="smtp://mail.example"), "Tea")


@given(st.text(), st.text())
def test_threat_58_name_or_subject_cannot_add_a_header(name: str, subject: str) -> None:
    mail = Mail(MAIL.to, in_one_line(name), in_one_line(subject), "text", "<p>html</p>")
    written = write_message(mail, "chat@tea.example", in_one_line(subject))
    head = written.as_bytes().partition(b"\r\n\r\n")[0].split(b"\r\n")
    named = [line.partition(b":")[0] for line in head if not line.startswith(b" ")]
    wanted = [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"MIME-Version", b"Content-Type"]
    assert sorted(named) == sorted(wanted)


@pytest.mark.parametrize("place", ["to_name", "subject"])
def test_threat_58_line_break_is_refused_before_sending(place: str) -> None:
    changed = {"to_name": MAIL.to_name, "subject": MAIL.subject} | {place: "Olga\r\nBcc: all@tea.example"}
    with pytest.raises(ValueError, match=r"linefeed|CR or LF|invalid"):
        write_message(Mail(MAIL.to, changed["to_name"], changed["subject"], "", ""), "chat@tea.example", "Tea")


@given(st.from_regex(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,20}@[a-zA-Z0-9.-]{1,20}", fullmatch=True))
def test_every_accepted_address_can_be_sent_to(address: str) -> None:
    try:
        check_address(address)
    except ApiError:
        return
    mail = Mail(address, "", "subject", "", "")
    assert write_message(mail, "chat@tea.example", "Tea")["To"].addresses[0].addr_spec == address
