"""Limits of requests by one network: without a session, and for pages, sites and tokens that do not exist."""

import secrets
from collections.abc import Callable

import httpx
import pytest

from support.client import Person, ask
from support.people import OLGA, TEA, World
from support.server import ServerProcess
from support.sign_in import code_of

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

SLOW = {"unknown_names_per_minute": 0.01, "unknown_name_burst": 3}

PAGES_OF_A_SITE = ("/w/{}.js", "/chat/{}", "/consent.js?site={}", "/policy/{}", "/storage.json?site={}")


def unknown() -> str:
    return secrets.token_urlsafe(9)


@pytest.mark.parametrize("page", PAGES_OF_A_SITE)
async def test_unknown_site_keys_are_limited_and_known_ones_are_served(
    start_server: StartServer, open_world: OpenWorld, page: str
) -> None:
    world = open_world(start_server(**SLOW))
    address = world.server.address + page
    assert (await world.http.get(address.format(TEA.key))).status_code == 200
    statuses = [(await world.http.get(address.format(unknown()))).status_code for _ in range(5)]
    assert statuses == [404, 404, 404, 429, 429]
    limited = await world.http.get(address.format(unknown()))
    assert code_of(limited) == "slow_down"
    assert int(limited.headers["retry-after"]) > 0
    assert (await world.http.get(address.format(TEA.key))).status_code == 200


async def test_unknown_tokens_are_limited_and_open_sessions_are_served(
    start_server: StartServer, open_world: OpenWorld
) -> None:
    world = open_world(start_server(**SLOW))
    olga = await world.operator(OLGA)
    me = world.server.address + "/v1/desk/me"
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 200

    async def show_unknown() -> httpx.Response:
        return await world.http.get(me, headers={"authorization": f"DPoP cro_{secrets.token_urlsafe(32)}"})

    assert [(await show_unknown()).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 200
    assert (await world.http.get(me)).status_code == 401


async def test_unknown_tokens_of_streams_are_counted(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(**SLOW))
    vera = await world.visitor()
    await (await world.stream(vera)).settled()
    unknown_visitor = Person(world.server.address, token="crv_unknown")
    codes: list[int] = []
    for _ in range(5):
        stream = await world.raw_stream(unknown_visitor, "websocket")
        await stream.challenged()
        await stream.send_bytes(b'{"op":"auth","token":"crv_unknown"}')
        codes.append((await stream.until_over()).code)
    assert codes == [4401, 4401, 4401, 1012, 1012]
    await (await world.stream(vera)).settled()


async def test_requests_without_a_session_are_limited(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(requests_per_second=0.01, request_burst=6))
    olga = await world.operator(OLGA)
    answers = [await world.http.get(f"{world.server.address}/favicon.svg") for _ in range(8)]
    assert answers[0].status_code == 200
    assert code_of(answers[-1]) == "slow_down"
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 200
    for probe in ("/healthz", "/readyz"):
        assert (await world.http.get(world.server.address + probe)).status_code == 200


async def test_long_urls_are_refused(world: World) -> None:
    for path, status in (
        ("/w/" + "x" * 3_000, 404),
        ("/assets/" + "x" * 101, 404),
        ("/policy?lang=" + "x" * 3_000, 400),
    ):
        assert (await world.http.get(world.server.address + path)).status_code == status
    back = await world.http.get(f"{world.server.address}/desk/oidc/acme?code={'x' * 5_000}&state=y")
    assert back.status_code == 200
