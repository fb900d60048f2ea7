"""Bad input over HTTP gets a documented RFC 9457 problem, never a 500, and the next request works."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from crumbless.core.errors import ERROR_SPECS
from support.client import ask
from support.people import OLGA, TEA, World, new_entry_id
from support.raw_http import ask_raw, request_of

START = "/v1/visitor/start"
SIGN_IN = "/v1/desk/sign-in"
OPEN = "/v1/stream/open"
JSON = {"content-type": "application/json"}


def check_problem(answer: httpx.Response, status: int, code: str) -> None:
    """Assert that the response is the documented problem."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem = answer.json()
    assert problem["type"] == f"urn:crumbless:problem:{code}", problem
    assert problem["status"] == status == ERROR_SPECS[code].status
    assert problem["title"] == ERROR_SPECS[code].title
    assert problem["detail"]
    assert problem.keys() == {"type", "title", "status", "detail"}


def first_message(**changed: Any) -> dict[str, Any]:
    """Return a good first message with some fields changed. None removes a field."""
    good = {"site": TEA.key, "id": new_entry_id(), "text": "Hello", "page_origin": TEA.origin}
    return {name: value for name, value in (good | changed).items() if value is not None}


STARTS: list[tuple[dict[str, Any], int, str]] = [
    ({"site": "no-such-site"}, 404, "not_found"),
    ({"site": ""}, 404, "not_found"),
    ({"site": "\0"}, 400, "bad_text"),
    ({"site": "x" * 64}, 404, "not_found"),
    ({"site": "x" * 65}, 400, "invalid"),
    ({"site": "x" * 60_000}, 400, "invalid"),
    ({"page_origin": "https://" + "x" * 300}, 400, "invalid"),
    ({"claim": "x" * 129}, 400, "invalid"),
    ({"work": "x" * 201}, 400, "invalid"),
    ({"identity": "x" * 8_193}, 400, "invalid"),
    ({"consent": "x" * 65}, 400, "invalid"),
    ({"site": "' OR '1'='1"}, 404, "not_found"),
    ({"page_origin": "https://evil.example"}, 403, "foreign_origin"),
    ({"page_origin": TEA.origin + "/"}, 403, "foreign_origin"),
    ({"page_origin": TEA.origin.upper()}, 403, "foreign_origin"),
    ({"page_origin": "null"}, 403, "foreign_origin"),
    ({"page_origin": ""}, 403, "foreign_origin"),
    ({"page_origin": "https://bikes.example"}, 403, "foreign_origin"),
    ({"id": "1"}, 400, "bad_id"),
    ({"id": "1" * 37}, 400, "invalid"),
    ({"text": ""}, 400, "empty_text"),
    ({"text": " \n "}, 400, "empty_text"),
    ({"text": "a\0b"}, 400, "bad_text"),
    ({"text": "x" * 8_001}, 400, "text_too_long"),
    ({"text": 1}, 400, "invalid"),
    ({"text": None}, 400, "invalid"),
    ({"site": None}, 400, "invalid"),
    ({"admin": True}, 400, "invalid"),
]


@pytest.mark.parametrize(("changed", "status", "code"), STARTS, ids=str)
async def test_bad_first_message_is_refused_and_stores_nothing(
    world: World, changed: dict[str, Any], status: int, code: str
) -> None:
    count = "SELECT (SELECT count(*) FROM visitor), (SELECT count(*) FROM conversation), (SELECT count(*) FROM entry)"
    before = world.server.rows(count)
    person = world.stranger()
    check_problem(await ask(world.http, person, "POST", START, first_message(**changed)), status, code)
    assert world.server.rows(count) == before
    assert (await ask(world.http, person, "POST", START, first_message())).status_code == 201


SIGN_IN_BYTES = 8 * 1024
"""The limits of a request without a session (threat 52)."""

BODIES: list[tuple[bytes, str]] = [
    (b"", "malformed"),
    (b"{", "malformed"),
    (b"hello", "malformed"),
    (b"[1]", "invalid"),
    (b"null", "invalid"),
    (b"7", "invalid"),
    (b"{}", "invalid"),
    (b"[" * 30_000, "invalid"),
    (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "invalid"),
    (b"\x00\x01\x02", "malformed"),
    (b'{"mode":"stream","email":"x","after":1,"nope":2}', "invalid"),
]


@pytest.mark.parametrize("path", [START, SIGN_IN, OPEN, "/v1/stream/poll"])
@pytest.mark.parametrize(("body", "code"), BODIES, ids=[repr(body[:20]) for body, _ in BODIES])
async def test_bad_body_is_refused(world: World, path: str, body: bytes, code: str) -> None:
    answer = await world.http.post(world.server.address + path, content=body, headers=JSON)
    if path == SIGN_IN and len(body) > SIGN_IN_BYTES:
        check_problem(answer, 413, "too_large")
    else:
        check_problem(answer, 400, code)


@pytest.mark.parametrize(("path", "field"), [(START, "site"), (SIGN_IN, "email"), (OPEN, "mode")])
@pytest.mark.parametrize("text", [b"\\ud800", b"\\udc00x", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"a\x01"])
async def test_invalid_unicode_is_refused(world: World, path: str, field: str, text: bytes) -> None:
    body = b'{"' + field.encode() + b'":"' + text + b'"}'
    check_problem(await world.http.post(world.server.address + path, content=body, headers=JSON), 400, "malformed")


@pytest.mark.parametrize("path", [START, SIGN_IN, OPEN, "/v1/stream/poll"])
async def test_content_type_other_than_json_is_refused(world: World, path: str) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x", ""):
        answer = await world.http.post(
            world.server.address + path, content=json.dumps(first_message()), headers={"content-type": kind}
        )
        check_problem(answer, 415, "unsupported_media_type")
    loud = {"content-type": "Application/JSON; charset=utf-8"}
    answer = await world.http.post(world.server.address + OPEN, content=b'{"mode":"poll"}', headers=loud)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", [START, SIGN_IN, OPEN, "/v1/stream/poll", "/v1/stream/send"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_body_of_a_megabyte_is_refused(world: World, path: str, chunked: bool) -> None:
    host, body = f"127.0.0.1:{world.server.port}", b"x" * 1_000_000
    request = request_of("POST", path, host, b"" if chunked else body, Content_Type="application/json")
    if chunked:
        head = request.removesuffix(b"\r\n") + b"Transfer-Encoding: chunked\r\n\r\n"
        request = head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    answer = await ask_raw(world.server.port, request)
    assert answer.status == 413, answer
    assert json.loads(answer.body)["type"] == "urn:crumbless:problem:too_large"
    assert (await world.http.get(f"{world.server.address}/healthz")).json() == {"ok": True}


@pytest.mark.parametrize("path", [START, SIGN_IN, OPEN, "/v1/stream/poll", "/v1/stream/send"])
async def test_request_from_another_origin_is_refused(world: World, path: str) -> None:
    for origin in ("https://evil.example", "null", "", world.server.address + "0", TEA.origin):
        answer = await world.http.post(world.server.address + path, content=b"{}", headers=JSON | {"origin": origin})
        check_problem(answer, 403, "foreign_origin")
    own = await world.http.post(
        world.server.address + path, content=b"{}", headers=JSON | {"origin": world.server.address}
    )
    assert own.status_code != 403


async def test_frame_starts_and_sends_from_its_own_origin(world: World) -> None:
    person, own = world.stranger(), world.server.address
    assert (await ask(world.http, person, "POST", START, first_message(), origin=own)).status_code == 201


HOSTS = ["evil.example", "127.0.0.1", "localhost", "", "127.0.0.1:1", "[::1]", "evil.example:80"]


@pytest.mark.parametrize("host", HOSTS)
async def test_other_host_is_misdirected(world: World, host: str) -> None:
    for path in ("/desk/", "/v1/desk/me", "/w/tea-shop.js", "/nowhere"):
        answer = await ask_raw(world.server.port, request_of("GET", path, host))
        assert answer.status == 421, path
        assert json.loads(answer.body)["type"] == "urn:crumbless:problem:misdirected"
    health = await ask_raw(world.server.port, request_of("GET", "/healthz", host))
    assert health.status == 200, "a balancer's health probe sends another host name"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "POST"])
async def test_wrong_method_gets_the_allowed_ones(world: World, method: str) -> None:
    answer = await world.http.request(method, world.server.address + "/v1/desk/conversations")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    if method != "HEAD":
        check_problem(answer, 405, "method_not_allowed")


@pytest.mark.parametrize(
    "path",
    [
        *("/nowhere", "/v1/", "/v1/nowhere", "/w/none.js", "/w/tea-shop", "/w/.js", "/w/tea-shop.css", "/chat/none"),
        *("/assets/none.js", "/assets/..%2f..%2fapp.py", "/assets/%2e%2e/app.py", "/%00", "/%ff", "/w/%ff.js"),
        *("/desk/x", "/chat/tea-shop/x", "/v1/stream/nowhere", "/.git/config", "/w/%F0%9F%98%80.js"),
    ],
)
async def test_unknown_path_is_not_found(world: World, path: str) -> None:
    answer = await ask_raw(world.server.port, request_of("GET", path, f"127.0.0.1:{world.server.port}"))
    assert answer.status == 404
    assert answer.header("content-type") == "application/problem+json"
    assert json.loads(answer.body)["type"] == "urn:crumbless:problem:not_found"


async def test_numbers_in_a_query_are_checked(world: World) -> None:
    olga, inbox = await world.operator(OLGA), "/v1/desk/conversations"
    for query in (
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1.0",
        "limit=%D9%A1",
        "before=-1",
        "status=",
        "status=new",
    ):
        check_problem(await ask(world.http, olga, "GET", f"{inbox}?{query}"), 400, "invalid")
    check_problem(await ask(world.http, olga, "GET", f"{inbox}?before={'9' * 400}"), 400, "invalid")
    vera = await world.visitor()
    for query in ("limit=201", "before=x"):
        path = f"{inbox}/{vera.conversation}/entries?{query}"
        check_problem(await ask(world.http, olga, "GET", path), 400, "invalid")
    assert (await ask(world.http, olga, "GET", f"{inbox}?limit=100&before=0")).json()["conversations"] == []


async def test_unknown_conversation_is_not_found(world: World) -> None:
    olga = await world.operator(OLGA)
    for name in ("x", "%00", "%FF", "'", "a" * 100, new_entry_id()):
        for rest in ("", "/entries"):
            path = f"/v1/desk/conversations/{name}{rest}"
            answer = await world.http.get(olga.address + path)
            assert answer.status_code == 401
    for name in ("a" * 101, "a" * 3_000):
        check_problem(await world.http.get(f"{olga.address}/v1/desk/conversations/{name}"), 404, "not_found")
    check_problem(await ask(world.http, olga, "GET", f"/v1/desk/conversations/{new_entry_id()}"), 404, "not_found")


NOT_HTTP = {
    "words": b"hello\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a bad length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    "a raw path": b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "a zero in a header": b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
    "a huge header": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 3_000_000,
    "many headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200_000,
    "a huge path": b"GET /" + b"x" * 3_000_000,
}


@pytest.mark.parametrize("what", [*NOT_HTTP])
async def test_request_that_is_not_http_is_answered_and_closed(world: World, what: str) -> None:
    answer = await ask_raw(world.server.port, NOT_HTTP[what])
    assert answer.status == 400, what
    assert json.loads(answer.body)["type"] == "urn:crumbless:problem:malformed"
    assert answer.header("content-type") == "application/problem+json"
    assert answer.header("connection") == "close"
    assert (await world.http.get(f"{world.server.address}/healthz")).status_code == 200


async def test_odd_headers_cause_no_error(world: World) -> None:
    host = f"127.0.0.1:{world.server.port}"
    for name, value in (
        ("Authorization", "\xff\xfe"),
        ("DPoP", "\xff"),
        ("Origin", "\xff"),
        ("Cookie", "\xff" * 1000),
        ("Crumbless-Stream", "\xff"),
        ("Accept-Encoding", "\xff"),
        ("If-None-Match", "\xff"),
        ("X-Forwarded-For", "junk, \xff"),
    ):
        for method, path in (("GET", "/v1/desk/me"), ("GET", "/w/tea-shop.js"), ("POST", "/v1/stream/poll")):
            request = request_of(method, path, host, b"" if method == "GET" else b'{"after":1}')
            extra = f"{name}: {value}\r\nContent-Type: application/json\r\n".encode("latin-1")
            answer = await ask_raw(world.server.port, request.replace(b"\r\n", b"\r\n" + extra, 1))
            assert answer.status in {200, 400, 401, 403, 410}, (name, path, answer)


async def test_client_that_leaves_in_the_middle_of_a_body_causes_no_error(world: World) -> None:
    host = f"127.0.0.1:{world.server.port}"
    for path in (START, SIGN_IN, OPEN, "/v1/stream/send"):
        request = request_of("POST", path, host, b"{" * 100, Content_Type="application/json")
        _, writer = await asyncio.open_connection("127.0.0.1", world.server.port)
        writer.write(request[:-50])
        await writer.drain()
        writer.close()
    assert (await ask(world.http, world.stranger(), "POST", START, first_message())).status_code == 201


async def test_api_response_is_not_cached_and_carries_a_nonce(world: World) -> None:
    for method, path in (("GET", "/v1/desk/me"), ("POST", START), ("PUT", START), ("GET", "/v1/nowhere")):
        answer = await world.http.request(method, world.server.address + path)
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["dpop-nonce"]) == 32
        assert answer.headers["x-content-type-options"] == "nosniff"
