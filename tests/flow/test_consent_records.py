"""A visitor's choice becomes a signed, append-only record that contains the choice and nothing else."""

import json
from typing import Any

import httpx
import jwt
import pytest

from flow.conftest import StartServer
from support.consent import choice, choose, consented, request_id, use_tags
from support.people import BIKES, TEA, World
from support.raw_http import ask_raw, request_of

pytestmark = pytest.mark.storages("sqlite", "postgres")

COUNT = "SELECT count(*) FROM consent_receipt"


def check(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:crumbless:problem:{code}"), answer.text


async def test_choice_is_recorded_and_signed(world: World) -> None:
    revision = use_tags(world.server, "ga4")
    answer = await choose(world, choice(revision, marketing=0))
    assert answer.status_code == 201
    receipt, signature = answer.json()["receipt"], answer.json()["signature"]
    assert len(receipt) == 22
    keys = (await world.http.get(f"{world.server.address}/consent/keys.json")).json()["keys"]
    assert [(key["kty"], key["crv"], key["alg"]) for key in keys] == [("OKP", "Ed25519", "EdDSA")]
    record = jwt.decode(signature, jwt.PyJWK(keys[0]), algorithms=["EdDSA"])
    at = record.pop("at")
    assert record == {
        "receipt": receipt,
        "chain": receipt,
        "site": TEA.key,
        "categories": {"analytics": 1, "marketing": 0},
        "services": ["ga4"],
        "source": "banner",
        "revision": revision,
        "language": "en",
        "text": "0123456789abcdef",
        "previous": None,
    }
    assert world.server.rows("SELECT at FROM consent_receipt WHERE receipt = ?", receipt) == [(at,)]
    head, payload, mark = signature.split(".")
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(f"{head}.{payload[:-4]}AAAA.{mark}", jwt.PyJWK(keys[0]), algorithms=["EdDSA"])


async def test_page_can_read_the_response_and_a_refusal(world: World) -> None:
    revision = use_tags(world.server, "ga4")
    for body, status in ((choice(revision), 201), (choice(revision + 1), 409)):
        answer = await choose(world, body)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == TEA.origin
        assert answer.headers["vary"] == "origin"
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.storages("sqlite")
async def test_preflight_request_is_answered(world: World) -> None:
    async def preflight(origin: str) -> httpx.Response:
        headers = {"origin": origin, "access-control-request-method": "POST"}
        return await world.http.options(f"{world.server.address}/v1/consent", headers=headers)

    allowed = await preflight(TEA.origin)
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == TEA.origin
    assert allowed.headers["access-control-allow-headers"] == "content-type"
    for origin in ("https://evil.example", "null", "", "%", "https://tea.exampl_", '"', "https://tea.example.evil"):
        refused = await preflight(origin)
        check(refused, 403, "foreign_origin")
        assert "access-control-allow-origin" not in refused.headers


@pytest.mark.storages("sqlite")
async def test_pages_of_other_sites_are_refused(world: World) -> None:
    revision = use_tags(world.server, "ga4")
    for origin in ("https://evil.example", BIKES.origin, "null", ""):
        before = world.server.rows(COUNT)
        answer = await choose(world, choice(revision), origin=origin)
        check(answer, 403, "foreign_origin")
        assert "access-control-allow-origin" not in answer.headers
        assert world.server.rows(COUNT) == before
    without_origin = await world.http.post(f"{world.server.address}/v1/consent", json=choice(revision))
    check(without_origin, 403, "foreign_origin")
    own = await choose(world, choice(revision), origin=world.server.address)
    assert own.status_code == 201, "our own public pages are allowed too"


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"site": "no-such-site"}, 404, "not_found"),
    ({"categories": {"analytics": 0, "marketing": 0}}, 400, "invalid"),
    ({"categories": {"analytics": 2, "marketing": 0}}, 400, "invalid"),
    ({"categories": {"analytics": True, "marketing": 0}}, 400, "invalid"),
    ({"categories": {"analytics": 1}}, 400, "invalid"),
    ({"categories": {"analytics": 1, "marketing": 0, "more": 1}}, 400, "invalid"),
    ({"source": "guess"}, 400, "invalid"),
    ({"language": "<script>"}, 400, "invalid"),
    ({"text": "x" * 65}, 400, "invalid"),
    ({"text": ""}, 400, "invalid"),
    ({"id": "7"}, 400, "invalid"),
    ({"previous": "x"}, 400, "invalid"),
    ({"previous": "A" * 22}, 404, "not_found"),
    ({"revision": 0}, 409, "outdated_revision"),
    ({"revision": 99_999}, 409, "outdated_revision"),
    ({"visitor": "me"}, 400, "invalid"),
]


@pytest.mark.storages("sqlite")
@pytest.mark.parametrize(("changed", "status", "code"), WRONG, ids=str)
async def test_bad_record_is_refused_and_stores_nothing(
    world: World, changed: dict[str, Any], status: int, code: str
) -> None:
    revision = use_tags(world.server, "ga4")
    before = world.server.rows(COUNT)
    check(await choose(world, choice(revision) | changed), status, code)
    assert world.server.rows(COUNT) == before
    assert (await choose(world, choice(revision))).status_code == 201


async def test_refusal_of_an_old_revision_has_the_current_one(world: World) -> None:
    revision = use_tags(world.server, "ga4")
    answer = await choose(world, choice(revision - 1))
    check(answer, 409, "outdated_revision")
    assert f"revision of this site is {revision}." in answer.json()["detail"]


async def test_previous_receipt_of_another_site_is_refused(world: World) -> None:
    tea, bikes = use_tags(world.server, "ga4"), use_tags(world.server, "ga4", shop=BIKES)
    theirs = await choose(world, choice(bikes, shop=BIKES), BIKES)
    assert theirs.status_code == 201
    check(await choose(world, choice(tea, previous=theirs.json()["receipt"])), 404, "not_found")


async def test_withdrawal_of_any_revision_is_appended(world: World) -> None:
    revision = use_tags(world.server, "ga4")
    first = await consented(world, revision)
    use_tags(world.server, "ga4", mode="browser")
    use_tags(world.server, "ga4", mode="relay")
    answer = await choose(world, choice(revision, 0, 0, previous=first, source="settings"))
    assert answer.status_code == 201
    rows = world.server.rows(
        "SELECT receipt, previous, analytics, marketing FROM consent_receipt WHERE receipt_chain = ? ORDER BY no", first
    )
    assert rows == [(first, None, 1, 1), (answer.json()["receipt"], first, 0, 0)]


async def test_repeat_after_a_lost_response_is_the_same_record(world: World) -> None:
    revision, name = use_tags(world.server, "ga4"), request_id()
    first, again = [await choose(world, choice(revision, id=name)) for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert world.server.rows(f"{COUNT} WHERE request_id = ?", name) == [(1,)]
    check(await choose(world, choice(revision, analytics=0, id=name)), 409, "id_conflict")


async def test_record_contains_neither_address_nor_user_agent(world: World) -> None:
    revision = use_tags(world.server, "ga4")
    receipt = await choose(world, choice(revision), user_agent="Planted/7.0", referer="https://tea.example/planted?q=1")
    row = world.server.rows("SELECT * FROM consent_receipt WHERE receipt = ?", receipt.json()["receipt"])[0]
    stored = json.dumps([str(value) for value in row])
    assert TEA.key not in stored, "the row has the site's ID; the signature is encoded"
    assert [word for word in ("Planted", "planted", "127.0.0.1", "tea.example") if word in stored] == []


async def test_receipt_can_be_read_by_its_id(world: World) -> None:
    revision = use_tags(world.server, "ga4")
    receipt = await consented(world, revision, marketing=0)
    address = f"{world.server.address}/v1/consent/"
    answer = await world.http.get(address + receipt)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/ld+json"
    document = answer.json()
    assert (document["schema_version"], document["record_id"]) == ("ISO/IEC TS 27560:2023", receipt)
    events = {one["purpose_type"]: one["event"][0]["event_state"] for one in document["processing"]}
    assert events == {"analytics": "dpv:ConsentGiven", "marketing": "dpv:ConsentRefused"}
    assert document["x:latest"] is True
    withdrawn = await choose(world, choice(revision, 0, 0, previous=receipt))
    assert (await world.http.get(address + receipt)).json()["x:latest"] is False
    last = (await world.http.get(address + withdrawn.json()["receipt"])).json()
    assert {one["event"][0]["event_state"] for one in last["processing"]} == {"dpv:ConsentWithdrawn"}
    for unknown in ("A" * 22, "x", receipt[:-1], receipt + "A"):
        check(await world.http.get(address + unknown), 404, "not_found")


@pytest.mark.storages("sqlite")
async def test_body_of_a_megabyte_is_refused(world: World) -> None:
    host = f"127.0.0.1:{world.server.port}"
    headers = {"Content_Type": "application/json", "Origin": TEA.origin}
    answer = await ask_raw(world.server.port, request_of("POST", "/v1/consent", host, b"x" * 1_000_000, **headers))
    assert answer.status == 413


@pytest.mark.storages("sqlite")
async def test_flood_from_one_address_is_limited(start_server: StartServer, open_world: Any) -> None:
    world: World = open_world(start_server(consent_burst=3, consents_per_hour=1))
    revision = use_tags(world.server, "ga4")
    answers = [await choose(world, choice(revision)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert int(answers[-1].headers["retry-after"]) > 1_000
    assert world.server.rows(COUNT) == [(3,)]


@pytest.mark.storages("sqlite")
async def test_flood_of_one_site_does_not_limit_others(start_server: StartServer, open_world: Any) -> None:
    world: World = open_world(start_server(site_consent_burst=2, site_consents_per_minute=0.01))
    tea, bikes = use_tags(world.server, "ga4"), use_tags(world.server, "ga4", shop=BIKES)
    answers = [await choose(world, choice(tea)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[-1].headers["access-control-allow-origin"] == TEA.origin
    assert (await choose(world, choice(bikes, shop=BIKES), BIKES)).status_code == 201


async def test_global_privacy_control_is_honoured_and_recorded(world: World) -> None:
    answer = await world.http.get(f"{world.server.address}/.well-known/gpc.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"gpc": True, "lastUpdate": "2026-11-24"}
