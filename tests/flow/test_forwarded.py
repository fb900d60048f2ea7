"""Threat 62: X-Forwarded-For in several lines is read as one list, in HTTP requests and WebSocket handshakes."""

import asyncio
import json
from collections.abc import Callable

import pytest

from support.people import TEA, new_entry_id
from support.raw_http import DEADLINE, ask_raw, handshake_of, read_answer, request_of
from support.server import ServerProcess

StartServer = Callable[..., ServerProcess]

CLIENT = "203.0.113.7"


def with_lines(request: bytes, *hops: str) -> bytes:
    """Send the request with one line of X-Forwarded-For for each value, in this order."""
    lines = "".join(f"X-Forwarded-For: {one}\r\n" for one in hops).encode()
    return request.replace(b"\r\n", b"\r\n" + lines, 1)


def start_of(port: int) -> bytes:
    """Send a visitor's first message."""
    body = {"site": TEA.key, "id": new_entry_id(), "text": "x", "page_origin": TEA.origin}
    host = f"127.0.0.1:{port}"
    return request_of("POST", "/v1/visitor/start", host, json.dumps(body).encode(), Content_Type="application/json")


LINES: dict[str, Callable[[int], tuple[str, ...]]] = {
    "one line": lambda _: (CLIENT,),
    "the client's line first": lambda number: (f"198.51.100.{number}", CLIENT),
    "two lines of the client": lambda number: (f"198.51.100.{number}", f"192.0.2.{number}", CLIENT),
    "a trusted hop in the last line": lambda number: (f"198.51.100.{number}, {CLIENT}", "127.0.0.9"),
    "joined": lambda number: (f"198.51.100.{number}, {CLIENT}",),
}


@pytest.mark.parametrize("case", [*LINES])
async def test_client_cannot_evade_a_limit_with_its_own_header_lines(start_server: StartServer, case: str) -> None:
    server = start_server(
        trusted_proxies="127.0.0.0/8", starts_per_hour=1, start_burst=2, unauthenticated_per_address=2
    )
    statuses = [
        (await ask_raw(server.port, with_lines(start_of(server.port), *LINES[case](number)))).status
        for number in range(5)
    ]
    assert statuses == [201, 201, 429, 429, 429]
    other = with_lines(start_of(server.port), "198.51.100.200, 203.0.113.8")
    assert (await ask_raw(server.port, other)).status == 201, "another client has a separate limit"


async def open_stream(port: int, *hops: str) -> tuple[int, asyncio.StreamWriter]:
    """Return the status of a handshake, and its connection, which stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(with_lines(handshake_of(f"127.0.0.1:{port}"), *hops))
    async with asyncio.timeout(DEADLINE):
        return (await read_answer(reader)).status, writer


@pytest.mark.parametrize("case", [*LINES])
async def test_client_cannot_evade_the_limit_of_streams_with_its_own_header_lines(
    start_server: StartServer, case: str
) -> None:
    server = start_server(trusted_proxies="127.0.0.0/8", unauthenticated_per_address=2)
    opened = [await open_stream(server.port, *LINES[case](number)) for number in range(4)]
    opened.append(await open_stream(server.port, "198.51.100.200, 203.0.113.8"))
    assert [status for status, _ in opened] == [101, 101, 429, 429, 101]
    for _, writer in opened:
        writer.close()
