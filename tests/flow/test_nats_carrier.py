"""The bus on a real NATS: authentication, encryption, and separation of installations."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from crumbless.core.errors import SettingsError
from crumbless.realtime.bus_nats import NatsTransport, read_credentials
from crumbless.realtime.bus_network import EVERYBODY
from support.nats import NatsServer
from support.nats_keys import make_certificate, make_credentials

StartNats = Callable[[str], NatsServer]


class End:
    """One node's end of the bus, with the payloads that it received."""

    def __init__(self, *arguments: str) -> None:
        self.transport = NatsTransport(*arguments)
        self.heard: list[bytes] = []
        self.news = asyncio.Event()
        self.doubted = asyncio.Event()
        self.transport.follow(7)
        self.transport.start(self._receive, self.doubted.set)

    def _receive(self, payload: bytes) -> None:
        self.heard.append(payload)
        self.news.set()

    async def connected(self) -> None:
        """Return once it is subscribed to both of its channels."""
        async with asyncio.timeout(20):
            await self.doubted.wait()


MakeEnd = Callable[..., End]


@pytest.fixture
def start_nats() -> Iterator[StartNats]:
    """Return a function that starts a NATS server with these lines in its configuration."""
    started: list[NatsServer] = []

    def start(more: str) -> NatsServer:
        started.append(NatsServer(more))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        server.dispose()


@pytest_asyncio.fixture
async def make_end() -> AsyncIterator[MakeEnd]:
    """Return a function that makes an end of the bus."""
    made: list[End] = []

    def make(*arguments: str) -> End:
        made.append(End(*arguments))
        return made[-1]

    yield make
    await asyncio.gather(*(one.transport.stop() for one in made))


async def exchange(one: End, other: End) -> None:
    """Assert that the other end receives what one end sends, and the sender does not."""
    await asyncio.gather(one.connected(), other.connected())
    await one.transport.send([(8, b"for others"), (7, b"for those who follow"), (EVERYBODY, b"for all")])
    async with asyncio.timeout(10):
        while len(other.heard) < 2:
            await other.news.wait()
            other.news.clear()
    assert other.heard == [b"for those who follow", b"for all"]
    assert one.heard == []


async def test_installations_do_not_receive_each_others_messages(nats: NatsServer, make_end: MakeEnd) -> None:
    one, other, foreign = make_end(nats.url, "a"), make_end(nats.url, "a"), make_end(nats.url, "b")
    await foreign.connected()
    await exchange(one, other)
    # The last message of b arrives after all that might have come from a.
    await make_end(nats.url, "b").connected()
    assert foreign.heard == []


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("user: me, password: 'p@ss/word'", "me:p%40ss%2Fword"),
        ("token: 'a secret:token'", "a%20secret%3Atoken"),
    ],
)
async def test_node_with_the_secret_is_accepted(
    start_nats: StartNats, make_end: MakeEnd, caplog: pytest.LogCaptureFixture, wanted: str, shown: str
) -> None:
    server = start_nats(f"authorization {{ {wanted} }}")
    caplog.set_level(logging.DEBUG)
    url = server.url.replace("//", f"//{shown}@")
    await exchange(make_end(url, "a"), make_end(url, "a"))
    unauthenticated = make_end(server.url, "a")
    async with asyncio.timeout(20):
        while "Authorization Violation" not in caplog.text:  # noqa: ASYNC110 - a log tells nobody
            await asyncio.sleep(0.02)
    assert not unauthenticated.transport.connected
    assert not unauthenticated.doubted.is_set()
    assert shown.rpartition(":")[2] not in caplog.text
    assert "secret" not in caplog.text
    assert "p@ss" not in caplog.text


async def test_node_with_a_credentials_file_is_accepted(
    start_nats: StartNats, make_end: MakeEnd, tmp_path: Path
) -> None:
    file = tmp_path / "node.creds"
    server = start_nats(make_credentials(file))
    await exchange(make_end(server.url, "a", str(file)), make_end(server.url, "a", str(file)))


async def test_tls_is_required_and_verified(
    start_nats: StartNats, nats: NatsServer, make_end: MakeEnd, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority = make_certificate(tmp_path)
    server = start_nats(f'tls {{ cert_file: "{tmp_path}/server.pem", key_file: "{tmp_path}/server.key" }}')
    url = server.url.replace("nats:", "tls:")
    await exchange(make_end(url, "a", "", str(authority)), make_end(url, "a", "", str(authority)))
    untrusting, plain = make_end(url, "a"), make_end(nats.url.replace("nats:", "tls:"), "a", "", str(authority))
    async with asyncio.timeout(20):
        while "SSLCertVerificationError" not in caplog.text or "the server does not ask for TLS" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert not untrusting.doubted.is_set()
    assert not plain.doubted.is_set(), "a server without TLS"


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"(?s).+", ""),
        ("NATS USER JWT", "NATS JWT"),
        ("NKEY SEED", "SEED"),
        (r"\nSU\w+", r"\nSU"),
        (r"\nSU", r"\nSA"),
        (r"\ney", r"\n\ney"),
        (r"\Z", "é"),
    ],
)
def test_invalid_credentials_file_is_reported(tmp_path: Path, pattern: str, replacement: str) -> None:
    file = tmp_path / "node.creds"
    make_credentials(file)
    content = file.read_text()
    file.write_text(content, newline="\r\n")
    assert str(read_credentials(str(file))) == content, "the premise"
    changed = re.sub(pattern, replacement, content)
    assert changed != content
    file.write_text(changed)
    with pytest.raises(SettingsError, match="CRUMBLESS_BUS_CREDENTIALS") as error:
        read_credentials(str(file))
    assert content[60:80] not in str(error.value)


def test_missing_files_are_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CRUMBLESS_BUS_CREDENTIALS"):
        read_credentials(str(tmp_path / "none.creds"))
    with pytest.raises(SettingsError, match="CRUMBLESS_BUS_CA"):
        NatsTransport("tls://127.0.0.1:1", "a", "", str(tmp_path / "none.pem"))
