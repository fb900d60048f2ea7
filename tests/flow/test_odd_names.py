"""A name that is looked up may contain any character: neither database raises an error."""

from typing import Any

import jwt
import pytest

from support.client import ask
from support.people import World
from support.vouching import code_of, identify, set_mode

pytestmark = pytest.mark.storages("sqlite", "postgres")

NUL = "a\x00b"
PATHS: list[tuple[str, str, Any]] = [
    ("POST", "/v1/reset", {"secret": NUL, "password": "a violet kettle sings"}),
    ("POST", "/v1/invitations/read", {"secret": NUL}),
    ("POST", "/v1/desk/sign-in", {"email": f"{NUL}@tea.example", "password": NUL}),
    ("POST", "/v1/desk/sign-in/code", {"one_time_token": NUL, "code": "000000"}),
    ("POST", "/v1/visitor/continue", {"site": NUL, "secret": "ABCD-EFGH"}),
    ("POST", "/v1/desk/me/oidc-accounts/remove", {"issuer": NUL, "subject": NUL}),
    ("POST", "/v1/desk/people/invite", {"email": "a@tea.example", "name": "", "role": "operator", "teams": [NUL]}),
]


@pytest.mark.parametrize(("method", "path", "body"), PATHS, ids=[path for _, path, _ in PATHS])
async def test_nul_in_a_name_causes_no_internal_error(world: World, method: str, path: str, body: Any) -> None:
    person = await world.operator() if path.startswith("/v1/desk/") and "sign-in" not in path else world.stranger()
    answer = await ask(world.http, person, method, path, body)
    assert 400 <= answer.status_code < 500, answer.text


async def test_text_with_an_escape_sequence_is_stored_as_text(world: World) -> None:
    assert (await world.start(world.stranger(), r"What is \u0000, and \\u0000?")).status_code == 201


async def test_identity_token_with_an_odd_key_id_is_refused(world: World) -> None:
    token = jwt.encode({"sub": "anna"}, "s" * 32, "HS256", headers={"kid": NUL})
    await set_mode(world, await world.operator(), "optional")
    answer = await identify(world, await world.visitor(), token)
    await set_mode(world, await world.operator(), "off")
    assert code_of(answer) == "identity_refused"


@pytest.mark.parametrize(
    "path", ["/v1/desk/people/{}/disable", "/v1/desk/bans/{}/lift", "/v1/desk/me/passkeys/{}/remove"]
)
async def test_nul_in_a_path_is_not_found(world: World, path: str) -> None:
    person = await world.operator()
    await ask(world.http, person, "GET", "/v1/desk/me")
    # The proof contains the path as the server reads it.
    headers = person.credentials("POST", path.format(NUL))
    answer = await world.http.post(world.server.address + path.format("a%00b"), headers=headers, json={})
    assert answer.status_code == 404, answer.text
