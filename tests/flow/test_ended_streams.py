"""Nothing is delivered to a stream or a session after its end."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from support.client import TRANSPORTS, Frame, Person, PollStream, Transport, ask
from support.people import OTTO, World, say
from support.raw_http import read_answer, request_of
from support.server import ServerProcess


async def open_poll(world: World, person: Person) -> PollStream:
    """A welcomed stream that polls only when the test does."""
    stream = PollStream(person, world.http)
    opened = (await world.http.post(f"{person.address}/v1/stream/open", json={"mode": "poll"})).json()
    stream.id = opened["stream"]
    assert person.key is not None
    nonce = opened["frames"][0]["nonce"]
    proof = person.key.prove("GET", f"{person.address}/v1/stream", nonce, person.token)
    await stream.send("auth", token=person.token, proof=proof, after=None)
    assert [frame["op"] for frame in (await stream.poll(1)).json()["frames"]] == ["welcome"]
    return stream


def texts_of(frames: list[Frame]) -> list[str]:
    """Return the texts of all entries."""
    return [entry["data"]["text"] for frame in frames if frame["op"] == "entries" for entry in frame["entries"]]


async def sign_out(world: World, person: Person) -> None:
    assert (await ask(world.http, person, "POST", "/v1/desk/sign-out")).status_code == 204


async def erase(world: World, person: Person) -> None:
    assert (await ask(world.http, person, "POST", "/v1/visitor/erase")).status_code == 200


StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]
EndSession = Callable[[World, Person], Awaitable[None]]


@pytest.mark.parametrize("end_session", [sign_out, erase])
async def test_poll_after_the_end_of_the_session_gets_only_the_end(world: World, end_session: EndSession) -> None:
    vera = await world.visitor()
    reader, writer = (
        (await world.new_operator(OTTO), vera) if end_session is sign_out else (vera, await world.operator())
    )
    stream, sender = await open_poll(world, reader), await world.stream(writer, after=None)
    await say(sender, "first", conversation=vera.conversation)
    first = (await stream.poll(2)).json()
    assert texts_of(first["frames"]) == ["first"], "the premise"
    await say(sender, "second", conversation=vera.conversation)
    await end_session(world, reader)
    for number in (2, 3):
        repeated = await stream.poll(number)
        assert repeated.status_code == 200
        assert [(frame["op"], frame["code"]) for frame in repeated.json()["frames"]] == [("end", 4401)]


async def test_ended_stream_needs_its_own_token_and_key(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(frames_per_second=1, frame_burst=20))
    vera, victor = await world.visitor(), await world.visitor()
    stream = await open_poll(world, vera)
    sender = await world.stream(await world.operator(), after=None)
    await say(sender, "for Vera", conversation=vera.conversation)
    await stream.send_bytes(b"\n" * 200)
    for other in (
        Person(vera.address),
        victor,
        replace(victor, token=vera.token),
        replace(vera, key=None),
        replace(vera, token=victor.token),
    ):
        refused = await ask(world.http, other, "POST", "/v1/stream/poll", {"after": 2}, crumbless_stream=stream.id)
        assert refused.status_code == 401, refused.text
        sent = await ask(world.http, other, "POST", "/v1/stream/send", content=b"{}", crumbless_stream=stream.id)
        assert sent.status_code == 401
    frames = (await stream.poll(2)).json()["frames"]
    assert texts_of(frames) == ["for Vera"], "the session is valid: it loses no entry"
    assert (frames[-1]["op"], frames[-1]["code"]) == ("end", 4429)


async def test_body_that_arrives_after_the_end_of_the_session_is_refused(world: World) -> None:
    path, otto = "/v1/desk/me", await world.new_operator(OTTO)
    name = (await ask(world.http, otto, "GET", "/v1/desk/me")).json()["name"]
    body = json.dumps({"name": "Somebody else", "languages": ["en"]}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", world.server.port)
    host = world.server.address.removeprefix("http://")
    head = request_of(
        "POST",
        path,
        host,
        body,
        content_type="application/json",
        expect="100-continue",
        **otto.credentials("POST", path),
    )
    writer.write(head[: -len(body)])
    assert b"100" in await reader.readuntil(b"\r\n\r\n"), (
        "the premise: the session was found, and the server waits for the body"
    )
    await sign_out(world, replace(otto))
    writer.write(body)
    answer = await read_answer(reader)
    assert answer.status == 503
    assert answer.header("retry-after") == "1"
    writer.close()
    await writer.wait_closed()
    again = await world.new_operator(OTTO)
    assert (await ask(world.http, again, "GET", "/v1/desk/me")).json()["name"] == name


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_session_has_a_limit_of_streams_over_each_transport(
    start_server: StartServer, open_world: OpenWorld, transport: Transport
) -> None:
    world = open_world(start_server(streams_per_session=2))
    vera = await world.visitor()
    open_streams = [await world.stream(vera, one) for one in ("websocket", transport)]
    third = await world.raw_stream(vera, transport)
    nonce = await third.challenged()
    assert vera.key is not None
    proof = vera.key.prove("GET", f"{vera.address}/v1/stream", nonce, vera.token)
    await third.send("auth", token=vera.token, proof=proof)
    assert (await third.until_over()).code == 4429
    await asyncio.gather(*(one.settled() for one in open_streams))
    await (await world.stream(await world.visitor(), transport)).settled()
