"""Requests of people: found by email, with a deadline, a copy or an erasure, and a receipt without personal data."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from crumbless.retention.request_store import due_after
from support.client import Person, ask
from support.people import BIKES, TEA, World, new_entry_id, say
from support.sign_in import code_of
from support.vouching import add_key, identify, retire_keys, set_mode

KINDS = ("deletion", "person_request")

pytestmark = pytest.mark.storages("sqlite", "postgres")


async def verified(world: World, email: str, text: str) -> Person:
    """Return a verified visitor of this address who has written a text."""
    owner = await world.operator()
    await set_mode(world, owner, "optional")
    await retire_keys(world, owner)
    key = await add_key(world, owner)
    person = await world.visitor(text)
    answer = await identify(world, person, key.token(email, email=email, email_verified=True))
    assert answer.status_code == 200, answer.text
    return person


async def begin(world: World, kind: str, email: str, **more: Any) -> dict[str, Any]:
    body = {"kind": kind, "email": email} | more
    answer = await ask(world.http, await world.operator(), "POST", "/v1/desk/requests", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def call(world: World, request: str, action: str, body: object = None) -> Any:
    path = f"/v1/desk/requests/{request}/{action}"
    return await ask(world.http, await world.operator(), "POST", path, {} if body is None else body)


async def details(world: World, request: str) -> dict[str, Any]:
    answer = await ask(world.http, await world.operator(), "GET", f"/v1/desk/requests/{request}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_person_is_found_by_email_and_erased_with_a_receipt(world: World) -> None:
    email = f"layla-{new_entry_id()[:8]}@example.com"
    layla = await verified(world, email, "secret of layla")
    stream = await world.stream(layla)
    assert (await say(stream, "another secret"))["op"] == "ack"
    victor, olga = await world.visitor("kept"), await world.operator()
    request = await begin(world, "erase", email.upper())
    assert (request["status"], request["operator"], request["receipt"]) == ("open", olga.id, None)
    found = (await details(world, request["id"]))["found"]
    assert found == {"visitors": 1, "contacts": 1, "conversations": 1, "messages": 2, "receipts": 0}

    answer = await call(world, request["id"], "erase")
    assert answer.status_code == 200, answer.text
    erased = answer.json()
    assert erased["request"]["status"] == "done"
    assert erased["request"]["email"] == ""
    assert erased["receipt"]["counts"] == {"contacts": 1, "conversations": 1, "messages": 2}
    assert [one["data"] for one in await world.timeline(layla.conversation)] == [None, None, {}]
    assert [one["data"] for one in await world.timeline(victor.conversation)] == [{"text": "kept"}]
    assert (await stream.until_over()).code == 4401
    for table in ("contact", "visitor", "person_request"):
        rows = world.server.rows(f"SELECT count(*) FROM {table} WHERE lower(email) = ?", email)
        assert rows == [(0,)], table
    told = world.server.rows(
        "SELECT details, target_name, target_id FROM audit_log WHERE target_kind IN (?, ?)", *KINDS
    )
    assert email not in str(told).lower()
    again = await call(world, request["id"], "erase")
    assert code_of(again) == "invalid"
    assert email not in json.dumps(await details(world, request["id"]))


async def test_copy_contains_what_the_person_may_receive(world: World) -> None:
    email = f"bastien-{new_entry_id()[:8]}@example.com"
    bastien = await verified(world, email, "my question")
    desk = await world.stream(await world.operator())
    await desk.send("note", id=(note := new_entry_id()), conversation=bastien.conversation, text="an internal note")
    await desk.until("ack", id=note)
    assert (await say(desk, "the answer", conversation=bastien.conversation))["op"] == "ack"
    request = await begin(world, "export", email)
    path = f"/v1/desk/requests/{request['id']}/export"
    answer = await ask(world.http, await world.operator(), "GET", path)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["type"] for one in lines] == ["contact", "conversation", "entry", "entry", "end"]
    assert lines[0]["contact"]["email"] == email
    assert [one["entry"]["data"]["text"] for one in lines[2:4]] == ["my question", "the answer"]
    assert (await world.operator()).id not in answer.text
    refused = await call(world, request["id"], "erase")
    assert code_of(refused) == "invalid", "the person asked for a copy"
    closed = (await call(world, request["id"], "close", {"status": "done"})).json()
    assert (closed["status"], closed["email"]) == ("done", "")
    assert (await world.timeline(bastien.conversation))[0]["data"] == {"text": "my question"}


async def test_requests_are_listed_by_deadline(world: World) -> None:
    now = int(datetime.now(UTC).timestamp() * 1000)
    later = await begin(world, "erase", "later@example.com")
    sooner = await begin(world, "export", "sooner@example.com", asked_at=now - 10 * 86_400_000)
    declined = await begin(world, "erase", "declined@example.com")
    refused = await call(world, declined["id"], "close", {"status": "done"})
    assert code_of(refused) == "invalid", "only erasing does it"
    assert (await call(world, declined["id"], "close", {"status": "declined"})).status_code == 200
    listed = (await ask(world.http, await world.operator(), "GET", "/v1/desk/requests")).json()["requests"]
    order = [one["id"] for one in listed]
    assert order.index(sooner["id"]) < order.index(later["id"]) < order.index(declined["id"])
    assert sooner["due_at"] == due_after(now - 10 * 86_400_000)


async def test_invalid_requests_are_refused(world: World) -> None:
    olga = await world.operator()
    for body in (
        {"kind": "erase", "email": "no address"},
        {"kind": "rectify", "email": "vera@example.com"},
        {"kind": "erase", "email": "vera@example.com", "asked_at": 1},
    ):
        answer = await ask(world.http, olga, "POST", "/v1/desk/requests", body)
        assert (answer.status_code, code_of(answer)) == (400, "invalid")
    assert (await ask(world.http, olga, "POST", "/v1/desk/requests", {"kind": "erase", "email": "v@e.de"})).is_success


async def test_person_of_another_workspace_is_not_found(world: World) -> None:
    email = f"both-{new_entry_id()[:8]}@example.com"
    other = await world.visitor("of the other workspace", shop=BIKES)
    world.server.change("UPDATE visitor SET email = ? WHERE id = ?", email, other.id)
    request = await begin(world, "erase", email)
    assert (await details(world, request["id"]))["found"]["visitors"] == 0
    own = await world.visitor("of this one", shop=TEA)
    world.server.change("UPDATE visitor SET email = ? WHERE id = ?", email, own.id)
    assert (await details(world, request["id"]))["found"]["visitors"] == 1, "the premise"
    assert (await call(world, request["id"], "erase")).json()["receipt"]["counts"]["conversations"] == 1
    assert world.server.rows("SELECT email FROM visitor WHERE id = ?", other.id) == [(email,)]


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-25", "2026-12-25"),
        ("2026-12-31", "2027-01-31"),
        ("2027-01-31", "2027-02-28"),
        ("2026-10-31", "2026-11-30"),
    ],
)
def test_deadline_is_one_month_later(asked: str, due: str) -> None:
    at = int(datetime.fromisoformat(f"{asked}T14:06:00+00:00").timestamp() * 1000)
    assert datetime.fromtimestamp(due_after(at) / 1000, UTC).isoformat() == f"{due}T14:06:00+00:00"
