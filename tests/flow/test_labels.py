"""Labels: the list of a workspace, and single labels that operators add to conversations and remove."""

import asyncio
from typing import Any

import pytest

from support.client import Frame, Person, Stream, Transport, ask
from support.people import OSKAR, World, new_entry_id
from support.sign_in import code_of, hire

pytestmark = pytest.mark.storages("sqlite", "postgres")

GREEN = "#0e6a5a"


async def new_label(world: World, by: Person, name: str = "") -> Frame:
    answer = await ask(world.http, by, "POST", "/v1/desk/labels", {"name": name or new_entry_id(), "colour": GREEN})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def set_label(stream: Stream, conversation: str, label: str, on: bool) -> Frame:
    """Send the command. Return its `ack` or `error`."""
    await stream.send("label", id=(name := new_entry_id()), conversation=conversation, label=label, on=on)
    async with asyncio.timeout(20):
        while True:
            frame = await stream.receive()
            if frame["op"] in {"ack", "error"} and frame.get("id") == name:
                return frame


async def labels_of(world: World, conversation: str) -> Any:
    path = f"/v1/desk/conversations/{conversation}"
    return (await ask(world.http, await world.operator(), "GET", path)).json()["labels"]


async def test_labels_are_listed_changed_and_deleted(world: World) -> None:
    olga = await world.operator()
    made = await new_label(world, olga, name := new_entry_id())
    assert made == {"id": made["id"], "name": name, "colour": GREEN}
    path = f"/v1/desk/labels/{made['id']}"
    changed = await ask(world.http, olga, "POST", path, {"name": f"{name} new", "colour": "#aa0000"})
    assert changed.json() == {"id": made["id"], "name": f"{name} new", "colour": "#aa0000"}
    listed = (await ask(world.http, olga, "GET", "/v1/desk/labels")).json()["labels"]
    assert changed.json() in listed
    assert (await ask(world.http, olga, "POST", f"{path}/remove", {})).status_code == 204
    listed = (await ask(world.http, olga, "GET", "/v1/desk/labels")).json()["labels"]
    assert made["id"] not in {one["id"] for one in listed}
    entries = (await ask(world.http, olga, "GET", "/v1/desk/audit?limit=100")).json()["records"]
    actions = [one["action"] for one in entries if one["target_id"] == made["id"]]
    assert actions == ["label_removed", "label_changed", "label_added"]


async def test_invalid_label_is_refused(world: World) -> None:
    olga = await world.operator()
    taken = await new_label(world, olga)
    for body in (
        {"name": taken["name"], "colour": GREEN},
        {"name": " ", "colour": GREEN},
        {"name": "a\u202eb", "colour": GREEN},
        {"name": new_entry_id(), "colour": "green"},
        {"name": new_entry_id(), "colour": "#0E6A5A"},
    ):
        assert code_of(await ask(world.http, olga, "POST", "/v1/desk/labels", body)) == "invalid", body


async def test_two_operators_add_labels_at_the_same_time(world: World, transport: Transport) -> None:
    vera, olga = await world.visitor(), await world.operator()
    first, second = await new_label(world, olga), await new_label(world, olga)
    desk = await world.stream(olga, transport)
    other = await world.stream(await world.new_operator(hire(world, role="operator")), transport)
    acks = await asyncio.gather(
        set_label(desk, vera.conversation, first["id"], on=True),
        set_label(other, vera.conversation, second["id"], on=True),
    )
    assert {ack["op"] for ack in acks} == {"ack"}
    assert {*await labels_of(world, vera.conversation)} == {first["id"], second["id"]}
    removed = await set_label(desk, vera.conversation, first["id"], on=False)
    assert (await other.until_entry(id=removed["id"]))["data"] == {"label": first["id"], "on": False}
    assert await labels_of(world, vera.conversation) == [second["id"]]
    visitor = await world.stream(vera)
    await visitor.until_entry(seq=1)
    await visitor.settled()
    assert len(visitor.entries()) == 1, "visitors do not receive labels"


async def test_unknown_and_repeated_labels_are_refused(world: World) -> None:
    vera, olga = await world.visitor(), await world.operator()
    label, foreign = await new_label(world, olga), await new_label(world, await world.new_operator(OSKAR))
    desk = await world.stream(olga)
    for unknown in (foreign["id"], new_entry_id()):
        assert (await set_label(desk, vera.conversation, unknown, on=True))["code"] == "unknown_label"
    assert (await set_label(desk, vera.conversation, label["id"], on=False))["code"] == "unchanged"
    assert (await set_label(desk, vera.conversation, label["id"], on=True))["op"] == "ack"
    assert (await set_label(desk, vera.conversation, label["id"], on=True))["code"] == "unchanged"
    # A deleted label can still be removed from a conversation, and is added to no other.
    assert (await ask(world.http, olga, "POST", f"/v1/desk/labels/{label['id']}/remove", {})).status_code == 204
    victor = await world.visitor()
    assert (await set_label(desk, victor.conversation, label["id"], on=True))["code"] == "unknown_label"
    assert (await set_label(desk, vera.conversation, label["id"], on=False))["op"] == "ack"
    assert await labels_of(world, vera.conversation) == []


async def test_labels_and_assignment_remain_in_the_shell_of_an_erased_conversation(world: World) -> None:
    vera, olga = await world.visitor(), await world.operator()
    label, desk = await new_label(world, olga), await world.stream(olga)
    assert (await set_label(desk, vera.conversation, label["id"], on=True))["op"] == "ack"
    await desk.send("assign", id=(name := new_entry_id()), conversation=vera.conversation, operator=olga.id)
    await desk.until("ack", id=name)
    assert (await ask(world.http, vera, "POST", "/v1/visitor/erase")).status_code == 200
    assert await labels_of(world, vera.conversation) == [label["id"]]
    rows = world.server.rows("SELECT operator_id FROM conversation WHERE id = ?", vera.conversation)
    assert rows == [(olga.id,)]
    assert [one["data"] for one in await world.timeline(vera.conversation)] == [None, None, None, {}]
