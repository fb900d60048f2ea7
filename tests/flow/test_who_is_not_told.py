"""Visitors receive only their own conversation, operators only their workspace. Each refusal proves its premise."""

import asyncio

import pytest

from support.client import PollStream, Transport, ask
from support.people import BIKES, OLGA, OSKAR, World, new_entry_id, say

pytestmark = pytest.mark.storages("sqlite", "postgres")

ABSENT = "00000000-0000-7000-8000-000000000000"


async def test_conversation_of_another_visitor_is_answered_as_unknown(world: World, transport: Transport) -> None:
    vera, victor = await world.visitor(), await world.visitor()
    own, other = await world.stream(vera, transport), await world.stream(victor, transport)
    assert (await say(own, "Mine"))["op"] == "ack", "the premise: the same frame from its own visitor works"
    refused = await say(other, "Not mine", "", vera.conversation)
    absent = await say(other, "Not there", "", ABSENT)
    assert refused["code"] == absent["code"] == "unknown_conversation"
    assert refused["message"] == absent["message"], "the refusal reveals that the conversation exists"
    # "seen" is last, because its answer is awaited below, and a wait skips earlier frames.
    for op, fields in (("typing", {"on": True}), ("seen", {"seq": 1})):
        await other.send(op, conversation=vera.conversation, **fields)
        assert (await other.until("error"))["code"] == "unknown_conversation"
        await other.send(op, conversation=victor.conversation, **fields)
    await other.until("seen", conversation=victor.conversation)
    assert len(await world.timeline(vera.conversation)) == 2
    assert (await say(other, "Still here"))["op"] == "ack"


async def test_frames_of_a_conversation_do_not_reach_another_visitor(world: World, transport: Transport) -> None:
    vera, victor, olga = await world.visitor(), await world.visitor(), await world.operator(OLGA)
    own, other = await world.stream(vera, transport), await world.stream(victor, transport)
    desk = await world.stream(olga, transport, after=None)
    await say(own, "A secret")
    await desk.send("seen", conversation=vera.conversation, seq=2)
    await own.until("seen", by="operator")
    await say(desk, "An answer", "", vera.conversation)
    await desk.send("typing", conversation=vera.conversation, on=True)
    # The premise: its visitor receives them. Streams are not ordered with each other, so the test waits for the
    # operator's frames.
    await own.until("typing")
    await own.send("seen", conversation=vera.conversation, seq=3)
    await own.until("seen", by="visitor")
    assert "entries" in {frame["op"] for frame in own.heard}
    await other.until_entry(seq=1)
    await other.settled()
    assert {entry["conversation"] for entry in other.entries()} == {victor.conversation}
    assert [frame["op"] for frame in other.heard] == ["challenge", "welcome", "entries", "pong"]


async def test_operator_of_another_workspace_receives_nothing(world: World, transport: Transport) -> None:
    vera, olga, oskar = await world.visitor(), await world.operator(OLGA), await world.operator(OSKAR)
    visitor = await world.stream(vera, transport)
    own, other = await world.stream(olga, transport), await world.stream(oskar, transport)
    for path in ("", "/entries"):
        address = f"/v1/desk/conversations/{vera.conversation}{path}"
        assert (await ask(world.http, olga, "GET", address)).status_code == 200
        assert (await ask(world.http, oskar, "GET", address)).status_code == 404
    inbox = (await ask(world.http, oskar, "GET", "/v1/desk/conversations?limit=100")).json()
    assert vera.conversation not in [one["id"] for one in inbox["conversations"]]
    refused = await say(other, "Not ours", "", vera.conversation)
    assert refused["code"] == "unknown_conversation"
    for op, fields in (("seen", {"seq": 1}), ("typing", {"on": True}), ("close", {"id": new_entry_id()})):
        await other.send(op, conversation=vera.conversation, **fields)
        assert (await other.until("error"))["code"] == "unknown_conversation", op
    await say(visitor, "Ours")
    await own.until_entry(text="Ours", conversation=vera.conversation)
    await visitor.send("typing", conversation=vera.conversation, on=True)
    await own.until("typing", conversation=vera.conversation)
    bikes = await world.stream(await world.visitor(shop=BIKES))
    await say(bikes, "Theirs")
    await other.until_entry(text="Theirs")
    assert vera.conversation not in [entry["conversation"] for entry in other.entries()]
    assert vera.conversation not in [frame.get("conversation") for frame in other.heard]
    assert {"typing", "seen"}.isdisjoint(frame["op"] for frame in visitor.heard)
    assert [entry["data"]["text"] for entry in await world.timeline(vera.conversation)] == ["Hello", "Ours"]


async def test_command_of_an_operator_in_an_unknown_conversation_is_refused(world: World) -> None:
    desk = await world.stream(await world.operator(OLGA), after=None)
    for op, fields in (("seen", {"seq": 1}), ("typing", {"on": True}), ("close", {"id": new_entry_id()})):
        await desk.send(op, conversation=ABSENT, **fields)
        assert (await desk.until("error"))["code"] == "unknown_conversation", op


async def test_visitor_cannot_close_a_conversation(world: World, transport: Transport) -> None:
    visitor = await world.stream(await world.visitor(), transport)
    await visitor.send("close", id=new_entry_id(), conversation=visitor.person.conversation)
    assert (await visitor.until("error"))["code"] == "unknown_op"


async def test_stream_over_http_serves_only_its_own_session(world: World) -> None:
    vera, victor = await world.visitor(), await world.visitor()
    stream = await world.stream(vera, "poll")
    assert isinstance(stream, PollStream)
    name = stream.id
    for path, body in (("/v1/stream/poll", {"after": 2}), ("/v1/stream/send", {"op": "ping"})):
        answer = await ask(world.http, victor, "POST", path, body, crumbless_stream=name)
        assert answer.status_code == 403, path
        without_session = await world.http.post(vera.address + path, json=body, headers={"crumbless-stream": name})
        assert without_session.status_code == 401, path
    await stream.settled()


@pytest.mark.parametrize("bound", [True, False])
async def test_simultaneous_starts_of_visitors_are_separate(world: World, bound: bool) -> None:
    people = await asyncio.gather(*(world.visitor(f"I am {number}", with_key=bound) for number in range(8)))
    assert len({person.conversation for person in people}) == 8
    for number, person in enumerate(people):
        stream = await world.stream(person)
        assert (await stream.until_entry(seq=1))["data"]["text"] == f"I am {number}"
