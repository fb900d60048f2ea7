"""Operators ban a visitor for some time: the scope of a ban, when it takes effect, and its end."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from crumbless.core.time_units import DAY_MS
from support.client import TRANSPORTS, Person, ask
from support.people import BIKES, BUSY_MACHINE, OLGA, OSKAR, TEA, World, new_entry_id, say, solve
from support.server import ServerProcess
from support.sign_in import hire
from support.vouching import add_key, code_of, identify, set_mode

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

BOTH = pytest.mark.storages("sqlite", "postgres")


@pytest.fixture
def own(start_server: StartServer, open_world: OpenWorld) -> World:
    """Start a separate server, because it counts attempts by network."""
    return open_world(start_server())


async def ban(world: World, by: Person, conversation: str, *, network: bool = False) -> Any:
    body = {"conversation": conversation, "days": 7, "network": network, "reason": "Insults"}
    return await ask(world.http, by, "POST", "/v1/desk/bans", body)


async def preview(world: World, by: Person, conversation: str) -> Any:
    return await ask(world.http, by, "GET", f"/v1/desk/conversations/{conversation}/ban")


async def test_ban_closes_streams_and_new_key_needs_proof_of_work(own: World) -> None:
    """Threat 15: within a second. Threat 69: a new key from the same network needs a proof of work."""
    olga, vera, victor = await own.new_operator(), await own.visitor(), await own.visitor()
    stream, beside = await own.stream(vera), await own.stream(victor)
    began = time.monotonic()
    answer = await ban(own, olga, vera.conversation)
    assert answer.status_code == 201, answer.text
    assert (await stream.until_over()).code == 4401
    assert time.monotonic() - began < 1 + BUSY_MACHINE
    await beside.settled()
    assert {one["kind"] for one in answer.json()["bans"]} == {"visitor", "key"}
    refused = await own.start(vera)
    assert (refused.status_code, code_of(refused)) == (403, "banned")
    assert "Insults" not in refused.text
    fresh = await own.start(own.stranger())
    assert (fresh.status_code, code_of(fresh)) == (429, "work_needed")
    assert fresh.json()["work"]
    acts = own.server.rows("SELECT action, actor_name, session_id FROM audit_log WHERE action = 'visitor_banned'")
    assert [(act, name) for act, name, _ in acts] == [("visitor_banned", OLGA.name)]


async def test_ban_closes_streams_and_refuses_new_ones_over_each_transport(own: World) -> None:
    olga, vera = await own.new_operator(), await own.visitor()
    streams = [await own.stream(vera, transport) for transport in TRANSPORTS]
    assert (await ban(own, olga, vera.conversation)).status_code == 201
    assert [(await stream.until_over()).code for stream in streams] == [4401] * 3
    for transport in TRANSPORTS:
        stream = await own.raw_stream(vera, transport)
        nonce = await stream.challenged()
        assert vera.key is not None
        proof = vera.key.prove("GET", f"{vera.address}/v1/stream", nonce, vera.token)
        await stream.send("auth", token=vera.token, proof=proof)
        assert (await stream.until_over()).code == 4401, transport


@BOTH
async def test_ban_of_a_network_leaves_the_chats_of_other_visitors_there(own: World) -> None:
    """The ban refuses new starts. Visitors of the network who have a chat stay, reload the page, and are verified."""
    olga = await own.new_operator()
    await set_mode(own, olga, "optional")
    key = await add_key(own, olga)
    vera, victor = await own.visitor(), await own.visitor()
    hashes = own.server.rows("SELECT DISTINCT network_hash FROM visitor")
    assert len(hashes) == 1, "the premise: both came from one network"
    banned, beside = await own.stream(vera), await own.stream(victor)
    assert (await ban(own, olga, vera.conversation, network=True)).status_code == 201
    assert (await banned.until_over()).code == 4401
    newcomer = await own.start(own.stranger())
    assert (newcomer.status_code, code_of(newcomer)) == (403, "banned")
    assert (await say(beside, "still here"))["op"] == "ack"
    for transport in TRANSPORTS:
        again = await own.stream(victor, transport)
        assert (await say(again, f"over {transport}"))["op"] == "ack"
    assert (await identify(own, victor, key.token("anna"))).status_code == 200
    another = await ask(own.http, victor, "POST", "/v1/visitor/conversations", {"id": new_entry_id(), "text": "more"})
    assert (another.status_code, code_of(another)) == (403, "banned"), "another conversation is a new start"


async def test_banned_network_is_stored_as_a_hash(own: World) -> None:
    """Threat 63: the address is neither in the database nor in the log."""
    olga, vera = await own.new_operator(), await own.visitor()
    assert (await ban(own, olga, vera.conversation, network=True)).status_code == 201
    assert code_of(await own.start(own.stranger())) == "banned"
    values = [value for (value,) in own.server.rows("SELECT value FROM ban WHERE kind = 'network'")]
    hashes = own.server.rows("SELECT DISTINCT network_hash FROM visitor")
    assert [(value,) for value in values] == hashes
    assert "127.0.0.1" not in str(hashes)
    for table in ("visitor", "ban", "session", "one_time_token", "audit_log"):
        assert "127.0.0.1" not in str(own.server.rows(f"SELECT * FROM {table}"))


async def test_network_ban_outlives_the_visitors_network_hash(own: World) -> None:
    """Threat 111: a visitor's hash expires after 24 hours. The ban has a copy and stays in force."""
    olga, vera = await own.new_operator(), await own.visitor()
    assert (await ban(own, olga, vera.conversation, network=True)).status_code == 201
    own.server.change("UPDATE visitor SET network_hash = NULL, network_seen_at = NULL")
    assert code_of(await own.start(own.stranger())) == "banned"


async def test_ban_can_be_lifted_and_expires(own: World) -> None:
    olga, vera = await own.new_operator(), await own.visitor()
    made = (await ban(own, olga, vera.conversation)).json()["bans"]
    assert code_of(await own.start(vera)) == "banned"
    for one in made:
        assert 6.9 < (one["ends_at"] - one["created_at"]) / 86_400_000 <= 7.1
        assert (await ask(own.http, olga, "POST", f"/v1/desk/bans/{one['id']}/lift")).status_code == 204
    assert (await ask(own.http, olga, "GET", "/v1/desk/bans")).json() == {"bans": []}
    assert (await own.start(vera)).status_code == 201
    assert (await ask(own.http, olga, "POST", f"/v1/desk/bans/{made[0]['id']}/lift")).status_code == 404


async def test_contact_is_banned_on_every_device(own: World) -> None:
    olga = await own.new_operator()
    await set_mode(own, olga, "optional")
    key = await add_key(own, olga)
    phone, laptop = await own.visitor(), await own.visitor()
    for device in (phone, laptop):
        await identify(own, device, key.token("anna"))
    streams = [await own.stream(phone), await own.stream(laptop)]
    assert (await ban(own, olga, phone.conversation)).status_code == 201
    assert [(await stream.until_over()).code for stream in streams] == [4401, 4401]
    assert code_of(await identify(own, own.stranger(), key.token("anna"))) == "banned"
    assert (await identify(own, own.stranger(), key.token("berta"))).status_code == 200


async def test_banned_visitor_is_refused_despite_an_identity_token(own: World) -> None:
    """With a session, the visitor could create transfer codes and export the conversations, even without a stream."""
    olga = await own.new_operator()
    await set_mode(own, olga, "optional")
    key = await add_key(own, olga)
    vera = await own.visitor()
    await identify(own, vera, key.token("anna"))
    assert "session" in (await identify(own, own.stranger(), key.token("anna"))).json(), "the premise"
    assert (await ban(own, olga, vera.conversation)).status_code == 201
    assert code_of(await identify(own, own.stranger(), key.token("anna"))) == "banned"


@pytest.mark.parametrize("changed", [{"days": 0}, {"days": 366}, {"network": 1}, {"kinds": ["key"]}])
async def test_invalid_ban_is_refused(world: World, changed: dict[str, Any]) -> None:
    olga, vera = await world.operator(), await world.visitor()
    body = {"conversation": vera.conversation, "days": 1} | changed
    assert code_of(await ask(world.http, olga, "POST", "/v1/desk/bans", body)) == "invalid"


async def test_ban_of_a_conversation_that_the_operator_cannot_see_is_not_found(world: World) -> None:
    vera, oskar, olga = await world.visitor(shop=TEA), await world.operator(OSKAR), await world.operator()
    assert code_of(await ban(world, oskar, vera.conversation)) == "unknown_conversation"
    assert code_of(await preview(world, oskar, vera.conversation)) == "not_found"
    assert (await preview(world, olga, vera.conversation)).status_code == 200, "the premise"
    assert (await ask(world.http, vera, "GET", "/v1/desk/bans")).status_code == 403


async def test_network_of_a_visitor_is_counted_only_with_the_permission_to_ban(world: World) -> None:
    vera, analyst = await world.visitor(), await world.new_operator(hire(world, role="analyst"))
    path = f"/v1/desk/conversations/{vera.conversation}"
    assert (await ask(world.http, analyst, "GET", path)).status_code == 200, "the premise"
    refused = await preview(world, analyst, vera.conversation)
    assert (refused.status_code, code_of(refused)) == (403, "forbidden")


@BOTH
async def test_preview_counts_other_visitors_of_the_network_today(own: World) -> None:
    olga, vera, victor, earlier = (
        await own.new_operator(),
        await own.visitor(),
        await own.visitor(),
        await own.visitor(),
    )
    returned = await own.visitor()
    await own.visitor(shop=BIKES)
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address="127.0.0.9")) as other_network:
        await World(own.server, other_network).visitor()
    assert (await preview(own, olga, vera.conversation)).json() == {"network_known": True, "others_today": 3}
    for visitor in (earlier, returned):
        own.server.change("UPDATE visitor SET created_at = created_at - ? WHERE id = ?", DAY_MS, visitor.id)
    own.server.change("UPDATE conversation SET started_at = started_at - ? WHERE visitor_id = ?", DAY_MS, earlier.id)
    assert (await preview(own, olga, victor.conversation)).json() == {"network_known": True, "others_today": 2}


@BOTH
async def test_ban_without_the_network_makes_it_pay_a_proof_of_work_for_a_day(own: World) -> None:
    olga, vera = await own.new_operator(), await own.visitor()
    made = (await ban(own, olga, vera.conversation)).json()["bans"]
    assert {one["kind"] for one in made} == {"visitor", "key"}
    newcomer = own.stranger()
    needed = await own.start(newcomer)
    assert code_of(needed) == "work_needed"
    assert (await own.start(newcomer, work=solve(needed.json()["work"]))).status_code == 201
    own.server.change("UPDATE ban SET created_at = created_at - ?", DAY_MS)

    async def is_free() -> bool:
        return (await own.start(own.stranger())).status_code == 201

    await own.eventually(is_free)
    assert code_of(await own.start(vera)) == "banned", "the visitor's own ban lasts for its seven days"


@BOTH
async def test_banned_network_is_refused_for_a_day(own: World) -> None:
    olga, vera = await own.new_operator(), await own.visitor()
    made = (await ban(own, olga, vera.conversation, network=True)).json()["bans"]
    lasts = {one["kind"]: round((one["ends_at"] - one["created_at"]) / DAY_MS, 1) for one in made}
    assert lasts == {"visitor": 7, "key": 7, "network": 1}
    refused = await own.start(own.stranger())
    assert (refused.status_code, code_of(refused)) == (403, "banned")
    own.server.change("UPDATE ban SET created_at = created_at - ?, ends_at = ends_at - ?", DAY_MS, DAY_MS)

    async def is_free() -> bool:
        return (await own.start(own.stranger())).status_code == 201

    await own.eventually(is_free)
    assert code_of(await own.start(vera)) == "banned"


async def test_network_that_is_no_longer_known_cannot_be_banned(own: World) -> None:
    olga, vera = await own.new_operator(), await own.visitor()
    own.server.change("UPDATE visitor SET network_hash = NULL WHERE id = ?", vera.id)
    assert (await preview(own, olga, vera.conversation)).json() == {"network_known": False, "others_today": 0}
    assert code_of(await ban(own, olga, vera.conversation, network=True)) == "invalid"
    assert own.server.rows("SELECT count(*) FROM ban") == [(0,)]
    assert (await ban(own, olga, vera.conversation)).status_code == 201
