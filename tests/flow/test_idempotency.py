"""A message that is sent twice is stored once: in one batch, on many connections, after a restart."""

import asyncio
from collections.abc import Callable

import pytest

from support.client import Frame, Stream, Transport, ask
from support.people import BIKES, OLGA, OTTO, TEA, World, new_entry_id, say
from support.server import ServerProcess

pytestmark = pytest.mark.storages("sqlite", "postgres", "nats")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


async def test_repeat_of_a_message_is_stored_once(world: World, transport: Transport) -> None:
    visitor = await world.stream(await world.visitor(), transport)
    first = await say(visitor, "Once", entry_id := new_entry_id())
    assert await say(visitor, "Once", entry_id) == first
    await say(visitor, "Next")
    # Entries arrive in the order of their positions, so a duplicate would have arrived by now.
    await visitor.until_entry(seq=3)
    assert [entry["id"] for entry in visitor.entries()].count(entry_id) == 1
    assert len(await world.timeline(visitor.person.conversation)) == 3


async def test_repeat_in_one_batch_is_stored_once(world: World) -> None:
    visitor = await world.stream(await world.visitor())
    conversation, entry_id = visitor.person.conversation, new_entry_id()
    for _ in range(20):
        await visitor.send("send", id=entry_id, conversation=conversation, text="Once")
    acks = [await visitor.until("ack") for _ in range(20)]
    assert all(ack == acks[0] for ack in acks)
    assert len(await world.timeline(conversation)) == 2


async def test_repeat_on_many_connections_is_stored_once(world: World, transport: Transport) -> None:
    vera = await world.visitor()
    streams = [await world.stream(vera, transport) for _ in range(5)]
    ids = [new_entry_id() for _ in range(10)]
    received = await asyncio.gather(*(_send_all(stream, ids) for stream in streams))
    assert all(acks == received[0] for acks in received)
    assert [entry["seq"] for entry in await world.timeline(vera.conversation)] == [*range(1, 12)]


async def _send_all(stream: Stream, ids: list[str]) -> list[Frame]:
    return [await say(stream, f"words {one}", one) for one in ids]


async def test_simultaneous_repeat_on_two_connections_is_stored_once(world: World) -> None:
    vera = await world.visitor()
    one, two = await world.stream(vera), await world.stream(vera)
    for _ in range(25):
        entry_id = new_entry_id()
        first, second = await asyncio.gather(say(one, "Same", entry_id), say(two, "Same", entry_id))
        assert first == second
        assert first["op"] == "ack"
    assert len(await world.timeline(vera.conversation)) == 26


async def test_repeat_after_a_restart_is_stored_once(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    world = open_world(server)
    vera, entry_id = await world.visitor(), new_entry_id()
    first = await say(await world.stream(vera), "Once", entry_id)
    server.kill()
    server.start()
    after = await world.stream(vera)
    assert await say(after, "Once", entry_id) == first
    assert (await say(after, "Other words", entry_id))["code"] == "id_conflict"
    assert len(await world.timeline(vera.conversation)) == 2


async def test_other_text_under_the_same_id_is_refused(world: World, transport: Transport) -> None:
    visitor = await world.stream(await world.visitor(), transport)
    await say(visitor, "These", entry_id := new_entry_id())
    refused = await say(visitor, "Those", entry_id)
    assert (refused["op"], refused["code"], refused["id"]) == ("error", "id_conflict", entry_id)
    assert (await say(visitor, "Next"))["seq"] == 3
    entries = await world.timeline(visitor.person.conversation)
    assert [entry["data"]["text"] for entry in entries] == ["Hello", "These", "Next"]


async def test_id_of_another_author_is_refused(world: World) -> None:
    vera = await world.visitor()
    visitor = await world.stream(vera)
    olga, otto = await world.stream(await world.operator(OLGA)), await world.stream(await world.operator(OTTO))
    await say(visitor, "Mine", entry_id := new_entry_id())
    for other in (olga, otto):
        assert (await say(other, "Mine", entry_id, vera.conversation))["code"] == "id_conflict"
    await say(olga, "Ours", shared := new_entry_id(), vera.conversation)
    assert (await say(otto, "Ours", shared, vera.conversation))["code"] == "id_conflict"
    assert len(await world.timeline(vera.conversation)) == 3


async def test_id_of_an_entry_in_another_conversation_is_refused(world: World) -> None:
    vera, victor = await world.stream(await world.visitor()), await world.stream(await world.visitor())
    assert (await say(vera, "Mine", entry_id := new_entry_id()))["op"] == "ack"
    assert (await say(victor, "Mine", entry_id))["code"] == "id_conflict"
    assert len(await world.timeline(victor.person.conversation)) == 1


async def test_workspaces_do_not_share_message_ids(world: World) -> None:
    tea, bikes = await world.visitor(shop=TEA), await world.visitor(shop=BIKES)
    entry_id = new_entry_id()
    for person in (tea, bikes):
        assert (await say(await world.stream(person), "Mine", entry_id))["op"] == "ack"


async def test_start_that_is_refused_for_its_id_stores_nothing(world: World) -> None:
    await world.start(world.stranger(), "Hello", entry_id := new_entry_id())
    before = _count_rows(world)
    refused = await world.start(world.stranger(), "Hello", entry_id)
    assert refused.status_code == 409
    assert _count_rows(world) == before


def _count_rows(world: World) -> list[tuple[int, ...]]:
    return world.server.rows(
        "SELECT (SELECT count(*) FROM visitor), (SELECT count(*) FROM conversation), (SELECT count(*) FROM session)"
    )


async def test_repeated_start_with_the_same_key_and_id_is_one_conversation(world: World) -> None:
    vera, entry_id = world.stranger(), new_entry_id()
    first, second = await world.start(vera, "Hello", entry_id), await world.start(vera, "Hello", entry_id)
    assert (first.status_code, second.status_code) == (201, 201)
    for name in ("visitor", "conversation", "entry"):
        assert first.json()[name] == second.json()[name]
    conversation = first.json()["conversation"]
    assert len(await world.timeline(conversation)) == 1
    for answer in (first, second):
        vera.token, vera.conversation = answer.json()["token"], conversation
        assert (await say(await world.stream(vera), "Still me"))["op"] == "ack"


async def test_parallel_starts_with_the_same_key_and_id_are_one_conversation(world: World) -> None:
    vera = world.stranger()
    await ask(world.http, vera, "GET", "/v1/desk/me")
    for entry_id in (new_entry_id(), new_entry_id()):
        answers = await asyncio.gather(*(world.start(vera, "Hello", entry_id) for _ in range(12)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["conversation"] for answer in answers}) == 1
        assert len({answer.json()["entry"]["seq"] for answer in answers}) == 1
        assert len({answer.json()["token"] for answer in answers}) == 12
    conversation = answers[0].json()["conversation"]
    assert [entry["seq"] for entry in await world.timeline(conversation)] == [1, 2]
    assert world.server.rows("SELECT count(*) FROM conversation WHERE id = ?", conversation) == [(1,)]


async def test_start_with_other_text_under_the_same_id_is_refused(world: World) -> None:
    vera, entry_id = world.stranger(), new_entry_id()
    first = await world.start(vera, "These", entry_id)
    second = await world.start(vera, "Those", entry_id)
    assert first.status_code == 201
    assert second.status_code == 409
    assert second.json()["type"] == "urn:crumbless:problem:id_conflict"
    assert len(await world.timeline(first.json()["conversation"])) == 1


async def test_start_with_the_same_key_continues_the_conversation(world: World) -> None:
    vera = world.stranger()
    first, second = await world.start(vera, "One"), await world.start(vera, "Two")
    assert first.json()["conversation"] == second.json()["conversation"]
    assert second.json()["entry"]["seq"] == 2


async def test_same_key_is_another_visitor_on_another_site(world: World) -> None:
    vera = world.stranger()
    tea, bikes = await world.start(vera, shop=TEA), await world.start(vera, shop=BIKES)
    assert tea.json()["visitor"] != bikes.json()["visitor"]


async def test_repeat_of_a_close_is_one_entry(world: World) -> None:
    vera = await world.visitor()
    desk = await world.stream(await world.operator(OLGA))
    for _ in range(2):
        await desk.send("close", id="01890a5d-ac96-774b-bcce-b302099a8057", conversation=vera.conversation)
    first, second = await desk.until("ack"), await desk.until("ack")
    assert first == second
    assert [entry["kind"] for entry in await world.timeline(vera.conversation)] == ["message", "closed"]


async def test_close_and_message_do_not_share_an_id(world: World) -> None:
    vera = await world.visitor()
    desk = await world.stream(await world.operator(OLGA))
    await say(desk, "Words", entry_id := new_entry_id(), vera.conversation)
    await desk.send("close", id=entry_id, conversation=vera.conversation)
    assert (await desk.until("error", id=entry_id))["code"] == "id_conflict"
