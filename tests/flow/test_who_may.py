"""Every row of the route table is requested: a route requires the caller that its `who` names."""

import re

import pytest

from crumbless.http.route import Route
from crumbless.routes import ROUTES
from support.client import ask
from support.people import OLGA, World, new_entry_id
from support.sign_in import hire

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
BODIES = {
    "/v1/visitor/consent": {"receipt": None},
    "/v1/visitor/continue/mail": {"email": "vera@tea.example"},
    "/v1/visitor/continue/code": {},
    "/v1/stream/poll": {"after": 0},
    "/v1/stream/send": {"op": "ping"},
}


def body_of(route: Route) -> object:
    """Return a valid body for the route. Return None for routes without a body."""
    if route.path == "/v1/visitor/conversations" and route.method == "POST":
        return {"id": new_entry_id(), "text": "Hello"}
    return BODIES.get(route.path)


def path_of(route: Route) -> str:
    return re.sub(r"\{\w+\}", ID, route.path)


def name_of(route: Route) -> str:
    return route.name


OPERATOR_ROUTES = [route for route in ROUTES if route.who == "operator"]
VISITOR_ROUTES = [route for route in ROUTES if route.who == "visitor"]
STREAM_ROUTES = [route for route in ROUTES if route.who == "stream"]
OPEN_ROUTES = [route for route in ROUTES if route.who == "public" and route.method != "OPTIONS"]
PREFLIGHTS = [route for route in ROUTES if route.method == "OPTIONS"]


def test_every_kind_of_route_is_covered() -> None:
    assert len(OPERATOR_ROUTES) >= 5
    assert len(STREAM_ROUTES) == 2
    assert len(OPEN_ROUTES) + len(STREAM_ROUTES) + len(OPERATOR_ROUTES) + len(VISITOR_ROUTES) == len(ROUTES) - len(
        PREFLIGHTS
    )
    assert len(VISITOR_ROUTES) >= 1
    assert all(route.path.startswith("/v1/desk/") for route in OPERATOR_ROUTES)


@pytest.mark.parametrize("route", OPERATOR_ROUTES, ids=name_of)
async def test_operator_routes_refuse_other_callers(world: World, route: Route) -> None:
    # Use a new session, because some routes end every session of the caller.
    vera, olga = await world.visitor(), await world.new_operator(hire(world))
    bearer = await world.visitor(with_key=False)
    unsigned = await world.http.request(route.method, world.server.address + path_of(route))
    assert unsigned.status_code == 401
    assert unsigned.json()["type"] == "urn:crumbless:problem:invalid_token"
    for visitor in (vera, bearer):
        answer = await ask(world.http, visitor, route.method, path_of(route))
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:crumbless:problem:forbidden"
    body = BODIES.get(route.path, {}) if route.method == "POST" else None
    # 400 and 415: allowed, and a field is missing or the body is no picture.
    assert (await ask(world.http, olga, route.method, path_of(route), body)).status_code in {200, 204, 400, 404, 415}
    assert (await ask(world.http, world.stranger(), route.method, path_of(route))).status_code == 401


@pytest.mark.parametrize("route", OPERATOR_ROUTES, ids=name_of)
async def test_operator_routes_refuse_pages_of_other_origins(world: World, route: Route) -> None:
    olga = await world.operator(OLGA)
    answer = await ask(world.http, olga, route.method, path_of(route), origin="https://evil.example")
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:crumbless:problem:foreign_origin"


@pytest.mark.parametrize("route", VISITOR_ROUTES, ids=name_of)
async def test_visitor_routes_refuse_other_callers(world: World, route: Route) -> None:
    unsigned = await world.http.request(route.method, world.server.address + path_of(route))
    assert unsigned.status_code == 401
    olga, vera = await world.operator(OLGA), await world.visitor()
    copied = {"authorization": f"DPoP {vera.token}"}
    unproved = await world.http.request(route.method, world.server.address + path_of(route), headers=copied)
    assert unproved.status_code == 401
    assert unproved.json()["type"] == "urn:crumbless:problem:invalid_proof"
    answer = await ask(world.http, olga, route.method, path_of(route), body_of(route))
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:crumbless:problem:forbidden"
    foreign = await ask(world.http, vera, route.method, path_of(route), origin="https://evil.example")
    assert foreign.status_code == 403
    assert foreign.json()["type"] == "urn:crumbless:problem:foreign_origin"
    for visitor in (vera, await world.visitor(with_key=False)):
        answer = await ask(world.http, visitor, route.method, path_of(route), body_of(route))
        assert answer.status_code in {200, 201, 204}


@pytest.mark.parametrize("route", [route for route in OPEN_ROUTES if route.method == "POST"], ids=name_of)
async def test_open_routes_that_write_refuse_pages_of_other_origins(world: World, route: Route) -> None:
    answer = await world.http.post(world.server.address + path_of(route), headers={"origin": "https://evil.example"})
    # A page of a site may record a choice of consent. It is refused after the body has named the site.
    assert answer.status_code == (403 if route.pages == "own" else 415)


def test_only_consent_is_open_to_pages_of_sites() -> None:
    assert {(route.method, route.path) for route in ROUTES if route.pages == "site"} == {
        ("OPTIONS", "/v1/consent"),
        ("POST", "/v1/consent"),
    }


@pytest.mark.parametrize("route", STREAM_ROUTES, ids=name_of)
async def test_stream_routes_need_an_open_stream(world: World, route: Route) -> None:
    vera = await world.visitor()
    for stream in ("", "unknown", ID):
        answer = await ask(world.http, vera, route.method, route.path, BODIES[route.path], crumbless_stream=stream)
        assert answer.status_code == 410
        assert answer.json()["type"] == "urn:crumbless:problem:stream_gone"


@pytest.mark.parametrize("route", OPEN_ROUTES, ids=name_of)
async def test_public_routes_need_no_session(world: World, route: Route) -> None:
    answer = await world.http.request(route.method, world.server.address + path_of(route))
    assert answer.status_code not in {401, 403}
    assert answer.status_code < 500
