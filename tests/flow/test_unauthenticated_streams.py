"""A stream that does not authenticate ends after 15 seconds, regardless of the frames that its client sends."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from crumbless.realtime.stream_registry import AUTH_SECONDS, UNAUTHENTICATED_SECONDS
from support.people import BUSY_MACHINE, World
from support.raw_websocket import PING, connect_raw, frame
from support.server import ServerProcess

LIFE_SIGN_SECONDS = 1.0


async def stay_by_websocket(world: World) -> int:
    """Send pings until the stream is over. Return its close code."""
    raw = await connect_raw(world.server.port)
    ended = asyncio.ensure_future(raw.until_close_frame())
    while not ended.done():
        raw.send(frame(PING, b"I am here"))
        await asyncio.wait([ended], timeout=LIFE_SIGN_SECONDS)
    await raw.close()
    return ended.result()


async def stay_by_poll(world: World) -> int:
    """Poll for the same batch until the stream is over. Return its close code."""
    address = f"{world.server.address}/v1/stream"
    opened = (await world.http.post(f"{address}/open", json={"mode": "poll"})).json()
    headers = {"crumbless-stream": opened["stream"]}
    repeats = 0
    waiting = asyncio.ensure_future(world.http.post(f"{address}/poll", json={"after": 1}, headers=headers))
    while not waiting.done():
        repeated = await world.http.post(f"{address}/poll", json={"after": 0}, headers=headers)
        repeats += repeated.status_code == 200
        await asyncio.wait([waiting], timeout=LIFE_SIGN_SECONDS)
    assert repeats > AUTH_SECONDS, "the premise: the server received the client's frames all the time"
    return last_code(waiting.result().json()["frames"])


async def stay_by_streaming_http(world: World) -> int:
    """Read a long response and send empty lines at the same time. Return its close code."""
    address, signs = f"{world.server.address}/v1/stream", 0
    async with world.http.stream("POST", f"{address}/open", json={"mode": "stream"}) as response:
        headers = {"crumbless-stream": response.headers["crumbless-stream"]}

        async def read() -> list[Any]:
            return [json.loads(line) async for line in response.aiter_lines() if line.strip()]

        reading = asyncio.ensure_future(read())
        while not reading.done():
            sent = await world.http.post(f"{address}/send", content=b"\n", headers=headers)
            signs += sent.status_code == 204
            await asyncio.wait([reading], timeout=LIFE_SIGN_SECONDS)
        assert signs > AUTH_SECONDS, "the premise: the server received the client's lines all the time"
        return last_code(reading.result())


def last_code(frames: list[Any]) -> int:
    """Return the code of the `end` frame."""
    assert frames[-1]["op"] == "end", frames
    return int(frames[-1]["code"])


async def test_unauthenticated_stream_ends_after_15_seconds_with_any_frames(world: World) -> None:
    """All transports at the same time, so that the test takes as long as one."""

    async def timed(one: Any) -> tuple[int, float]:
        began = time.monotonic()
        async with asyncio.timeout(UNAUTHENTICATED_SECONDS + 20):
            return await one(world), time.monotonic() - began

    ended = await asyncio.gather(*(timed(one) for one in (stay_by_websocket, stay_by_poll, stay_by_streaming_http)))
    assert [code for code, _ in ended] == [4408] * 3
    assert all(AUTH_SECONDS + 1 < seconds < UNAUTHENTICATED_SECONDS + 2 + BUSY_MACHINE for _, seconds in ended), ended
    await (await world.stream(await world.visitor())).settled()


async def test_network_has_a_limit_of_unauthenticated_streams(
    start_server: Callable[..., ServerProcess], open_world: Callable[[ServerProcess], World]
) -> None:
    """WebSocket and HTTP count together, and another network is not refused."""
    # The connections of a proxy have no limit. Only the streams of the networks that it names have one.
    world = open_world(start_server(unauthenticated_per_address=3, trusted_proxies="127.0.0.0/8"))
    address, port = world.server.address, world.server.port
    here, other_network = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
    sockets = [await connect_raw(port, **here), await connect_raw(port, **here)]
    assert [raw.answer.status for raw in sockets] == [101, 101], "the premise"
    opened = await world.http.post(f"{address}/v1/stream/open", json={"mode": "poll"}, headers=here)
    assert opened.status_code == 200
    sockets.append(await connect_raw(port, **here))
    assert (sockets[-1].answer.status, sockets[-1].answer.header("retry-after")) == (429, "5")
    refused = await world.http.post(f"{address}/v1/stream/open", json={"mode": "poll"}, headers=here)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    sockets.append(await connect_raw(port, **other_network))
    assert sockets[-1].answer.status == 101
    for raw in sockets:
        await raw.close()
