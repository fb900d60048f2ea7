"""An overloaded server refuses with documented errors, loses no acknowledged message and delays no other client."""

import asyncio
import json
import socket
from collections.abc import Callable

import psutil
import pytest

from support.client import TRANSPORTS, NdjsonStream, PollStream, Stream, StreamOver, Transport, ask
from support.people import OLGA, OTTO, World, new_entry_id
from support.raw_http import request_of
from support.raw_websocket import RawWebSocket, authenticate_raw, connect_raw
from support.server import ServerProcess

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

BIG = "\U0001f600" * 8_000
"""The longest message: 32 kB on the wire."""

MANY = 500
"""More of the longest messages than a socket buffer can hide from a client that does not read."""


async def burst(stream: Stream, ids: list[str]) -> tuple[set[str], dict[str, float]]:
    """Send all messages at once. Return the acknowledged IDs, and the wait of each refused one."""
    for entry_id in ids:
        await stream.send("send", id=entry_id, conversation=stream.person.conversation, text=f"words {entry_id}")
    taken, refused = set[str](), dict[str, float]()
    while len(taken) + len(refused) < len(ids):
        frame = await stream.receive()
        if frame["op"] == "ack":
            taken.add(frame["id"])
        elif frame["op"] == "error":
            assert frame["code"] in {"busy", "slow_down"}
            assert frame["retry_after"] > 0
            refused[frame["id"]] = frame["retry_after"]
    return taken, refused


async def send_patiently(stream: Stream, ids: list[str]) -> None:
    """Resend refused messages, each after the wait that the server asked for."""
    while ids:
        _, refused = await burst(stream, ids)
        ids = [*refused]
        await asyncio.sleep(max(refused.values(), default=0))


async def test_full_queue_refuses_messages_and_stores_acknowledged_ones(
    start_server: StartServer, open_world: OpenWorld
) -> None:
    server = start_server(ledger_queue=4)
    world = open_world(server)
    streams = [await world.stream(await world.visitor()) for _ in range(6)]
    ids = [[new_entry_id() for _ in range(60)] for _ in streams]
    outcomes = await asyncio.gather(*(burst(stream, own) for stream, own in zip(streams, ids, strict=True)))
    acknowledged = {one for taken, _ in outcomes for one in taken}
    busy = [[*refused] for _, refused in outcomes]
    assert any(busy), "the premise: the queue was full"
    assert acknowledged
    stored = {one for (one,) in server.rows("SELECT id FROM entry WHERE seq > 1")}
    assert stored == acknowledged
    await asyncio.gather(*(send_patiently(stream, own[:6]) for stream, own in zip(streams, busy, strict=True)))
    stored_now = {one for (one,) in server.rows("SELECT id FROM entry WHERE seq > 1")}
    assert stored_now == acknowledged | {one for own in busy for one in own[:6]}
    positions = [one for (one,) in server.rows("SELECT position FROM entry WHERE workspace_id = 1 ORDER BY position")]
    assert positions == [*range(1, len(positions) + 1)]


@pytest.mark.storages("sqlite")
async def test_refused_message_is_accepted_after_the_wait(
    start_server: StartServer, open_world: OpenWorld, transport: Transport
) -> None:
    world = open_world(start_server(visitor_message_burst=5, visitor_messages_per_minute=120))
    stream = await world.stream(await world.visitor(), transport)
    ids = [new_entry_id() for _ in range(9)]
    taken, refused = await burst(stream, ids)
    assert refused, "the premise: the rate was exceeded"
    assert len(taken) >= 5
    assert all(wait <= 1 for wait in refused.values())
    await send_patiently(stream, [*refused])
    stored = {entry["id"] for entry in await world.timeline(stream.person.conversation)}
    assert {*ids} <= stored


@pytest.mark.storages("sqlite")
async def test_stream_of_a_client_that_ignores_waits_is_closed_and_may_be_opened_again(
    start_server: StartServer, open_world: OpenWorld, transport: Transport
) -> None:
    world = open_world(start_server(visitor_message_burst=1, visitor_messages_per_minute=1))
    vera = await world.visitor()
    stream = await world.stream(vera, transport)
    for _ in range(60):
        await stream.send("send", id=new_entry_id(), conversation=vera.conversation, text="x")
    assert (await stream.until_over()).code == 4429
    await (await world.stream(vera, transport)).settled()


@pytest.mark.storages("sqlite")
async def test_flood_of_frames_is_refused(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(frames_per_second=1, frame_burst=5))
    stream = await world.stream(await world.visitor())
    for _ in range(10):
        await stream.send("ping")
    assert (await stream.until("error"))["code"] == "slow_down"
    pongs = [frame["op"] for frame in stream.heard].count("pong")
    assert pongs == 5


async def connect_without_reading(world: World) -> RawWebSocket:
    """Open Otto's stream on a connection with a small receive buffer."""
    raw = await connect_raw(world.server.port)
    raw.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await authenticate_raw(raw, await world.operator(OTTO))
    raw.writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    return raw


async def flood(visitor: Stream) -> None:
    """Send MANY of the longest messages, 20 at a time. Return once all are acknowledged."""
    ids = [new_entry_id() for _ in range(MANY)]
    for first in range(0, MANY, 20):
        some = ids[first : first + 20]
        for entry_id in some:
            text = BIG[: -len(entry_id)] + entry_id
            await visitor.send("send", id=entry_id, conversation=visitor.person.conversation, text=text)
        acknowledged = [(await visitor.until("ack"))["id"] for _ in some]
        assert sorted(acknowledged) == sorted(some)


async def test_client_that_never_reads_is_disconnected_and_misses_nothing_after_reconnecting(
    start_server: StartServer, open_world: OpenWorld
) -> None:
    server = start_server(streams_per_session=2)
    world = open_world(server)
    olga, otto = await world.operator(OLGA), await world.operator(OTTO)
    vera = await world.visitor()
    position = (await ask(world.http, otto, "GET", "/v1/desk/conversations")).json()["position"]
    deaf, polls = await connect_without_reading(world), PollStream(otto, world.http)
    await _open_and_welcome(polls)
    with pytest.raises(StreamOver, match="4429"):
        await world.stream(otto)
    desk, visitor = await world.stream(olga, after=position), await world.stream(vera)
    await flood(visitor)
    last = await desk.until_entry(conversation=vera.conversation, seq=MANY + 1)
    assert [entry["position"] for entry in desk.entries()] == [*range(position + 1, last["position"] + 1)]
    # Two new streams of Otto prove that the server has closed both that he does not read.
    for transport in TRANSPORTS[1:]:
        pair = [await world.stream(otto, one, after=position) for one in ("websocket", transport)]
        for back in pair:
            await back.until_entry(20, conversation=vera.conversation, seq=MANY + 1)
            assert [entry["position"] for entry in back.entries()] == [*range(position + 1, last["position"] + 1)]
        for back in pair:
            await back.close()
    assert (await _drain_polls(polls)).code == 4414
    deaf.writer.transport.abort()
    await deaf.close()


async def _open_and_welcome(stream: PollStream) -> None:
    """Authenticate, read the welcome, and then do not poll."""
    opened = await stream.http.post(f"{stream.person.address}/v1/stream/open", json={"mode": "poll"})
    stream.id = opened.json()["stream"]
    person, nonce = stream.person, opened.json()["frames"][0]["nonce"]
    assert person.key is not None
    proof = person.key.prove("GET", f"{person.address}/v1/stream", nonce, person.token)
    await stream.send("auth", token=person.token, proof=proof, after=None)
    answer = await stream.poll(1)
    assert [frame["op"] for frame in answer.json()["frames"]] == ["welcome"]


async def _drain_polls(stream: PollStream) -> StreamOver:
    """Return how the stream ends for a client that polls late."""
    frames = (await stream.poll(2)).json()["frames"]
    assert frames[-1]["op"] == "end", frames[-1]["op"]
    return StreamOver(frames[-1]["code"])


@pytest.mark.storages("sqlite")
async def test_long_response_that_is_not_read_is_aborted(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    world = open_world(server)
    vera, otto = await world.visitor(), await world.operator(OTTO)
    deaf = NdjsonStream(otto, world.http)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**12)
    body = b'{"mode":"stream"}'
    host = f"127.0.0.1:{server.port}"
    writer.write(request_of("POST", "/v1/stream/open", host, body, content_type="application/json"))
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    deaf.id = next(line.split(": ")[1] for line in head.split("\r\n") if line.lower().startswith("crumbless-stream"))
    await reader.readline()
    challenge = json.loads(await reader.readline())
    assert otto.key is not None
    proof = otto.key.prove("GET", f"{otto.address}/v1/stream", challenge["nonce"], otto.token)
    await deaf.send("auth", token=otto.token, proof=proof, after=None)
    writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    ours = writer.get_extra_info("sockname")[1]
    assert is_connected(server, ours), "the premise: the server holds the connection"
    visitor = await world.stream(vera)
    await flood(visitor)

    async def cut() -> bool:
        return not is_connected(server, ours)

    await world.eventually(cut, 20)
    writer.transport.abort()


def is_connected(server: ServerProcess, port: int) -> bool:
    """Return whether the server has an open connection from this port."""
    connections = psutil.Process(server.pid).net_connections("tcp")
    return any(bool(one.raddr) and one.raddr.port == port for one in connections)
