"""Retention: expired conversations become shells in a nightly run, and nothing else is deleted."""

from collections.abc import Callable
from typing import Any

import pytest

from support.client import Frame, Person, Transport, ask
from support.people import OLGA, TEA, World, new_entry_id, say
from support.retention_runs import run_retention
from support.server import ServerProcess, environment_of, run_command
from support.shells import shell_counts

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]
YEAR = 365


@pytest.fixture
def own_world(start_server: StartServer, open_world: OpenWorld) -> World:
    """Return a world on a separate server, because a run is for all workspaces."""
    return open_world(start_server(task_poll_seconds=0.1))


async def close(world: World, person: Person) -> None:
    """Close the visitor's conversation."""
    desk = await world.stream(await world.operator())
    await desk.send("close", id=new_entry_id(), conversation=person.conversation)
    await desk.until_entry(conversation=person.conversation, kind="closed")


def make_older(world: World, person: Person, days: int) -> None:
    """Move everything about the visitor's conversation into the past."""
    back = days * 86_400_000
    world.server.change(
        "UPDATE entry SET at = at - ? WHERE conversation_no = (SELECT no FROM conversation WHERE id = ?)",
        back,
        person.conversation,
    )
    world.server.change("UPDATE conversation SET started_at = started_at - ? WHERE id = ?", back, person.conversation)


async def save(world: World, **rules: Any) -> dict[str, Any]:
    """Store the rules and return the response."""
    answer = await ask(world.http, await world.operator(), "POST", "/v1/desk/retention", rules)
    assert answer.status_code == 200, answer.text
    return answer.json()


def texts(entries: list[Frame]) -> list[str | None]:
    return [one["data"] and one["data"].get("text", "") for one in entries]


async def test_expired_conversation_becomes_a_shell(own_world: World, transport: Transport) -> None:
    world = own_world
    vera, victor, otis = [await world.visitor(f"secret of {name}") for name in ("vera", "victor", "otis")]
    olga = await world.operator()
    desk = await world.stream(olga, transport)
    assert (await say(desk, "secret answer", conversation=vera.conversation))["op"] == "ack"
    for one in (vera, victor):
        await close(world, one)
    make_older(world, vera, YEAR + 1)
    make_older(world, victor, YEAR - 1)
    make_older(world, otis, YEAR + 1)
    saved = await save(world, conversation_days=YEAR)
    assert saved["next"] | {"at": 0} == {"at": 0, "conversations": 1, "contacts": 0, "receipts": 0, "audit_entries": 0}
    before = shell_counts(world.server)
    await run_retention(world)

    notice = await desk.until_entry(conversation=vera.conversation, kind="erased")
    assert notice["author"] == {"kind": "system"}
    after = await world.timeline(vera.conversation)
    assert [one["kind"] for one in after] == ["message", "message", "closed", "erased"]
    assert [one["data"] for one in after] == [None, None, None, {}]
    assert [one["author"] for one in after[:2]] == [{"kind": "visitor"}, {"kind": "operator", "id": olga.id}]
    assert texts(await world.timeline(victor.conversation))[0] == "secret of victor"
    assert texts(await world.timeline(otis.conversation))[0] == "secret of otis", "it is open"
    assert shell_counts(world.server) == before
    assert world.server.rows("SELECT thumbprint, name FROM visitor WHERE id = ?", vera.id) == [(None, "")]
    assert world.server.rows("SELECT count(*) FROM session WHERE visitor_id = ?", vera.id) == [(0,)]
    receipts = (await ask(world.http, olga, "GET", "/v1/desk/deletions")).json()["deletions"]
    assert [(one["kind"], one["counts"]) for one in receipts] == [
        ("retention", {"contacts": 0, "conversations": 1, "messages": 2})
    ]
    logged = world.server.rows("SELECT target_id, actor_kind FROM audit_log WHERE action = 'retention_run'")
    assert logged == [(receipts[0]["id"], "system")]


async def test_second_run_deletes_nothing_and_leaves_no_receipt(own_world: World) -> None:
    world = own_world
    vera = await world.visitor("secret")
    await close(world, vera)
    make_older(world, vera, 31)
    await save(world, conversation_days=30)
    await run_retention(world)
    first = await world.timeline(vera.conversation)
    assert first[-1]["kind"] == "erased"
    await run_retention(world)
    assert await world.timeline(vera.conversation) == first
    assert world.server.rows("SELECT count(*) FROM deletion") == [(1,)]


async def test_no_conversation_expires_without_a_rule(own_world: World) -> None:
    world = own_world
    vera = await world.visitor("kept for ever")
    await close(world, vera)
    make_older(world, vera, 5_000)
    await run_retention(world)
    assert texts(await world.timeline(vera.conversation))[0] == "kept for ever"
    await save(world, conversation_days=4_999)
    await run_retention(world)
    assert texts(await world.timeline(vera.conversation))[0] is None, "the rule is the reason"


async def test_rule_of_a_site_overrides_the_workspaces(own_world: World) -> None:
    world = own_world
    vera = await world.visitor("secret")
    await close(world, vera)
    make_older(world, vera, 100)
    saved = await save(world, conversation_days=30, sites=[{"key": "tea-shop", "conversation_days": 200}])
    assert saved["next"]["conversations"] == 0
    await run_retention(world)
    assert texts(await world.timeline(vera.conversation))[0] == "secret"
    saved = await save(world, conversation_days=None, sites=[{"key": "tea-shop", "conversation_days": 30}])
    assert saved["next"]["conversations"] == 1
    await run_retention(world)
    assert texts(await world.timeline(vera.conversation))[0] is None


async def test_preview_of_unsaved_rules_counts_and_changes_nothing(own_world: World) -> None:
    world = own_world
    olga = await world.operator()
    people = [await world.visitor("secret") for _ in range(3)]
    for days, one in zip((10, 40, 70), people, strict=True):
        await close(world, one)
        make_older(world, one, days)
    for days, expected in ((60, 1), (30, 2), (5, 3)):
        answer = await ask(world.http, olga, "POST", "/v1/desk/retention/preview", {"conversation_days": days})
        assert (answer.status_code, answer.json()["conversations"]) == (200, expected)
    stored = (await ask(world.http, olga, "GET", "/v1/desk/retention")).json()
    assert (stored["rules"]["conversation_days"], stored["next"]["conversations"]) == (None, 0)
    foreign = {"sites": [{"key": "bike-shop", "conversation_days": 1}]}
    for path in ("/v1/desk/retention", "/v1/desk/retention/preview"):
        assert (await ask(world.http, olga, "POST", path, foreign)).status_code == 404


async def test_visitor_with_another_conversation_keeps_it(own_world: World) -> None:
    world = own_world
    vera = await world.visitor("old secret")
    await close(world, vera)
    make_older(world, vera, 400)
    body = {"id": new_entry_id(), "text": "new question"}
    answer = await ask(world.http, vera, "POST", "/v1/visitor/conversations", body)
    assert answer.status_code == 201, answer.text
    newer = answer.json()["conversation"]["id"]
    await save(world, conversation_days=365)
    await run_retention(world)
    assert texts(await world.timeline(vera.conversation))[0] is None
    assert texts(await world.timeline(newer)) == ["new question"]
    rows = world.server.rows("SELECT visitor_id FROM conversation ORDER BY no")
    assert rows[0][0] != vera.id == rows[1][0]

    async def reaches_only_the_newer() -> bool:
        listed = (await ask(world.http, vera, "GET", "/v1/visitor/conversations")).json()
        return [one["id"] for one in listed["conversations"]] == [newer]

    await world.eventually(reaches_only_the_newer)
    stream = await world.stream(Person(vera.address, vera.key, vera.token, vera.id, newer))
    assert (await say(stream, "still here"))["op"] == "ack"


async def test_receipts_and_audit_entries_have_rules(own_world: World) -> None:
    world = own_world
    old = 200 * 86_400_000
    world.server.change(
        "INSERT INTO audit_log (workspace_id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, "
        "target_name, details) SELECT id, created_at - ?, 'system', '', '', 'long_ago', '', '', '', '{}' "
        "FROM workspace",
        old,
    )
    world.server.change(
        "INSERT INTO consent_receipt (workspace_id, site_id, receipt, receipt_chain, analytics, marketing, services, "
        "source, revision, language, text_digest, at, signature) SELECT workspace_id, id, key, key, 1, 0, '[]', 'api', "
        "1, 'en', 'x', created_at - ?, 'x' FROM site",
        old,
    )
    saved = await save(world, receipt_days=100, audit_days=150)
    assert (saved["next"]["receipts"], saved["next"]["audit_entries"]) == (1, 1)
    await run_retention(world)
    assert world.server.rows("SELECT key FROM site JOIN consent_receipt ON consent_receipt.site_id = site.id") == [
        ("bike-shop",)
    ]
    kept = "SELECT name FROM audit_log JOIN workspace ON workspace.id = workspace_id WHERE action = 'long_ago'"
    assert world.server.rows(kept) == [("Bikes",)], "the other workspace has the default of two years"
    refused = await ask(world.http, await world.operator(), "POST", "/v1/desk/retention", {"audit_days": 90})
    assert refused.status_code == 400, "the database itself refuses to delete newer entries"


@pytest.mark.storages("sqlite")
async def test_expired_text_is_in_no_file_and_no_response(own_world: World, tmp_path: Any) -> None:
    world = own_world
    secrets = [f"secret-number-{number}-of-vera" for number in range(30)]
    vera = await world.visitor(secrets[0])
    stream = await world.stream(vera)
    for one in secrets[1:]:
        assert (await say(stream, one))["op"] == "ack"
    late = await world.stream(await world.operator(OLGA))
    await late.until_entry(conversation=vera.conversation)
    await close(world, vera)
    make_older(world, vera, 400)
    await save(world, conversation_days=365)
    server = world.server
    log = server.database.with_name(server.database.name + "-wal")

    def in_files() -> bool:
        files = [one.read_bytes() for one in (server.database, log) if one.exists()]
        return any(secret.encode() in content for content in files for secret in secrets)

    assert in_files()
    await run_retention(world)

    async def is_gone() -> bool:
        return not in_files()

    await world.eventually(is_gone)
    backup = tmp_path / "after.db"
    assert run_command("backup", str(backup), environment=environment_of(server.storage)).returncode == 0
    assert b"of-vera" not in backup.read_bytes()
    # The streams of this node read from its caches first, and from the database what these lack.
    for after in (0, 1, None):
        again = await world.stream(await world.operator(), after=after)
        if after is not None:
            await again.until_entry(conversation=vera.conversation, kind="erased")
        assert "of-vera" not in str(again.heard)
    assert "of-vera" not in str(await world.timeline(vera.conversation))
    inbox = await ask(world.http, await world.operator(), "GET", "/v1/desk/conversations")
    assert vera.conversation in inbox.text
    assert "of-vera" not in inbox.text


async def test_policy_page_and_desk_show_the_periods_of_the_rules(own_world: World) -> None:
    world = own_world
    made = {"name": "Other", "origins": ["https://other.example"]}
    other = (await ask(world.http, await world.operator(), "POST", "/v1/desk/sites", made)).json()["key"]
    paths = f"/policy/{TEA.key}?lang=en", f"/policy/{other}?lang=en", "/v1/desk/server-data?lang=en"

    async def shown(days: int) -> list[bool]:
        text = f"or {days} days after the last message of a closed conversation"
        pages = [await ask(world.http, await world.operator(), "GET", path) for path in paths]
        assert all(page.status_code == 200 for page in pages)
        return [text in page.text for page in pages]

    assert await shown(90) == [False, False, False]
    await save(world, conversation_days=90, sites=[{"key": other, "conversation_days": 30}])
    assert await shown(90) == [True, False, True]
    assert await shown(30) == [False, True, False]
