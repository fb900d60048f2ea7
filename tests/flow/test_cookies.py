"""No route, error or failing handler sets a cookie, and cookies in requests have no effect."""

import logging
import re
import time
from pathlib import Path
from typing import Any, cast

import pytest
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.testing import AsyncTestClient

from crumbless.core.metrics import HttpMetrics
from crumbless.core.settings import Settings
from crumbless.http.middleware import Middleware
from crumbless.http.services import Services
from crumbless.routes import ROUTES
from crumbless.security.dpop import NonceClock
from support.client import ask
from support.people import OLGA, World
from support.raw_http import ask_raw, handshake_of, request_of

COOKIE = "session=planted; crumbless=planted"
HEADER = "set-cookie"
WEB_DIST = Path(__file__).parents[2] / "src" / "crumbless" / "web_dist"
STATICS = [f"/{path.relative_to(WEB_DIST).as_posix()}" for path in (WEB_DIST / "assets").iterdir()]
PATHS = sorted(
    {re.sub(r"\{\w+\}", "tea-shop", route.path) for route in ROUTES}
    | {"/w/tea-shop.js", "/w/none.js", "/desk/", "/nowhere", "/v1/nowhere", "/v1/stream", "/%00", "/assets/../x"}
    | set(STATICS)
)


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
async def test_no_response_sets_a_cookie(world: World, method: str) -> None:
    host = f"127.0.0.1:{world.server.port}"
    statuses: set[int] = set()
    for path in PATHS:
        answer = await ask_raw(world.server.port, request_of(method, path, host, Cookie=COOKIE, Connection="close"))
        assert answer.status, path
        assert HEADER not in [name for name, _ in answer.headers], path
        statuses.add(answer.status)
    expected = {"GET": {200, 302, 404, 401}, "POST": {405, 404, 415}, "BREW": {400}}.get(method, {404, 405})
    assert statuses & expected, f"the responses had the statuses {statuses}"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 101),
        ({"path": "/v1/nowhere"}, 404),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Sec_WebSocket_Protocol": "other"}, 400),
        ({"Origin": "https://evil.example"}, 403),
    ],
)
async def test_no_handshake_sets_a_cookie(world: World, changed: dict[str, str | None], status: int) -> None:
    host = f"127.0.0.1:{world.server.port}"
    answer = await ask_raw(world.server.port, handshake_of(host, Cookie=COOKIE, **changed))
    assert answer.status == status
    assert HEADER not in [name for name, _ in answer.headers]


async def test_no_other_refusal_sets_a_cookie(world: World) -> None:
    port, host = world.server.port, f"127.0.0.1:{world.server.port}"
    big, plain = b"x" * 70_000, {"Content_Type": "application/json"}
    cases = {
        421: request_of("GET", "/desk/", "evil.example", Cookie=COOKIE),
        413: request_of("POST", "/v1/visitor/start", host, big, Cookie=COOKIE, **plain),
        415: request_of("POST", "/v1/visitor/start", host, b"a=b", Cookie=COOKIE),
        400: b"nonsense\r\n\r\n",
    }
    for status, request in cases.items():
        answer = await ask_raw(port, request)
        assert answer.status == status
        assert HEADER not in [name for name, _ in answer.headers]


async def test_cookie_does_not_identify_a_caller(world: World) -> None:
    olga = await world.operator(OLGA)
    planted = {"cookie": f"token={olga.token}; session={olga.token}", "authorization": ""}
    assert (await world.http.get(f"{olga.address}/v1/desk/me", headers=planted)).status_code == 401


async def test_complete_chat_sets_no_cookie(world: World) -> None:
    vera, olga = await world.visitor(), await world.new_operator(OLGA)
    await (await world.stream(vera, "stream")).settled()
    await (await world.stream(olga, "poll")).settled()
    assert (await ask(world.http, olga, "POST", "/v1/desk/sign-out")).status_code == 204
    assert len(world.http.cookies) == 0


async def test_guard_rejects_a_planted_cookie_and_logs_it(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str | None] = []

    @get("/v1/plant")
    async def plant(request: Request[Any, Any, State]) -> Response[str]:
        seen.append(request.headers.get("cookie"))
        planted = Response("planted", headers={"x-kept": "yes"})
        planted.set_cookie("planted", "value")
        return planted

    @get("/v1/plant-by-hand")
    async def plant_by_hand() -> Response[str]:
        return Response("planted", headers={"Set-Cookie": "planted=value"})

    platform = cast(Services, _Stub())
    plain = Litestar([plant, plant_by_hand], state=State({}), openapi_config=None, logging_config=None)
    async with AsyncTestClient(plain, base_url="http://127.0.0.1:8000") as client:
        answer = await client.get("/v1/plant", headers={"cookie": COOKIE})
        assert HEADER in answer.headers, "the premise: without the guard the cookie would be sent"
    guarded = Middleware(plain, platform)
    async with AsyncTestClient(cast(Any, guarded), base_url="http://127.0.0.1:8000") as client:
        for path in ("/v1/plant", "/v1/plant-by-hand"):
            caplog.clear()
            with caplog.at_level(logging.ERROR, "crumbless.guard"):
                answer = await client.get(path, headers={"cookie": COOKIE})
            assert answer.text == "planted"
            assert HEADER not in answer.headers
            assert f"refused to set a cookie on {path}" in caplog.text
    assert seen == [COOKIE, None], "the handler behind the guard received a cookie"


class _Stub:
    """The attributes of the platform that the guard reads."""

    settings = Settings()
    trace = None
    http = HttpMetrics()
    nonces = NonceClock(b"s" * 32, time.time)
