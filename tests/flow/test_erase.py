"""A visitor erases their conversations: deleted and remaining data, notifications, and atomicity."""

import asyncio
import random
from collections.abc import Callable

import httpx
import pytest

from support.client import Person, Stream, StreamOver, Transport, ask
from support.people import OLGA, World, new_entry_id, say
from support.server import ServerProcess

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


async def erase(world: World, visitor: Person) -> httpx.Response:
    return await ask(world.http, visitor, "POST", "/v1/visitor/erase")


def check_sequences(server: ServerProcess) -> None:
    """Assert that the file is intact and that positions and seqs have neither gaps nor repeats."""
    assert server.damage() == []
    for workspace, position in server.rows("SELECT id, position FROM workspace"):
        rows = server.rows("SELECT position FROM entry WHERE workspace_id = ? ORDER BY position", workspace)
        assert [one for (one,) in rows] == [*range(1, position + 1)]
    for conversation, last_seq in server.rows("SELECT no, last_seq FROM conversation"):
        rows = server.rows("SELECT seq FROM entry WHERE conversation_no = ? ORDER BY position", conversation)
        assert [one for (one,) in rows] == [*range(1, last_seq + 1)]


def in_the_files(server: ServerProcess, text: str) -> bool:
    """Return whether these bytes are anywhere in the database or its log, in used or free pages."""
    log = server.database.with_name(server.database.name + "-wal")
    return any(text.encode() in file.read_bytes() for file in (server.database, log) if file.exists())


async def test_texts_of_both_sides_are_deleted_and_operators_are_notified(world: World, transport: Transport) -> None:
    vera, victor, olga = await world.visitor("secret one"), await world.visitor("kept"), await world.operator()
    desk = await world.stream(olga, transport)
    stream, other = await world.stream(vera, transport), await world.stream(victor)
    assert (await say(desk, "secret two", conversation=vera.conversation))["op"] == "ack"
    before = await world.timeline(vera.conversation)
    assert [entry["data"]["text"] for entry in before] == ["secret one", "secret two"]

    answer = await erase(world, vera)
    assert answer.status_code == 200
    assert answer.json() == {"conversations": 1, "messages": 2}

    notice = await desk.until_entry(conversation=vera.conversation, kind="erased")
    after = await world.timeline(vera.conversation)
    assert [(one["data"], one["seq"], one["position"], one["id"], one["at"]) for one in after[:2]] == [
        (None, one["seq"], one["position"], one["id"], one["at"]) for one in before
    ]
    assert [one["kind"] for one in after] == ["message", "message", "erased"]
    assert [one["author"] for one in after] == [
        {"kind": "visitor"},
        {"kind": "operator", "id": olga.id},
        {"kind": "visitor"},
    ]
    assert after[2] == notice
    assert (notice["kind"], notice["seq"]) == ("erased", 3)
    assert "secret" not in str(after)
    summary = (await ask(world.http, olga, "GET", f"/v1/desk/conversations/{vera.conversation}")).json()
    assert (summary["status"], summary["unread"], summary["visitor_name"]) == ("closed", 0, "")
    assert summary["last"] == notice
    assert (await stream.until_over()).code == 4401
    assert (await say(other, "still here"))["op"] == "ack"
    assert [entry["data"]["text"] for entry in await world.timeline(victor.conversation)] == ["kept", "still here"]


async def test_erasure_ends_the_session_on_every_stream(world: World) -> None:
    vera = await world.visitor()
    other_browser = Person(vera.address, vera.key)
    again = await world.start(other_browser, "from another tab")
    other_browser.token = again.json()["token"]
    assert other_browser.token != vera.token
    stream = await world.stream(Person(vera.address, vera.key, other_browser.token, vera.id, vera.conversation))
    assert (await erase(world, vera)).status_code == 200
    assert (await stream.until_over()).code == 4401
    for person in (vera, other_browser):
        refused = await erase(world, person)
        assert refused.status_code == 401
        assert refused.json()["type"] == "urn:crumbless:problem:invalid_token"
        raw = await world.raw_stream(person)
        with pytest.raises(StreamOver) as over:
            await raw.authenticate(await raw.challenged(), 0)
        assert over.value.code == 4401
    assert world.server.rows("SELECT count(*) FROM session WHERE visitor_id = ?", vera.id) == [(0,)]
    assert world.server.rows("SELECT thumbprint, name FROM visitor WHERE id = ?", vera.id) == [(None, "")]


async def test_visitor_without_a_key_can_erase(world: World) -> None:
    person = await world.visitor("unbound secret", with_key=False)
    assert (await erase(world, person)).json() == {"conversations": 1, "messages": 1}
    assert world.server.rows("SELECT count(*) FROM entry WHERE CAST(data AS TEXT) LIKE '%unbound secret%'") == [(0,)]


async def test_resent_message_does_not_restore_erased_data(world: World) -> None:
    vera, olga = world.stranger(), await world.operator()
    first = new_entry_id()
    started = (await world.start(vera, "secret", first)).json()
    vera.token, vera.conversation = started["token"], started["conversation"]
    desk, answered = await world.stream(olga), new_entry_id()
    assert (await say(desk, "answer", answered, vera.conversation))["op"] == "ack"
    assert (await erase(world, vera)).status_code == 200

    again = await world.start(vera, "secret", first)
    assert (again.status_code, again.json()["type"]) == (410, "urn:crumbless:problem:erased")
    resent = await say(desk, "answer", answered, vera.conversation)
    assert (resent["op"], resent["code"]) == ("error", "erased")
    fresh = await say(desk, "more", conversation=vera.conversation)
    assert (fresh["op"], fresh["code"]) == ("error", "erased")
    await desk.send("close", id=new_entry_id(), conversation=vera.conversation)
    assert (await desk.until("error"))["code"] == "erased"
    assert [entry["data"] for entry in await world.timeline(vera.conversation)] == [None, None, {}]

    restarted = await world.start(vera, "hello again")
    assert restarted.status_code == 201
    assert restarted.json()["visitor"] != started["visitor"]
    assert restarted.json()["conversation"] != vera.conversation


async def test_operator_that_was_disconnected_receives_the_erasure(world: World) -> None:
    vera, olga = await world.visitor("secret"), await world.operator()
    assert (await erase(world, vera)).status_code == 200
    late = await world.stream(olga, after=0)
    await late.until_entry(conversation=vera.conversation, kind="erased")
    own = [entry for entry in late.entries() if entry["conversation"] == vera.conversation]
    assert [(entry["data"], entry["seq"]) for entry in own] == [(None, 1), ({}, 2)]


@pytest.mark.storages("sqlite")
async def test_erased_texts_are_in_no_database_file(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    world = open_world(server)
    vera, olga = await world.visitor("short-secret-of-vera"), await world.operator(OLGA)
    long = "long-secret-of-vera " * 350
    stream, desk = await world.stream(vera), await world.stream(olga)
    assert (await say(stream, long))["op"] == "ack"
    assert (await say(desk, "secret-answer-of-olga", conversation=vera.conversation))["op"] == "ack"
    secrets = ("short-secret-of-vera", "long-secret-of-vera", "secret-answer-of-olga")
    assert all(in_the_files(server, secret) for secret in secrets)
    assert (await erase(world, vera)).status_code == 200

    async def texts_are_gone() -> bool:
        return not any(in_the_files(server, secret) for secret in secrets)

    await world.eventually(texts_are_gone)


async def send_many(stream: Stream) -> set[str]:
    """Return the acknowledged IDs of 60 messages, or of those until the stream has ended with 4401."""
    acknowledged: set[str] = set()
    while len(acknowledged) < 60:
        try:
            frame = await say(stream, "words")
        except StreamOver:
            break
        if frame["op"] == "error":
            assert frame["code"] == "erased"
            break
        acknowledged.add(frame["id"])
    if len(acknowledged) < 60:
        assert (await stream.until_over()).code == 4401
    return acknowledged


async def reply_to_each(desk: Stream, people: list[Person]) -> None:
    """Reply to each conversation in turn. Only replies to an erased conversation are refused."""
    for person in people * 10:
        frame = await say(desk, "answer", conversation=person.conversation)
        assert frame["op"] == "ack" or frame["code"] == "erased"


async def test_erasure_under_load_leaves_no_gap(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    world = open_world(server)
    people = [await world.visitor(f"first of {number}") for number in range(12)]
    erasing, staying = people[:6], people[6:]
    sending = [asyncio.create_task(send_many(await world.stream(person))) for person in people]
    answering = asyncio.create_task(reply_to_each(await world.stream(await world.operator()), people))
    answers = await asyncio.gather(*(erase(world, person) for person in erasing))
    acknowledged = await asyncio.gather(*sending)
    await answering
    assert [one.status_code for one in answers] == [200] * 6
    check_sequences(server)
    for person, ids in zip(people, acknowledged, strict=True):
        entries = await world.timeline(person.conversation)
        assert {entry["id"] for entry in entries} >= ids
        if person in staying:
            assert len(ids) == 60
            assert {entry["kind"] for entry in entries} == {"message"}
        else:
            assert {str(entry["data"]) for entry in entries[:-1]} == {"None"}
            assert entries[-1]["kind"] == "erased"


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_kill_during_erasure_erases_all_or_nothing(
    start_server: StartServer, open_world: OpenWorld, seed: int
) -> None:
    moments = random.Random(seed)
    server = start_server()
    world = open_world(server)
    people = [await world.visitor(f"first of {number}") for number in range(20)]
    for person in people:
        stream = await world.stream(person)
        await asyncio.gather(
            *(stream.send("send", id=new_entry_id(), conversation=person.conversation, text="words") for _ in range(20))
        )
        await stream.settled()
        await stream.close()

    async def acknowledged(person: Person) -> bool:
        try:
            return (await erase(world, person)).status_code == 200
        except httpx.TransportError:
            return False

    erasing = [asyncio.create_task(acknowledged(person)) for person in people]
    await asyncio.sleep(moments.random() * 0.1)
    server.kill()
    answered = await asyncio.gather(*erasing)
    server.start()
    check_sequences(server)
    for person, was_acknowledged in zip(people, answered, strict=True):
        rows = server.rows(
            "SELECT entry.kind, entry.data FROM entry JOIN conversation ON conversation.no = conversation_no "
            "WHERE conversation.id = ? ORDER BY seq",
            person.conversation,
        )
        sessions = server.rows("SELECT count(*) FROM session WHERE visitor_id = ?", person.id)
        erased = rows[-1] == ("erased", "{}")
        assert erased or not was_acknowledged
        if erased:
            assert set(rows[:-1]) == {("message", None)}
            assert sessions == [(0,)]
        else:
            assert {kind for kind, _ in rows} == {"message"}
            assert all(data for _, data in rows)
            assert sessions == [(1,)]


async def test_erasure_and_export_are_limited(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(privacy_requests_per_hour=1, privacy_request_burst=2))
    people = [await world.visitor() for _ in range(3)]
    assert (await erase(world, people[0])).status_code == 200
    assert (await ask(world.http, people[1], "GET", "/v1/visitor/export")).status_code == 200
    refused = await erase(world, people[2])
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:crumbless:problem:slow_down")
    assert int(refused.headers["retry-after"]) > 0
    assert [entry["data"]["text"] for entry in await world.timeline(people[2].conversation)] == ["Hello"]
