"""The HTTP protocol class on real sockets, with short deadlines."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from crumbless.http import http_protocol
from crumbless.http.http_connections import HttpShell
from crumbless.http.http_protocol import DeadlineHttpProtocol
from crumbless.http.tcp_connections import TcpConnections
from support.raw_http import handshake_of


class Upgraded(asyncio.Protocol):
    """Sends a greeting, and ends only when the client does."""

    def __init__(self, *_: object, **__: object) -> None:
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(b"upgraded\n" if data.startswith(b"GET") else data)


async def _app(scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError(scope)


@pytest.fixture
def shell() -> HttpShell:
    def network_of(_peer: str) -> str:
        return "n"

    return cast(HttpShell, SimpleNamespace(tcp=TcpConnections(0, 100, 100, 30), network_of=network_of))


async def test_websocket_outlives_the_deadline_of_its_request_head(
    shell: HttpShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.2)
    config = uvicorn.Config(_app, ws=Upgraded, log_config=None)  # pyright: ignore[reportArgumentType]
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: DeadlineHttpProtocol(shell, config=config, server_state=ServerState(), app_state={}), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    silent_reader, silent_writer = await asyncio.open_connection("127.0.0.1", port)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(20):
        writer.write(handshake_of(f"127.0.0.1:{port}"))
        assert await reader.readline() == b"upgraded\n"
        # The premise: the deadline is short, and applies to a connection that sends nothing and began after the
        # upgrade.
        assert await silent_reader.read() == b""
        late_reader, late_writer = await asyncio.open_connection("127.0.0.1", port)
        assert await late_reader.read() == b""
        writer.write(b"still here\n")
        assert await reader.readline() == b"still here\n"
    for one in (silent_writer, late_writer, writer):
        one.close()
        await one.wait_closed()
    server.close()
    await server.wait_closed()
