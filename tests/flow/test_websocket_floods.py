"""A flood of frames without messages ends the stream that sends them. Other chats continue."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from support.people import World, say
from support.raw_websocket import (
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawWebSocket,
    authenticate_raw,
    close_payload,
    connect_raw,
    frame,
)
from support.server import ServerProcess

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

FLOODS = {
    "pings": frame(PING, b""),
    "pongs": frame(PONG, b""),
    "pings of full size": frame(PING, b"x" * 125),
    "empty fragments": frame(CONTINUATION, b"", fin=False),
    "fragments of one byte": frame(CONTINUATION, b" ", fin=False),
}
SIZE = 20_000_000
"""Bytes of a flood: more than the socket buffers hold."""


@pytest.fixture
def world(start_server: StartServer, open_world: OpenWorld) -> World:
    """Start a server with the default limit of frames."""
    return open_world(start_server(frames_per_second=20, frame_burst=80))


async def flood(raw: RawWebSocket, one: bytes) -> tuple[int, int]:
    """Send a flood. Return the close code of the stream and how many bytes the client could send until then."""
    raw.writer.transport.set_write_buffer_limits(high=0)
    sent, piece = 0, one * (20_000 // len(one))

    async def send() -> None:
        nonlocal sent
        while sent < SIZE:
            raw.writer.write(piece)
            await raw.writer.drain()
            sent += len(piece)

    sending = asyncio.ensure_future(send())
    code = await raw.until_close_frame()
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError, ConnectionError):
        await sending
    return code, sent


@pytest.mark.parametrize("authenticated", [False, True])
async def test_flood_of_control_frames_or_fragments_ends_the_stream(world: World, authenticated: bool) -> None:
    chat = await world.stream(await world.visitor())
    for what, one in FLOODS.items():
        raw = await connect_raw(world.server.port)
        if authenticated:
            await authenticate_raw(raw, await world.visitor())
        else:
            assert (await raw.receive_json())["op"] == "challenge"
        raw.send(frame(PING, b"premise"))
        while await raw.receive() != (PONG, b"premise"):
            pass
        if "fragments" in what:
            raw.send(frame(TEXT, b" ", fin=False))
        code, sent = await flood(raw, one)
        assert code == 4429, what
        assert sent < SIZE, f"{what}: the server continued to read"
        assert await raw.is_cut(), what
        assert (await say(chat, "still here"))["op"] == "ack", what
        await raw.close()


async def test_flood_after_the_close_frame_is_not_read(world: World) -> None:
    raw = await connect_raw(world.server.port)
    await authenticate_raw(raw, await world.visitor())
    raw.send(frame(TEXT, b"\xff"))
    assert await raw.until_close_frame() == 1007
    raw.send(frame(PONG) * 500_000)
    assert await raw.is_cut()
    await raw.close()


async def test_close_frame_behind_many_frames_is_answered(world: World) -> None:
    raw = await connect_raw(world.server.port)
    await authenticate_raw(raw, await world.visitor())
    raw.send(*([frame(PONG)] * 79), frame(CLOSE, close_payload(3000)))
    assert await raw.until_closed() == 3000
    await raw.close()


async def test_flood_of_empty_lines_ends_a_stream_over_http(world: World) -> None:
    stream = await world.stream(await world.visitor(), "stream")
    await stream.settled()
    await stream.send_bytes(b"\n" * 60_000)
    assert (await stream.until_over()).code == 4429
