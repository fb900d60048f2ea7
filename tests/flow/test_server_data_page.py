"""Owners and admins read what is stored on the server, and download it as a record of processing."""

import csv
import io
import json

import pytest

from crumbless.security.access import OperatorRole
from crumbless.server_data.server_registry_read import read_server_registry
from support.client import ask
from support.people import OLGA, OSKAR, World
from support.sign_in import code_of, hire

pytestmark = pytest.mark.storages("sqlite", "postgres")

PATH = "/v1/desk/server-data"


async def test_page_has_all_data_with_the_workspaces_numbers(world: World) -> None:
    oskar, olga = await world.operator(OSKAR), await world.operator(OLGA)
    await world.visitor()
    found = (await ask(world.http, oskar, "GET", PATH)).json()
    assert [group["name"] for group in found["groups"]] == ["visitors", "operators", "operation"]
    rows = {row["name"]: row for group in found["groups"] for row in group["rows"]}
    assert set(rows) == {one.name for one in read_server_registry().data}
    accounts = "SELECT count(*) FROM operator WHERE workspace_id = ?"
    [(workspace,)] = world.server.rows("SELECT workspace_id FROM operator WHERE email = ?", OSKAR.email)
    assert (rows["accounts"]["count"], rows["accounts"]["more"]) == (
        world.server.rows(accounts, workspace)[0][0],
        False,
    )
    conversations = "SELECT count(*) FROM conversation WHERE workspace_id = ?"
    assert rows["conversations"]["count"] == world.server.rows(conversations, workspace)[0][0]
    assert world.server.rows("SELECT count(*) FROM conversation")[0][0] > rows["conversations"]["count"], (
        "the premise: the other workspace has a conversation"
    )
    assert rows["backups"]["count"] is None
    assert rows["networkHashes"]["deleted"] == "24 hours after it was stored"
    assert rows["receipts"]["deleted"] == "3 years after it was stored"
    own = (await ask(world.http, olga, "GET", PATH)).json()
    counts = {row["name"]: row["count"] for group in own["groups"] for row in group["rows"]}
    assert counts["conversations"] >= 1
    assert counts["networkHashes"] >= 1


async def test_texts_are_in_the_requested_language(world: World) -> None:
    olga = await world.operator()
    german = (await ask(world.http, olga, "GET", f"{PATH}?lang=de-AT")).json()
    assert german["groups"][0]["label"] == "Besucher"
    assert "24 Stunden nach dem Speichern" in {row["deleted"] for row in german["groups"][0]["rows"]}
    unknown = (await ask(world.http, olga, "GET", f"{PATH}?lang=xx")).json()
    assert unknown["groups"][0]["label"] == "Visitors"
    assert code_of(await ask(world.http, olga, "GET", f"{PATH}?lang=%00")) == "invalid"


async def test_record_of_processing_is_downloaded_as_csv_and_json(world: World) -> None:
    olga = await world.operator()
    answer = await ask(world.http, olga, "GET", f"{PATH}/export?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="record-of-processing.csv"'
    rows = {row["data"]: row for row in csv.DictReader(io.StringIO(answer.text, newline=""))}
    assert len(rows) == len(read_server_registry().data)
    hashes = rows["Network hash"]
    assert hashes["columns"] == "visitor.network_hash, visitor.network_seen_at"
    assert hashes["in_export"] == hashes["columns"]
    assert hashes["erasure"] == "visitor.network_hash: Emptied\nvisitor.network_seen_at: Emptied"
    assert hashes["legal_basis"] == "Legitimate interest"
    answer = await ask(world.http, olga, "GET", f"{PATH}/export?format=json&lang=fr")
    assert answer.headers["content-type"] == "application/json"
    record = json.loads(answer.text)
    assert record["groups"][1]["label"] == "Opérateurs"
    assert {"table": "visitor", "column": "name", "data": ["visitors"], "export": "visitor.name"}.items() <= next(
        one for one in record["columns"] if (one["table"], one["column"]) == ("visitor", "name")
    ).items()
    assert len(record["sent"]) == len(read_server_registry().sent)


@pytest.mark.parametrize("role", ["operator", "analyst"])
async def test_other_roles_do_not_see_it(world: World, role: OperatorRole) -> None:
    person = await world.new_operator(hire(world, role=role))
    for path in (PATH, f"{PATH}/export"):
        answer = await ask(world.http, person, "GET", path)
        assert (answer.status_code, code_of(answer)) == (403, "forbidden")
