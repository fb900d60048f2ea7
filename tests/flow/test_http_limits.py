"""Limits of HTTP connections: pipelined requests, responses that are not read, idle connections, their number."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from support.client import Transport, ask
from support.people import OLGA, World
from support.raw_http import DEADLINE, RawAnswer, read_answer, request_of
from support.server import ServerProcess

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

MIB = 2**20
SMALL = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SCRIPT = next((Path(__file__).parents[2] / "src" / "crumbless" / "web_dist" / "assets").glob("desk-*.js"))
WAIT = 60.0
"""Seconds that a busy machine may need for an operation that takes milliseconds."""


class Connection:
    """One TCP connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, request: bytes) -> RawAnswer:
        """Send a request and return its response. Status 0 means that the server closed the connection instead."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(request)
        async with asyncio.timeout(DEADLINE):
            return await read_answer(self.reader)

    async def until_closed(self, seconds: float = WAIT) -> bytes:
        """Return all further bytes until the server closes. Raises TimeoutError if it does not."""
        read = b""
        async with asyncio.timeout(seconds):
            with contextlib.suppress(ConnectionError):
                while data := await self.reader.read(2**16):
                    read += data
        return read

    @property
    def port(self) -> int:
        """Return the client's port."""
        return int(self.writer.get_extra_info("sockname")[1])


Connect = Callable[..., Awaitable[Connection]]


@pytest_asyncio.fixture
async def connect() -> AsyncIterator[Connect]:
    """Return a function that opens connections to a port, from a loopback address of choice."""
    opened: list[Connection] = []

    async def connect(port: int, source: str = "127.0.0.1", window: int = 0) -> Connection:
        raw = socket.socket()
        if window:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        raw.bind((source, 0))
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        opened.append(Connection(*await asyncio.open_connection(sock=raw, limit=2**16)))
        return opened[-1]

    yield connect
    for one in opened:
        one.writer.transport.abort()


def memory_of(server: ServerProcess) -> int:
    """Return the bytes of memory that the server's process uses."""
    return int(psutil.Process(server.pid).memory_info().rss)


def ports_of(server: ServerProcess) -> set[int]:
    """Return the clients' ports of all connections that the server has open."""
    connections = psutil.Process(server.pid).net_connections("tcp")
    return {one.raddr.port for one in connections if one.raddr}


async def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition is true."""
    async with asyncio.timeout(WAIT):
        while not condition():  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.05)
    assert condition(), what


def asset(server: ServerProcess) -> bytes:
    """Return a request for the largest public file."""
    return request_of("GET", f"/assets/{SCRIPT.name}", f"127.0.0.1:{server.port}")


# --- pipelined requests ---------------------------------------------------------------------------------------------


async def test_thirty_three_pipelined_requests_are_answered(server: ServerProcess, connect: Connect) -> None:
    """One is answered while 32 wait."""
    one = await connect(server.port)
    one.writer.write(SMALL * 33)
    async with asyncio.timeout(DEADLINE):
        answers = [await read_answer(one.reader) for _ in range(33)]
    assert {answer.status for answer in answers} == {421}
    assert (await one.ask(request_of("GET", "/healthz", "x"))).status == 200, "the connection still works"


async def test_more_pipelined_requests_close_the_connection(server: ServerProcess, connect: Connect) -> None:
    one = await connect(server.port)
    one.writer.write(SMALL * 34)
    answers = (await one.until_closed()).count(b"HTTP/1.1 421")
    assert answers < 34, "the connection was closed as an idle one, after all requests were answered"


async def test_ten_megabytes_of_pipelined_requests_do_not_grow_memory(
    start_server: StartServer, connect: Connect
) -> None:
    server = start_server()
    for _ in range(20):
        assert (await (await connect(server.port)).ask(SMALL)).status == 421, "the premise: the request is answered"
    before, sent = memory_of(server), 0
    while sent < 10 * MIB:
        one = await connect(server.port)
        with contextlib.suppress(ConnectionError):
            while sent < 10 * MIB:
                one.writer.write(SMALL * 2000)
                sent += len(SMALL) * 2000
                await one.writer.drain()
        await one.until_closed()
    assert memory_of(server) - before < 20 * MIB
    assert (await (await connect(server.port)).ask(SMALL)).status == 421


async def test_large_pipelined_request_is_read_after_the_earlier_ones(server: ServerProcess, connect: Connect) -> None:
    one, host = await connect(server.port), f"127.0.0.1:{server.port}"
    body = b'{"mode":"poll","x":"' + b"y" * 60_000 + b'"}'
    large = request_of("POST", "/v1/stream/open", host, body, Content_Type="application/json")
    one.writer.write(request_of("GET", "/healthz", host) * 5 + large[:-1])
    async with asyncio.timeout(DEADLINE):
        assert [(await read_answer(one.reader)).status for _ in range(5)] == [200] * 5
        one.writer.write(large[-1:])
        assert (await read_answer(one.reader)).status == 400


async def test_trailers_are_ignored(start_server: StartServer, connect: Connect) -> None:
    """A proxy checks and completes the head of a request, so a trailer must not count as part of it."""
    server = start_server(starts_per_hour=1, start_burst=1, trusted_proxies="127.0.0.0/8")
    codes: list[str] = []
    for number in range(4):
        one = await connect(server.port)
        body = json.dumps(
            {"site": "tea-shop", "id": f"01890000-0000-7000-8000-00000000000{number}", "text": "x"}
            | {"page_origin": "https://tea.example"}
        ).encode()
        head = request_of("POST", "/v1/visitor/start", f"127.0.0.1:{server.port}", Content_Type="application/json")
        head = head.removesuffix(b"\r\n") + b"X-Forwarded-For: 203.0.113.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        trailer = f"X-Forwarded-For: 198.51.100.{number}\r\n\r\n".encode()
        answer = await one.ask(head + b"%x\r\n%s\r\n0\r\n" % (len(body), body) + trailer)
        codes.append(json.loads(answer.body).get("type", "started"))
    assert codes[0] == "started", "the premise: the first request is accepted"
    assert codes[1:] == ["urn:crumbless:problem:work_needed"] * 3


@pytest.mark.parametrize("part", ["extension", "trailer"])
async def test_chunked_body_of_framing_only_is_rejected(server: ServerProcess, connect: Connect, part: str) -> None:
    one = await connect(server.port)
    head = request_of("POST", "/v1/stream/poll", f"127.0.0.1:{server.port}", Content_Type="application/json")
    one.writer.write(head.removesuffix(b"\r\n") + b"Transfer-Encoding: chunked\r\n\r\n")
    one.writer.write(b"2;x=" if part == "extension" else b"2\r\n{}\r\n0\r\nX: ")
    answer = await one.ask(b"y" * 200_000)
    assert answer.status == 400
    await one.until_closed()


# --- responses that are not read, and idle connections --------------------------------------------------------------


async def test_connection_with_unread_responses_is_aborted(start_server: StartServer, connect: Connect) -> None:
    server = start_server(unread_seconds=1)
    unread = [await unread_connection(server, connect) for _ in range(5)]
    for one in unread:
        one.writer.write(asset(server) * 33)
    ports = {one.port for one in unread}
    await eventually(lambda: not ports & ports_of(server), "all are gone")


async def test_closed_connection_with_an_unread_last_response_is_aborted(
    start_server: StartServer, connect: Connect
) -> None:
    """The server's own close waits until everything is sent, so it must not end the timeout of the connection."""
    server = start_server(unread_seconds=1)
    one = await unread_connection(server, connect)
    last = asset(server).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    one.writer.write(asset(server) * 32 + last)
    await eventually(lambda: one.port not in ports_of(server), "it is gone")


async def unread_connection(server: ServerProcess, connect: Connect) -> Connection:
    """Return a connection that the server has open, and that reads nothing further.

    An answer shows that it is open. A look at the server's connections after the flood may come too late on a busy
    machine: the server has aborted by then.
    """
    one = await connect(server.port, window=4096)
    assert (await one.ask(SMALL)).status == 421, "the premise: the request is answered and the connection stays open"
    assert one.port in ports_of(server)
    one.writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    return one


async def test_empty_line_does_not_keep_an_idle_connection_open(server: ServerProcess, connect: Connect) -> None:
    one = await connect(server.port)
    assert (await one.ask(SMALL)).status == 421, "the premise: the request is answered and the connection stays open"
    one.writer.write(b"\r\n")
    await one.until_closed()


# --- the number of connections --------------------------------------------------------------------------------------


async def test_one_network_has_a_limit_of_unauthenticated_connections(
    start_server: StartServer, connect: Connect
) -> None:
    server = start_server(unauthenticated_per_address=5)
    silent = [await connect(server.port, "127.0.0.2") for _ in range(60)]
    reading = {asyncio.ensure_future(read_answer(one.reader)) for one in silent}
    await eventually(lambda: sum(one.done() for one in reading) >= 55, "those beyond the limit are answered at once")
    refused = [one.result() for one in reading if one.done()]
    for one in reading:
        one.cancel()
    assert len(refused) == 55
    assert {answer.status for answer in refused} == {429}
    assert all(json.loads(answer.body)["type"] == "urn:crumbless:problem:slow_down" for answer in refused)
    assert {answer.header("retry-after") for answer in refused} == {"5"}
    other = await connect(server.port, "127.0.0.3")
    assert (await other.ask(request_of("GET", "/healthz", "x"))).status == 200
    lines = [line for line in server.log().splitlines() if "connections beyond the limit" in line]
    assert 1 <= len(lines) <= 5, "at most one summary line per second"


async def test_idle_connection_is_closed_for_a_new_one(start_server: StartServer, connect: Connect) -> None:
    server = start_server(unauthenticated_per_address=3)
    probe = request_of("GET", "/healthz", "x")
    idle = [await connect(server.port, "127.0.0.2") for _ in range(3)]
    for one in idle:
        assert (await one.ask(probe)).status == 200
    new = await connect(server.port, "127.0.0.2")
    assert (await new.ask(probe)).status == 200
    await idle[0].until_closed()
    assert (await idle[2].ask(probe)).status == 200, "only the connection that was idle longest"


async def test_authenticated_connections_have_no_limit_per_network(
    start_server: StartServer, open_world: OpenWorld, connect: Connect, transport: Transport
) -> None:
    world = open_world(start_server(unauthenticated_per_address=5))
    people = [await world.visitor() for _ in range(8)]
    streams = [await world.stream(person, transport) for person in people]
    for stream in streams:
        await stream.settled()
    probe = request_of("GET", "/healthz", "x")
    assert (await (await connect(world.server.port)).ask(probe)).status == 200


async def test_trusted_proxy_has_no_limit_of_connections(start_server: StartServer, connect: Connect) -> None:
    server = start_server(unauthenticated_per_address=2, trusted_proxies="127.0.0.2")
    probe = request_of("GET", "/healthz", "x")
    for one in [await connect(server.port, "127.0.0.2") for _ in range(20)]:
        assert (await one.ask(probe)).status == 200


async def test_near_the_total_only_clients_with_a_session_are_served(
    start_server: StartServer, open_world: OpenWorld, connect: Connect
) -> None:
    world = open_world(start_server(connections=20))
    server, olga = world.server, await world.operator(OLGA)
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 200
    silent = [await connect(server.port) for _ in range(17)]
    host = f"127.0.0.1:{server.port}"
    refused = await (await connect(server.port)).ask(request_of("GET", "/desk/", host))
    assert (refused.status, refused.header("retry-after")) == (503, "5")
    assert json.loads(refused.body)["type"] == "urn:crumbless:problem:busy"
    assert (await (await connect(server.port)).ask(request_of("GET", "/healthz", host))).status == 200
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 200
    silent += [await connect(server.port) for _ in range(20)]
    beyond = await connect(server.port)
    assert (await beyond.ask(request_of("GET", "/healthz", host))).status == 503
