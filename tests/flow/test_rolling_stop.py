"""A shutdown under load: streams end with 1012, the process exits with 0, and no acknowledged message is lost."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable

import pytest

from support.client import DEADLINE, LOST, PollStream, Stream, StreamOver, Transport, ask
from support.people import BUSY_MACHINE, World, new_entry_id
from support.raw_http import request_of
from support.server import ServerProcess

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


async def send_until_over(stream: Stream, acknowledged: set[str]) -> StreamOver:
    """Send one message after another. Return how the stream ended."""
    while True:
        entry_id = new_entry_id()
        await stream.send("send", id=entry_id, conversation=stream.person.conversation, text="words")
        try:
            while (frame := await stream.receive())["op"] != "ack":
                assert frame["op"] in {"entries", "pong"}, frame
        except StreamOver as over:
            return over
        acknowledged.add(frame["id"])


async def test_shutdown_ends_every_stream_and_loses_no_message(
    start_server: StartServer, open_world: OpenWorld, transport: Transport
) -> None:
    server = start_server()
    world = open_world(server)
    streams = [await world.stream(await world.visitor(), transport) for _ in range(8)]
    idle = await world.stream(await world.visitor(), transport)
    unauthenticated = await world.raw_stream(world.stranger(), transport)
    acknowledged = set[str]()
    sending = [asyncio.create_task(send_until_over(stream, acknowledged)) for stream in streams]

    async def enough() -> bool:
        return len(acknowledged) > 60

    await world.eventually(enough)
    began = time.monotonic()
    server.begin_stop()
    overs = await asyncio.gather(*sending)
    waiting = [await idle.until_over(), await unauthenticated.until_over()]
    assert await asyncio.to_thread(server.wait_stopped) == 0
    assert time.monotonic() - began <= 2 + BUSY_MACHINE
    assert {over.code for over in waiting} == {1012}
    # A polling client can be between two polls. Then it gets no end frame and reconnects as after any lost connection.
    assert {over.code for over in overs} <= ({1012, LOST} if transport == "poll" else {1012})
    stored = {one for (one,) in server.rows("SELECT id FROM entry")}
    assert acknowledged <= stored
    server.start()
    again = await world.stream(streams[0].person, transport)
    await again.until_entry(seq=1)


@pytest.mark.parametrize("transport", ["websocket"])
async def test_unresponsive_client_does_not_delay_the_shutdown(
    start_server: StartServer, open_world: OpenWorld, transport: Transport
) -> None:
    server = start_server()
    world = open_world(server)
    stream = await world.stream(await world.visitor(), transport)
    readers = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(5)]
    readers[0][1].write(b"POST /v1/visitor/start HTTP/1.1\r\nContent-Length: 100\r\n")
    await stream.settled()
    began = time.monotonic()
    server.begin_stop()
    assert await asyncio.to_thread(server.wait_stopped) == 0
    assert time.monotonic() - began <= 2 + BUSY_MACHINE
    for _, writer in readers:
        writer.close()


async def test_client_between_two_polls_is_notified(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    world = open_world(server)
    beside = await world.stream(await world.visitor())
    polls = PollStream(await world.visitor(), world.http)
    opened = await world.http.post(f"{server.address}/v1/stream/open", json={"mode": "poll"})
    polls.id = opened.json()["stream"]
    server.begin_stop()
    # The other stream ends at once, so the server is stopping.
    assert (await beside.until_over()).code == 1012
    frames = (await polls.poll(1)).json()["frames"]
    assert [(frame["op"], frame["code"]) for frame in frames] == [("end", 1012)]
    assert await asyncio.to_thread(server.wait_stopped) == 0


async def test_shutdown_does_not_wait_for_an_incomplete_upload(
    start_server: StartServer, open_world: OpenWorld
) -> None:
    server = start_server()
    world = open_world(server)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    host = f"127.0.0.1:{server.port}"
    half = request_of("POST", "/v1/visitor/start", host, b"x" * 1000, content_type="application/json")[:-500]
    writer.write(half)
    await writer.drain()
    # A later request is answered on another connection, so the incomplete one has arrived.
    await world.http.get(f"{server.address}/healthz")
    began = time.monotonic()
    server.begin_stop()
    assert await asyncio.wait_for(reader.read(), DEADLINE) == b""
    assert await asyncio.to_thread(server.wait_stopped) == 0
    assert time.monotonic() - began < 1 + BUSY_MACHINE, "the shutdown waited for the rest of the upload"
    assert "Cancel" not in server.log()
    writer.close()


async def test_request_that_outlasts_the_shutdown_is_answered_with_busy(
    start_server: StartServer, open_world: OpenWorld
) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def never_respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()
        left.set()

    provider = await asyncio.start_server(never_respond, "127.0.0.1")
    try:
        issuer = f"http://127.0.0.1:{provider.sockets[0].getsockname()[1]}"
        own = {"id": "own", "name": "Own", "issuer": issuer, "client_id": "crumbless"}
        server = start_server(oidc_providers=json.dumps([own]))
        world = open_world(server)
        person = world.stranger()
        waiting = asyncio.create_task(
            ask(world.http, person, "POST", "/v1/desk/sign-in/oidc/start", {"provider": "own"})
        )
        await asyncio.wait_for(asked.wait(), DEADLINE)
        assert not waiting.done(), "the premise: the node waits for the provider"
        server.begin_stop()
        answer = await waiting
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:crumbless:problem:busy"), answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert await asyncio.to_thread(server.wait_stopped) == 0
        await asyncio.wait_for(left.wait(), DEADLINE)
    finally:
        provider.close()
