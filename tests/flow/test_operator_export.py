"""An operator exports their own data: exactly the columns that server_data.toml declares, and only their own rows."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from crumbless.operator_data import operator_entries
from crumbless.server_data.server_registry_read import read_server_registry
from support.client import Person, ask
from support.filled_columns import Filled, add_photo, fill, row_of
from support.people import OTTO, World, new_entry_id, say
from support.server import ServerProcess
from support.sign_in import code_of, hire

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

PATH = "/v1/desk/me/export"

RULES = [rule for rule in read_server_registry().rules() if rule.own or rule.own_reason]

FIXED: dict[str, set[str]] = {
    "entry": {"workspace_id", "position", "conversation_no", "seq", "id", "kind", "author_kind", "author_id"},
    "session": {"id", "workspace_id", "operator_id", "visitor_id", "verified"},
    "one_time_token": {"id", "workspace_id", "kind", "subject"},
    "task": {"id", "workspace_id", "kind", "about"},
    "audit_log": {rule.column for rule in RULES if rule.table == "audit_log"},
    "person_request": {"id", "workspace_id", "operator_id"},
    "deletion": {"id", "workspace_id", "operator_id"},
    # Another value of changed_at makes the server read the sessions of the operator again, and an export end.
    "operator": {"id", "workspace_id", "role", "status", "photo", "changed_at"},
    "operator_scope": {"id", "workspace_id", "operator_id", "site_id", "team_id"},
    "passkey": {"id", "workspace_id", "operator_id", "backed_up"},
    "recovery_code": {"workspace_id", "operator_id"},
    "oidc_account": {"workspace_id", "operator_id"},
    "known_network": {"id", "workspace_id", "operator_id"},
    "team": {"id", "workspace_id"},
    "team_member": {"workspace_id", "team_id", "operator_id"},
    "invitation": {"id", "workspace_id", "invited_by"},
    "file": {"id", "workspace_id", "kind"},
}
"""Columns whose values identify, order or number rows, or whose table can only be appended to."""

JSON_LISTS = {("operator", "languages"), ("passkey", "transports")}


@pytest.fixture
def own(start_server: StartServer, open_world: OpenWorld) -> World:
    """Return a world on a separate server, because these tests change rows past it."""
    return open_world(start_server())


def lines_of(text: str) -> list[dict[str, Any]]:
    """Return the documents of a complete export."""
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[-1] == {"type": "end", "lines": len(lines)}
    return lines


async def busy_operator(world: World, name: str) -> Person:
    """Return an operator with rows in every table about operators."""
    server = world.server
    one = await world.new_operator(hire(world, name, role="admin"))
    vera = await world.visitor()
    desk = await world.stream(one)
    await desk.send("note", id=new_entry_id(), conversation=vera.conversation, text=f"note of {name}")
    assert (await desk.until("ack"))["op"] == "ack"
    assert (await say(desk, f"answer of {name}", conversation=vera.conversation))["op"] == "ack"

    async def post(path: str, body: object) -> Any:
        answer = await ask(world.http, one, "POST", f"/v1/desk/{path}", body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    team = (await post("teams", {"name": f"Team of {name}", "members": [one.id]}))["id"]
    await post("people/invite", {"email": f"{name.lower()}-guest@tea.example", "role": "operator", "name": "Guest"})
    await post("requests", {"kind": "export", "email": "vera@tea.example"})
    await post(f"conversations/{(await world.visitor()).conversation}/delete", {})
    await post("me/email", {"email": f"{name.lower()}-new@tea.example"})
    add_photo(world.server, one.id)
    for statement in (
        "INSERT INTO passkey (id, workspace_id, operator_id, credential, public_key, sign_count, transports, "
        "backed_up, name, created_at) "
        "VALUES (hex(randomblob(8)), 1, ?, hex(randomblob(8)), randomblob(8), 0, '[]', 1, '', 0)",
        "INSERT INTO recovery_code (workspace_id, operator_id, code_hash) VALUES (1, ?, randomblob(32))",
        "INSERT INTO oidc_account (workspace_id, issuer, subject, operator_id, created_at) "
        "VALUES (1, 'https://id.example', hex(randomblob(8)), ?, 0)",
        "INSERT INTO task (workspace_id, kind, about, payload, due_at, created_at, dead_at) "
        "VALUES (1, 'mail', ?, '{}', 0, 0, 1)",
    ):
        server.change(statement, one.id)
    for kind, of in (("site_id", 1), ("team_id", team)):
        server.change(f"INSERT INTO operator_scope (workspace_id, operator_id, {kind}) VALUES (1, ?, ?)", one.id, of)
    return one


def rows_of(server: ServerProcess, one: Person) -> dict[str, int]:
    """Return a row about the operator in each table."""
    own_session = row_of(server, "session", "operator_id = ?", one.id)
    server.change(
        "INSERT INTO session (id, workspace_id, token_hash, operator_id, created_at, expires_at) "
        "VALUES (?, 1, randomblob(32), ?, 0, 0)",
        new_entry_id(),
        one.id,
    )
    by = {
        "entry": "author_id = ? AND kind = 'message'",
        "session": f"operator_id = ? AND rowid <> {own_session}",
        "one_time_token": "subject = ?",
        "task": "about = ?",
        "audit_log": "actor_id = ?",
        "operator": "id = ?",
        "team": "id IN (SELECT team_id FROM team_member WHERE operator_id = ?)",
        "invitation": "invited_by = ?",
        "file": "id = (SELECT photo FROM operator WHERE id = ?)",
    }
    return {table: row_of(server, table, by.get(table, "operator_id = ?"), one.id) for table in FIXED}


def fill_rows(server: ServerProcess, one: Person) -> list[Filled]:
    """Put recognisable values into the operator's rows."""
    rows = rows_of(server, one)
    assert set(rows) == {rule.table for rule in RULES}, "every table about operators has a row"
    filled: list[Filled] = []
    for rule in RULES:
        if rule.column in FIXED[rule.table]:
            continue
        if (rule.table, rule.column) in JSON_LISTS:
            mark = f"mark-{rule.column}"
            server.change(f"UPDATE {rule.table} SET {rule.column} = ? WHERE rowid = ?", f'["{mark}"]', rows[rule.table])
            filled.append(Filled(rule, rows[rule.table], mark))
        elif (rule.table, rule.column) == ("deletion", "counts"):
            server.change("UPDATE deletion SET counts = '{\"mark\": 987654321}' WHERE rowid = ?", rows["deletion"])
            filled.append(Filled(rule, rows["deletion"], 987654321))
        else:
            filled.append(fill(server, rule, rows[rule.table]))
    return filled


async def test_export_contains_exactly_the_declared_columns(own: World) -> None:
    nora = await busy_operator(own, "Nora")
    filled = fill_rows(own.server, nora)
    answer = await ask(own.http, nora, "GET", PATH)
    assert answer.status_code == 200, answer.text
    assert len(filled) > 60, "the premise: most columns have a recognisable value"
    found = {one.name for one in filled if str(one.value) in answer.text}
    assert found == {one.name for one in filled if one.rule.own}
    lines = lines_of(answer.text)
    declared = {rule.own for rule in RULES if rule.own}
    fields = {f"{line['type']}.{field}" for line in lines for field in line if field != "type"}
    assert declared <= fields
    assert fields - declared == {"entry.conversation", "end.lines"}, "every other field is declared"


async def test_export_contains_what_the_operator_wrote_and_nothing_of_a_colleague(own: World) -> None:
    nora, otto = await busy_operator(own, "Nora"), await busy_operator(own, "Otto")
    colleague = await own.operator(OTTO)
    text = (await ask(own.http, nora, "GET", PATH)).text
    lines = lines_of(text)
    written = [(one["kind"], one["data"]["text"]) for one in lines if one["type"] == "entry" and one["data"]]
    assert written == [("note", "note of Nora"), ("message", "answer of Nora")]
    assert [one["type"] for one in lines].count("profile") == 1
    actions = {one["action"] for one in lines if one["type"] == "audit_entry"}
    assert {"signed_in", "person_invited", "data_exported"} <= actions
    for other in (otto.id, colleague.id, "of Otto", "guest@tea.example", "vera@tea.example"):
        assert other not in text, other
    assert own.server.rows("SELECT target_kind, target_id FROM audit_log WHERE action = 'data_exported'") == [
        ("operator", nora.id)
    ]


async def test_export_needs_a_recent_authentication(own: World) -> None:
    nora = await own.new_operator(hire(own, role="analyst"))
    own.server.change("UPDATE session SET authenticated_at = 1 WHERE operator_id = ?", nora.id)
    refused = await ask(own.http, nora, "GET", PATH)
    assert (refused.status_code, code_of(refused)) == (403, "step_up")
    again = await own.new_operator(hire(own, role="analyst"))
    assert (await ask(own.http, again, "GET", PATH)).status_code == 200, "every role exports its own data"
    assert (await ask(own.http, await own.visitor(), "GET", PATH)).status_code == 403


@pytest.mark.storages("sqlite", "postgres")
async def test_export_of_a_long_timeline_has_each_entry_once(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search reads windows of positions. The operator's entries are at their borders, and between many others."""
    olga, vera = await own.operator(), await own.visitor()
    desk, chat = await own.stream(olga), await own.stream(vera)
    assert (await say(desk, "first", conversation=vera.conversation))["op"] == "ack"
    # Moves the next entries behind the first window.
    shift = operator_entries.WINDOW - 2
    own.server.change("UPDATE entry SET position = position + ? WHERE workspace_id = 1", shift)
    own.server.change("UPDATE workspace SET position = position + ? WHERE id = 1", shift)
    for number in range(4):
        by, words = (desk, f"answer {number}") if number % 2 else (chat, f"question {number}")
        assert (await say(by, words, conversation=vera.conversation))["op"] == "ack"
    lines = lines_of((await ask(own.http, olga, "GET", PATH)).text)
    texts = [one["data"]["text"] for one in lines if one["type"] == "entry"]
    assert texts == ["first", "answer 1", "answer 3"]
