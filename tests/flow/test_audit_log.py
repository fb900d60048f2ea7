"""Each action adds one row to the audit log. Rows cannot be changed, and only owners and admins read them (threats 56,
64)."""

import csv
import io
import json
import re
from typing import Any

import pytest

from support.client import Person, ask
from support.people import OSKAR, World, new_entry_id
from support.sign_in import code_of, hire

FORMULAS = ('=HYPERLINK("https://evil.example")', "+1+1", "-1+1", "@SUM(A1)", " =1+1", "＝1+1")


async def log_of(world: World, person: Person, query: str = "") -> list[dict[str, Any]]:
    answer = await ask(world.http, person, "GET", f"/v1/desk/audit?limit=200{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["records"]


async def test_each_action_adds_one_row(world: World) -> None:
    """Threat 64: the row has the actor, session, key and request."""
    owner, nora = await world.new_operator(hire(world)), await world.new_operator(hire(world, role="operator"))
    team = f"Team {new_entry_id()}"
    acts: list[tuple[str, str, dict[str, Any], str]] = [
        ("/v1/desk/me", "name_changed", {"name": "Olivia", "languages": []}, ""),
        ("/v1/desk/teams", "team_added", {"name": team}, ""),
        ("/v1/desk/sites", "site_added", {"name": "Tea", "origins": []}, ""),
        ("/v1/desk/workspace", "workspace_renamed", {"name": "Tea"}, ""),
        ("/v1/desk/people/invite", "person_invited", {"email": "new@tea.example", "role": "operator"}, ""),
        (f"/v1/desk/people/{nora.id}", "role_changed", {"role": "admin"}, nora.id),
        (f"/v1/desk/people/{nora.id}/end-sessions", "person_signed_out", {}, nora.id),
        (f"/v1/desk/people/{nora.id}/disable", "person_disabled", {}, nora.id),
        (f"/v1/desk/people/{nora.id}/enable", "person_enabled", {}, nora.id),
    ]
    (signed_in,) = await log_of(world, owner, f"&action=signed_in&actor={owner.id}")
    for path, act, body, target in acts:
        answer = await ask(world.http, owner, "POST", path, body)
        assert answer.status_code in {200, 204}, (path, answer.text)
        (row,) = [one for one in await log_of(world, owner) if one["request_id"] == answer.headers["x-request-id"]]
        assert (row["action"], row["actor_kind"], row["actor_id"]) == (act, "operator", owner.id)
        assert (row["session_id"], row["thumbprint"]) == (signed_in["session_id"], signed_in["thumbprint"])
        assert row["session_id"]
        assert len(row["thumbprint"]) == 43
        assert target in {"", row["target_id"]}
    (changed,) = await log_of(world, owner, f"&action=role_changed&actor={owner.id}")
    assert changed["details"] == {"from": "operator", "to": "admin"}
    # Refused actions add no row.
    rows = len(await log_of(world, owner))
    for path, body in (("/v1/desk/teams", {"name": team}), (f"/v1/desk/people/{owner.id}", {"role": "analyst"})):
        assert (await ask(world.http, owner, "POST", path, body)).status_code in {400, 403}
    assert len(await log_of(world, owner)) == rows


async def test_pages_are_contiguous(world: World) -> None:
    owner = await world.new_operator(hire(world))
    for number in range(7):
        answer = await ask(world.http, owner, "POST", "/v1/desk/me", {"name": f"Name {number}", "languages": []})
        assert answer.status_code == 200
    wanted = [one["number"] for one in await log_of(world, owner, f"&actor={owner.id}")]
    seen: list[int] = []
    before = ""
    while True:
        path = f"/v1/desk/audit?limit=3&actor={owner.id}{before}"
        page = (await ask(world.http, owner, "GET", path)).json()
        seen += [one["number"] for one in page["records"]]
        if not page["more"]:
            break
        before = f"&before={page['records'][-1]['number']}"
    assert seen == wanted == sorted(wanted, reverse=True)
    assert len(seen) >= 8
    for wrong in ("before=x", "limit=0", "limit=201", "action=A%20B", "actor=%27", "before=99999999999"):
        assert (await ask(world.http, owner, "GET", f"/v1/desk/audit?{wrong}")).status_code == 400, wrong


async def test_export_is_complete_and_no_cell_is_a_formula(world: World) -> None:
    """Threat 56."""
    owner = await world.new_operator(hire(world))
    for name in FORMULAS:
        answer = await ask(world.http, owner, "POST", "/v1/desk/me", {"name": name, "languages": []})
        assert answer.status_code == 200, name
    about = f"&actor={owner.id}"
    wanted = await log_of(world, owner, about)
    sheet = await ask(world.http, owner, "GET", f"/v1/desk/audit/export?format=csv{about}")
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    assert sheet.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    rows = [*csv.DictReader(io.StringIO(sheet.text, newline=""))]
    # The newest row is the export itself.
    assert [int(row["number"]) for row in rows][1:] == [one["number"] for one in wanted]
    assert rows[0]["action"] == "audit_exported"
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@＝＋－＠\t\r]", cell)]
    assert {f"'{name.strip()}" for name in FORMULAS} <= {row["actor_name"] for row in rows}
    lines = await ask(world.http, owner, "GET", f"/v1/desk/audit/export?format=jsonl{about}")
    records = [json.loads(line) for line in lines.text.splitlines()]
    assert records[2:] == wanted
    assert (await ask(world.http, owner, "GET", "/v1/desk/audit/export?format=xlsx")).status_code == 400


async def test_long_log_is_exported_in_several_reads(world: World) -> None:
    owner = await world.new_operator(hire(world))
    world.server.change(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1234) "
        "INSERT INTO audit_log (workspace_id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, "
        "target_name, details) SELECT 1, i, 'operator', ?, 'Nora', 'filled', '', '', '', '{}' FROM n",
        owner.id,
    )
    answer = await ask(world.http, owner, "GET", "/v1/desk/audit/export?format=jsonl&action=filled")
    numbers = [json.loads(line)["number"] for line in answer.text.splitlines()]
    assert len(numbers) == 1234
    assert numbers == sorted({*numbers}, reverse=True)


async def test_workspace_has_a_separate_log(world: World) -> None:
    oskar, owner = await world.operator(OSKAR), await world.new_operator(hire(world))
    await ask(world.http, owner, "POST", "/v1/desk/me", {"name": "Only in Tea", "languages": []})
    assert "Only in Tea" in str(await log_of(world, owner))
    assert "Only in Tea" not in str(await log_of(world, oskar))
    for role in ("operator", "analyst"):
        person = await world.new_operator(hire(world, role=role))
        assert code_of(await ask(world.http, person, "GET", "/v1/desk/audit")) == "forbidden"
        assert code_of(await ask(world.http, person, "GET", "/v1/desk/audit/export")) == "forbidden"


async def test_database_rejects_changes_of_the_log(world: World) -> None:
    owner = await world.new_operator(hire(world))
    rows = await log_of(world, owner)
    assert rows, "the premise: there is a row to change"
    for statement in (
        "UPDATE audit_log SET actor_name = 'Nobody'",
        "DELETE FROM audit_log WHERE no = (SELECT max(no) FROM audit_log)",
    ):
        with pytest.raises(Exception, match="append-only"):
            world.server.change(statement)
    assert await log_of(world, owner) == rows
