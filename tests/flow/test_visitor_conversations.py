"""A session belongs to a visitor: the list of conversations, a further conversation, and summaries of the others."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from support.client import TRANSPORTS, Frame, Person, Stream, Transport, ask
from support.people import OLGA, TEA, World, new_entry_id, say
from support.server import ServerProcess
from support.vouching import add_key, code_of, identify, retire_keys, set_mode, take_session

pytestmark = pytest.mark.storages("sqlite", "postgres")

OpenWorld = Callable[[ServerProcess], World]

LIST = "/v1/visitor/conversations"


async def add(world: World, person: Person, words: str = "Another thing", entry_id: str = "", **more: Any) -> Any:
    """Return the response to the first message of another conversation."""
    return await ask(world.http, person, "POST", LIST, {"id": entry_id or new_entry_id(), "text": words, **more})


async def added(world: World, person: Person, words: str = "Another thing") -> str:
    """Return the ID of another conversation."""
    answer = await add(world, person, words)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["conversation"]["id"])


async def listed(world: World, person: Person, query: str = "") -> list[Frame]:
    answer = await ask(world.http, person, "GET", LIST + query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["conversations"])


async def serve(
    world: World, person: Person, conversation: str | None, transport: Transport = "websocket", after: int | None = 0
) -> tuple[Stream, Frame]:
    """Return a stream that names a conversation, and its welcome."""
    stream = await world.raw_stream(person, transport)
    welcome = await stream.authenticate(await stream.challenged(), after, conversation=conversation)
    return stream, welcome


async def refused(
    world: World, person: Person, conversation: str, transport: Transport = "websocket"
) -> tuple[int, str]:
    """Return how a stream ends that names this conversation."""
    stream = await world.raw_stream(person, transport)
    nonce = await stream.challenged()
    assert person.key is not None
    proof = person.key.prove("GET", f"{person.address}/v1/stream", nonce, person.token)
    await stream.send("auth", token=person.token, proof=proof, conversation=conversation)
    over = await stream.until_over()
    return over.code, over.reason


async def reply_in(world: World, conversation: str, words: str) -> None:
    """Send a message of Olga in a conversation."""
    desk = await world.stream(await world.operator(OLGA), after=None)
    assert (await say(desk, words, conversation=conversation))["op"] == "ack"


@asynccontextmanager
async def banned(world: World, conversation: str) -> AsyncGenerator[None]:
    """Ban the visitor of a conversation, and lift the ban afterwards. Else starts from this network would need a proof
    of work."""
    olga = await world.operator(OLGA)
    body = {"conversation": conversation, "days": 1}
    answer = await ask(world.http, olga, "POST", "/v1/desk/bans", body)
    assert answer.status_code == 201, answer.text
    try:
        yield
    finally:
        for one in (await ask(world.http, olga, "GET", "/v1/desk/bans")).json()["bans"]:
            assert (await ask(world.http, olga, "POST", f"/v1/desk/bans/{one['id']}/lift")).status_code == 204


async def until_summary(stream: Stream, conversation: str, **wanted: object) -> Frame:
    """Return the next summary of this conversation with these values."""
    while True:
        summary: Frame = (await stream.until("summary"))["conversation"]
        if summary["id"] == conversation and all(summary[name] == value for name, value in wanted.items()):
            return summary


async def test_list_has_each_conversation_newest_first(world: World) -> None:
    vera = await world.visitor("First")
    first, second = vera.conversation, await added(world, vera, "Second")
    await reply_in(world, first, "We are here")
    newer, older = await listed(world, vera)
    assert [newer["id"], older["id"]] == [second, first]
    assert newer["number"] > older["number"]
    assert (newer["status"], newer["last_seq"], newer["unread"]) == ("open", 1, 0)
    assert (older["status"], older["last_seq"], older["unread"]) == ("open", 2, 1)
    assert older["last"]["data"] == {"text": "We are here"}
    assert older["last"]["seq"] == 2
    assert "position" not in older["last"]
    assert older["last"]["author"] == {"kind": "operator", "name": "Olga"}
    (page,) = await listed(world, vera, "?limit=1")
    assert page["id"] == second
    answer = (await ask(world.http, vera, "GET", f"{LIST}?limit=1")).json()
    assert answer["more"] is True
    (last,) = await listed(world, vera, f"?limit=1&before={page['number']}")
    assert last["id"] == first


async def test_stream_serves_the_conversation_that_it_names(world: World, transport: Transport) -> None:
    vera = await world.visitor("First")
    first, second = vera.conversation, await added(world, vera, "Second")
    one, welcome = await serve(world, vera, first, transport)
    assert welcome["conversation"]["id"] == first
    assert (await one.until_entry(text="First"))["conversation"] == first
    two, welcome = await serve(world, vera, None, transport)
    assert welcome["conversation"]["id"] == second, "without a name it is the newest"
    await two.until_entry(text="Second")
    for stream, conversation in ((one, first), (two, second)):
        ack = await say(stream, "More", conversation=conversation)
        assert (ack["op"], ack["seq"]) == ("ack", 2)
        await stream.until_entry(seq=2, conversation=conversation)
        assert {entry["conversation"] for entry in stream.entries()} == {conversation}


async def test_every_listed_conversation_accepts_messages_marks_and_typing(world: World, transport: Transport) -> None:
    vera = await world.visitor("First")
    first, second = vera.conversation, await added(world, vera, "Second")
    desk = await world.stream(await world.operator(OLGA), after=None)
    stream, _ = await serve(world, vera, second, transport)
    ack = await say(stream, "To the first one", conversation=first)
    assert (ack["op"], ack["conversation"], ack["seq"]) == ("ack", first, 2)
    await until_summary(stream, first, last_seq=2)
    await desk.until_entry(text="To the first one", conversation=first)
    await stream.send("typing", conversation=first, on=True)
    await desk.until("typing", conversation=first)
    await stream.send("seen", conversation=first, seq=2)
    await desk.until("seen", conversation=first, by="visitor", seq=2)


async def test_stream_does_not_reveal_whether_a_conversation_of_another_visitor_exists(
    world: World, transport: Transport
) -> None:
    vera, victor = await world.visitor(), await world.visitor()
    other = await refused(world, vera, victor.conversation, transport)
    assert other == await refused(world, vera, new_entry_id(), transport)
    assert other == await refused(world, vera, "\0", transport)
    assert other[0] == 4404
    _, welcome = await serve(world, vera, vera.conversation, transport)
    assert welcome["op"] == "welcome", "the premise: the session is valid"
    stream, _ = await serve(world, vera, None, transport)
    for op, more in (("send", {"id": new_entry_id(), "text": "Hm"}), ("typing", {"on": True}), ("seen", {"seq": 1})):
        answers: list[str] = []
        for conversation in (victor.conversation, new_entry_id()):
            await stream.send(op, conversation=conversation, **more)
            answers.append((await stream.until("error"))["code"])
        assert answers == ["unknown_conversation"] * 2, op


async def test_summary_is_sent_for_messages_and_marks_in_other_conversations(
    world: World, transport: Transport
) -> None:
    vera = await world.visitor("First")
    first, second = vera.conversation, await added(world, vera, "Second")
    stream, _ = await serve(world, vera, second, transport)
    await reply_in(world, first, "One")
    summary = await until_summary(stream, first, unread=1)
    assert summary == (await listed(world, vera))[1], "it is the row of the list"
    await reply_in(world, first, "Two")
    await until_summary(stream, first, unread=2)
    other, _ = await serve(world, vera, first)
    await other.send("seen", conversation=first, seq=3)
    await until_summary(stream, first, unread=0)
    assert {entry["conversation"] for entry in stream.entries()} == {second}
    await other.settled()
    served = [frame for frame in other.heard if frame["op"] == "summary" and frame["conversation"]["id"] == first]
    assert served == [], "its own conversation needs no summary"


async def test_new_conversation_is_announced_to_open_streams(world: World, transport: Transport) -> None:
    vera = await world.visitor("First")
    stream = await world.stream(vera, transport)
    again = await world.stream(vera)
    second = await added(world, vera, "Second")
    await until_summary(stream, second, last_seq=1)
    await until_summary(again, second, last_seq=1)
    await reply_in(world, second, "Good day")
    await until_summary(stream, second, unread=1, last_seq=2)
    assert (await say(stream, "I know it", conversation=second))["op"] == "ack"


async def test_summary_of_a_conversation_does_not_reach_another_visitor(world: World, transport: Transport) -> None:
    vera, victor = await world.visitor(), await world.visitor()
    second = await added(world, vera)
    await added(world, victor)
    stream = await world.stream(victor, transport)
    own, _ = await serve(world, vera, vera.conversation, transport)
    await reply_in(world, second, "For Vera")
    await until_summary(own, second, unread=1)
    await stream.settled()
    assert [frame for frame in stream.heard if frame["op"] == "summary"] == []


async def test_list_after_a_reconnect_includes_missed_messages(world: World, transport: Transport) -> None:
    vera = await world.visitor("First")
    first, second = vera.conversation, await added(world, vera, "Second")
    stream, _ = await serve(world, vera, second, transport)
    await stream.close()
    await reply_in(world, first, "While you were away")
    stream, _ = await serve(world, vera, second, transport, after=1)
    assert [one["unread"] for one in await listed(world, vera)] == [0, 1]
    await reply_in(world, first, "And again")
    await until_summary(stream, first, unread=2)


async def test_repeated_first_message_starts_one_conversation(world: World) -> None:
    vera = await world.visitor("First")
    entry_id = new_entry_id()
    answers = await asyncio.gather(*(add(world, vera, "Second", entry_id) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({answer.json()["conversation"]["id"] for answer in answers}) == 1
    assert len({str(answer.json()["entry"]) for answer in answers}) == 1
    assert len(await listed(world, vera)) == 2
    conflict = await add(world, vera, "Other words", entry_id)
    assert (conflict.status_code, code_of(conflict)) == (409, "id_conflict")
    stream = await world.stream(vera)
    sent = await say(stream, "No first message", conversation=vera.conversation)
    assert code_of(await add(world, vera, "No first message", sent["id"])) == "id_conflict"
    assert code_of(await add(world, vera, " ")) == "empty_text"
    assert code_of(await add(world, vera, "Hm", "no id")) == "bad_id"
    assert len(await listed(world, vera)) == 2


async def test_start_with_the_same_key_continues_the_newest_conversation(world: World) -> None:
    vera = world.stranger()
    entry_id = new_entry_id()
    started = await world.start(vera, "First", entry_id)
    take_session(vera, started.json())
    second = await added(world, vera, "Second")
    repeat = await world.start(vera, "First", entry_id)
    assert repeat.json()["conversation"] == started.json()["conversation"], "the same start is the same result"
    assert repeat.json()["entry"] == started.json()["entry"]
    another = await world.start(vera, "Third")
    assert another.json()["conversation"] == second
    assert another.json()["entry"]["seq"] == 2


async def test_export_and_erasure_include_every_conversation(world: World) -> None:
    vera = await world.visitor("First")
    first, second = vera.conversation, await added(world, vera, "Second")
    exported = (await ask(world.http, vera, "GET", "/v1/visitor/export")).json()["conversations"]
    assert [one["id"] for one in exported] == [first, second]
    desk = await world.stream(await world.operator(OLGA), after=None)
    erased = await ask(world.http, vera, "POST", "/v1/visitor/erase")
    assert erased.json() == {"conversations": 2, "messages": 2}
    for conversation in (first, second):
        await desk.until_entry(kind="erased", conversation=conversation)
    assert (await ask(world.http, vera, "GET", LIST)).status_code == 401


async def test_ban_ends_the_session_for_every_conversation(world: World) -> None:
    vera = await world.visitor("First")
    second = await added(world, vera, "Second")
    streams = [(await serve(world, vera, one))[0] for one in (vera.conversation, second)]
    async with banned(world, vera.conversation):
        assert [(await stream.until_over()).code for stream in streams] == [4401, 4401]
        assert (await add(world, vera)).status_code == 401
        assert code_of(await world.start(vera)) == "banned"


async def test_consent_is_bound_to_one_conversation(world: World) -> None:
    vera, victor = await world.visitor("First"), await world.visitor()
    await added(world, vera)
    path = "/v1/visitor/consent"
    for conversation in (None, vera.conversation):
        answer = await ask(world.http, vera, "POST", path, {"receipt": None, "conversation": conversation})
        assert answer.status_code == 204, answer.text
    answer = await ask(world.http, vera, "POST", path, {"receipt": None, "conversation": victor.conversation})
    assert (answer.status_code, code_of(answer)) == (404, "unknown_conversation")


async def test_code_transfers_the_visitor_and_opens_the_shown_conversation(world: World) -> None:
    vera, victor = await world.visitor("First"), await world.visitor()
    second = await added(world, vera, "Second")
    path = "/v1/visitor/continue/code"
    for one, more in ((path, {}), ("/v1/visitor/continue/mail", {"email": "vera@tea.example"})):
        foreign = await ask(world.http, vera, "POST", one, {**more, "conversation": victor.conversation})
        assert code_of(foreign) == "unknown_conversation", one
    before = (await ask(world.http, vera, "POST", path, {})).json()["code"]
    code = (await ask(world.http, vera, "POST", path, {"conversation": vera.conversation})).json()["code"]
    laptop = world.stranger()
    body = {"site": TEA.key, "secret": before}
    assert code_of(await ask(world.http, laptop, "POST", "/v1/visitor/continue", body)) == "ticket_gone"
    opened = await ask(world.http, laptop, "POST", "/v1/visitor/continue", {**body, "secret": code})
    assert opened.json()["conversation"] == vera.conversation
    take_session(laptop, opened.json())
    assert [one["id"] for one in await listed(world, laptop)] == [second, vera.conversation]


async def test_verified_session_reaches_conversations_that_an_unverified_one_does_not(world: World) -> None:
    """Identity fixation (H-1) with several conversations."""
    olga = await world.operator(OLGA)
    await retire_keys(world, olga)
    await set_mode(world, olga, "optional")
    key = await add_key(world, olga)
    home, phone = await world.visitor("Home"), await world.visitor("Phone")
    assert (await identify(world, home, key.token("lena"))).status_code == 200
    garden = await added(world, home, "Garden")
    stream, _ = await serve(world, phone, None)
    assert (await refused(world, phone, garden))[0] == 4404
    attacker = world.stranger()
    code = (await ask(world.http, phone, "POST", "/v1/visitor/continue/code", {})).json()["code"]
    take_session(
        attacker,
        (await ask(world.http, attacker, "POST", "/v1/visitor/continue", {"site": TEA.key, "secret": code})).json(),
    )
    waiting, _ = await serve(world, attacker, None)
    assert len(await listed(world, attacker)) == 1, "the premise: the session is valid"
    assert (await identify(world, phone, key.token("lena"))).status_code == 200
    assert (await waiting.until_over()).code == 4401
    assert (await ask(world.http, attacker, "GET", LIST)).status_code == 401
    everything = {home.conversation, garden, phone.conversation}
    assert {one["id"] for one in await listed(world, phone)} == everything
    await until_summary(stream, garden)
    await reply_in(world, garden, "For Lena")
    await until_summary(stream, garden, unread=1)
    assert (await say(stream, "From my phone", conversation=garden))["op"] == "ack"
    # A code of the verified visitor transfers that visitor, not the contact's other devices.
    code = (await ask(world.http, phone, "POST", "/v1/visitor/continue/code", {})).json()["code"]
    tablet = world.stranger()
    body = {"site": TEA.key, "secret": code}
    take_session(tablet, (await ask(world.http, tablet, "POST", "/v1/visitor/continue", body)).json())
    assert {one["id"] for one in await listed(world, tablet)} == {phone.conversation}
    for transport in TRANSPORTS:
        assert (await refused(world, tablet, garden, transport))[0] == 4404
    erased = await ask(world.http, phone, "POST", "/v1/visitor/erase")
    assert erased.json()["conversations"] == 3


async def test_ban_of_a_verified_visitor_applies_to_the_contacts_other_devices(world: World) -> None:
    olga = await world.operator(OLGA)
    await retire_keys(world, olga)
    await set_mode(world, olga, "optional")
    key = await add_key(world, olga)
    home, phone = await world.visitor("Home"), await world.visitor("Phone")
    for device in (home, phone):
        assert (await identify(world, device, key.token("mona"))).status_code == 200
    stream, _ = await serve(world, phone, home.conversation)
    assert (await say(stream, "From my phone", conversation=home.conversation))["op"] == "ack", "the premise"
    async with banned(world, home.conversation):
        assert (await stream.until_over()).code == 4401
        assert code_of(await identify(world, world.stranger(), key.token("mona"))) == "banned"
