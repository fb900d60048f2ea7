"""A code or a link transfers one conversation to another device, once, and binds it to that device's key."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from crumbless.core.errors import ApiError
from crumbless.visitors.device_transfer import read_code
from support.client import Person, ask
from support.people import BIKES, TEA, Shop, World, say
from support.server import ServerProcess
from support.vouching import code_of, take_session

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


@pytest.fixture
def own(start_server: StartServer, open_world: OpenWorld) -> World:
    """Start a separate server, because it counts attempts by network."""
    return open_world(start_server())


async def code_for(world: World, person: Person) -> str:
    answer = await ask(world.http, person, "POST", "/v1/visitor/continue/code", {})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


async def redeem(world: World, person: Person, secret: str, shop: Shop = TEA) -> Any:
    return await ask(world.http, person, "POST", "/v1/visitor/continue", {"site": shop.key, "secret": secret})


async def test_code_transfers_the_conversation_once(own: World) -> None:
    """Threat 31: the second use gets 410, and another conversation is 404."""
    vera, other = await own.visitor("At home"), await own.visitor("Somebody else's")
    code = await code_for(own, vera)
    laptop, thief = own.stranger(), own.stranger()
    redeemed = await redeem(own, laptop, code.lower().replace("0", "o"))
    assert redeemed.status_code == 200, redeemed.text
    assert redeemed.json()["conversation"] == vera.conversation
    take_session(laptop, redeemed.json())
    second = await redeem(own, thief, code)
    assert (second.status_code, code_of(second)) == (410, "ticket_gone")
    here = await own.stream(vera)
    there = await own.stream(laptop)
    assert await there.until_entry(text="At home")
    assert (await say(there, "On the way"))["op"] == "ack"
    assert await here.until_entry(text="On the way")
    assert (await say(there, "hello", conversation=other.conversation))["code"] == "unknown_conversation"


async def test_parallel_uses_of_a_code_succeed_once(own: World) -> None:
    """Threat 68, for codes."""
    vera = await own.visitor()
    code = await code_for(own, vera)
    answers = await asyncio.gather(*(redeem(own, own.stranger(), code) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [200, 410, 410, 410, 410]


async def test_new_code_replaces_the_previous_one(own: World) -> None:
    vera = await own.visitor()
    old, new = await code_for(own, vera), await code_for(own, vera)
    assert code_of(await redeem(own, own.stranger(), old)) == "ticket_gone"
    assert (await redeem(own, own.stranger(), new)).status_code == 200


async def test_wrong_secret_or_site_is_refused_and_the_code_stays_valid(own: World) -> None:
    vera = await own.visitor()
    code = await code_for(own, vera)
    one_time_token = own.server.rows("SELECT id FROM one_time_token WHERE kind = 'continue_code'")[0][0]
    for secret, shop in ((code, BIKES), (one_time_token, TEA), ("crt_" + "A" * 43, TEA), ("", TEA)):
        assert code_of(await redeem(own, own.stranger(), secret, shop)) == "ticket_gone"
    assert code_of(await redeem(own, own.stranger(with_key=False), code)) == "invalid_proof"
    assert (await redeem(own, own.stranger(), code)).status_code == 200, "the code stayed valid"


async def test_guessing_codes_is_limited(own: World) -> None:
    outcomes = [code_of(await redeem(own, own.stranger(), f"0000-000{number}")) for number in range(8)]
    assert outcomes[:5] == ["ticket_gone"] * 5
    assert outcomes[-1] == "slow_down"


async def test_erasure_voids_codes(own: World) -> None:
    vera = await own.visitor()
    code = await code_for(own, vera)
    assert (await ask(own.http, vera, "POST", "/v1/visitor/erase")).status_code == 200
    assert code_of(await redeem(own, own.stranger(), code)) == "ticket_gone"


async def test_link_is_emailed_and_opens_this_conversation_only(own: World) -> None:
    vera = await own.visitor("Mine")
    body = {"email": "vera@example.org", "language": "de"}
    assert (await ask(own.http, vera, "POST", "/v1/visitor/continue/mail", body)).status_code == 204
    one_time_tokens = own.server.rows("SELECT subject, workspace_id FROM one_time_token WHERE kind = 'continue_link'")
    assert [subject for subject, _ in one_time_tokens] == [vera.conversation]
    assert own.server.rows("SELECT count(*) FROM visitor WHERE email <> ''") == [(0,)]
    assert "vera@example.org" not in own.server.log()
    for wrong in ("vera", "a@b, c@d", "vera@example.org\nBcc: x@y.example"):
        answer = await ask(own.http, vera, "POST", "/v1/visitor/continue/mail", {"email": wrong})
        assert (answer.status_code, code_of(answer)) == (400, "invalid")
    again = [await ask(own.http, vera, "POST", "/v1/visitor/continue/mail", body) for _ in range(4)]
    assert again[-1].status_code == 429


@pytest.mark.parametrize("text", ["", "ABCD-123", "ABCD-12345", "ABCD-123U", "ABCD-12é4"])
def test_invalid_code_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="ticket_gone"):
        read_code(text)


def test_code_is_normalised() -> None:
    assert read_code("abcd-oil4") == read_code(" AB CD 0114 ") == "ABCD0114"
