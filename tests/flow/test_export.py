"""A visitor's export is complete, contains no data of other visitors, and does not block the server."""

import time

import msgspec

from support.client import ask
from support.people import BUSY_MACHINE, World, new_entry_id, say

LONG = 20_000


async def test_export_contains_the_conversation_as_its_visitor_sees_it(world: World) -> None:
    vera, victor, olga = (
        await world.visitor("mine \u2028 \U0001f600"),
        await world.visitor("not hers"),
        await world.operator(),
    )
    desk = await world.stream(olga)
    assert (await say(desk, "answer", conversation=vera.conversation))["op"] == "ack"
    assert (await say(desk, "to another", conversation=victor.conversation))["op"] == "ack"
    answer = await ask(world.http, vera, "GET", "/v1/visitor/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    export = answer.json()
    assert export["site"] == {"key": "tea-shop", "name": "tea-shop"}
    assert (export["visitor"]["id"], export["visitor"]["name"]) == (vera.id, "")
    assert abs(export["exported_at"] - time.time() * 1000) < 60_000
    (conversation,) = export["conversations"]
    assert (conversation["id"], conversation["status"]) == (vera.conversation, "open")
    assert [(one["seq"], one["data"]["text"], one["author"]) for one in conversation["entries"]] == [
        (1, "mine \u2028 \U0001f600", {"kind": "visitor"}),
        (2, "answer", {"kind": "operator", "name": "Olga"}),
    ]
    assert "position" not in str(export)
    assert "another" not in answer.text


async def test_export_of_a_long_conversation_does_not_delay_other_clients(world: World) -> None:
    vera, victor = await world.visitor("entry 1"), await world.visitor()
    world.server.change(
        """
        WITH RECURSIVE count(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM count WHERE n < ?2)
        INSERT INTO entry (workspace_id, position, conversation_no, seq, visitor_seq, id, at, kind, author_kind,
          author_id, author_name, data)
        SELECT c.workspace_id, w.position + n - 1, c.no, n, n, printf('%08x-0000-7000-8000-%012x', n, n),
          c.started_at, 'message', 'visitor', c.visitor_id, '', json_object('text', 'entry ' || n)
        FROM count, conversation AS c JOIN workspace AS w ON w.id = c.workspace_id WHERE c.id = ?1
        """,
        vera.conversation,
        LONG,
    )
    world.server.change(
        "UPDATE conversation SET last_seq = ?1, last_visitor_seq = ?1 WHERE id = ?2", LONG, vera.conversation
    )
    world.server.change(
        "UPDATE workspace SET position = (SELECT max(position) FROM entry WHERE workspace_id = workspace.id) "
        "WHERE id = (SELECT workspace_id FROM conversation WHERE id = ?1)",
        vera.conversation,
    )
    other = await world.stream(victor)
    slowest = 0.0
    pieces: list[bytes] = []
    headers = vera.credentials("GET", "/v1/visitor/export")
    async with world.http.stream("GET", f"{vera.address}/v1/visitor/export", headers=headers) as answer:
        assert answer.status_code == 200
        async for piece in answer.aiter_bytes():
            pieces.append(piece)
            if len(pieces) % 20 == 1:
                began = time.monotonic()
                await say(other, "meanwhile", new_entry_id())
                slowest = max(slowest, time.monotonic() - began)
    export = msgspec.json.decode(b"".join(pieces))
    (conversation,) = export["conversations"]
    assert [one["data"]["text"] for one in conversation["entries"]] == [f"entry {n}" for n in range(1, LONG + 1)]
    assert len(pieces) > 10
    assert slowest < 2 + BUSY_MACHINE, f"a message waited {slowest:.3f} s for its acknowledgement"

    erased = await ask(world.http, vera, "POST", "/v1/visitor/erase")
    assert erased.json() == {"conversations": 1, "messages": LONG}
