"""Guesses, floods and races at the sign-in gain nothing, and responses do not reveal which accounts exist."""

import asyncio
import contextlib
import sqlite3
import statistics
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx

from crumbless.accounts.password_hashing import HASHERS, MAX_WAITING
from support.client import ask
from support.people import Employee, World
from support.server import ServerProcess
from support.sign_in import code_of, hire, post, signed_in
from support.software_authenticator import SoftwareAuthenticator

WRONG = "not the password"
ROUNDS = 100
ROUNDS_AT_A_TIME = 3
LARGEST_DIFFERENCE = 0.1


def unknown_operator() -> Employee:
    """Return an operator with an address that is not registered."""
    return Employee("Nobody", f"nobody-{uuid.uuid4().hex[:12]}@tea.example", "Tea")


async def test_threat_19_simultaneous_guesses_gain_no_more_than_sequential_ones(world: World) -> None:
    for one in (hire(world), unknown_operator()):
        answers = await asyncio.gather(*(world.sign_in(one, WRONG) for _ in range(50)))
        codes = [code_of(answer) for answer in answers]
        assert set(codes) == {"slow_down", "wrong_sign_in"}
        # The sixth attempt starts the first wait, of five seconds. On a slow machine the fifty may take longer than
        # that.
        assert 6 <= codes.count("wrong_sign_in") <= 9
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status_code == 429)


async def test_threat_21_repeated_second_steps_allow_no_more_guesses(world: World) -> None:
    one = hire(world)
    person = await world.new_operator(one)
    begun = (await post(world, person, "/v1/desk/me/totp/begin")).json()
    # As if the code had been confirmed: the one-time token's seed is in force.
    confirm = (
        "UPDATE operator SET totp_secret = "
        "(SELECT unhex(json_extract(data, '$.sealed')) FROM one_time_token WHERE id = ?)"
    )
    with contextlib.closing(sqlite3.connect(world.server.database, timeout=10)) as database, database:
        database.create_function("unhex", 1, bytes.fromhex)
        database.execute(f"{confirm} WHERE email = ?", (begun["one_time_token"], one.email))
    codes: list[str] = []
    for _ in range(4):
        guesser = world.stranger()
        step = await world.sign_in(one, person=guesser)
        assert step.status_code == 202, step.text
        for _ in range(2):
            body = {"one_time_token": step.json()["one_time_token"], "code": "000000"}
            codes.append(code_of(await post(world, guesser, "/v1/desk/sign-in/code", body)))
    assert codes[:6] == ["wrong_code"] * 6
    assert set(codes[6:]) == {"slow_down"}


def processor_seconds(world: World) -> float:
    """Return the processor time of the server in all its threads (Linux's clock_getcpuclockid(3))."""
    return time.clock_gettime(~world.server.pid << 3 | 2)


async def sign_in_and_measure(world: World, one: Employee) -> tuple[httpx.Response, float]:
    person = world.stranger()
    # Get the nonce first, so that one request is measured.
    person.nonce = (await ask(world.http, person, "GET", "/v1/desk/sign-in/methods")).headers["dpop-nonce"]
    began = processor_seconds(world)
    answer = await world.sign_in(one, WRONG, person)
    return answer, processor_seconds(world) - began


async def test_threat_20_unknown_and_known_accounts_get_the_same_response_in_the_same_time(world: World) -> None:
    """Measure the server's processor time, not wall time, which depends on other work of the machine. Compare the
    minimum, because chance only adds time. A look-up that skips the hash differs by nine tenths in any number of
    rounds, so a hundred rounds are enough. tests/unit/sign_in/test_password_sign_in.py tests which rows it reads."""
    seconds: dict[str, list[float]] = {"known": [], "unknown": [], "without a password": [], "disabled": []}
    bodies: set[bytes] = set()
    difference = 1.0
    while difference > LARGEST_DIFFERENCE:
        assert len(seconds["known"]) < ROUNDS, {kind: statistics.median(times) for kind, times in seconds.items()}
        for _ in range(ROUNDS_AT_A_TIME):
            disabled = hire(world)
            world.server.change("UPDATE operator SET status = 'disabled' WHERE email = ?", disabled.email)
            people = (hire(world), unknown_operator(), hire(world, has_password=False), disabled)
            for kind, one in zip(seconds, people, strict=True):
                answer, took = await sign_in_and_measure(world, one)
                seconds[kind].append(took)
                bodies.add(answer.content)
        least = sorted(min(times) for times in seconds.values())
        difference = least[-1] / least[0] - 1
    assert len(bodies) == 1
    assert b"wrong_sign_in" in bodies.pop()


async def test_disabled_operator_with_the_right_password_gets_the_same_response(world: World) -> None:
    one = hire(world)
    assert (await world.sign_in(one)).status_code == 200
    world.server.change("UPDATE operator SET status = 'disabled' WHERE email = ?", one.email)
    assert (await world.sign_in(one)).content == (await world.sign_in(unknown_operator(), WRONG)).content


def peak_megabytes(world: World) -> float:
    """Return the peak resident memory of the server."""
    status = Path(f"/proc/{world.server.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def test_threat_52_memory_of_two_hundred_simultaneous_sign_ins_is_bounded(
    start_server: Callable[..., ServerProcess], open_world: Callable[[ServerProcess], World]
) -> None:
    """On a separate server, because its queue of waiting sign-ins ends with it."""
    world = open_world(start_server(fresh=True))
    first = world.stranger()
    await world.sign_in(unknown_operator(), WRONG, first)
    before = peak_megabytes(world)
    people = [world.stranger() for _ in range(200)]
    for person in people:
        # One request each. A second one, with the nonce, could find its connection closed on a busy machine.
        person.nonce = first.nonce
    asked = [asyncio.create_task(world.sign_in(unknown_operator(), WRONG, person)) for person in people]
    answers: list[httpx.Response] = []
    for answered in asyncio.as_completed(asked):
        answers.append(await answered)
        hashed = [code_of(answer) for answer in answers].count("wrong_sign_in")
        if hashed > 3 * HASHERS and len(answers) >= 200 - MAX_WAITING:
            break
    assert {code_of(answer) for answer in answers} == {"wrong_sign_in", "busy"}
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)
    # Two hashes at a time, and one that was cancelled, use 64 MiB each. Two hundred would use 13 GB.
    assert peak_megabytes(world) - before < 256
    huge = await world.sign_in(unknown_operator(), "x" * 1_000)
    assert code_of(huge) == "wrong_sign_in"
    for one in asked:
        one.cancel()
    await asyncio.gather(*asked, return_exceptions=True)


async def test_long_sign_in_request_is_refused(world: World) -> None:
    padded = {"email": unknown_operator().email, "password": "x" * 8200}
    answer = await post(world, world.stranger(), "/v1/desk/sign-in", padded)
    assert (answer.status_code, code_of(answer)) == (413, "too_large")
    assert "8 KiB" in answer.json()["detail"]


async def test_threat_68_one_of_fifty_simultaneous_uses_of_a_challenge_signs_in(world: World) -> None:
    olga = await world.new_operator(hire(world))
    device = SoftwareAuthenticator(olga.address, "127.0.0.1")
    asked = (await post(world, olga, "/v1/desk/me/passkeys/options")).json()
    body = {"one_time_token": asked["one_time_token"], "credential": device.create(asked["options"]), "name": "Key"}
    assert (await post(world, olga, "/v1/desk/me/passkeys", body)).status_code == 204
    person = world.stranger()
    asked = (await post(world, person, "/v1/desk/sign-in/passkey/options")).json()
    body = {"one_time_token": asked["one_time_token"], "credential": device.get(asked["options"])}
    people = [replace(person) for _ in range(50)]
    answers = await asyncio.gather(*(post(world, one, "/v1/desk/sign-in/passkey", body) for one in people))
    assert sorted(answer.status_code for answer in answers) == [200] + [410] * 49
    won = next(answer for answer in answers if answer.status_code == 200)
    assert (await ask(world.http, await signed_in(world, won, person), "GET", "/v1/desk/me")).status_code == 200
