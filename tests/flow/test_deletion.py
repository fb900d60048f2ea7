"""Deletion of conversations, persons, sites and workspaces: what goes, what stays, receipts, exports, and undo."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from crumbless.http.route import Route
from crumbless.routes import ROUTES
from support.client import Person, StreamOver, ask
from support.people import BIKES, OLGA, OSKAR, TEA, World, new_entry_id, say
from support.retention_runs import run_retention
from support.server import ServerProcess
from support.shells import shell_counts
from support.sign_in import code_of, hire

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]
DELETING = [
    route
    for route in ROUTES
    if "/requests" not in route.path
    and route.path.endswith(("/delete", "/export", "/erase"))
    # The record of processing describes data and contains none.
    and "/server-data/" not in route.path
]


@pytest.fixture
def own_world(start_server: StartServer, open_world: OpenWorld) -> World:
    """Return a world on a separate server, because a run is for all workspaces."""
    return open_world(start_server(task_poll_seconds=0.1))


async def post(world: World, path: str, body: object = None, who: Person | None = None) -> Any:
    answer = await ask(
        world.http, who or await world.operator(), "POST", f"/v1/desk/{path}", {} if body is None else body
    )
    assert answer.is_success, answer.text
    return answer.json()


async def lines(world: World, path: str) -> list[dict[str, Any]]:
    """Return the lines of an export, which is complete."""
    answer = await ask(world.http, await world.operator(), "GET", f"/v1/desk/{path}")
    assert answer.status_code == 200, answer.text
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert found[-1] == {"type": "end", "lines": len(found)}
    return found


def pass_week(world: World, table: str) -> None:
    """Let the week to undo pass."""
    world.server.change(f"UPDATE {table} SET delete_at = 1 WHERE delete_at IS NOT NULL")


async def test_deleted_conversation_is_a_shell_with_a_receipt(world: World) -> None:
    vera, victor, olga = await world.visitor("secret of vera"), await world.visitor("kept"), await world.operator()
    desk = await world.stream(olga)
    before = shell_counts(world.server)
    receipt = await post(world, f"conversations/{vera.conversation}/delete")
    assert (receipt["kind"], receipt["operator"]) == ("conversation", olga.id)
    assert receipt["counts"] == {"contacts": 0, "conversations": 1, "messages": 1}
    assert receipt["finished_at"] >= receipt["started_at"]
    notice = await desk.until_entry(conversation=vera.conversation, kind="erased")
    assert notice["author"] == {"kind": "operator"}
    assert [one["data"] for one in await world.timeline(vera.conversation)] == [None, {}]
    assert [one["data"] for one in await world.timeline(victor.conversation)] == [{"text": "kept"}]
    assert shell_counts(world.server) == before
    logged = world.server.rows(
        "SELECT actor_id, target_name FROM audit_log WHERE action = 'conversation_deleted' AND target_id = ?",
        receipt["id"],
    )
    assert logged == [(olga.id, "")]
    again = await ask(world.http, olga, "POST", f"/v1/desk/conversations/{vera.conversation}/delete", {})
    assert (again.status_code, code_of(again)) == (410, "erased")
    assert receipt in (await ask(world.http, olga, "GET", "/v1/desk/deletions")).json()["deletions"]


async def test_deleted_person_loses_all_conversations(world: World) -> None:
    vera = await world.visitor("first secret")
    answer = await ask(
        world.http, vera, "POST", "/v1/visitor/conversations", {"id": new_entry_id(), "text": "second secret"}
    )
    second = answer.json()["conversation"]["id"]
    stream = await world.stream(vera)
    receipt = await post(world, f"conversations/{vera.conversation}/visitor/delete")
    assert receipt["counts"] == {"contacts": 0, "conversations": 2, "messages": 2}
    for one in (vera.conversation, second):
        assert [entry["data"] for entry in await world.timeline(one)] == [None, {}]
    with pytest.raises(StreamOver) as over:
        await say(stream, "still here?")
    assert over.value.code == 4401
    assert world.server.rows("SELECT thumbprint, name, email FROM visitor WHERE id = ?", vera.id) == [(None, "", "")]


async def test_exports_contain_what_is_deleted(world: World) -> None:
    vera, olga = await world.visitor("a question"), await world.operator()
    desk = await world.stream(olga)
    await desk.send("note", id=(note := new_entry_id()), conversation=vera.conversation, text="a note")
    await desk.until("ack", id=note)
    for path in (f"conversations/{vera.conversation}", f"conversations/{vera.conversation}/visitor"):
        found = await lines(world, f"{path}/export")
        assert [one["type"] for one in found] == ["conversation", "entry", "entry", "end"]
        assert found[0]["id"] == vera.conversation
        assert [one["entry"]["data"] for one in found[1:3]] == [{"text": "a question"}, {"text": "a note"}]
    site = await lines(world, f"sites/{TEA.key}/export")
    assert (site[0]["type"], site[0]["key"]) == ("site", TEA.key)
    assert {"type": "entry", "entry": found[1]["entry"]} in site
    whole = await lines(world, "workspace/export")
    assert [one["email"] for one in whole if one["type"] == "operator"] >= [OLGA.email]
    # Other tests add sites to the workspace.
    assert TEA.key in (keys := [one["key"] for one in whole if one["type"] == "site"])
    assert BIKES.key not in keys
    assert {"type": "entry", "entry": found[1]["entry"]} in whole
    assert "bikes.example" not in str(whole)


async def test_export_of_a_long_conversation_has_each_entry_once(world: World) -> None:
    vera = await world.visitor("text 0")
    stream = await world.stream(vera)
    for number in range(1, 450):
        await stream.send("send", id=new_entry_id(), conversation=vera.conversation, text=f"text {number}")
    await stream.settled()
    found = await lines(world, f"conversations/{vera.conversation}/export")
    texts = [one["entry"]["data"]["text"] for one in found if one["type"] == "entry"]
    assert texts == [f"text {number}" for number in range(450)]


@pytest.mark.parametrize("route", DELETING, ids=lambda route: route.name)
def test_deletion_and_export_need_recent_authentication(route: Route) -> None:
    assert route.step_up or route.who != "operator"


async def test_site_is_closed_for_a_week_and_can_be_opened_again(own_world: World) -> None:
    world = own_world
    vera = await world.visitor("kept")
    stream = await world.stream(vera)
    assert (await ask(world.http, world.stranger(), "GET", f"/w/{TEA.key}.js")).status_code == 200
    planned = await post(world, f"sites/{TEA.key}/delete")
    days = (planned["delete_at"] - planned["created_at"]) / 86_400_000
    assert 7 <= days < 8
    assert (await stream.until_over()).code == 4401
    for path in (f"/w/{TEA.key}.js", f"/chat/{TEA.key}"):
        assert (await ask(world.http, world.stranger(), "GET", path)).status_code == 404, path
    refused = await world.start(world.stranger(), "anyone there?")
    assert (refused.status_code, code_of(refused)) == (404, "not_found")
    twice = await ask(world.http, await world.operator(), "POST", f"/v1/desk/sites/{TEA.key}/delete", {})
    assert code_of(twice) == "invalid"
    await run_retention(world)
    assert [one["data"] for one in await world.timeline(vera.conversation)] == [{"text": "kept"}]
    assert (await post(world, f"sites/{TEA.key}/undo-delete"))["delete_at"] is None
    assert (await ask(world.http, world.stranger(), "GET", f"/w/{TEA.key}.js")).status_code == 200
    assert (await world.start(world.stranger(), "hello again")).status_code == 201


async def test_site_is_deleted_after_a_week(own_world: World) -> None:
    world = own_world
    people = [await world.visitor(f"secret {number}") for number in range(3)]
    other = await post(world, "sites", {"name": "Second", "origins": []})
    await post(world, f"sites/{TEA.key}/delete")
    before = shell_counts(world.server)
    pass_week(world, "site")
    late = await ask(world.http, await world.operator(), "POST", f"/v1/desk/sites/{TEA.key}/undo-delete", {})
    assert code_of(late) == "invalid", "the deletion may have begun"
    await run_retention(world)
    for one in people:
        assert [entry["data"] for entry in await world.timeline(one.conversation)] == [None, {}]
    assert shell_counts(world.server) == before
    listed = (await ask(world.http, await world.operator(), "GET", "/v1/desk/sites")).json()["sites"]
    assert [one["key"] for one in listed] == [other["key"]]
    assert world.server.rows("SELECT name FROM site WHERE workspace_id = 1 AND deleted_at IS NOT NULL") == [("",)]
    assert world.server.rows("SELECT count(*) FROM visitor WHERE thumbprint IS NOT NULL AND workspace_id = 1") == [(0,)]
    ((counts,),) = world.server.rows("SELECT counts FROM deletion WHERE kind = 'site' AND finished_at IS NOT NULL")
    counted = json.loads(counts) if isinstance(counts, str) else counts
    assert (counted["conversations"], counted["messages"]) == (3, 3)


async def test_workspace_is_deleted_after_a_week_and_others_stay(own_world: World) -> None:
    world = own_world
    vera, victor = await world.visitor("secret of vera"), await world.visitor("kept", shop=BIKES)
    olga = await world.operator()
    wrong = await ask(world.http, olga, "POST", "/v1/desk/workspace/delete", {"name": "Coffee"})
    assert code_of(wrong) == "invalid"
    admin = await world.new_operator(hire(world, role="admin"))
    refused = await ask(world.http, admin, "POST", "/v1/desk/workspace/delete", {"name": "Tea"})
    assert code_of(refused) == "forbidden"
    for _ in range(2):
        planned = await post(world, "workspace/delete", {"name": "Tea"})
        assert planned["delete_at"] > planned["created_at"]
        assert (await world.start(world.stranger())).status_code == 404
        assert (await post(world, "workspace/undo-delete"))["delete_at"] is None
        assert (await world.start(world.stranger())).status_code == 201
    await post(world, "workspace/delete", {"name": "Tea"})
    desk = await world.stream(olga)
    pass_week(world, "workspace")
    await run_retention(world)
    assert (await desk.until_over()).code == 4401
    assert code_of(await world.sign_in(OLGA)) == "wrong_sign_in"
    for table in ("entry", "conversation", "visitor", "session", "operator", "site", "contact"):
        assert world.server.rows(f"SELECT count(*) FROM {table} WHERE workspace_id = 1") == [(0,)], table
    assert [one["data"] for one in await world.timeline(victor.conversation, OSKAR)] == [{"text": "kept"}]
    assert (await world.start(world.stranger(), shop=BIKES)).status_code == 201
    kinds = world.server.rows("SELECT kind, workspace_id FROM deletion WHERE finished_at IS NOT NULL")
    assert kinds == [("workspace", 1)]
    assert world.server.rows("SELECT name FROM workspace WHERE id = 1") == [("",)]
    assert vera.conversation
    logged = world.server.rows("SELECT count(*) FROM audit_log WHERE action = 'workspace_deleted'")
    assert logged == [(1,)]


async def test_interrupted_deletion_of_a_site_continues(own_world: World) -> None:
    world = own_world
    people = [await world.visitor(f"secret {number}") for number in range(60)]
    await post(world, f"sites/{TEA.key}/delete")
    pass_week(world, "site")
    world.server.change("UPDATE task SET due_at = 1 WHERE kind = 'retention_run'")
    world.server.kill()
    world.server.start()
    await run_retention(world)
    rows = world.server.rows("SELECT count(*) FROM conversation WHERE erased_at IS NULL AND workspace_id = 1")
    assert rows == [(0,)]
    ((counts,),) = world.server.rows("SELECT counts FROM deletion WHERE kind = 'site'")
    counted = json.loads(counts) if isinstance(counts, str) else counts
    assert counted["conversations"] == len(people)
