"""A message from visitor to operator and back, over each transport: which participants receive it, and when."""

import pytest

from support.client import Transport, ask
from support.people import OLGA, OTTO, World, new_entry_id, say

pytestmark = pytest.mark.storages("sqlite", "postgres", "nats")


async def test_message_reaches_every_participant(world: World, transport: Transport) -> None:
    vera, olga, otto = await world.visitor("Is tea hot?"), await world.operator(OLGA), await world.operator(OTTO)
    visitor, other_tab = await world.stream(vera, transport), await world.stream(vera, transport)
    desks = [await world.stream(olga, transport, after=None), await world.stream(otto, transport, after=None)]
    ack = await say(visitor, "Very hot?")
    assert ack["op"] == "ack"
    assert (ack["seq"], ack["conversation"]) == (2, vera.conversation)
    received = [await one.until_entry(id=ack["id"]) for one in (visitor, other_tab, *desks)]
    assert {entry["data"]["text"] for entry in received} == {"Very hot?"}
    assert {entry["seq"] for entry in received} == {2}
    assert "position" not in received[0], "visitors are not notified of other events in the workspace"
    assert received[2]["position"] == received[3]["position"] > 0


async def test_reply_has_the_name_but_not_the_id_of_its_author(world: World, transport: Transport) -> None:
    vera, olga = await world.visitor(), await world.operator(OLGA)
    visitor, desk = await world.stream(vera, transport), await world.stream(olga, transport, after=None)
    ack = await say(desk, "Good morning", conversation=vera.conversation)
    entry = await visitor.until_entry(id=ack["id"])
    assert entry["author"] == {"kind": "operator", "name": "Olga"}
    assert (await desk.until_entry(id=ack["id"]))["author"]["id"] == olga.id


async def test_typing_is_sent_to_the_other_participants_and_not_stored(world: World, transport: Transport) -> None:
    vera, olga = await world.visitor(), await world.operator(OLGA)
    visitor, desk = await world.stream(vera, transport), await world.stream(olga, transport, after=None)
    await desk.send("typing", conversation=vera.conversation, on=True)
    shown = await visitor.until("typing")
    assert shown["by"] == {"kind": "operator", "name": "Olga"}
    assert shown["on"] is True
    await visitor.send("typing", conversation=vera.conversation, on=True)
    assert (await desk.until("typing", conversation=vera.conversation))["by"]["kind"] == "visitor"
    await visitor.settled()
    assert [frame["op"] for frame in visitor.heard].count("typing") == 1, (
        "the author of a typing frame does not receive it"
    )
    late = await world.stream(vera, transport)
    await late.settled()
    assert "typing" not in [frame["op"] for frame in late.heard]


async def test_seen_mark_moves_forward_only_and_is_sent_after_a_reconnect(world: World, transport: Transport) -> None:
    vera, olga = await world.visitor(), await world.operator(OLGA)
    visitor, desk = await world.stream(vera, transport), await world.stream(olga, transport, after=None)
    await say(visitor, "Two")
    await desk.send("seen", conversation=vera.conversation, seq=2)
    assert (await visitor.until("seen", by="operator"))["seq"] == 2
    await desk.send("seen", conversation=vera.conversation, seq=1)
    await desk.send("seen", conversation=vera.conversation, seq=99)
    await desk.settled()
    await visitor.send("seen", conversation=vera.conversation, seq=1)
    assert (await visitor.until("seen"))["by"] == "visitor", "a mark that did not move is not sent"
    again = await world.raw_stream(vera, transport)
    welcome = await again.authenticate(await again.challenged(), 2)
    assert welcome["conversation"]["seen"] == {"visitor": 1, "operator": 2}
    position = (await ask(world.http, olga, "GET", "/v1/desk/conversations?limit=1")).json()["position"]
    returned = await world.stream(olga, transport, after=position - 1)
    assert (await returned.until("seen", conversation=vera.conversation, by="operator"))["seq"] == 2


async def test_status_follows_from_the_timeline(world: World, transport: Transport) -> None:
    vera, olga = await world.visitor(), await world.operator(OLGA)
    visitor, desk = await world.stream(vera, transport), await world.stream(olga, transport, after=None)

    async def inbox_row() -> tuple[str, bool, int]:
        row = (await ask(world.http, olga, "GET", f"/v1/desk/conversations/{vera.conversation}")).json()
        return row["status"], row["waiting_since"] is not None, row["unread"]

    assert await inbox_row() == ("open", True, 1)
    await say(desk, "Here I am", conversation=vera.conversation)
    assert await inbox_row() == ("open", False, 0)
    await say(visitor, "Thanks")
    assert await inbox_row() == ("open", True, 1)
    await desk.send("close", id=(closing := new_entry_id()), conversation=vera.conversation)
    await desk.until("ack", id=closing)
    assert (await visitor.until_entry(id=closing))["kind"] == "closed"
    assert await inbox_row() == ("closed", False, 1)
    await say(visitor, "One more thing")
    assert await inbox_row() == ("open", True, 2)


async def test_welcome_has_the_identity_and_the_limits(world: World, transport: Transport) -> None:
    vera, olga = await world.visitor(), await world.operator(OLGA)
    stream = await world.raw_stream(vera, transport)
    welcome = await stream.authenticate(await stream.challenged(), None)
    assert welcome["you"] == {"kind": "visitor", "id": vera.id, "name": ""}
    assert welcome["limits"] == {"text": 8000, "frame": 65536, "ping": 25}
    assert welcome["bound"] is True
    assert welcome["conversation"]["status"] == "open"
    desk = await world.raw_stream(olga, transport)
    welcome = await desk.authenticate(await desk.challenged(), None)
    assert welcome["you"] == {"kind": "operator", "id": olga.id, "name": "Olga"}
    newest = world.server.rows("SELECT position FROM workspace WHERE name = 'Tea'")[0][0]
    assert welcome["position"] == newest


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        "  spaces kept  ",
        "line\nbreak\tand tab",
        "\U0001f469\u200d\U0001f467 \ufdfa \u202ex",
        "0",
    ],
)
async def test_text_is_delivered_unchanged(world: World, words: str) -> None:
    visitor = await world.stream(await world.visitor())
    ack = await say(visitor, words)
    assert (await visitor.until_entry(id=ack["id"]))["data"]["text"] == words
    assert (await world.timeline(visitor.person.conversation))[-1]["data"]["text"] == words


async def test_line_breaks_are_normalised(world: World) -> None:
    visitor = await world.stream(await world.visitor())
    ack = await say(visitor, "a\r\nb\rc")
    assert (await visitor.until_entry(id=ack["id"]))["data"]["text"] == "a\nb\nc"
