"""Problem documents, their headers, and the headers of every response."""

import json
import re
import time
from typing import Any, cast

import pytest

from crumbless.core.errors import ERROR_SPECS, ApiError
from crumbless.core.metrics import HttpMetrics
from crumbless.core.settings import read_settings
from crumbless.http.middleware import PROBLEM_TYPE, Middleware, error_headers, problem_of
from crumbless.http.request_bounds import HEADER_BYTES, MAX_PATH, MAX_QUERY
from crumbless.http.services import Services
from crumbless.security.dpop import NonceClock

Scope = dict[str, Any]


class Parts:
    """The attributes of the platform that the guard reads."""

    settings = read_settings(
        {},
        public_url="https://chat.example",
        allowed_hosts=["inner:8000"],
        trusted_proxies=["10.0.0.0/8"],
        access_log=True,
    )
    http = HttpMetrics()
    trace = None
    nonces = NonceClock(b"s" * 32, time.time)


async def respond(path: str = "/v1/desk/me", host: bytes = b"chat.example", **more: Any) -> tuple[Any, list[Scope]]:
    """Return the messages that the guard sends, and the scopes that reached the application."""
    reached: list[Scope] = []
    sent: list[Any] = []

    async def app(scope: Scope, _receive: Any, send: Any) -> None:
        reached.append(scope)
        headers = more.get("answered", [(b"content-type", b"text/plain")])
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", host), (b"cookie", b"a=b"), (b"x-kept", b"1"), *more.get("asked", [])]
    scope = {"type": more.get("kind", "http"), "path": path, "method": "GET", "headers": headers}
    scope["query_string"] = more.get("query", b"")
    scope["client"] = more.get("client", ("192.0.2.1", 1234))
    guard = Middleware(cast(Any, app), cast(Services, Parts()))
    await guard(cast(Any, scope), cast(Any, None), cast(Any, send))
    return sent, reached


def header(sent: list[Any], name: bytes) -> bytes | None:
    return dict(sent[0]["headers"]).get(name)


@pytest.mark.parametrize("code", [*ERROR_SPECS])
def test_every_refusal_is_a_problem_document(code: str) -> None:
    body, status, phrase = problem_of(ApiError(code))
    assert json.loads(body) == {
        "type": f"urn:crumbless:problem:{code}",
        "title": ERROR_SPECS[code].title,
        "status": status,
        "detail": ERROR_SPECS[code].detail,
    }
    assert phrase


def test_retry_after_is_rounded_up_to_seconds() -> None:
    assert error_headers(ApiError("slow_down", retry_after=0.2))["retry-after"] == "1"
    assert error_headers(ApiError("slow_down", retry_after=2.5))["retry-after"] == "3"
    assert "retry-after" not in error_headers(ApiError("slow_down"))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("use_dpop_nonce", "use_dpop_nonce"),
        ("invalid_proof", "invalid_dpop_proof"),
        ("invalid_token", "invalid_token"),
    ],
)
def test_refusal_of_a_proof_has_a_challenge(code: str, error: str) -> None:
    assert error_headers(ApiError(code))["www-authenticate"] == f'DPoP error="{error}", algs="ES256"'


def test_other_refusals_have_no_challenge() -> None:
    speaking = {code for code in ERROR_SPECS if "www-authenticate" in error_headers(ApiError(code))}
    assert speaking == {"use_dpop_nonce", "invalid_proof", "invalid_token"}


async def test_application_receives_no_cookie() -> None:
    _, reached = await respond(asked=[(b"cookie", b"c=d")])
    assert reached[0]["headers"] == [(b"host", b"chat.example"), (b"x-kept", b"1")]


@pytest.mark.parametrize("name", [b"set-cookie", b"Set-Cookie", b"SET-COOKIE"])
async def test_response_cannot_set_a_cookie(name: bytes, caplog: pytest.LogCaptureFixture) -> None:
    sent, _ = await respond(answered=[(name, b"a=b"), (b"x-kept", b"1"), (name, b"c=d")])
    names = [one.lower() for one, _ in sent[0]["headers"]]
    assert b"set-cookie" not in names
    assert b"x-kept" in names
    assert "refused to set a cookie on /v1/desk/me" in caplog.text


async def test_every_response_has_the_security_headers() -> None:
    for path in ("/v1/desk/me", "/desk/"):
        sent, _ = await respond(path)
        assert header(sent, b"x-content-type-options") == b"nosniff"
        assert header(sent, b"referrer-policy") == b"no-referrer"


async def test_api_response_has_a_nonce_and_is_not_cached() -> None:
    sent, _ = await respond("/v1/desk/me")
    assert header(sent, b"dpop-nonce") == Parts.nonces.current().encode()
    assert header(sent, b"cache-control") == b"no-store"
    sent, _ = await respond("/desk/")
    assert header(sent, b"dpop-nonce") is None


@pytest.mark.parametrize("host", [b"chat.example", b"CHAT.example", b"inner:8000"])
async def test_own_hosts_are_answered(host: bytes) -> None:
    _, reached = await respond(host=host)
    assert len(reached) == 1


@pytest.mark.parametrize("host", [b"", b"evil.example", b"chat.example:443", b"chat.example.evil", b"\xff"])
async def test_other_hosts_do_not_reach_the_application(host: bytes) -> None:
    sent, reached = await respond(host=host)
    assert reached == []
    assert sent[0]["status"] == 421
    assert header(sent, b"content-type") == PROBLEM_TYPE.encode()
    assert header(sent, b"x-content-type-options") == b"nosniff"
    _, reached = await respond("/healthz", host=host)
    assert len(reached) == 1, "a balancer's health probe sends no host of the server"


NUMBER = (b"x-request-id", b"abc-123.DEF_4")


async def test_request_id_of_a_trusted_proxy_is_used() -> None:
    sent, _ = await respond(asked=[NUMBER], client=("10.1.2.3", 1))
    assert header(sent, b"x-request-id") == NUMBER[1]


@pytest.mark.parametrize(
    ("client", "number"),
    [
        (("192.0.2.1", 1), NUMBER[1]),
        (None, NUMBER[1]),
        (("10.1.2.3", 1), b"short"),
        (("10.1.2.3", 1), b"x" * 65),
        (("10.1.2.3", 1), b"abc 123 456"),
        (("10.1.2.3", 1), b"abcdefgh\x1b[31m"),
        (("10.1.2.3", 1), "abcdefgh\u00e4".encode("latin-1")),
    ],
)
async def test_untrusted_or_invalid_request_id_is_replaced(client: Any, number: bytes) -> None:
    sent, _ = await respond(asked=[(b"x-request-id", number)], client=client)
    ours = header(sent, b"x-request-id")
    assert ours is not None
    assert re.fullmatch(rb"[0-9a-f]{16}", ours)


class Spans:
    """A trace that stores its calls."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.trace = "t"

    def begin(self, parent: str) -> "Spans":
        self.told.append(parent)
        return self

    def end(self, method: str, route: str, status: int) -> None:
        self.told.append((method, route, status))


@pytest.mark.parametrize(("client", "parent"), [(("10.1.2.3", 1), "00-a-b-01"), (("192.0.2.1", 1), "")])
async def test_trace_is_continued_for_a_trusted_proxy_only(
    client: Any, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = Spans()
    monkeypatch.setattr(Parts, "trace", spans)
    await respond(asked=[(b"traceparent", b"00-a-b-01")], client=client)
    assert spans.told == [parent, ("GET", "(none)", 200)]


async def test_public_file_has_no_request_id() -> None:
    sent, _ = await respond("/w/shop.js")
    assert header(sent, b"x-request-id") is None


async def test_access_log_has_the_outcome_and_no_personal_data(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    Parts.http.responses.clear()
    await respond("/v1/desk/conversations/SECRET", asked=[(b"user-agent", b"Browser/1")])
    (record,) = [one for one in caplog.records if one.name == "crumbless.access"]
    fields: dict[str, Any] = vars(record)["fields"]
    assert fields.pop("ms") >= 0
    assert fields == {"method": "GET", "route": "(none)", "status": 200}
    assert Parts.http.responses == {("GET", "(none)", 200): 1}


async def test_guard_ignores_other_protocols_than_http() -> None:
    _, reached = await respond(kind="lifespan")
    assert reached[0]["headers"][1] == (b"cookie", b"a=b")


async def test_long_headers_are_truncated_except_forwarded_addresses() -> None:
    long = b"x" * 60_000
    names = [*HEADER_BYTES, b"x-forwarded-for"]
    _, reached = await respond(asked=[(name, long) for name in names])
    sizes = {name: len(value) for name, value in reached[0]["headers"]}
    assert sizes[b"x-forwarded-for"] == 60_000
    assert {name: sizes[name] for name in HEADER_BYTES} == HEADER_BYTES


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/" + "x" * (MAX_PATH - 1), b"", 200),
        ("/" + "x" * MAX_PATH, b"", 404),
        ("/policy", b"x" * MAX_QUERY, 200),
        ("/policy", b"x" * (MAX_QUERY + 1), 400),
    ],
)
async def test_long_urls_are_refused_before_the_router(path: str, query: bytes, status: int) -> None:
    sent, reached = await respond(path, query=query)
    assert sent[0]["status"] == status
    assert len(reached) == (status == 200)


async def test_query_of_a_provider_callback_is_not_read() -> None:
    _, reached = await respond("/desk/oidc/acme", query=b"code=" + b"x" * 5_000)
    assert reached[0]["query_string"] == b""
