"""A session is bound to a key: a token or proof copied from a request or a storage does not grant access."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from support.client import Person, Transport, ask
from support.client_key import ClientKey
from support.people import BUSY_MACHINE, OLGA, OTTO, World, new_entry_id, say
from support.server import ServerProcess

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

ME = "/v1/desk/me"
INBOX = "/v1/desk/conversations"


async def get(world: World, path: str, **headers: str) -> httpx.Response:
    """Send an unsigned request with just these headers."""
    return await world.http.get(world.server.address + path, headers=headers)


def code_of(answer: httpx.Response) -> str:
    """Return the code of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("urn:crumbless:problem:")


async def operator_with_nonce(world: World) -> Person:
    """Return Olga, whose token works: the premise of each refusal."""
    olga = await world.operator(OLGA)
    answer = await ask(world.http, olga, "GET", ME)
    assert answer.status_code == 200
    assert answer.json() == {
        "id": olga.id,
        "name": "Olga",
        "email": OLGA.email,
        "role": "owner",
        "workspace_name": "Tea",
    }
    return olga


@pytest.mark.storages("sqlite")
async def test_token_without_a_proof_is_refused(world: World) -> None:
    olga = await operator_with_nonce(world)
    for scheme in ("Bearer", "DPoP", "Basic", "bearer"):
        answer = await get(world, ME, authorization=f"{scheme} {olga.token}")
        assert answer.status_code == 401, scheme
        assert code_of(answer) in {"invalid_token", "invalid_proof"}
        assert "DPoP" in answer.headers["www-authenticate"]
    for bare in ("", "DPoP", olga.token or "", f"DPoP {olga.token}x", "DPoP cro_unknown"):
        assert (await get(world, ME, authorization=bare)).status_code == 401, bare


@pytest.mark.storages("sqlite")
async def test_bearer_token_with_a_valid_proof_is_refused(world: World) -> None:
    olga = await operator_with_nonce(world)
    good = olga.credentials("GET", ME)
    answer = await get(world, ME, **good | {"authorization": f"Bearer {olga.token}"})
    assert answer.status_code == 401


@pytest.mark.storages("sqlite")
async def test_proof_is_valid_for_one_request_only(world: World) -> None:
    olga = await operator_with_nonce(world)
    authorization = f"DPoP {olga.token}"
    url, nonce = olga.address + ME, olga.nonce
    assert olga.key is not None
    wrong = {
        "another method": olga.key.prove("POST", url, nonce, olga.token),
        "another path": olga.key.prove("GET", olga.address + INBOX, nonce, olga.token),
        "another host": olga.key.prove("GET", "http://chat.example" + ME, nonce, olga.token),
        "another token": olga.key.prove("GET", url, nonce, "cro_another"),
        "no token": olga.key.prove("GET", url, nonce),
        "another key": ClientKey().prove("GET", url, nonce, olga.token),
        "no id": olga.key.prove("GET", url, nonce, olga.token, jti=""),
        "two proofs in one": f"{olga.key.prove('GET', url, nonce, olga.token)}, x",
        "no proof": "",
        "junk": "a.b.c",
    }
    for what, proof in wrong.items():
        answer = await get(world, ME, authorization=authorization, dpop=proof)
        assert answer.status_code == 401, what
        assert code_of(answer) == "invalid_proof", what
    proof = olga.key.prove("GET", url, nonce, olga.token)
    assert (await get(world, ME, authorization=authorization, dpop=proof)).status_code == 200
    replayed = await get(world, ME, authorization=authorization, dpop=proof)
    assert (replayed.status_code, code_of(replayed)) == (401, "invalid_proof")


@pytest.mark.storages("sqlite")
async def test_two_proof_headers_are_refused(world: World) -> None:
    olga = await operator_with_nonce(world)
    headers = [("authorization", f"DPoP {olga.token}"), *(("dpop", olga.prove("GET", ME)) for _ in range(2))]
    answer = await world.http.get(olga.address + ME, headers=headers)
    assert (answer.status_code, code_of(answer)) == (401, "invalid_proof")


@pytest.mark.storages("sqlite")
@pytest.mark.parametrize("nonce", ["", "old", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
async def test_client_without_a_current_nonce_is_asked_to_sign_again(world: World, nonce: str) -> None:
    olga = await operator_with_nonce(world)
    assert olga.key is not None
    proof = olga.key.prove("GET", olga.address + ME, nonce, olga.token)
    answer = await get(world, ME, authorization=f"DPoP {olga.token}", dpop=proof)
    assert (answer.status_code, code_of(answer)) == (401, "use_dpop_nonce")
    assert 'error="use_dpop_nonce"' in answer.headers["www-authenticate"]
    fresh = olga.key.prove("GET", olga.address + ME, answer.headers["dpop-nonce"], olga.token)
    assert (await get(world, ME, authorization=f"DPoP {olga.token}", dpop=fresh)).status_code == 200


@pytest.mark.storages("sqlite")
async def test_nonce_from_before_a_restart_is_refused(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    world = open_world(server)
    olga = await operator_with_nonce(world)
    assert olga.key is not None
    proof = olga.key.prove("GET", olga.address + ME, olga.nonce, olga.token)
    server.kill()
    server.start()
    answer = await get(world, ME, authorization=f"DPoP {olga.token}", dpop=proof)
    assert code_of(answer) == "use_dpop_nonce"
    assert (await ask(world.http, olga, "GET", ME)).status_code == 200, "the session survives the restart"


@pytest.mark.storages("sqlite")
async def test_stream_accepts_only_a_proof_with_its_challenge(world: World, transport: Transport) -> None:
    vera = await world.visitor()
    assert vera.key is not None
    url = f"{vera.address}/v1/stream"
    one, two = await world.raw_stream(vera, transport), await world.raw_stream(vera, transport)
    nonces = await one.challenged(), await two.challenged()
    assert nonces[0] != nonces[1]
    proof = vera.key.prove("GET", url, nonces[0], vera.token)
    await two.send("auth", token=vera.token, proof=proof, after=0)
    assert (await two.until_over()).code == 4401
    await one.send("auth", token=vera.token, proof=proof, after=0)
    await one.until("welcome")
    wrong = (
        (vera.token, ""),
        (vera.token, "a.b.c"),
        ("crv_unknown", None),
        ("", None),
        (vera.token, "POST"),
        (vera.token, "key"),
        (vera.token, "path"),
    )
    for token, what in wrong:
        stream = await world.raw_stream(vera, transport)
        nonce = await stream.challenged()
        key = ClientKey() if what == "key" else vera.key
        method, address = "POST" if what == "POST" else "GET", url + "/open" if what == "path" else url
        signed = what if what in {"", "a.b.c"} else key.prove(method, address, nonce, token)
        await stream.send("auth", token=token, proof=signed, after=0)
        assert (await stream.until_over()).code == 4401, (token, what)


@pytest.mark.storages("sqlite")
async def test_token_of_a_visitor_is_refused_at_the_desk(world: World) -> None:
    vera = await world.visitor()
    for path in (ME, INBOX, f"{INBOX}/{vera.conversation}", f"{INBOX}/{vera.conversation}/entries"):
        answer = await ask(world.http, vera, "GET", path)
        assert (answer.status_code, code_of(answer)) == (403, "forbidden")


async def test_expired_session_is_refused_and_its_streams_end(world: World, transport: Transport) -> None:
    vera, victor = await world.visitor(), await world.visitor()
    change = "UPDATE session SET expires_at = ? WHERE visitor_id = ?"
    world.server.change(change, int(time.time() * 1000) - 1, vera.id)
    refused = await world.raw_stream(vera, transport)
    nonce = await refused.challenged()
    assert vera.key is not None
    proof = vera.key.prove("GET", f"{vera.address}/v1/stream", nonce, vera.token)
    await refused.send("auth", token=vera.token, proof=proof, after=0)
    assert (await refused.until_over()).code == 4401
    assert (await ask(world.http, vera, "GET", ME)).status_code == 401
    stream = await world.raw_stream(victor, transport)
    nonce = await stream.challenged()
    # The stream must be welcomed before the session expires.
    world.server.change(change, int(time.time() * 1000) + 2500, victor.id)
    await stream.authenticate(nonce, 0)
    assert (await stream.until_over()).code == 4401


async def test_sign_out_ends_token_and_streams_within_a_second(world: World, transport: Transport) -> None:
    olga, other = await world.new_operator(OLGA), await world.new_operator(OLGA)
    streams = [await world.stream(olga, transport) for _ in range(3)]
    bystander = await world.stream(other, transport)
    began = time.monotonic()
    answer = await ask(world.http, olga, "POST", "/v1/desk/sign-out")
    assert answer.status_code == 204
    assert answer.content == b""
    overs = [await stream.until_over() for stream in streams]
    assert [over.code for over in overs] == [4401] * 3
    assert time.monotonic() - began < 1 + BUSY_MACHINE
    answer = await ask(world.http, olga, "GET", ME)
    assert (answer.status_code, code_of(answer)) == (401, "invalid_token")
    late = await world.raw_stream(olga, transport)
    assert olga.key is not None
    proof = olga.key.prove("GET", f"{olga.address}/v1/stream", await late.challenged(), olga.token)
    await late.send("auth", token=olga.token, proof=proof, after=0)
    assert (await late.until_over()).code == 4401
    await bystander.settled()
    assert (await ask(world.http, other, "GET", ME)).status_code == 200


async def test_sign_out_survives_a_restart(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    world = open_world(server)
    olga = await world.new_operator(OLGA)
    assert (await ask(world.http, olga, "POST", "/v1/desk/sign-out")).status_code == 204
    server.kill()
    server.start()
    assert (await ask(world.http, olga, "GET", ME)).status_code == 401


@pytest.mark.storages("sqlite")
async def test_wrong_password_and_unknown_address_get_the_same_response(world: World) -> None:
    wrong = await world.sign_in(OTTO, "not his password")
    unknown = await world.sign_in(replace(OTTO, email="nobody@tea.example"))
    too_long = await world.sign_in(OTTO, "x" * 1_000)
    assert wrong.status_code == unknown.status_code == too_long.status_code == 401
    assert wrong.content == unknown.content == too_long.content
    assert code_of(wrong) == "wrong_sign_in"
    assert (await world.sign_in(replace(OTTO, email=OTTO.email.upper()))).status_code == 200


@pytest.mark.storages("sqlite")
async def test_operators_always_need_a_key(world: World) -> None:
    answer = await world.sign_in(OTTO, person=world.stranger(with_key=False))
    assert (answer.status_code, code_of(answer)) == (401, "invalid_proof")
    proof = ClientKey().prove("POST", f"{world.server.address}/v1/desk/sign-in", "")
    body = {"email": OTTO.email, "password": OTTO.password}
    answer = await world.http.post(f"{world.server.address}/v1/desk/sign-in", json=body, headers={"dpop": proof})
    assert code_of(answer) == "use_dpop_nonce"


@pytest.mark.storages("sqlite")
async def test_sign_ins_and_starts_are_limited(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(sign_ins_per_minute=1, sign_in_burst=2, starts_per_hour=60, start_burst=2))
    answers = [await world.sign_in(OTTO, "wrong") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    starts = [await world.start(world.stranger()) for _ in range(3)]
    assert [answer.status_code for answer in starts] == [201, 201, 429]
    assert code_of(answers[-1]) == "slow_down"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 61
    assert code_of(starts[-1]) == "work_needed", "above the limit a start needs a proof of work: test_floods.py"


async def test_browser_without_keys_chats_with_a_bearer_token(world: World, transport: Transport) -> None:
    vera = world.stranger(with_key=False)
    answer = await world.start(vera)
    started = answer.json()
    assert answer.status_code == 201
    assert started["bound"] is False
    assert abs(started["expires_at"] - time.time() * 1000 - 2 * 3_600_000) < 60_000
    vera.token, vera.conversation = started["token"], started["conversation"]
    raw = await world.raw_stream(vera, transport)
    welcome = await raw.authenticate(await raw.challenged(), 0)
    assert welcome["bound"] is False
    assert (await say(raw, "No key"))["op"] == "ack"
    assert (await ask(world.http, vera, "GET", ME)).status_code == 403
    dpop = await get(world, ME, authorization=f"DPoP {vera.token}")
    assert dpop.status_code == 401


async def test_repeated_start_without_a_key_is_the_same_start(world: World) -> None:
    entry_id, claim = new_entry_id(), "c" * 22
    first, again = [
        (await world.start(world.stranger(with_key=False), "Hello", entry_id, claim=claim)).json() for _ in range(2)
    ]
    assert (again["visitor"], again["conversation"]) == (first["visitor"], first["conversation"])
    assert again["entry"] == first["entry"]
    assert again["token"] != first["token"]
    other = await world.start(world.stranger(with_key=False), "Hello", entry_id, claim="d" * 22)
    assert (other.status_code, other.json()["type"]) == (409, "urn:crumbless:problem:id_conflict")
    short = await world.start(world.stranger(with_key=False), "Hello", claim="c" * 21)
    assert (short.status_code, short.json()["type"]) == (400, "urn:crumbless:problem:invalid")


@pytest.mark.storages("sqlite")
async def test_limits_without_a_key_are_a_quarter(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(visitor_message_burst=8, visitor_messages_per_minute=1))

    async def accepted(with_key: bool) -> int:
        stream = await world.stream(await world.visitor(with_key=with_key))
        return [(await say(stream, "x"))["op"] for _ in range(12)].count("ack")

    assert await asyncio.gather(accepted(True), accepted(False)) == [8, 2]


@pytest.mark.storages("sqlite")
async def test_session_has_a_limit_of_streams(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(streams_per_session=3))
    vera = await world.visitor()
    streams = [await world.stream(vera) for _ in range(3)]
    one_more = await world.raw_stream(vera)
    assert vera.key is not None
    proof = vera.key.prove("GET", f"{vera.address}/v1/stream", await one_more.challenged(), vera.token)
    await one_more.send("auth", token=vera.token, proof=proof, after=0)
    assert (await one_more.until_over()).code == 4429
    await streams[0].close()
    await streams[1].settled()
    await world.stream(vera)


@pytest.mark.storages("sqlite")
async def test_tokens_are_stored_as_hashes_only(world: World) -> None:
    vera = await world.visitor("a-word-to-find")
    assert vera.token is not None
    stored = world.server.database.read_bytes()
    wal = world.server.database.with_name("crumbless.db-wal")
    stored += wal.read_bytes() if wal.exists() else b""
    assert b"a-word-to-find" in stored
    assert vera.token.encode() not in stored
    assert OLGA.password.encode() not in stored


@pytest.mark.storages("sqlite")
async def test_id_of_an_entry_does_not_grant_access(world: World) -> None:
    """A caller with the ID and text of a first message, but another key, gets another visitor or none."""
    vera, thief, entry_id = world.stranger(), world.stranger(), new_entry_id()
    own = await world.start(vera, "Hello", entry_id)
    stolen = await world.start(thief, "Hello", entry_id)
    assert own.status_code == 201
    assert stolen.status_code == 409
    assert "token" not in stolen.json()
