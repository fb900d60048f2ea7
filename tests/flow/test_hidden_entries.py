"""A visitor cannot detect that operators write notes: each byte is the same with and without 50 of them."""

import json
import re

import pytest

from support.client import Stream, Transport, ask
from support.people import OLGA, World, new_entry_id, say

pytestmark = pytest.mark.storages("sqlite", "postgres")

NOTES = 50

_NAME = re.compile(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<="nonce":")[\w-]+|(?<="key":")[\w-]+')
_TIME = re.compile(r'(?<="at":)\d{13}|(?<=_at":)\d{13}')

_NUMBER = re.compile(r'"number":\d+')
"""Count the conversations of the workspace."""


def normal(data: str) -> str:
    """Return JSON with each id, nonce and key replaced by its number among those that occur, and without times."""
    seen: dict[str, str] = {}
    return _NAME.sub(lambda found: seen.setdefault(found[0], f"<{len(seen)}>"), _TIME.sub("<time>", data))


def frames(stream: Stream) -> str:
    return normal("\n".join(json.dumps(frame, separators=(",", ":")) for frame in stream.heard))


async def note(desk: Stream, conversation: str, count: int) -> None:
    for _ in range(count):
        await desk.send("note", id=(name := new_entry_id()), conversation=conversation, text="For the team only")
        await desk.until("ack", id=name)


async def see(stream: Stream, seq: int, conversation: str) -> None:
    """Move the mark. Do not wait for a pong, which may come before the mark or after it."""
    await stream.send("seen", conversation=conversation, seq=seq)


async def receive(world: World, transport: Transport, notes: int) -> list[str]:
    """Return all that a visitor receives in a conversation with so many notes: live, after a reconnect, exported."""
    vera, olga = await world.visitor(), await world.operator(OLGA)
    conversation = vera.conversation
    visitor, desk = await world.stream(vera, transport), await world.stream(olga, after=None)
    fifth = notes // 5
    await note(desk, conversation, fifth)
    # The operators' mark moves over notes only, so the visitor learns nothing from it.
    await see(desk, 1, conversation)
    await visitor.until("seen", by="operator", seq=1)
    await see(desk, 1 + fifth, conversation)
    await say(visitor, "Are you there?")
    await note(desk, conversation, fifth)
    answer = await say(desk, "We are", conversation=conversation)
    assert answer["seq"] == 3 + 2 * fifth, "the premise: operators count notes"
    await visitor.until_entry(id=answer["id"])
    await see(visitor, 3, conversation)
    await visitor.until("seen", by="visitor", seq=3)
    moved = await desk.until("seen", by="visitor")
    assert moved["seq"] == answer["seq"], "the visitor's mark is on the same entry for operators"
    await note(desk, conversation, fifth)
    await desk.send("close", id=(closing := new_entry_id()), conversation=conversation)
    await visitor.until_entry(id=closing)
    await note(desk, conversation, fifth)
    await say(visitor, "One more thing")
    await note(desk, conversation, fifth)
    # A mark behind the last entry that the visitor sees is the mark at that entry.
    await see(desk, 5 + notes, conversation)
    await visitor.until("seen", by="operator", seq=5)
    await visitor.settled()
    received = [frames(visitor)]
    for after in (0, 2, 4, None):
        again = await world.stream(vera, transport, after=after)
        if after is not None:
            await again.until_entry(seq=5)
        await again.settled()
        received.append(frames(again))
    exported = await ask(world.http, vera, "GET", "/v1/visitor/export")
    conversations = await ask(world.http, vera, "GET", "/v1/visitor/conversations")
    received += [normal(exported.text), normal(_NUMBER.sub('"number":0', conversations.text))]
    summary = (await ask(world.http, olga, "GET", f"/v1/desk/conversations/{conversation}")).json()
    assert summary["last_seq"] == 5 + notes
    timeline = await world.timeline(conversation)
    assert [entry["kind"] for entry in timeline].count("note") == min(notes, len(timeline) - 5)
    return received


async def test_visitor_receives_the_same_bytes_with_and_without_notes(world: World, transport: Transport) -> None:
    without = await receive(world, transport, 0)
    with_notes = await receive(world, transport, NOTES)
    assert [len(one) for one in with_notes] == [len(one) for one in without]
    assert with_notes == without
    assert all("team" not in one for one in with_notes)


async def test_visitor_cannot_write_a_note(world: World, transport: Transport) -> None:
    visitor = await world.stream(await world.visitor(), transport)
    await visitor.send("note", id=(name := new_entry_id()), conversation=visitor.person.conversation, text="Hm")
    assert (await visitor.until("error"))["code"] == "unknown_op"
    desk = await world.stream(await world.operator(OLGA), after=None)
    await desk.send("note", id=name, conversation=visitor.person.conversation, text="Hm")
    assert (await desk.until("ack", id=name))["seq"] == 2, "the premise: the same frame from an operator is accepted"


async def test_note_in_another_conversation_causes_no_summary(world: World, transport: Transport) -> None:
    vera = await world.visitor()
    body = {"id": new_entry_id(), "text": "Another thing"}
    other = (await ask(world.http, vera, "POST", "/v1/visitor/conversations", body)).json()["conversation"]["id"]
    visitor, desk = await world.stream(vera, transport), await world.stream(await world.operator(OLGA), after=None)
    first = (await ask(world.http, vera, "GET", "/v1/visitor/conversations")).json()
    # The stream serves the newest conversation; notes are added to both, and the operators' mark moves over them.
    for conversation in (vera.conversation, other):
        await note(desk, conversation, 5)
        await see(desk, 6, conversation)
    await say(desk, "A message", conversation=vera.conversation)
    summary = (await visitor.until("summary"))["conversation"]
    assert (summary["id"], summary["last_seq"], summary["unread"]) == (vera.conversation, 2, 1)
    await visitor.settled()
    assert [frame["op"] for frame in visitor.heard].count("summary") == 1, "the premise: a message causes one"
    assert "team" not in str(visitor.heard)
    listed = (await ask(world.http, vera, "GET", "/v1/visitor/conversations")).json()
    assert [one["id"] for one in listed["conversations"]] == [one["id"] for one in first["conversations"]]
    assert listed["conversations"][0] == first["conversations"][0]
