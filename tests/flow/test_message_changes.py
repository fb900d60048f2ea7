"""Edits, deletions, quotes and reactions: who may do what, what each side receives, and what remains in the files."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from crumbless.core.time_units import MINUTE_MS
from support.client import Frame, Person, Stream, Transport, ask
from support.people import BIKES, OLGA, World, new_entry_id, say
from support.server import ServerProcess, wait_until
from support.sign_in import hire

pytestmark = pytest.mark.storages("sqlite", "postgres")


async def change(stream: Stream, op: str, conversation: str = "", entry_id: str = "", **fields: Any) -> Frame:
    """Send a command that appends an entry. Return its `ack` or `error`."""
    name = entry_id or new_entry_id()
    await stream.send(op, id=name, conversation=conversation or stream.person.conversation, **fields)
    async with asyncio.timeout(20):
        while True:
            frame = await stream.receive()
            if frame["op"] in {"ack", "error"} and frame.get("id") == name:
                return frame


async def done(stream: Stream, op: str, conversation: str = "", **fields: Any) -> str:
    """Send a command that is accepted. Return its ID."""
    ack = await change(stream, op, conversation, **fields)
    assert ack["op"] == "ack", ack
    return ack["id"]


async def message(stream: Stream, text: str, conversation: str = "") -> str:
    """Send a message. Return its ID."""
    ack = await say(stream, text, conversation=conversation)
    assert ack["op"] == "ack", ack
    return ack["id"]


async def refusal(stream: Stream, op: str, conversation: str = "", **fields: Any) -> str:
    return (await change(stream, op, conversation, **fields)).get("code", "")


async def summary_of(world: World, conversation: str) -> Frame:
    return (await ask(world.http, await world.operator(), "GET", f"/v1/desk/conversations/{conversation}")).json()


def grow_old(world: World, entry_id: str) -> None:
    """Make an entry too old for its sender to change it."""
    world.server.change("UPDATE entry SET at = at - ? WHERE id = ?", 11 * MINUTE_MS, entry_id)


async def visible(world: World, visitor: Person, last: int) -> list[Frame]:
    """Return all entries that the visitor receives from the beginning, as on another device."""
    stream = await world.stream(visitor)
    await stream.until_entry(seq=last)
    return stream.entries()


def texts(entries: list[Frame]) -> list[str | None]:
    return [entry["data"] and entry["data"].get("text", "") for entry in entries]


async def test_edit_is_received_by_both_sides_and_the_visitor_sees_only_the_newest_text(
    world: World, transport: Transport
) -> None:
    vera = await world.visitor("Hello")
    visitor, desk = await world.stream(vera, transport), await world.stream(await world.operator(), transport)
    answer = await message(desk, "secret of the office", vera.conversation)
    first = await done(desk, "edit", vera.conversation, entry=answer, text="secret again")
    newest = await done(desk, "edit", vera.conversation, entry=answer, text="A good answer")
    live = await visitor.until_entry(id=newest)
    assert (live["kind"], live["seq"], live["data"]) == ("edited", 4, {"entry": answer, "text": "A good answer"})
    assert live["author"] == {"kind": "operator", "name": "Olga"}
    assert texts(await world.timeline(vera.conversation)) == [
        "Hello",
        "secret of the office",
        "secret again",
        "A good answer",
    ]
    received = await visible(world, vera, 4)
    assert [(one["id"], one["seq"]) for one in received][1:] == [(answer, 2), (first, 3), (newest, 4)]
    assert texts(received) == ["Hello", *["A good answer"] * 3]
    exported = await ask(world.http, vera, "GET", "/v1/visitor/export")
    listed = await ask(world.http, vera, "GET", "/v1/visitor/conversations")
    assert "secret" not in exported.text + listed.text
    assert listed.json()["conversations"][0]["last"]["data"] == {"text": "A good answer"}
    assert (await summary_of(world, vera.conversation))["last"]["data"] == {"text": "A good answer"}


async def test_sender_edits_and_deletes_within_ten_minutes_and_an_admin_later(world: World) -> None:
    vera, nora = await world.visitor(), await world.new_operator(hire(world, role="operator"))
    visitor, desk = await world.stream(vera), await world.stream(nora)
    owner = await world.stream(await world.operator())
    by_vera, by_nora, by_olga = (
        await message(visitor, "By Vera"),
        await message(desk, "By Nora", vera.conversation),
        await message(owner, "By Olga", vera.conversation),
    )
    for entry in (by_vera, by_nora, by_olga):
        grow_old(world, entry)
    for stream, entry in ((visitor, by_vera), (desk, by_nora)):
        assert await refusal(stream, "edit", vera.conversation, entry=entry, text="Late") == "too_late"
        assert await refusal(stream, "delete", vera.conversation, entry=entry) == "too_late"
    await done(owner, "edit", vera.conversation, entry=by_olga, text="Late, by permission")
    for entry in (by_vera, by_nora):
        await done(owner, "delete", vera.conversation, entry=entry)
    for stream in (visitor, desk):
        again = await message(stream, "In time", vera.conversation)
        await done(stream, "edit", vera.conversation, entry=again, text="Edited in time")
        await done(stream, "delete", vera.conversation, entry=again)


async def test_text_of_another_person_is_never_edited(world: World) -> None:
    vera = await world.visitor()
    visitor, owner = await world.stream(vera), await world.stream(await world.operator())
    nora = await world.stream(await world.new_operator(hire(world, role="operator")))
    by_vera = await message(visitor, "By Vera")
    by_olga = await message(owner, "By Olga", vera.conversation)
    for stream, entry in ((owner, by_vera), (nora, by_vera), (nora, by_olga), (visitor, by_olga)):
        assert await refusal(stream, "edit", vera.conversation, entry=entry, text="Mine") == "forbidden"
    for stream, entry in ((nora, by_vera), (nora, by_olga), (visitor, by_olga)):
        assert await refusal(stream, "delete", vera.conversation, entry=entry) == "forbidden"
    await done(visitor, "edit", entry=by_vera, text="Still mine")


async def test_deletion_empties_the_message_and_its_edits_everywhere(world: World, transport: Transport) -> None:
    vera = await world.visitor("Hello")
    visitor, desk = await world.stream(vera, transport), await world.stream(await world.operator(), transport)
    entry = await message(visitor, "card 4111 1111")
    await done(visitor, "edit", entry=entry, text="card 4111 2222")
    await done(visitor, "edit", entry=entry, text="card 4111 3333")
    before = [(one["id"], one["seq"], one["position"]) for one in await world.timeline(vera.conversation)]
    assert (await summary_of(world, vera.conversation))["unread"] == 2, "the premise"
    deletion = await done(desk, "delete", vera.conversation, entry=entry)
    live = await visitor.until_entry(id=deletion)
    assert (live["kind"], live["data"]) == ("deleted", {"entry": entry})
    after = await world.timeline(vera.conversation)
    assert [(one["id"], one["seq"], one["position"]) for one in after[:-1]] == before
    assert [one["data"] for one in after[1:]] == [None, None, None, {"entry": entry}]
    assert [one["author"] for one in after[1:4]] == [{"kind": "visitor"}] * 3
    received = await visible(world, vera, 5)
    assert [one["seq"] for one in received] == [1, 2, 3, 4, 5]
    summary = await summary_of(world, vera.conversation)
    assert (summary["unread"], summary["last"]["id"], summary["last"]["data"]) == (1, entry, None)
    exported = await ask(world.http, vera, "GET", "/v1/visitor/export")
    listed = await ask(world.http, vera, "GET", "/v1/visitor/conversations")
    assert "4111" not in f"{after} {received} {summary} {exported.text} {listed.text}"
    assert texts(await world.timeline(vera.conversation))[0] == "Hello", "the other messages remain"
    columns = "data, edit_id, author_id, author_name"
    rows = world.server.rows(f"SELECT {columns} FROM entry WHERE id = ?", entry)
    assert rows == [(None, None, "", "")]


async def test_deleted_and_edited_messages_reach_a_desk_and_a_visitor_that_were_offline(world: World) -> None:
    vera = await world.visitor("Hello")
    visitor, desk = await world.stream(vera), await world.stream(await world.operator())
    kept, gone = await message(visitor, "frist"), await message(visitor, "private")
    position = (await desk.until_entry(id=gone))["position"]
    seq = (await visitor.until_entry(id=gone))["seq"]
    await desk.close()
    await visitor.close()
    other = await world.stream(vera)
    await done(other, "edit", entry=kept, text="first")
    await done(other, "delete", entry=gone)
    for person, after in ((await world.operator(), position), (vera, seq)):
        again = await world.stream(person, after=after)
        assert (await again.until_entry(kind="edited"))["data"] == {"entry": kept, "text": "first"}
        assert (await again.until_entry(kind="deleted"))["data"] == {"entry": gone}


@pytest.mark.storages("sqlite")
async def test_deleted_text_leaves_the_database_and_its_log(
    start_server: Callable[..., ServerProcess], open_world: Callable[[ServerProcess], World]
) -> None:
    server = start_server()
    world = open_world(server)
    vera = await world.visitor("Hello")
    visitor = await world.stream(vera)
    entry = await message(visitor, "original 1f7a")
    await done(visitor, "edit", entry=entry, text="corrected 1f7a")
    log = server.database.with_name(server.database.name + "-wal")
    files = (server.database, log)

    def in_files() -> bool:
        return any(b"1f7a" in file.read_bytes() for file in files if file.exists())

    assert in_files(), "the premise"
    await done(visitor, "delete", entry=entry)
    await asyncio.to_thread(wait_until, lambda: not in_files(), 20, "the text to leave the files")
    assert server.damage() == []
    assert "1f7a" not in server.log()


async def test_waiting_ends_with_the_deletion_of_the_last_message_without_a_reply(world: World) -> None:
    vera = await world.visitor("Hello")
    visitor, desk = await world.stream(vera), await world.stream(await world.operator())
    await message(desk, "Good day", vera.conversation)
    first, second = await message(visitor, "One"), await message(visitor, "Two")
    since = [entry["at"] for entry in await world.timeline(vera.conversation) if entry["id"] in {first, second}]
    assert (await summary_of(world, vera.conversation))["waiting_since"] == since[0], "the premise"
    await done(visitor, "delete", entry=first)
    assert (await summary_of(world, vera.conversation))["waiting_since"] == since[1]
    await done(visitor, "delete", entry=second)
    assert (await summary_of(world, vera.conversation))["waiting_since"] is None
    await message(visitor, "Three")
    assert (await summary_of(world, vera.conversation))["waiting_since"] is not None


async def test_command_that_is_sent_again_has_the_first_result(world: World) -> None:
    vera = await world.visitor()
    visitor = await world.stream(vera)
    entry, names = await message(visitor, "Tset"), [new_entry_id() for _ in range(3)]
    commands: list[tuple[str, dict[str, Any]]] = [
        ("edit", {"entry": entry, "text": "Test"}),
        ("react", {"entry": entry, "reaction": "like", "on": True}),
        ("delete", {"entry": entry}),
    ]
    for name, (op, fields) in zip(names, commands, strict=True):
        first = await change(visitor, op, entry_id=name, **fields)
        assert (first["op"], await change(visitor, op, entry_id=name, **fields)) == ("ack", first)
    assert len(await world.timeline(vera.conversation)) == 5
    # The edit was emptied with the message.
    assert (await change(visitor, "edit", entry_id=names[0], **commands[0][1]))["code"] == "deleted"
    assert (await say(visitor, "Tset", entry))["code"] == "deleted", "the message does not come back"


async def test_commands_of_one_batch_are_done_in_order(world: World) -> None:
    vera = await world.visitor()
    visitor = await world.stream(vera)
    entry, edit, deletion = (new_entry_id() for _ in range(3))
    await visitor.send("send", id=entry, conversation=vera.conversation, text="a")
    await visitor.send("edit", id=edit, conversation=vera.conversation, entry=entry, text="b")
    await visitor.send("delete", id=deletion, conversation=vera.conversation, entry=entry)
    assert [(await visitor.until("ack", id=one))["seq"] for one in (entry, edit, deletion)] == [2, 3, 4]
    assert [one["data"] for one in await world.timeline(vera.conversation)][1:] == [None, None, {"entry": entry}]


async def test_message_of_another_conversation_and_a_note_are_unknown_to_a_visitor(world: World) -> None:
    vera, victor, other = await world.visitor(), await world.visitor(), await world.visitor(shop=BIKES)
    visitor, desk = await world.stream(vera), await world.stream(await world.operator())
    own = await message(visitor, "Mine")
    note = await done(desk, "note", vera.conversation, text="For the team")
    foreign = [(await world.timeline(victor.conversation))[0]["id"]]
    foreign.append(
        world.server.rows(
            "SELECT e.id FROM entry e JOIN conversation c ON c.no = e.conversation_no WHERE c.id = ?",
            other.conversation,
        )[0][0]
    )
    commands: dict[str, dict[str, Any]] = {
        "edit": {"text": "x"},
        "delete": {},
        "react": {"reaction": "like", "on": True},
    }
    for target in (*foreign, note, new_entry_id()):
        for op, fields in commands.items():
            assert await refusal(visitor, op, entry=target, **fields) == "unknown_entry", (op, target)
        assert await refusal(visitor, "send", text="See", quote=target) == "unknown_entry"
    for target in (*foreign, new_entry_id()):
        for op, fields in commands.items():
            assert await refusal(desk, op, vera.conversation, entry=target, **fields) == "unknown_entry"
    assert await refusal(desk, "send", vera.conversation, text="See", quote=note) == "unknown_entry"
    await done(visitor, "edit", entry=own, text="Still mine")
    assert await refusal(visitor, "delete", victor.conversation, entry=foreign[0]) == "unknown_conversation"
    assert [one["data"] for one in await world.timeline(victor.conversation)] == [{"text": "Hello"}]


async def test_note_is_edited_and_deleted_without_the_visitor(world: World) -> None:
    vera = await world.visitor()
    visitor, desk = await world.stream(vera), await world.stream(await world.operator())
    nora = await world.stream(await world.new_operator(hire(world, role="operator")))
    note = await done(desk, "note", vera.conversation, text="team only")
    edit = await done(desk, "edit_note", vera.conversation, entry=note, text="team only, edited")
    assert (await desk.until_entry(id=edit))["data"] == {"entry": note, "text": "team only, edited"}
    assert await refusal(nora, "edit_note", vera.conversation, entry=note, text="x") == "forbidden"
    assert await refusal(nora, "delete_note", vera.conversation, entry=note) == "forbidden"
    assert await refusal(desk, "edit", vera.conversation, entry=note, text="x") == "unknown_entry"
    await done(desk, "delete_note", vera.conversation, entry=note)
    assert [one["data"] for one in await world.timeline(vera.conversation)][1:] == [None, None, {"entry": note}]
    for op in ("edit_note", "delete_note"):
        name = new_entry_id()
        await visitor.send(op, id=name, conversation=vera.conversation, entry=note, text="x")
        assert (await visitor.until("error"))["code"] in {"unknown_op", "invalid"}
    ack = await say(visitor, "Hello again")
    assert ack["seq"] == 2, "the visitor's numbers have no gap"
    assert "team" not in str(await visible(world, vera, 2))


async def test_each_person_has_each_reaction_once(world: World, transport: Transport) -> None:
    vera = await world.visitor()
    visitor, desk = await world.stream(vera, transport), await world.stream(await world.operator(), transport)
    entry = await message(visitor, "Thanks!")
    for stream in (visitor, desk):
        for reaction in ("like", "love"):
            fields: dict[str, Any] = {"entry": entry, "reaction": reaction}
            assert await refusal(stream, "react", vera.conversation, **fields, on=False) == "unchanged"
            await done(stream, "react", vera.conversation, **fields, on=True)
            assert await refusal(stream, "react", vera.conversation, **fields, on=True) == "unchanged"
    await done(desk, "react", vera.conversation, entry=entry, reaction="love", on=False)
    await done(desk, "react", vera.conversation, entry=entry, reaction="love", on=True)
    received = [one for one in await visible(world, vera, 8) if one["kind"] == "reaction"]
    assert [(one["author"]["kind"], one["data"]["reaction"], one["data"]["on"]) for one in received] == [
        ("visitor", "like", True),
        ("visitor", "love", True),
        ("operator", "like", True),
        ("operator", "love", True),
        ("operator", "love", False),
        ("operator", "love", True),
    ]
    await desk.send("react", id=new_entry_id(), conversation=vera.conversation, entry=entry, reaction="rocket", on=True)
    assert (await desk.until("error", code="invalid"))["message"].endswith("`$.reaction`.")
    await done(visitor, "delete", entry=entry)
    assert await refusal(desk, "react", vera.conversation, entry=entry, reaction="sad", on=True) == "deleted"


async def test_quote_names_the_message_on_both_sides(world: World, transport: Transport) -> None:
    vera = await world.visitor()
    visitor, desk = await world.stream(vera, transport), await world.stream(await world.operator(), transport)
    asked = await message(visitor, "Which size?")
    answer = await done(desk, "send", vera.conversation, text="Large", quote=asked)
    assert (await visitor.until_entry(id=answer))["data"] == {"text": "Large", "quote": asked}
    await done(desk, "edit", vera.conversation, entry=answer, text="Small")
    received = await visible(world, vera, 4)
    assert received[2]["data"] == {"text": "Small", "quote": asked}
    await done(visitor, "delete", entry=asked)
    assert await refusal(desk, "send", vera.conversation, text="?", quote=asked) == "deleted"
    assert await refusal(desk, "send", vera.conversation, text="?", quote="x") == "bad_id"


async def test_changes_of_an_erased_conversation_are_refused(world: World) -> None:
    vera = await world.visitor()
    visitor, desk = await world.stream(vera), await world.stream(await world.operator(OLGA))
    entry = await message(visitor, "Hello")
    answer = await message(desk, "Good day", vera.conversation)
    await done(desk, "edit", vera.conversation, entry=answer, text="secret edit")
    assert (await ask(world.http, vera, "POST", "/v1/visitor/erase")).status_code == 200
    commands: list[tuple[str, dict[str, Any]]] = [
        ("edit", {"entry": answer, "text": "x"}),
        ("delete", {"entry": entry}),
        ("react", {"entry": entry, "reaction": "like", "on": True}),
        ("send", {"text": "x", "quote": entry}),
    ]
    for op, fields in commands:
        assert await refusal(desk, op, vera.conversation, **fields) == "erased", op
    assert [one["data"] for one in await world.timeline(vera.conversation)] == [None] * 4 + [{}]
