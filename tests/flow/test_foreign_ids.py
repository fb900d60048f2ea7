"""Every ID in a path, body or query is accepted from its owner, and refused from other operators and sites.

The routes and fields come from the route table, so a new one fails here until it is listed (threats 25, 26).
"""

import re
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import msgspec
import pytest
import pytest_asyncio

from crumbless.accounts.oidc_account_store import add_oidc_account
from crumbless.database.database import write_once
from crumbless.http.route import Route
from crumbless.routes import ROUTES
from support.client import Person, ask
from support.consent import choice, choose
from support.owned_things import MAKERS, WORKSPACES, Make, Side, conversation, identity_key, passkey, person, team
from support.people import BIKES, TEA, World, new_entry_id
from support.server import ServerProcess
from support.sign_in import code_of, hire
from support.storage import Storage
from support.vouching import add_key, retire_keys, set_mode

PUBLIC = {
    "GET /assets/{name}",
    "GET /w/{name}",
    "GET /consent/{key}/{name}",
    "GET /chat/{key}",
    "GET /policy/{key}",
    "GET /tags/{key}/{name}",
    "GET /v1/consent/{receipt}",
    "GET /desk/oidc/{provider}",
    "GET /files/{file}/{name}",
}
"""Readable by name without permission: pages of sites, photos that visitors see, and a receipt by its random ID."""

BODIES: dict[str, object] = {
    "POST /v1/desk/people/{person}": {"role": "analyst"},
    "POST /v1/desk/teams/{team}": {"name": "Changed"},
    "POST /v1/desk/labels/{label}": {"name": "Changed", "colour": "#000000"},
    "POST /v1/desk/sites/{key}": {"name": "Tea", "origins": [TEA.origin]},
    "POST /v1/desk/me/passkeys/{passkey}/rename": {"name": "Changed"},
    "POST /v1/desk/sites/{key}/identity": {"mode": "optional"},
    "POST /v1/desk/sites/{key}/identity/keys": {"algorithm": "HS256"},
    "POST /v1/desk/requests/{person_request}/close": {"status": "declined"},
}
NAMED = [route for route in ROUTES if "{" in route.path and route.name not in PUBLIC]


@pytest.fixture(scope="module")
def own_server(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start a server for these tests, which change sites and sessions."""
    server = ServerProcess(storage.new_database(tmp_path_factory.mktemp("foreign")), **storage.settings)
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log()


@pytest_asyncio.fixture
async def sides(own_server: ServerProcess, open_world: Callable[[ServerProcess], World]) -> tuple[Side, Side, Side]:
    """Return the caller, a colleague of the same workspace, and the owner of another workspace."""
    world = open_world(own_server)
    shops = (TEA, TEA, BIKES)
    owners = [await world.new_operator(hire(world, "Oda", workspace=WORKSPACES[shop])) for shop in shops]
    mine, colleague, other = [Side(world, owner, shop) for owner, shop in zip(owners, shops, strict=True)]
    # Without a second way to sign in, no passkey can be removed, regardless of its owner.
    await passkey(mine)
    return mine, colleague, other


def test_every_route_with_an_id_in_its_path_is_covered() -> None:
    names = {name for route in NAMED for name in route.parameters}
    assert names == {*MAKERS}
    assert {route.who for route in NAMED} == {"operator"}
    assert {route.name for route in ROUTES} >= {*PUBLIC, *BODIES}


async def values_of(route: Route, side: Side) -> dict[str, str]:
    return {name: await MAKERS[name](side) for name in route.parameters}


async def request(route: Route, by: Side, values: Mapping[str, str]) -> httpx.Response:
    path = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], route.path)
    body = BODIES.get(route.name, {}) if route.method == "POST" else None
    return await ask(by.world.http, by.owner, route.method, path, body)


TABLES = (
    *("operator", "team", "invitation", "site", "identity_key", "passkey", "ban", "conversation", "one_time_token"),
    *("person_request", "label"),
)


def state_of(side: Side) -> list[list[tuple[Any, ...]]]:
    """Return all rows that these routes could change."""
    rows = [side.world.server.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES]
    others = (
        "SELECT id, ended_at FROM session ORDER BY id",
        # Only rows of the other workspace, because the server runs other tests at the same time.
        "SELECT id, dead_at FROM task WHERE workspace_id = 2 AND payload = '{}' ORDER BY id",
    )
    return [*rows, *(side.world.server.rows(query) for query in others)]


async def test_ids_of_another_workspace_are_not_found_in_any_path(sides: tuple[Side, Side, Side]) -> None:
    mine, _, other = sides
    for route in NAMED:
        foreign = await values_of(route, other)
        before = state_of(mine)
        refused = await request(route, mine, foreign)
        assert (refused.status_code, code_of(refused)) == (404, "not_found"), route.name
        assert state_of(mine) == before, route.name
        allowed = await request(route, mine, await values_of(route, mine))
        assert allowed.is_success, f"the premise: {route.name} {allowed.text}"


PERSONAL = {"session", "passkey"}


async def test_things_of_a_colleague_are_not_found(sides: tuple[Side, Side, Side]) -> None:
    mine, colleague, _ = sides
    routes = [route for route in NAMED if PERSONAL & {*route.parameters}]
    assert len(routes) == len([route for route in NAMED if route.path.startswith("/v1/desk/me/")])
    for route in routes:
        foreign = await values_of(route, colleague)
        before = state_of(mine)
        assert (await request(route, mine, foreign)).status_code == 404, route.name
        assert state_of(mine) == before, route.name


async def test_ids_of_another_site_of_the_workspace_are_not_found(sides: tuple[Side, Side, Side]) -> None:
    mine, _, _ = sides
    second = await mine.post("sites", {"name": "Second", "origins": ["https://second.example"]})
    kid = await identity_key(mine)
    routes = [route for route in NAMED if len(route.parameters) > 1]
    assert [route.name for route in routes] == ["POST /v1/desk/sites/{key}/identity/keys/{kid}/retire"]
    for route in routes:
        refused = await request(route, mine, {"key": second["key"], "kid": kid})
        assert (refused.status_code, code_of(refused)) == (404, "not_found")
        assert (await request(route, mine, {"key": TEA.key, "kid": kid})).status_code == 200, "the premise"


@dataclass
class Asked:
    """A request with an ID, the caller's own or not, and how a foreign ID is refused."""

    path: str
    own: dict[str, Any]
    foreign: dict[str, Any]
    refusal: tuple[int, str] = (404, "not_found")
    by: Person | None = None


Case = Callable[[Side, Side], Awaitable[Asked]]


def listed(path: str, field: str, make: Make, **body: Any) -> Case:
    """Return a request of the owner that lists IDs in this field."""

    async def case(mine: Side, other: Side) -> Asked:
        at = path.replace("{person}", await person(mine)).replace("{team}", await team(mine))
        bodies = [body | {field: [await make(side)]} for side in (mine, other)]
        for one in bodies:
            one |= {name: new_entry_id() for name in ("name",) if name in body}
        return Asked(at, bodies[0], bodies[1])

    return case


async def banned(mine: Side, other: Side) -> Asked:
    bodies = [{"conversation": await conversation(side), "days": 1} for side in (mine, other)]
    return Asked("/v1/desk/bans", bodies[0], bodies[1], refusal=(404, "unknown_conversation"))


async def account(mine: Side, other: Side) -> Asked:
    subjects = [uuid.uuid4().hex for _ in range(2)]
    for side, subject in zip((mine, other), subjects, strict=True):
        write_once(
            side.world.server.database_url,
            lambda connection, side=side, subject=subject: add_oidc_account(
                connection, WORKSPACES[side.shop], side.owner.id, "https://idp.example", subject, ""
            ),
        )
    bodies = [{"issuer": "https://idp.example", "subject": subject} for subject in subjects]
    return Asked("/v1/desk/me/oidc-accounts/remove", bodies[0], bodies[1])


async def receipt(mine: Side, other: Side) -> Asked:
    made = [await choose(side.world, choice(1, shop=side.shop), side.shop) for side in (mine, other)]
    bodies = [{"receipt": one.json()["receipt"]} for one in made]
    return Asked("/v1/visitor/consent", bodies[0], bodies[1], by=await mine.world.visitor())


async def identified(mine: Side, _: Side) -> Asked:
    await set_mode(mine.world, mine.owner, "optional")
    await retire_keys(mine.world, mine.owner)
    token = (await add_key(mine.world, mine.owner)).token(uuid.uuid4().hex)
    bodies = [{"site": shop.key, "identity": token, "page_origin": shop.origin} for shop in (TEA, BIKES)]
    return Asked("/v1/visitor/identify", bodies[0], bodies[1], by=await mine.world.visitor())


async def continued(mine: Side, _: Side) -> Asked:
    vera = await mine.world.visitor()
    answer = await ask(mine.world.http, vera, "POST", "/v1/visitor/continue/code", {})
    bodies = [{"site": shop.key, "secret": answer.json()["code"]} for shop in (TEA, BIKES)]
    return Asked("/v1/visitor/continue", bodies[0], bodies[1], refusal=(410, "ticket_gone"), by=mine.world.stranger())


async def started(mine: Side, _: Side) -> Asked:
    bodies = [
        {"site": shop.key, "id": new_entry_id(), "text": "Hello", "page_origin": TEA.origin} for shop in (TEA, BIKES)
    ]
    return Asked("/v1/visitor/start", bodies[0], bodies[1], refusal=(403, "foreign_origin"), by=mine.world.stranger())


async def retained(_mine: Side, _other: Side) -> Asked:
    own, foreign = ({"sites": [{"key": shop.key}]} for shop in (TEA, BIKES))
    return Asked("/v1/desk/retention", own, foreign)


CASES: dict[tuple[str, str], Case] = {
    ("POST /v1/desk/retention", "sites"): retained,
    ("POST /v1/desk/people/invite", "teams"): listed(
        "/v1/desk/people/invite", "teams", team, email="nils@tea.example", role="operator"
    ),
    ("POST /v1/desk/people/{person}", "teams"): listed("/v1/desk/people/{person}", "teams", team),
    ("POST /v1/desk/teams", "members"): listed("/v1/desk/teams", "members", person, name=""),
    ("POST /v1/desk/teams/{team}", "members"): listed("/v1/desk/teams/{team}", "members", person, name=""),
    ("POST /v1/desk/bans", "conversation"): banned,
    ("POST /v1/desk/me/oidc-accounts/remove", "subject"): account,
    ("POST /v1/visitor/consent", "receipt"): receipt,
    ("POST /v1/visitor/identify", "site"): identified,
    ("POST /v1/visitor/continue", "site"): continued,
    ("POST /v1/visitor/start", "site"): started,
}

NO_IDS = {
    # Values that an operator, a site or a client chooses or generates, and secrets.
    *("colour",),
    *("id", "text", "page_origin", "claim", "work", "email", "password", "current", "new", "name", "language"),
    *("languages", "time_zone", "role", "origins", "accent", "side", "mode", "algorithm", "public_key", "network"),
    *("days", "reason", "end_others", "workspace_name", "site_name", "site_origins", "categories", "source"),
    *("revision", "after", "issuer", "provider"),
    *("second_factor_from", "provider_only", "session_hours", "idle_minutes", "shows_reading", "operator_reports"),
    *("conversation_days", "receipt_days", "audit_days", "kind", "status", "asked_at"),
    # Secrets and values bound to the caller's key: useless to other callers.
    *("secret", "identity", "one_time_token", "code", "credential", "state", "iss", "invitation"),
    # Receipts of another site are ignored: test_consent_records.py. Sites and teams of a list: test_visibility.py.
    *("consent", "previous", "scope"),
}


def fields_of(part: Literal["takes", "query"]) -> set[tuple[str, str]]:
    """Return the names of the fields in the bodies or queries of all routes."""
    taken = [(route.name, getattr(route.signature, part)) for route in ROUTES]
    structs = [(name, kind) for name, kind in taken if kind not in {None, bytes}]
    return {(name, field.name) for name, kind in structs for field in msgspec.structs.fields(kind)}


def test_every_field_of_a_body_is_covered() -> None:
    # Conversations of other visitors: tests/flow/test_visitor_conversations.py.
    # test_retention.py has the preview.
    elsewhere = {("POST /v1/consent", "site"), ("POST /v1/desk/retention/preview", "sites")}
    # The colleague of a handover: tests/flow/test_handover.py.
    elsewhere |= {(f"POST /v1/desk/people/{{person}}/{one}", "to") for one in ("disable", "anonymise")}
    own = {(f"POST /v1/visitor/{one}", "conversation") for one in ("consent", "continue/code", "continue/mail")}
    assert {one for one in fields_of("takes") if one[1] not in NO_IDS} == {*CASES, *elsewhere, *own}


@pytest.mark.parametrize("name", CASES, ids=lambda name: f"{name[0]} {name[1]}")
async def test_foreign_ids_in_bodies_are_refused(sides: tuple[Side, Side, Side], name: tuple[str, str]) -> None:
    mine, _, other = sides
    asked = await CASES[name](mine, other)
    by, http = asked.by or mine.owner, mine.world.http
    before = state_of(mine)
    refused = await ask(http, by, "POST", asked.path, asked.foreign)
    assert (refused.status_code, code_of(refused)) == asked.refusal
    assert state_of(mine) == before
    allowed = await ask(http, by, "POST", asked.path, asked.own)
    assert allowed.is_success, f"the premise: {allowed.text}"


QUERIES = {"before", "limit", "status", "waiting", "action", "format", "lang"}


async def test_foreign_ids_in_queries_return_nothing(sides: tuple[Side, Side, Side]) -> None:
    asked = {one for one in fields_of("query") if one[1] not in QUERIES}
    assert asked == {("GET /v1/desk/audit", "actor"), ("GET /v1/desk/audit/export", "actor")}
    mine, _, other = sides
    for path in ("audit?", "audit/export?format=jsonl&"):
        for actor, found in ((mine.owner.id, True), (other.owner.id, False)):
            answer = await ask(mine.world.http, mine.owner, "GET", f"/v1/desk/{path}actor={actor}")
            assert (answer.status_code, "signed_in" in answer.text) == (200, found), answer.text
