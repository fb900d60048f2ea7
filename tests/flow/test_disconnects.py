"""Clients that leave in the middle of a response, and floods of refused requests: neither fills the log."""

import asyncio
import json
import re
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from support.client import ask
from support.people import OLGA, World
from support.raw_http import request_of
from support.server import ServerProcess

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

ASSETS = Path(__file__).parents[2] / "src" / "crumbless" / "web_dist" / "assets"
SCRIPT = max(ASSETS.glob("desk*.js"), key=lambda path: path.stat().st_size)
WAIT = 60.0
TIMES = 20

JSON = {"Content_Type": "application/json"}


async def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition is true."""
    async with asyncio.timeout(WAIT):
        while not condition():  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.05)
    assert condition(), what


def disconnect_lines(server: ServerProcess) -> list[str]:
    """Return the log's lines about clients that disconnected."""
    return [line for line in server.log().splitlines() if "the client disconnected" in line]


def connections_of(server: ServerProcess) -> int:
    """Return how many connections the server has open."""
    return sum(bool(one.raddr) for one in psutil.Process(server.pid).net_connections("tcp"))


async def stuck(port: int) -> None:
    """Wait until the kernel accepts no more data from the server for the client at this port."""
    sizes: list[str] = []
    async with asyncio.timeout(WAIT):
        while len(sizes) < 5 or len({*sizes[-5:]}) > 1 or not int(sizes[-1], 16):
            await asyncio.sleep(0.05)
            table = await asyncio.to_thread(Path("/proc/net/tcp").read_text)
            lines = [line.split() for line in table.splitlines()]
            sizes += [line[4].partition(":")[0] for line in lines if line[2].endswith(f":{port:04X}")]


async def leave(port: int, request: bytes, *, until: bytes = b"", full: bool = False) -> None:
    """Send a request, wait for these bytes of the response, and reset the connection with the rest unread.

    Args: full: wait besides until the server can write nothing more.
    """
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(raw, ("127.0.0.1", port))
        await loop.sock_sendall(raw, request)
        read = b""
        async with asyncio.timeout(WAIT):
            while until not in read:
                read += await loop.sock_recv(raw, 1024)
        if full:
            await stuck(raw.getsockname()[1])
    finally:
        raw.close()


def check_log(server: ServerProcess) -> None:
    """Assert that there is no error or traceback, and that each line about a disconnected client is at debug level."""
    lines = server.log().splitlines()
    assert [line for line in lines if re.search("Traceback|Exception| ERROR | WARNING ", line)] == []
    assert all(" DEBUG " in line for line in disconnect_lines(server))


@pytest.fixture
def debug_server(start_server: StartServer) -> ServerProcess:
    return start_server(log_level="debug")


async def test_client_that_leaves_a_response_unread_costs_one_line(debug_server: ServerProcess) -> None:
    """The requests are pipelined, so that a response is being written when the connection is reset."""
    request = request_of("GET", f"/assets/{SCRIPT.name}", f"127.0.0.1:{debug_server.port}") * 33
    await asyncio.gather(*(leave(debug_server.port, request, until=b"200 OK", full=True) for _ in range(TIMES)))
    await eventually(lambda: not connections_of(debug_server), "all are gone")
    assert len(disconnect_lines(debug_server)) == TIMES
    check_log(debug_server)


@pytest.mark.parametrize(
    ("path", "body", "until"),
    [
        ("/v1/stream/open", b'{"mode":"stream"}', b"challenge"),
        ("/v1/stream/open", b'{"mode":"poll"}', b""),
        ("/v1/visitor/start", b"{}", b""),
    ],
)
async def test_client_that_leaves_a_request_of_any_kind_causes_no_error(
    debug_server: ServerProcess, path: str, body: bytes, until: bytes
) -> None:
    request = request_of("POST", path, f"127.0.0.1:{debug_server.port}", body, **JSON)
    rounds = 0
    async with asyncio.timeout(WAIT):
        # The server may answer all of a round before their clients leave.
        while not disconnect_lines(debug_server):
            rounds += 1
            await asyncio.gather(*(leave(debug_server.port, request, until=until) for _ in range(TIMES)))
            await eventually(lambda: not connections_of(debug_server), "all are gone")
    assert len(disconnect_lines(debug_server)) <= rounds * TIMES
    check_log(debug_server)


async def test_client_that_leaves_in_the_middle_of_an_upload_causes_no_error(debug_server: ServerProcess) -> None:
    request = request_of("POST", "/v1/stream/open", f"127.0.0.1:{debug_server.port}", b"x" * 60_000, **JSON)
    await asyncio.gather(*(leave(debug_server.port, request[:-100]) for _ in range(TIMES)))
    await eventually(lambda: len(disconnect_lines(debug_server)) >= TIMES, "each is noticed")
    check_log(debug_server)


async def test_client_that_leaves_a_long_poll_causes_no_error(
    debug_server: ServerProcess, open_world: OpenWorld
) -> None:
    world = open_world(debug_server)
    opened = await world.http.post(f"{debug_server.address}/v1/stream/open", json={"mode": "poll"})
    stream = opened.json()["stream"]
    host = f"127.0.0.1:{debug_server.port}"
    request = request_of("POST", "/v1/stream/poll", host, b'{"after":1}', crumbless_stream=stream, **JSON)
    await leave(debug_server.port, request)
    await eventually(lambda: len(disconnect_lines(debug_server)) == 1, "it is noticed")
    check_log(debug_server)


async def test_client_that_leaves_an_export_causes_no_error_and_ends_it(
    debug_server: ServerProcess, open_world: OpenWorld
) -> None:
    world = open_world(debug_server)
    olga = await world.operator(OLGA)
    columns = "workspace_id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, target_name, details"
    debug_server.change(
        f"WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 30000) "
        f"INSERT INTO audit_log ({columns}) SELECT 1, 1, 'operator', 'x', 'Olga', 'site_changed', 'site', 'x', "
        f"printf('%.300c', 'x'), '{{}}' FROM number"
    )
    whole = await ask(world.http, olga, "GET", "/v1/desk/audit/export")
    assert len(whole.content) > 5_000_000, "the premise: more than any buffer can store"
    host = f"127.0.0.1:{debug_server.port}"
    for _ in range(3):
        path = "/v1/desk/audit/export"
        request = request_of("GET", path, host, b"", **olga.credentials("GET", path))
        await leave(debug_server.port, request, until=b"200 OK", full=True)
    await eventually(lambda: len(disconnect_lines(debug_server)) == 3, "each is noticed")
    check_log(debug_server)


async def test_stream_before_another_request_ends_with_its_connection(debug_server: ServerProcess) -> None:
    """A pipelined request behind a long response does not hide that the client has disconnected."""
    host = f"127.0.0.1:{debug_server.port}"
    opening = request_of("POST", "/v1/stream/open", host, b'{"mode":"stream"}', **JSON)
    await leave(debug_server.port, opening + request_of("GET", "/healthz", host), until=b"challenge")
    await eventually(lambda: len(disconnect_lines(debug_server)) == 1, "it is noticed")
    check_log(debug_server)


async def test_flood_of_malformed_requests_writes_one_line_per_second(debug_server: ServerProcess) -> None:
    async def flood() -> None:
        for _ in range(100):
            reader, writer = await asyncio.open_connection("127.0.0.1", debug_server.port)
            writer.write(b"GET / HTTP/1.1\r\n\0\r\n\r\n")
            assert b" 400 " in await reader.readline()
            writer.close()

    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(flood() for _ in range(5)))

    def counted() -> list[int]:
        return [int(number) for number in re.findall(r"refused (\d+): requests that are not valid", debug_server.log())]

    await eventually(lambda: sum(counted()) == 500, "all are counted")
    assert len(counted()) <= loop.time() - began + 2


async def test_flood_for_another_host_writes_no_line(debug_server: ServerProcess) -> None:
    size = len(debug_server.log())
    for _ in range(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", debug_server.port)
        writer.write(request_of("GET", "/desk/", "evil.example") * 20)
        for _ in range(20):
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 421 " in head
            length = re.search(rb"content-length: (\d+)", head)
            assert length is not None
            assert json.loads(await reader.readexactly(int(length[1])))["status"] == 421
        writer.close()
    assert len(debug_server.log()) == size
