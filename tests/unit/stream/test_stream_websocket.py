"""The WebSocket protocol class on real sockets: clients that do not read, and connections that outlive their close."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import pytest_asyncio
from uvicorn.server import ServerState

from crumbless.core.metrics import HttpMetrics
from crumbless.core.settings import read_settings
from crumbless.http import tcp_connections
from crumbless.http.services import Services, by_type
from crumbless.http.tcp_connections import TcpConnections
from crumbless.realtime.command import Commands
from crumbless.realtime.connections import Connections, EncodedFrame
from crumbless.realtime.node_state import NodeState
from crumbless.realtime.stream_registry import StreamRegistry
from crumbless.stream.commands import COMMANDS
from crumbless.stream.stream_websocket import MAX_BACKLOG, StreamWebSocket, WriteCoalescer
from support.raw_http import handshake_of, read_answer
from support.raw_websocket import CLOSE, PING, TEXT, RawWebSocket, close_payload, frame

DEADLINE = 20.0
PAGE = EncodedFrame(b"x" * 60_000)


class Admission(asyncio.Protocol):
    """Admits a connection, as the HTTP protocol does before the upgrade."""

    def __init__(self, node: "Node") -> None:
        self.node = node

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        made = cast(asyncio.Transport, transport)
        self.node.tcp.add(made, "127.0.0.1")
        protocol = StreamWebSocket(self.node.platform, self.node.turn, None, self.node.state, {})
        made.set_protocol(protocol)
        protocol.connection_made(made)


class Node:
    """Streams over WebSocket on a real port, without the services behind them."""

    def __init__(self) -> None:
        self.turn = WriteCoalescer()
        self.state = ServerState()
        self.streams = StreamRegistry()
        self.tcp = TcpConnections(0, 100, 100, 0.5)
        self.settings = read_settings({}, public_url="http://x", unauthenticated_per_address=5)
        self.platform = cast(
            Services,
            SimpleNamespace(
                streams=self.streams,
                of=by_type(self.tcp).__getitem__,
                node=NodeState(),
                connections=Connections(),
                settings=self.settings,
                http=HttpMetrics(),
                commands=Commands(COMMANDS),
            ),
        )
        self.server: asyncio.Server | None = None

    async def start(self) -> None:
        self.server = await asyncio.get_running_loop().create_server(self.protocol, "127.0.0.1", 0)
        self.sweeping = asyncio.create_task(self.tcp.loop.run())
        self.settings.server.allowed_hosts.append(f"127.0.0.1:{self.port}")

    def protocol(self) -> asyncio.Protocol:
        return Admission(self)

    @property
    def port(self) -> int:
        assert self.server is not None
        return int(self.server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> set[Any]:
        return cast("set[Any]", self.state.connections)

    async def connect(self, **changed: str | None) -> RawWebSocket:
        """Return a client with a small receive buffer. uvicorn lowercases header names."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=client, limit=2**12)
        head, *lines = handshake_of(f"127.0.0.1:{self.port}", **changed).decode().split("\r\n")
        lowered = [f"{name.lower()}{colon}{value}" for name, colon, value in (line.partition(": ") for line in lines)]
        writer.write("\r\n".join([head, *lowered]).encode())
        return RawWebSocket(reader, writer, await read_answer(reader))

    async def eventually(self, condition: Callable[[], bool]) -> None:
        """Return once the condition is true."""
        async with asyncio.timeout(DEADLINE):
            while not condition():  # noqa: ASYNC110 - the protocol has no event for it
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    made = Node()
    await made.start()
    yield made
    assert made.server is not None
    made.sweeping.cancel()
    made.server.close()
    for one in [*made.connections]:
        one._transport.abort()
    await made.eventually(lambda: not made.connections)


async def fill(node: Node, raw: RawWebSocket) -> StreamWebSocket:
    """Stop reading, and make the server write more than the kernel accepts, but less than ends a slow client."""
    raw.writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    (connection,) = node.connections
    while not connection.backlog():
        connection.write(PAGE)
        connection.flush()
    assert connection.backlog() < MAX_BACKLOG
    return connection


async def abandon(raw: RawWebSocket) -> None:
    """Close a connection that was reset."""
    with contextlib.suppress(ConnectionError):
        raw.writer.transport.abort()
        await raw.writer.wait_closed()


async def test_client_that_does_not_read_is_aborted(node: Node) -> None:
    idle, raw = await node.connect(), await node.connect()
    raw.writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    await node.eventually(lambda: len(node.connections) == 2)
    watched = next(one for one in node.connections if one._transport.get_extra_info("peername") == _name(raw))
    while not watched.backlog():
        watched.write(PAGE)
        watched.flush()
    await node.eventually(lambda: len(node.connections) == 1)
    assert watched not in node.connections
    assert node.streams.unauthenticated == 1, "the other connection stays open"
    await abandon(raw)
    await idle.close()


def _name(raw: RawWebSocket) -> tuple[str, int]:
    return raw.writer.get_extra_info("sockname")


async def test_client_that_reads_late_gets_everything(node: Node) -> None:
    raw = await node.connect()
    connection = await fill(node, raw)
    connection.write(EncodedFrame(b"last"))
    connection.flush()
    raw.writer.transport.resume_reading()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    while (await raw.receive()) != (TEXT, b"last"):
        pass
    assert connection in node.connections
    await raw.close()


async def test_backlog_over_the_limit_ends_the_connection(node: Node) -> None:
    raw = await node.connect()
    connection = await fill(node, raw)
    for _ in range(MAX_BACKLOG // len(PAGE.text) + 1):
        connection.write(PAGE)
        connection.flush()
    assert node.streams.unauthenticated == 0
    await node.eventually(lambda: not node.connections)
    await abandon(raw)


@pytest.mark.parametrize("by", ["server", "client"])
async def test_connection_that_is_not_read_to_its_close_is_aborted(
    node: Node, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(tcp_connections, "CLOSE_SECONDS", 1.0)
    monkeypatch.setattr(node.tcp, "_unread_seconds", 60.0)
    raw = await node.connect()
    connection = await fill(node, raw)
    if by == "server":
        connection.end(4401, "this session has ended")
    else:
        raw.send(frame(CLOSE, close_payload(1000)))
    await node.eventually(lambda: not node.connections)
    assert len(node.tcp) == 0
    await abandon(raw)


async def test_refused_handshake_is_closed(node: Node) -> None:
    raw = await node.connect(Origin="https://evil.example")
    assert raw.answer.status == 403
    assert await raw.reader.read() == b""
    await node.eventually(lambda: len(node.tcp) == 0)
    await raw.close()


async def test_long_read_does_not_block_other_connections(node: Node) -> None:
    """Two clients send at once. The shorter read is answered before the longer one is read to its end."""
    long, short = await node.connect(), await node.connect()
    await node.eventually(lambda: len(node.connections) == 2)
    for raw in (long, short):
        assert (await raw.receive_json())["op"] == "challenge"
    first = next(one for one in node.connections if one._transport.get_extra_info("peername") == _name(long))
    first.data_received(frame(PING, b"x") * 50_000)
    assert first._reader is not None
    assert first._reader.more, "the premise: not all of it was read"
    assert await long.until_closed() == 4429
    short.send(frame(PING, b"y"))
    assert (await short.receive())[1] == b"y"
    await long.close()
    await short.close()
