"""Export and erasure do what server_data.toml declares, column by column. Both tests are generated from the registry.

Every column of a visitor's rows gets a recognisable value, unless the server depends on its value.
"""

import json
from collections.abc import Callable
from typing import Any

from crumbless.server_data.server_registry_read import read_server_registry
from support.client import Person, ask
from support.consent import consented, use_tags
from support.filled_columns import Filled, cell, fill, is_in_files, row_of
from support.people import World, new_entry_id, say
from support.server import ServerProcess
from support.vouching import add_key, identify, set_mode

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

RULES = [rule for rule in read_server_registry().rules() if rule.erase != "unrelated"]
"""The columns about visitors. Only these can be in an export."""

FIXED: dict[str, set[str]] = {
    "conversation": {
        *("no", "id", "workspace_id", "number", "site_id", "team_id", "visitor_id", "status", "waiting_since"),
        *("last_seq", "last_visitor_seq", "position", "visitor_seen", "operator_seen", "seen_position"),
        *("receipt_chain", "erased_at", "operator_id", "priority", "labels", "snoozed_until"),
    },
    "entry": {"workspace_id", "position", "conversation_no", "seq", "visitor_seq", "id", "kind", "author_kind"},
    "visitor": {"id", "workspace_id", "site_id", "contact_id"},
    "session": {"id", "workspace_id", "visitor_id", "verified"},
    "contact": {"id", "workspace_id", "site_id"},
    "ban": {"id", "workspace_id", "site_id", "kind", "value", "lifted_at"},
    "consent_receipt": {rule.column for rule in RULES if rule.table == "consent_receipt"},
    "one_time_token": {"id", "workspace_id", "kind", "subject"},
    "task": {"id", "workspace_id", "kind", "about"},
    "audit_log": {"target_id"},
    "person_request": set(),
}
"""Columns whose values identify, order or number rows, or whose table can only be appended to."""


async def verified_visitor(world: World) -> tuple[Person, str]:
    """Return a verified visitor with rows in every table about visitors, and the receipt of their consent."""
    olga = await world.operator()
    revision = use_tags(world.server, "ga4")
    receipt = await consented(world, revision)
    vera = world.stranger()
    started = (await world.start(vera, "first", consent=receipt)).json()
    vera.token, vera.id, vera.conversation = started["token"], started["visitor"], started["conversation"]
    await set_mode(world, olga, "optional")
    key = await add_key(world, olga)
    assert (await identify(world, vera, key.token("anna", email="anna@tea.example"))).status_code == 200
    # Another tab with the same key. The columns of its session are changed, those of the first one are in use.
    assert (await world.start(Person(vera.address, vera.key), "second", consent=receipt)).status_code == 201
    assert (await ask(world.http, vera, "POST", "/v1/visitor/continue/code", {})).status_code == 200
    desk = await world.stream(olga)
    note = new_entry_id()
    await desk.send("note", id=note, conversation=vera.conversation, text="mark-note-of-olga")
    assert (await desk.until("ack"))["id"] == note
    assert (await say(desk, "an answer", conversation=vera.conversation))["op"] == "ack"
    return vera, receipt


def add_rows(server: ServerProcess, vera: Person, receipt: str) -> None:
    """Add rows about the visitor: a ban, failed jobs, a request and an entry of the audit log.

    A real ban would end the session.
    """
    server.change(
        "INSERT INTO ban (id, workspace_id, kind, value, label, reason, created_by, created_at, ends_at) "
        "VALUES (?, 1, 'visitor', ?, '', '', '', 0, 0)",
        new_entry_id(),
        vera.id,
    )
    for kind, about in (("mail", vera.id), ("ga4", receipt)):
        server.change(
            "INSERT INTO task (workspace_id, kind, about, payload, due_at, created_at, dead_at) "
            "VALUES (1, ?, ?, '{}', 0, 0, 1)",
            kind,
            about,
        )
    server.change(
        "INSERT INTO person_request (id, workspace_id, kind, status, email, asked_at, due_at, created_at) "
        "VALUES (?, 1, 'erase', 'open', 'vera@tea.example', 0, 0, 0)",
        new_entry_id(),
    )
    server.change(
        "INSERT INTO audit_log (workspace_id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, "
        "target_name, details) VALUES (1, 0, 'operator', '', '', 'visitor_banned', 'visitor', ?, '', '{}')",
        vera.id,
    )


def fill_rows(server: ServerProcess, vera: Person, receipt: str) -> list[Filled]:
    """Put recognisable values into the visitor's rows, and return them with the columns that must stay as they are."""
    own_session = row_of(server, "session", "visitor_id = ? AND verified = 1", vera.id)
    conversation = "conversation_no = (SELECT no FROM conversation WHERE id = ?)"
    rows = {
        "conversation": [row_of(server, "conversation", "id = ?", vera.conversation)],
        "entry": [
            row_of(
                server, "entry", f"{conversation} AND author_kind = 'operator' AND kind = 'message'", vera.conversation
            )
        ],
        "visitor": [row_of(server, "visitor", "id = ?", vera.id)],
        "session": [row_of(server, "session", "visitor_id = ? AND rowid <> ?", vera.id, own_session)],
        "contact": [row_of(server, "contact", "subject = 'anna'")],
        "ban": [row_of(server, "ban", "value = ?", vera.id)],
        "consent_receipt": [row_of(server, "consent_receipt", "receipt_chain = ?", receipt)],
        "one_time_token": [row_of(server, "one_time_token", "subject = ?", vera.conversation)],
        "task": [row_of(server, "task", "about = ?", about) for about in (vera.id, receipt)],
        "audit_log": [row_of(server, "audit_log", "target_id = ?", vera.id)],
        "person_request": [row_of(server, "person_request", "email = 'vera@tea.example'")],
    }
    assert set(rows) == {rule.table for rule in RULES} == set(FIXED), "every table about visitors has a row"
    filled: list[Filled] = []
    for rule in RULES:
        for row in rows[rule.table]:
            if rule.column not in FIXED[rule.table]:
                filled.append(fill(server, rule, row))
            else:
                found = server.rows(f"SELECT {rule.column} FROM {rule.table} WHERE rowid = ?", row)
                filled.append(Filled(rule, row, found[0][0]))
    return filled


def is_marked(one: Filled) -> bool:
    return one.rule.column not in FIXED[one.rule.table]


async def test_export_contains_exactly_the_declared_columns(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server())
    vera, receipt = await verified_visitor(world)
    add_rows(world.server, vera, receipt)
    filled = [one for one in fill_rows(world.server, vera, receipt) if is_marked(one)]
    answer = await ask(world.http, vera, "GET", "/v1/visitor/export")
    assert answer.status_code == 200, answer.text
    assert len(filled) > 50, "the premise: most columns have a recognisable value"
    found = {one.name for one in filled if str(one.value) in answer.text}
    assert found == {one.name for one in filled if one.rule.export}
    export = answer.json()
    assert export["visitor"]["contact"]["email_verified"] is True
    assert [one["consent"] for one in export["conversations"]] == [receipt]
    assert [one["kind"] for one in export["bans"]] == ["visitor"]
    assert "mark-note" not in answer.text


async def test_erasure_has_the_declared_effect_on_each_column(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server())
    server = world.server
    vera, receipt = await verified_visitor(world)
    add_rows(server, vera, receipt)
    filled = fill_rows(server, vera, receipt)
    texts = {str(one.value): one for one in filled if is_marked(one) and isinstance(one.value, str)}
    assert len(texts) > 25
    assert [text for text in (*texts, "mark-note-of-olga") if not is_in_files(server, text)] == [], "the premise"

    answer = await ask(world.http, vera, "POST", "/v1/visitor/erase")
    assert answer.status_code == 200, answer.text

    effects = {(one.name, one.row): effect_on(one, cell(server, one)) for one in filled}
    assert effects == {(one.name, one.row): one.rule.erase for one in filled}
    gone = [text for text, one in texts.items() if one.rule.erase != "kept"]

    async def texts_are_gone() -> bool:
        return not any(is_in_files(server, text) for text in (*gone, "mark-note-of-olga", "anna@tea.example"))

    await world.eventually(texts_are_gone)
    kept = {one.name for one in texts.values() if one.rule.erase == "kept"}
    assert kept <= {"entry.author_id", "ban.network_hash", "ban.reason", "ban.created_by", "person_request.email"}, (
        "no other text about a visitor is kept"
    )


def effect_on(one: Filled, after: list[Any]) -> str:
    """Return the effect of the erasure on a column, by its value afterwards."""
    if not after:
        return "deleted"
    [value] = after
    if value in {None, ""}:
        # A column that was empty before shows no effect.
        return "emptied" if one.value not in {None, ""} or one.rule.erase == "emptied" else one.rule.erase
    if is_marked(one):
        return "kept" if value == one.value else "changed"
    return "kept"


async def test_audit_log_contains_no_name_of_a_visitor(start_server: StartServer, open_world: OpenWorld) -> None:
    """Threat 110: nothing can be erased from the audit log, so a ban is logged with the visitor's random ID only."""
    world = open_world(start_server())
    olga = await world.operator()
    await set_mode(world, olga, "optional")
    key = await add_key(world, olga)
    vera = await world.visitor()
    assert (await identify(world, vera, key.token("anna", name="Anna Mark-Name"))).status_code == 200
    body = {"conversation": vera.conversation, "network": True, "days": 1, "reason": ""}
    bans = (await ask(world.http, olga, "POST", "/v1/desk/bans", body)).json()["bans"]
    assert {one["kind"]: one["label"] for one in bans} == {
        "visitor": "Anna Mark-Name",
        "key": "Anna Mark-Name",
        "contact": "Anna Mark-Name",
        "network": "",
    }
    for one in bans:
        assert (await ask(world.http, olga, "POST", f"/v1/desk/bans/{one['id']}/lift")).status_code == 204
    rows = world.server.rows("SELECT action, target_id, target_name, details FROM audit_log WHERE action LIKE '%ban%'")
    assert len(rows) == 5
    assert "Mark-Name" not in json.dumps(rows)
    assert ("visitor_banned", vera.id) in {(action, target) for action, target, _, _ in rows}


async def test_new_start_renews_the_time_of_the_network_hash(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server())
    vera = await world.visitor()
    query = "SELECT network_hash, network_seen_at FROM visitor WHERE id = ?"
    [(hashed, first)] = world.server.rows(query, vera.id)
    assert hashed
    world.server.change("UPDATE visitor SET network_hash = NULL, network_seen_at = NULL WHERE id = ?", vera.id)
    body = {"id": new_entry_id(), "text": "more"}
    assert (await ask(world.http, vera, "POST", "/v1/visitor/conversations", body)).status_code == 201
    [(again, later)] = world.server.rows(query, vera.id)
    assert (again, later >= first) == (hashed, True)
