"""Requests of every kind to one node, to find errors that persist after all faults have ended."""

import re
import uuid
from collections.abc import AsyncGenerator

import httpx

from crumbless.routes import ROUTES
from faults.installation import EMAIL, ORIGIN, PASSWORD, SITE
from faults.talkers import Roads
from support.client import Person, ask
from support.client_key import ClientKey

LIMITED = 429


async def probe(roads: Roads, port: int) -> list[str]:
    """Return the requests that fail at the node.

    Writes must succeed. Of each route that reads, any response is right except an error of the server: some need data
    that this installation does not have.
    """
    found: list[str] = []
    visitor, operator = (Person(roads.address, ClientKey()) for _ in range(2))
    try:
        async for answer in _ask_all(roads.client(port), visitor, operator):
            request = f"{answer.request.method} {answer.request.url.path}"
            reads = answer.request.method == "GET" and answer.request.url.path != "/readyz"
            wrong = answer.status_code >= LIMITED if reads else not answer.is_success
            if wrong:
                found.append(f"{request} is answered with {answer.status_code} {answer.text[:200]}")
    except (httpx.HTTPError, KeyError, ValueError) as error:
        found.append(f"a request failed: {error!r}")
    return found


async def _ask_all(http: httpx.AsyncClient, visitor: Person, operator: Person) -> AsyncGenerator[httpx.Response]:
    yield await http.get(f"{visitor.address}/readyz")
    start = {"site": SITE, "id": str(uuid.uuid4()), "text": "Does it work?", "page_origin": ORIGIN}
    answer = await ask(http, visitor, "POST", "/v1/visitor/start", start)
    yield answer
    visitor.token, visitor.conversation = answer.json()["token"], answer.json()["conversation"]
    answer = await ask(http, operator, "POST", "/v1/desk/sign-in", {"email": EMAIL, "password": PASSWORD})
    yield answer
    operator.token = answer.json()["token"]
    for person, path, body in (
        (visitor, "/v1/visitor/continue/code", {}),
        (operator, "/v1/desk/step-up", {"password": PASSWORD}),
        (operator, "/v1/desk/me/totp/begin", {}),
        (operator, "/v1/desk/me/passkeys/options", {}),
        (operator, "/v1/desk/teams", {"name": uuid.uuid4().hex}),
    ):
        yield await ask(http, person, "POST", path, body)
    names = {"conversation": visitor.conversation, "key": SITE}
    for route in ROUTES:
        if route.method == "GET":
            person = visitor if route.who == "visitor" else operator
            path = re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], "none"), route.path)
            yield await ask(http, person, "GET", path)
    yield await ask(http, operator, "POST", "/v1/desk/sign-out", {})
