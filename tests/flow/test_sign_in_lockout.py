"""An attacker who knows an operator's address does not keep the operator out, and the operator is notified."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from pyotp.totp import TOTP

from crumbless.sign_in.sign_in_limits import WIDE_SECONDS
from support.client import Person, ask
from support.people import Employee, World
from support.server import ServerProcess, environment_of, run_command
from support.sign_in import code_of, hire, post, signed_in

pytestmark = pytest.mark.storages("sqlite", "postgres")

WRONG = "not the password"
ATTEMPTS = 200
OpenWorld = Callable[[ServerProcess], World]


@pytest.fixture
def world(start_server: Callable[..., ServerProcess], open_world: OpenWorld) -> World:
    """Start a server behind a proxy that forwards the clients' addresses."""
    return open_world(start_server(trusted_proxies="127.0.0.0/8"))


async def sign_in(
    world: World, one: Employee, address: str, password: str = "", person: Person | None = None
) -> httpx.Response:
    """Return the response to a sign-in from this address."""
    body = {"email": one.email, "password": password or one.password}
    person = person or world.stranger()
    return await ask(world.http, person, "POST", "/v1/desk/sign-in", body, x_forwarded_for=address)


async def guess(world: World, one: Employee) -> None:
    """Send wrong passwords from 200 networks, until an unknown caller has to wait for more than 15 seconds. The next
    steps of a test take less, also on a busy machine."""
    wait, number = 0, 0
    while number < ATTEMPTS or wait <= 15:
        addresses = [f"198.51.{(number + more) // 250}.{(number + more) % 250 + 1}" for more in range(10)]
        answers = await asyncio.gather(*(sign_in(world, one, address, WRONG) for address in addresses))
        assert {code_of(answer) for answer in answers} <= {"wrong_sign_in", "slow_down"}
        wait = max(int(answer.headers.get("retry-after", "0")) for answer in answers)
        assert wait <= WIDE_SECONDS
        number += 10


@pytest.mark.storages("sqlite")
async def test_known_key_network_and_reset_link_pass_while_many_networks_guess(world: World) -> None:
    one, key = hire(world), world.stranger()
    await signed_in(world, await sign_in(world, one, "203.0.113.1", person=key), key)
    await guess(world, one)
    unknown = await sign_in(world, one, "192.0.2.77")
    assert (unknown.status_code, code_of(unknown)) == (429, "slow_down")
    assert 1 <= int(unknown.headers["retry-after"]) <= WIDE_SECONDS
    by_key = await sign_in(world, one, "192.0.2.78", person=replace(key, token=None))
    assert by_key.status_code == 200, by_key.text
    assert (await sign_in(world, one, "203.0.113.1")).status_code == 200
    # An operator without a known key or network uses a reset link from the account's email, which makes the network
    # known.
    printed = run_command("operator", "reset", one.email, environment=environment_of(world.server.storage))
    body = {"secret": printed.stdout.partition("#reset=")[2].strip(), "password": "another good password"}
    answer = await ask(world.http, world.stranger(), "POST", "/v1/reset", body, x_forwarded_for="203.0.113.7")
    assert answer.status_code == 204, answer.text
    assert (await sign_in(world, one, "203.0.113.7", "another good password")).status_code == 200
    assert "203.0.113" not in str(world.server.rows("SELECT network_hash FROM known_network"))


async def test_known_key_waits_after_its_wrong_attempts(world: World) -> None:
    one, key = hire(world), world.stranger()
    await signed_in(world, await sign_in(world, one, "203.0.113.1", person=key), key)
    guesser = replace(key, token=None)
    codes = [code_of(await sign_in(world, one, "203.0.113.1", WRONG, guesser)) for _ in range(40)]
    # Six attempts are counted by network and begin its wait. Then the key counts, and six more begin its own wait.
    assert codes[:12] == ["wrong_sign_in"] * 12
    assert "slow_down" in codes


@pytest.mark.storages("sqlite")
async def test_step_up_and_second_factor_pass_while_many_networks_guess(world: World) -> None:
    one = hire(world)
    person = world.stranger()
    await signed_in(world, await sign_in(world, one, "203.0.113.1", person=person), person)
    begun = (await post(world, person, "/v1/desk/me/totp/begin")).json()
    app = TOTP(begun["secret"])
    confirm = {"one_time_token": begun["one_time_token"], "code": app.now()}
    codes = (await post(world, person, "/v1/desk/me/totp/confirm", confirm)).json()["codes"]
    # An attacker who knows the password guesses codes from many networks, each with a separate one-time token.
    refused: list[str] = []
    for number in range(30):
        thief, address = world.stranger(), f"198.51.100.{number + 1}"
        step = await sign_in(world, one, address, person=thief)
        assert step.status_code == 202, step.text
        body = {"one_time_token": step.json()["one_time_token"], "code": "000000"}
        answer = await ask(world.http, thief, "POST", "/v1/desk/sign-in/code", body, x_forwarded_for=address)
        refused.append(code_of(answer))
    assert "slow_down" in refused, "the premise: the account makes callers wait"
    back = replace(person, token=None)
    step = (await sign_in(world, one, "192.0.2.5", person=back)).json()
    body = {"one_time_token": step["one_time_token"], "code": codes[0]}
    answer = await ask(world.http, back, "POST", "/v1/desk/sign-in/code", body, x_forwarded_for="192.0.2.5")
    assert answer.status_code == 200, answer.text
    shown = await post(world, person, "/v1/desk/step-up", {"password": one.password, "code": codes[1]})
    assert shown.status_code == 204, shown.text


MAILS = "SELECT payload FROM task WHERE kind = 'mail' AND workspace_id = 1 ORDER BY id"
CHECKS = "SELECT count(*) FROM task WHERE kind = 'attempts'"


async def be_wrong_twenty_times(world: World, one: Employee) -> None:
    addresses = [f"198.51.100.{number + 1}" for number in range(20)]
    answers = await asyncio.gather(*(sign_in(world, one, address, WRONG) for address in addresses))
    assert {code_of(answer) for answer in answers} == {"wrong_sign_in"}, "the premise: each was counted"


async def test_operator_is_notified_of_many_wrong_attempts_and_no_other_address_is(world: World) -> None:
    one = hire(world)
    unknown_operator = replace(one, email=f"x{one.email}")

    def notices() -> int:
        return sum("wrong_attempts" in str(row) for row in world.server.rows(MAILS))

    async def is_checked() -> bool:
        return world.server.rows(CHECKS) == [(0,)]

    async def is_notified() -> bool:
        return notices() == 1

    await be_wrong_twenty_times(world, unknown_operator)
    await world.eventually(is_checked)
    assert notices() == 0
    await be_wrong_twenty_times(world, one)
    await world.eventually(is_notified)
    assert world.server.rows("SELECT target_id FROM audit_log WHERE action = 'attempts_notified'") == world.server.rows(
        "SELECT id FROM operator WHERE email = ?", one.email
    )
