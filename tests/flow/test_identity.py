"""A site verifies its visitors: accepted and refused tokens, and which history a verified visitor gets."""

import asyncio
import hmac
import json
import os
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from support.client import Person, ask
from support.people import BIKES, BUSY_MACHINE, OLGA, OSKAR, TEA, World, say
from support.server import ServerProcess
from support.storage import Storage
from support.vouching import (
    SigningKey,
    add_key,
    code_of,
    identify,
    pem_of,
    retire_keys,
    set_mode,
    snippet,
    take_session,
)

ROOT = Path(__file__).parents[2]

OpenWorld = Callable[[ServerProcess], World]


@pytest.fixture(scope="module")
def verifying_server(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start one server for this file, because its tests change how visitors of a site start."""
    server = ServerProcess(storage.new_database(tmp_path_factory.mktemp("vouching")), **storage.settings)
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log()


@pytest.fixture
async def shop_that_verifies(
    verifying_server: ServerProcess, open_world: OpenWorld
) -> tuple[World, Person, SigningKey]:
    """Return the tea shop that may verify its visitors, its owner, and a new key."""
    world = open_world(verifying_server)
    owner = await world.new_operator()
    await retire_keys(world, owner)
    await set_mode(world, owner, "optional")
    return world, owner, await add_key(world, owner)


Vouching = tuple[World, Person, SigningKey]


async def entries_of(world: World, person: Person) -> list[str]:
    """Return the texts of every conversation that this visitor can export."""
    exported = (await ask(world.http, person, "GET", "/v1/visitor/export")).json()
    return [entry["data"]["text"] for one in exported["conversations"] for entry in one["entries"]]


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "HS256"])
async def test_token_of_each_algorithm_is_accepted(shop_that_verifies: Vouching, algorithm: str) -> None:
    world, owner, _ = shop_that_verifies
    key = await add_key(world, owner, algorithm)
    vera = await world.visitor()
    claims: dict[str, Any] = {
        "email": "anna@example.org",
        "email_verified": True,
        "attributes": {"plan": "pro", "seats": 3},
    }
    answer = await identify(world, vera, key.token(**claims))
    assert (answer.status_code, answer.json()) == (200, {"name": "Anna", "session": None})
    summary = (await ask(world.http, owner, "GET", f"/v1/desk/conversations/{vera.conversation}")).json()
    assert summary["visitor_name"] == "Anna"
    assert summary["contact"] == {
        "name": "Anna",
        "email": "anna@example.org",
        "email_verified": True,
        "attributes": {"plan": "pro", "seats": "3"},
    }
    shown = (await ask(world.http, owner, "GET", f"/v1/desk/sites/{TEA.key}/identity")).json()
    used = next(one for one in shown["keys"] if one["kid"] == key.kid)
    assert used["last_used_at"]
    assert "secret" not in used


ANNA = {"id": "anna", "name": "Anna", "email": "anna@example.org", "plan": "pro"}
PRINT = {
    "js": (["node", "--input-type=module", "--eval"], "console.log(await chatToken({user}));"),
    "python": ([sys.executable, "-c"], "print(chat_token({user}))"),
}
"""Per language: how a site's server runs the sample of docs/visitors.md, and the line that prints the token."""


@pytest.mark.parametrize(("language", "algorithm"), [("js", "EdDSA"), ("python", "HS256")])
async def test_token_of_the_documented_sample_is_accepted(
    shop_that_verifies: Vouching, language: str, algorithm: str
) -> None:
    world, owner, _ = shop_that_verifies
    key = await add_key(world, owner, algorithm)
    material = "CHAT_SECRET" if algorithm == "HS256" else "CHAT_PRIVATE_KEY"
    settings = {"CHAT_SITE_KEY": TEA.key, "CHAT_KEY_ID": key.kid, material: key.private_text()}
    command, line = PRINT[language]
    program = f"{snippet(language)}\n{line.replace('{user}', json.dumps(ANNA))}"
    run = await asyncio.to_thread(run_program, [*command, program], settings)
    vera = await world.visitor()
    answer = await identify(world, vera, run.strip())
    assert (answer.status_code, answer.json()["name"]) == (200, "Anna"), answer.text
    contact = (await ask(world.http, owner, "GET", f"/v1/desk/conversations/{vera.conversation}")).json()["contact"]
    assert contact["email"] == "anna@example.org"


def run_program(command: list[str], settings: dict[str, str]) -> str:
    """Run the sample with the packages of this project. Return its output."""
    environment = os.environ | settings
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def signed_with_public_key(key: SigningKey, claims: dict[str, object]) -> str:
    """Return an HS256 token whose secret is public. PyJWT would not sign it."""
    parts = [{"alg": "HS256", "typ": "JWT", "kid": key.kid}, claims]
    signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{base64url(hmac.digest(pem_of(key.material).encode(), signed.encode(), 'sha256'))}"


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def forgeries(key: SigningKey, other: SigningKey) -> dict[str, str]:
    now = int(time.time())
    good: dict[str, object] = {"aud": TEA.key, "sub": "anna", "iat": now, "exp": now + 3600}
    head, claims, signature = key.token().split(".")
    return {
        "none": jwt.encode(good, "", "none", headers={"kid": key.kid}),
        "unknown kid": SigningKey("0" * 16, "EdDSA", key.material).token(),
        "no kid": jwt.encode(good, key.material, "EdDSA"),
        "another key": SigningKey(key.kid, "EdDSA", other.material).token(),
        "a key of another site": other.token(),
        "wrong aud": key.token(aud=BIKES.key),
        "no aud": key.token(aud=None),
        "expired": key.token(iat=now - 7200, exp=now - 3600),
        "no exp": key.token(exp=None),
        "exp 10 years": key.token(exp=now + 10 * 365 * 86_400),
        "exp 25 hours": key.token(exp=now + 25 * 3600),
        "exp before iat": key.token(iat=now + 30, exp=now + 20),
        "from the future": key.token(iat=now + 600, exp=now + 1200),
        "not yet": key.token(nbf=now + 600),
        "no sub": key.token(sub=None),
        "empty sub": key.token(sub=""),
        "long sub": key.token(sub="x" * 256),
        "sub with a control": key.token(sub="an\nna"),
        "sub is a number": key.token(sub=7) if jwt.__version__ < "2.10" else key.token(email="no address"),
        "other typ": key.token(header={"typ": "dpop+jwt"}),
        "access token": key.token(header={"typ": "at+jwt"}),
        "crit": key.token(header={"crit": ["b64"], "b64": False}),
        "jwk in the header": key.token(header={"jwk": {"kty": "OKP"}}),
        "public key as a secret": signed_with_public_key(key, good),
        "edited": f"{head}.{claims[:-4]}AAAA.{signature}",
        "cut": f"{head}.{claims}.",
        "no JWT": "hello",
        "many attributes": key.token(attributes={f"a{number}": 1 for number in range(11)}),
        "nested attributes": key.token(attributes={"a": {"b": 1}}),
        "another key's token": key.token(cnf={"jkt": "A" * 43}),
    }


async def test_forged_token_is_refused(shop_that_verifies: Vouching) -> None:
    """Threat 29: none, wrong kid or aud, expired, ten years, other typ, HS256 with the public key."""
    world, _, key = shop_that_verifies
    oskar = await world.new_operator(OSKAR)
    await set_mode(world, oskar, "optional", BIKES)
    other = await add_key(world, oskar, shop=BIKES)
    vera = await world.visitor()
    assert (await identify(world, vera, key.token())).status_code == 200, "the premise: a good token is accepted"
    outcomes = {name: await identify(world, vera, token) for name, token in forgeries(key, other).items()}
    refusals = {name: (one.status_code, code_of(one)) for name, one in outcomes.items()}
    assert refusals == dict.fromkeys(outcomes, (401, "identity_refused"))
    long = await identify(world, vera, key.token(name="x" * 9_000))
    assert (long.status_code, code_of(long)) == (400, "invalid")
    assert "$.identity" in long.json()["detail"]
    foreign = await identify(world, world.stranger(), key.token(aud=BIKES.key))
    assert code_of(foreign) == "identity_refused"
    assert all("eyJ" not in line for line in world.server.log().splitlines())


async def test_token_bound_to_a_key_works_with_that_key_only(shop_that_verifies: Vouching) -> None:
    world, _, key = shop_that_verifies
    vera, victor = await world.visitor(), await world.visitor()
    assert vera.key is not None
    token = key.token(cnf={"jkt": vera.key.thumbprint})
    assert code_of(await identify(world, victor, token)) == "identity_refused"
    assert (await identify(world, vera, token)).status_code == 200


async def test_verified_visitor_has_the_history_on_another_device(shop_that_verifies: Vouching) -> None:
    world, _, key = shop_that_verifies
    phone = await world.visitor("From my phone")
    assert (await identify(world, phone, key.token("doris"))).status_code == 200
    laptop = world.stranger()
    identified = (await identify(world, laptop, key.token("doris"))).json()
    assert identified["session"]["conversation"] == phone.conversation
    take_session(laptop, identified["session"])
    assert await entries_of(world, laptop) == ["From my phone"]
    here = await world.stream(phone)
    assert (await say(await world.stream(laptop), "From my laptop"))["op"] == "ack"
    assert await here.until_entry(text="From my laptop")


async def test_history_of_another_visitor_is_refused(shop_that_verifies: Vouching) -> None:
    """Threat 30: neither an entered address nor another subject opens a conversation. Threat 26: nor does its ID."""
    world, _, key = shop_that_verifies
    anna = await world.visitor("Anna's secret")
    await identify(world, anna, key.token("anna", email="anna@example.org"))
    mallory = await world.visitor("My address is anna@example.org")
    identified = (await identify(world, mallory, key.token("mallory", email="anna@example.org"))).json()
    assert identified == {"name": "Mallory", "session": None}
    assert await entries_of(world, mallory) == ["My address is anna@example.org"]
    body = {"email": "anna@example.org", "language": "en"}
    assert (await ask(world.http, mallory, "POST", "/v1/visitor/continue/mail", body)).status_code == 204
    links = world.server.rows("SELECT DISTINCT subject FROM one_time_token WHERE kind = 'continue_link'")
    assert links == [(mallory.conversation,)]
    stream = await world.stream(mallory)
    assert (await say(stream, "hello", conversation=anna.conversation))["code"] == "unknown_conversation"


async def test_device_of_another_contact_is_not_transferred(shop_that_verifies: Vouching) -> None:
    world, _, key = shop_that_verifies
    device = await world.visitor("Anna's words")
    await identify(world, device, key.token("other anna"))
    assert code_of(await identify(world, device, key.token("berta"))) == "other_identity"
    refused = await world.start(device, "Berta's words", identity=key.token("berta"))
    assert (refused.status_code, code_of(refused)) == (409, "other_identity")
    assert await entries_of(world, device) == ["Anna's words"]


async def test_verification_without_a_conversation_adds_no_row(shop_that_verifies: Vouching) -> None:
    world, _, key = shop_that_verifies
    before = counts(world)
    assert (await identify(world, world.stranger(), key.token("nobody"))).json() == {"name": "Nobody", "session": None}
    assert counts(world) == before


TABLES = ("contact", "visitor", "session", "conversation", "entry")


def counts(world: World) -> list[Any]:
    """Return how many rows each table of visitors has."""
    return [world.server.rows(f"SELECT count(*) FROM {table}") for table in TABLES]


async def test_required_verification_refuses_everything_without_a_token(shop_that_verifies: Vouching) -> None:
    world, owner, key = shop_that_verifies
    plain, known = await world.visitor(), await world.visitor()
    await identify(world, known, key.token("anna"))
    streams = [await world.stream(plain), await world.stream(known)]
    await set_mode(world, owner, "required")
    assert (await streams[0].until_over()).code == 4401
    for method, path in VISITOR_PATHS:
        refused = await ask(world.http, plain, method, path, {} if method == "POST" else None)
        assert refused.status_code == 401, path
    for with_key in (True, False):
        refused = await world.start(world.stranger(with_key))
        assert (refused.status_code, code_of(refused)) == (401, "identity_needed")
    again = await world.start(plain)
    assert code_of(again) == "identity_needed", "also for a key that wrote before"
    assert (await say(streams[1], "still here"))["op"] == "ack"
    assert (await world.start(world.stranger(), identity=key.token("berta"))).status_code == 201


VISITOR_PATHS = [
    ("GET", "/v1/visitor/export"),
    ("POST", "/v1/visitor/erase"),
    ("POST", "/v1/visitor/consent"),
    ("POST", "/v1/visitor/logout"),
    ("POST", "/v1/visitor/continue/code"),
    ("POST", "/v1/visitor/continue/mail"),
]


async def test_required_verification_needs_a_key_first(world: World) -> None:
    oskar = await world.new_operator(OSKAR)
    answer = await ask(world.http, oskar, "POST", f"/v1/desk/sites/{BIKES.key}/identity", {"mode": "required"})
    assert (answer.status_code, code_of(answer)) == (400, "invalid")


async def test_token_of_a_retired_key_is_refused(shop_that_verifies: Vouching) -> None:
    world, owner, key = shop_that_verifies
    new = await add_key(world, owner, "HS256")
    vera = await world.visitor()
    assert (await identify(world, vera, key.token())).status_code == 200
    path = f"/v1/desk/sites/{TEA.key}/identity/keys/{key.kid}/retire"
    assert (await ask(world.http, owner, "POST", path)).status_code == 200
    assert code_of(await identify(world, vera, key.token())) == "identity_refused"
    assert (await identify(world, vera, new.token())).status_code == 200
    assert (await ask(world.http, owner, "POST", path)).status_code == 404
    acts = [act for (act,) in world.server.rows("SELECT action FROM audit_log WHERE target_kind = 'site' ORDER BY no")]
    assert acts[-4:] == ["identity_mode_set", "identity_key_added", "identity_key_added", "identity_key_retired"]
    assert str(new.material) not in world.server.log()


async def test_keys_of_other_workspaces_are_not_found(shop_that_verifies: Vouching) -> None:
    world, _, key = shop_that_verifies
    oskar = await world.new_operator(OSKAR)
    paths = [("GET", ""), ("POST", ""), ("POST", "/keys"), ("POST", f"/keys/{key.kid}/retire")]
    bodies: dict[str, Any] = {"": {"mode": "off"}, "/keys": {"algorithm": "HS256"}}
    for method, path in paths:
        body = bodies.get(path, {}) if method == "POST" else None
        answer = await ask(world.http, oskar, method, f"/v1/desk/sites/{TEA.key}/identity{path}", body)
        assert answer.status_code == 404, path


@pytest.mark.parametrize(
    "body",
    [
        {"algorithm": "none"},
        {"algorithm": "RS256"},
        {"algorithm": "EdDSA"},
        {"algorithm": "EdDSA", "public_key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"},
        {"algorithm": "HS256", "public_key": "mine"},
    ],
)
async def test_invalid_key_is_refused(world: World, body: dict[str, str]) -> None:
    olga = await world.new_operator()
    answer = await ask(world.http, olga, "POST", f"/v1/desk/sites/{TEA.key}/identity/keys", body)
    assert (answer.status_code, code_of(answer)) == (400, "invalid")


async def test_logout_ends_the_session_and_its_streams(shop_that_verifies: Vouching) -> None:
    world, _, key = shop_that_verifies
    vera = await world.visitor()
    await identify(world, vera, key.token())
    stream = await world.stream(vera)
    began = time.monotonic()
    assert (await ask(world.http, vera, "POST", "/v1/visitor/logout")).status_code == 204
    assert (await stream.until_over()).code == 4401
    assert time.monotonic() - began < 1 + BUSY_MACHINE
    assert (await ask(world.http, vera, "GET", "/v1/visitor/export")).status_code == 401


async def test_erasure_deletes_the_verified_attributes(shop_that_verifies: Vouching) -> None:
    world, _, key = shop_that_verifies
    phone, laptop = await world.visitor("one"), await world.visitor("two")
    for device in (phone, laptop):
        await identify(world, device, key.token("erika", email="erika@example.org", attributes={"plan": "pro"}))
    exported = (await ask(world.http, phone, "GET", "/v1/visitor/export")).json()
    assert exported["visitor"]["contact"]["email"] == "erika@example.org"
    assert len(exported["conversations"]) == 2
    erased = (await ask(world.http, phone, "POST", "/v1/visitor/erase")).json()
    assert erased == {"conversations": 2, "messages": 2}
    assert world.server.rows("SELECT count(*) FROM contact WHERE subject = 'erika'") == [(0,)]
    query = "SELECT contact_id, network_hash, name FROM visitor WHERE id IN (?, ?)"
    assert world.server.rows(query, phone.id, laptop.id) == [(None, None, "")] * 2
    assert (await ask(world.http, laptop, "GET", "/v1/visitor/export")).status_code == 401


async def test_token_is_refused_where_verification_is_off(world: World) -> None:
    olga = await world.new_operator(OLGA)
    key = await add_key(world, olga)
    vera = await world.visitor()
    # Other tests on this server switch it on.
    await set_mode(world, olga, "off")
    assert code_of(await identify(world, vera, key.token())) == "identity_refused"
