"""Assignment, mentions, priority and snooze: what operators receive, whom they may name, and what visitors receive."""

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import Any

import pytest

from crumbless.core.time_units import DAY_MS
from support.client import Frame, Person, Stream, Transport, ask
from support.people import OLGA, OSKAR, TEA, World, new_entry_id, say
from support.sign_in import hire

pytestmark = pytest.mark.storages("sqlite", "postgres")


async def command(stream: Stream, op: str, conversation: str, entry_id: str = "", **fields: Any) -> Frame:
    """Send a command that appends an entry. Return its `ack` or `error`."""
    name = entry_id or new_entry_id()
    await stream.send(op, id=name, conversation=conversation, **fields)
    async with asyncio.timeout(20):
        while True:
            frame = await stream.receive()
            if frame["op"] in {"ack", "error"} and frame.get("id") == name:
                return frame


async def done(stream: Stream, op: str, conversation: str, **fields: Any) -> str:
    """Send a command that is accepted. Return its ID."""
    ack = await command(stream, op, conversation, **fields)
    assert ack["op"] == "ack", ack
    return ack["id"]


async def refusal(stream: Stream, op: str, conversation: str, **fields: Any) -> str:
    return (await command(stream, op, conversation, **fields)).get("code", "")


async def summary_of(world: World, conversation: str) -> Frame:
    return (await ask(world.http, await world.operator(), "GET", f"/v1/desk/conversations/{conversation}")).json()


async def new_team(world: World) -> str:
    answer = await ask(world.http, await world.operator(), "POST", "/v1/desk/teams", {"name": new_entry_id()})
    return str(answer.json()["id"])


async def limited(world: World, *, sites: list[str], teams: list[str]) -> Person:
    """Return a new operator with this list."""
    person = await world.new_operator(hire(world, "Lars", role="operator"))
    scope = {"everything": False, "sites": sites, "teams": teams}
    answer = await ask(world.http, await world.operator(), "POST", f"/v1/desk/people/{person.id}", {"scope": scope})
    assert answer.status_code == 204, answer.text
    return person


@dataclass
class Organised:
    """The fields of a summary that operators change."""

    operator: str = ""
    team: str = ""
    priority: str = "normal"
    status: str = "open"
    snoozed_until: int | None = None


async def organised(world: World, conversation: str) -> Organised:
    summary = await summary_of(world, conversation)
    return Organised(**{name: summary[name] for name in Organised.__dataclass_fields__})


def pass_a_day(world: World, visitor: Person) -> None:
    """Let the end of the conversation's snooze come a day earlier."""
    world.server.change(
        "UPDATE conversation SET snoozed_until = snoozed_until - ? WHERE id = ?", DAY_MS, visitor.conversation
    )


async def test_conversation_is_assigned_taken_and_unassigned(world: World, transport: Transport) -> None:
    vera, team = await world.visitor(), await new_team(world)
    olga, nora = await world.operator(), await world.new_operator(hire(world, role="operator"))
    desk, other = await world.stream(olga, transport), await world.stream(nora)
    assert await organised(world, vera.conversation) == Organised(), "the premise"
    first = await done(desk, "assign", vera.conversation, operator=nora.id, team=team)
    received = await other.until_entry(id=first)
    assert (received["kind"], received["data"]) == ("assigned", {"operator": nora.id, "team": team})
    assert await organised(world, vera.conversation) == Organised(nora.id, team)
    await done(desk, "assign", vera.conversation, operator=olga.id)
    assert await organised(world, vera.conversation) == Organised(olga.id, team)
    await done(other, "assign", vera.conversation, team="")
    assert await organised(world, vera.conversation) == Organised(olga.id)
    await done(desk, "assign", vera.conversation, operator="")
    assert await organised(world, vera.conversation) == Organised()
    assert await refusal(desk, "assign", vera.conversation) == "invalid"


async def test_assignment_and_mention_name_only_operators_who_see_the_conversation(world: World) -> None:
    vera, team = await world.visitor(), await new_team(world)
    desk = await world.stream(await world.operator())
    unseen, seen = await limited(world, sites=[], teams=[]), await limited(world, sites=[TEA.key], teams=[])
    of_team = await limited(world, sites=[], teams=[team])
    gone, foreign = await world.new_operator(hire(world, "Gil", role="operator")), await world.new_operator(OSKAR)
    answer = await ask(world.http, await world.operator(), "POST", f"/v1/desk/people/{gone.id}/disable", {})
    assert answer.status_code == 204, answer.text
    for person in (unseen.id, of_team.id, gone.id, foreign.id, new_entry_id()):
        assert await refusal(desk, "assign", vera.conversation, operator=person) == "unknown_operator"
        fields = {"text": "Look", "mentions": [seen.id, person]}
        assert await refusal(desk, "note", vera.conversation, **fields) == "unknown_operator"
    await done(desk, "assign", vera.conversation, operator=seen.id)
    note = await done(desk, "note", vera.conversation, text="Look", mentions=[seen.id])
    assert (await desk.until_entry(id=note))["data"] == {"text": "Look", "mentions": [seen.id]}
    # The team makes its operators see the conversation, in the same command.
    await done(desk, "assign", vera.conversation, operator=of_team.id, team=team)
    limited_desk = await world.stream(of_team)
    for hidden in (await new_team(world), new_entry_id()):
        assert await refusal(limited_desk, "assign", vera.conversation, team=hidden) == "unknown_operator"
    assert (await organised(world, vera.conversation)).team == team


async def test_operator_of_the_former_team_no_longer_sees_the_conversation(world: World) -> None:
    vera, team, other = await world.visitor(), await new_team(world), await new_team(world)
    desk = await world.stream(await world.operator())
    await done(desk, "assign", vera.conversation, team=team)
    lars = await limited(world, sites=[], teams=[team])
    lucy = await limited(world, sites=[], teams=[other])
    stream, next_desk = await world.stream(lars), await world.stream(lucy)
    await stream.until_entry(conversation=vera.conversation, kind="message")
    me = (await ask(world.http, lars, "GET", "/v1/desk/me")).json()
    moved = await done(desk, "assign", vera.conversation, team=other)
    assert (await stream.until_over()).code == 1012
    assert (await ask(world.http, lars, "GET", "/v1/desk/me")).json()["scope"] != me["scope"]
    path = f"/v1/desk/conversations/{vera.conversation}"
    assert (await ask(world.http, lars, "GET", path)).status_code == 404
    assert (await next_desk.until_entry(id=moved))["data"] == {"operator": None, "team": other}
    assert (await ask(world.http, lucy, "GET", path)).status_code == 200


async def test_priority_is_stored_and_sent(world: World, transport: Transport) -> None:
    vera, desk = await world.visitor(), await world.stream(await world.operator(), transport)
    for priority in ("urgent", "low", "high", "normal"):
        change = await done(desk, "priority", vera.conversation, priority=priority)
        assert (await desk.until_entry(id=change))["data"] == {"priority": priority}
        assert await organised(world, vera.conversation) == Organised(priority=priority)


async def test_snooze_ends_at_its_time(world: World, transport: Transport) -> None:
    vera, desk = await world.visitor(), await world.stream(await world.operator(), transport)
    until = int(time.time() * 1000) + DAY_MS
    snooze = await done(desk, "snooze", vera.conversation, until=until)
    assert (await desk.until_entry(id=snooze))["data"] == {"until": until}
    pass_a_day(world, vera)
    woken = await desk.until_entry(conversation=vera.conversation, kind="woken")
    assert (woken["author"], woken["data"]) == ({"kind": "system"}, {})
    assert await organised(world, vera.conversation) == Organised()
    assert [one["kind"] for one in await world.timeline(vera.conversation)] == ["message", "snoozed", "woken"]


async def test_snooze_ends_with_the_visitors_message_or_by_hand(world: World) -> None:
    vera = await world.visitor()
    visitor, desk = await world.stream(vera), await world.stream(await world.operator())
    for until in (None, int(time.time() * 1000) + DAY_MS):
        await done(desk, "snooze", vera.conversation, until=until)
        assert await organised(world, vera.conversation) == Organised(status="snoozed", snoozed_until=until)
        assert (await say(visitor, "Are you there?"))["op"] == "ack"
        assert await organised(world, vera.conversation) == Organised()
    await done(desk, "snooze", vera.conversation, until=None)
    await done(desk, "wake", vera.conversation)
    assert await organised(world, vera.conversation) == Organised()
    assert await refusal(desk, "wake", vera.conversation) == "unchanged"
    for until in (0, int(time.time() * 1000) - 1_000, int(time.time() * 1000) + 3 * 366 * DAY_MS):
        assert await refusal(desk, "snooze", vera.conversation, until=until) == "invalid"


async def test_time_of_a_snooze_that_ended_before_adds_no_entry(world: World) -> None:
    vera, victor = await world.visitor(), await world.visitor()
    visitor, desk = await world.stream(vera), await world.stream(await world.operator())
    until = int(time.time() * 1000) + DAY_MS
    for person in (vera, victor):
        await done(desk, "snooze", person.conversation, until=until)
    assert (await say(visitor, "Now"))["op"] == "ack"
    # Both are due, in this order.
    pass_a_day(world, vera)
    pass_a_day(world, victor)
    await desk.until_entry(conversation=victor.conversation, kind="woken")
    kinds = [one["kind"] for one in await world.timeline(vera.conversation)]
    assert kinds == ["message", "snoozed", "message"]


async def test_command_that_is_sent_again_has_the_first_result(world: World) -> None:
    vera, olga = await world.visitor(), await world.operator()
    desk = await world.stream(olga)
    commands: list[tuple[str, dict[str, Any]]] = [
        ("assign", {"operator": olga.id}),
        ("priority", {"priority": "high"}),
        ("snooze", {"until": None}),
        ("wake", {}),
        ("note", {"text": "Hm", "mentions": [olga.id]}),
    ]
    for op, fields in commands:
        first = await command(desk, op, vera.conversation, name := new_entry_id(), **fields)
        assert (first["op"], await command(desk, op, vera.conversation, name, **fields)) == ("ack", first), op
    assert len(await world.timeline(vera.conversation)) == 6


_NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_TIME = re.compile(r"\b1\d{12}\b")


def normal(data: object) -> str:
    """Return the text without IDs and times, which differ between two conversations."""
    return _TIME.sub("<time>", _NAME.sub("<id>", json.dumps(data)))


async def received(world: World, organise: bool) -> str:
    """Return what a visitor receives in a conversation, live and from the beginning."""
    vera, olga = await world.visitor(), await world.operator(OLGA)
    visitor, desk = await world.stream(vera), await world.stream(olga, after=None)
    if organise:
        await done(desk, "assign", vera.conversation, operator=olga.id)
        await done(desk, "priority", vera.conversation, priority="urgent")
        await done(desk, "snooze", vera.conversation, until=int(time.time() * 1000) + DAY_MS)
    again = await world.stream(vera)
    await again.until_entry(seq=1)
    await say(visitor, "Hello?")
    answer = await say(desk, "Good day", conversation=vera.conversation)
    await visitor.until_entry(id=answer["id"])
    await again.until_entry(id=answer["id"])
    listed = (await ask(world.http, vera, "GET", "/v1/visitor/conversations")).json()["conversations"]
    nonce = {"challenge"}
    frames = [[one for one in stream.heard if one["op"] not in nonce] for stream in (visitor, again)]
    return normal([frames, [one | {"number": 0} for one in listed]])


async def test_visitor_receives_the_same_with_and_without_organisation(world: World) -> None:
    without = await received(world, organise=False)
    assert "Good day" in without, "the premise"
    assert await received(world, organise=True) == without
