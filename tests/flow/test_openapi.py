"""The server behaves as docs/openapi.json describes. Schemathesis sends requests as owner, visitor and without a
session.

No 5xx, no undeclared status or body, and no operation that ignores its session. More examples by hand:
CRUMBLESS_TEST_EXAMPLES=200 bin/test tests/flow/test_openapi.py
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import requests
import requests.auth
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import allow_header_conformance, positive_data_acceptance
from schemathesis.core.parameters import ParameterLocation

from crumbless.routes import ROUTES
from support.client import Person
from support.client_key import ClientKey
from support.people import OLGA, TEA, new_entry_id
from support.server import ServerProcess
from support.storage import Storage

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
EXAMPLES = int(os.environ.get("CRUMBLESS_TEST_EXAMPLES", "4"))

ENDS_THE_SESSION = {"/v1/desk/sign-out", "/v1/visitor/erase", "/v1/visitor/logout", "/v1/desk/me/sessions/end-all"}
"""These end the session of the caller. test_who_may.py and the tests of the flows call them."""

STREAMS = {"/v1/stream/open", "/v1/stream/poll", "/v1/stream/send"}
"""Their long responses come in frames: test_bad_frames.py tests their bad input."""

# The first expects that every body which fits the schema is accepted. Our rules are stricter, with documented codes.
# The second sends OPTIONS to a path with several methods, which the framework answers for one of them. No client of
# Crumbless does this.
NOT_ASKED = [positive_data_acceptance, allow_header_conformance]

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


class Signed(requests.auth.AuthBase):
    """Sign each request as it is sent: the proof depends on method and path, and works once."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request with the session's token and a proof for it."""
        path = urlsplit(str(request.url)).path
        request.headers.update(self.person.credentials(str(request.method), path))
        request.register_hook("response", self._store_nonce)
        return request

    def _store_nonce(self, answer: requests.Response, **_: Any) -> None:
        self.person.nonce = answer.headers.get("dpop-nonce", self.person.nonce)


def schema_for(tag: str) -> Any:
    """Return the operations of these callers."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    kept = {
        path: {method: one for method, one in methods.items() if one["tags"] == [tag]}
        for path, methods in document["paths"].items()
        if path not in ENDS_THE_SESSION | STREAMS
    }
    schema = schemathesis.openapi.from_dict(document | {"paths": {path: ops for path, ops in kept.items() if ops}})
    # A text beyond its maximum length may make the body too large before it is parsed.
    rejection = schema.config.checks.negative_data_rejection
    rejection.expected_statuses = [*rejection.expected_statuses, "413"]
    return schema


OPEN, OPERATORS, VISITORS = schema_for("public"), schema_for("operator"), schema_for("visitor")


@pytest.fixture(scope="module")
def plain() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


def request(client: httpx.Client, person: Person, path: str, body: dict[str, object]) -> dict[str, Any]:
    """Return the body of a response."""
    person.nonce = client.get(f"{person.address}/v1/desk/me").headers["dpop-nonce"]
    answer = client.post(person.address + path, json=body, headers=person.credentials("POST", path))
    assert answer.status_code < 300, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def shared_server(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start a server for this file, because its requests rename the workspace and its operators."""
    server = ServerProcess(storage.new_database(tmp_path_factory.mktemp("asked")), **storage.settings)
    server.start()
    yield server
    server.dispose()


@pytest.fixture(scope="module")
def owner(shared_server: ServerProcess, plain: httpx.Client) -> Signed:
    person = Person(shared_server.address, ClientKey())
    signed_in = request(plain, person, "/v1/desk/sign-in", {"email": OLGA.email, "password": OLGA.password})
    person.token = signed_in["token"]
    return Signed(person)


@pytest.fixture(scope="module")
def visitor(shared_server: ServerProcess, plain: httpx.Client) -> Signed:
    person = Person(shared_server.address, ClientKey())
    body: dict[str, object] = {"site": TEA.key, "id": new_entry_id(), "text": "Hello", "page_origin": TEA.origin}
    person.token = request(plain, person, "/v1/visitor/start", body)["token"]
    return Signed(person)


def check(case: Any, server: ServerProcess, signed: Signed | None) -> None:
    """Send the case and check the response against the document."""
    logged = len(server.log())
    # Cases that lack the session on purpose must not get one.
    if signed is not None and not case.meta.is_negative_at(ParameterLocation.HEADER):
        case.operation.schema.auth.set_from_requests(signed)
        case.operation.schema.auth.set(case, schemathesis.AuthContext(operation=case.operation, app=None))
    case.call_and_validate(base_url=server.address, timeout=20, excluded_checks=NOT_ASKED)
    assert "Traceback" not in server.log()[logged:]


@OPEN.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=SLOW)
def test_requests_without_a_session_match_the_document(case: Any, shared_server: ServerProcess) -> None:
    check(case, shared_server, None)


@OPERATORS.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=SLOW)
def test_requests_of_operators_match_the_document(case: Any, shared_server: ServerProcess, owner: Signed) -> None:
    check(case, shared_server, owner)


@VISITORS.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=SLOW)
def test_requests_of_visitors_match_the_document(case: Any, shared_server: ServerProcess, visitor: Signed) -> None:
    check(case, shared_server, visitor)


def test_every_route_of_the_api_is_described() -> None:
    api = {route.name for route in ROUTES if route.path.startswith("/v1/") and route.method != "OPTIONS"}
    paths = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"]
    assert {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods} == api
