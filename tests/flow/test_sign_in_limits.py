"""Who guesses, floods or races at the sign-in gains nothing, and learns nothing of who exists."""

import asyncio
import contextlib
import sqlite3
import statistics
import time
import uuid
from dataclasses import replace
from pathlib import Path

import httpx

from support.client import ask
from support.people import Employee, World
from support.sign_in import code_of, hire, post, signed_in
from support.software_authenticator import SoftwareAuthenticator

WRONG = "not the password"
ROUNDS = 100
ROUNDS_AT_A_TIME = 10
LARGEST_DIFFERENCE = 0.1


def nobody() -> Employee:
    """An address that no operator has."""
    return Employee("Nobody", f"nobody-{uuid.uuid4().hex[:12]}@tea.example", "Tea")


async def test_threat_19_many_guesses_at_once_gain_no_more_than_one_after_the_other(world: World) -> None:
    for one in (hire(world), nobody()):
        answers = await asyncio.gather(*(world.sign_in(one, WRONG) for _ in range(50)))
        codes = [code_of(answer) for answer in answers]
        assert set(codes) == {"slow_down", "wrong_sign_in"}
        # The sixth begins the first wait, of five seconds; on a slow machine the fifty may take longer than that.
        assert 6 <= codes.count("wrong_sign_in") <= 9
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status_code == 429)


async def test_threat_21_tickets_one_after_the_other_give_no_more_codes_to_guess(world: World) -> None:
    one = hire(world)
    person = await world.new_operator(one)
    begun = (await post(world, person, "/v1/desk/me/totp/begin")).json()
    # As if the code had been confirmed: the ticket's seed is in force.
    confirm = (
        "UPDATE operator SET totp_secret = (SELECT unhex(json_extract(data, '$.sealed')) FROM ticket WHERE id = ?)"
    )
    with contextlib.closing(sqlite3.connect(world.server.database, timeout=10)) as database, database:
        database.create_function("unhex", 1, bytes.fromhex)
        database.execute(f"{confirm} WHERE email = ?", (begun["ticket"], one.email))
    codes: list[str] = []
    for _ in range(4):
        guesser = world.stranger()
        step = await world.sign_in(one, person=guesser)
        assert step.status_code == 202, step.text
        for _ in range(2):
            body = {"ticket": step.json()["ticket"], "code": "000000"}
            codes.append(code_of(await post(world, guesser, "/v1/desk/sign-in/code", body)))
    assert codes[:6] == ["wrong_code"] * 6
    assert set(codes[6:]) == {"slow_down"}


async def answer_and_seconds(world: World, one: Employee) -> tuple[httpx.Response, float]:
    person = world.stranger()
    # The nonce first, so that one request is measured.
    person.nonce = (await ask(world.http, person, "GET", "/v1/desk/sign-in/ways")).headers["dpop-nonce"]
    began = time.perf_counter()
    answer = await world.sign_in(one, WRONG, person)
    return answer, time.perf_counter() - began


def difference(one: list[float], other: list[float]) -> float:
    """By how much they differ, as a share: by their medians, or by their lower quartiles, on which others' work, which
    only ever adds time, weighs less."""
    pairs = zip(statistics.quantiles(one)[:2], statistics.quantiles(other)[:2], strict=True)
    return min(abs(b - a) / a for a, b in pairs)


async def test_threat_20_nobody_learns_who_exists_from_words_or_time(world: World) -> None:
    """Interleaved, so that whatever else the machine does weighs on all kinds alike; up to a hundred rounds. A look-up
    that skips the hash differs by nine tenths, however long one measures."""
    seconds: dict[str, list[float]] = {"known": [], "unknown": [], "without a password": [], "disabled": []}
    bodies: set[bytes] = set()
    largest = 1.0
    while largest > LARGEST_DIFFERENCE:
        assert len(seconds["known"]) < ROUNDS, {kind: statistics.median(times) for kind, times in seconds.items()}
        for _ in range(ROUNDS_AT_A_TIME):
            disabled = hire(world)
            world.server.change("UPDATE operator SET status = 'disabled' WHERE email = ?", disabled.email)
            people = (hire(world), nobody(), hire(world, has_password=False), disabled)
            for kind, one in zip(seconds, people, strict=True):
                answer, took = await answer_and_seconds(world, one)
                seconds[kind].append(took)
                bodies.add(answer.content)
        known, *others = seconds.values()
        largest = max(difference(known, other) for other in others)
    assert len(bodies) == 1
    assert b"wrong_sign_in" in bodies.pop()


async def test_a_disabled_person_with_the_right_password_is_told_the_same(world: World) -> None:
    one = hire(world)
    assert (await world.sign_in(one)).status_code == 200
    world.server.change("UPDATE operator SET status = 'disabled' WHERE email = ?", one.email)
    assert (await world.sign_in(one)).content == (await world.sign_in(nobody(), WRONG)).content


def peak_megabytes(world: World) -> float:
    """The most memory that the server ever had resident."""
    status = Path(f"/proc/{world.server.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def test_threat_52_two_hundred_sign_ins_at_once_are_bounded_in_memory_and_told_so(world: World) -> None:
    await world.sign_in(nobody(), WRONG)
    before = peak_megabytes(world)
    answers = await asyncio.gather(*(world.sign_in(nobody(), WRONG) for _ in range(200)))
    assert {code_of(answer) for answer in answers} == {"wrong_sign_in", "busy"}
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)
    # Two hashes at a time have 64 MiB each; two hundred would have 13 GB.
    assert peak_megabytes(world) - before < 256
    huge = await world.sign_in(nobody(), "x" * 7000)
    assert code_of(huge) == "wrong_sign_in"
    assert (await world.sign_in(hire(world))).status_code == 200


async def test_a_request_of_a_sign_in_is_short(world: World) -> None:
    padded = {"email": nobody().email, "password": "x" * 8200}
    answer = await post(world, world.stranger(), "/v1/desk/sign-in", padded)
    assert (answer.status_code, code_of(answer)) == (413, "too_large")
    assert "8 KiB" in answer.json()["detail"]


async def test_threat_68_of_fifty_who_use_one_challenge_at_once_one_gets_in(world: World) -> None:
    olga = await world.new_operator(hire(world))
    device = SoftwareAuthenticator(olga.address, "127.0.0.1")
    asked = (await post(world, olga, "/v1/desk/me/passkeys/options")).json()
    body = {"ticket": asked["ticket"], "credential": device.create(asked["options"]), "name": "Key"}
    assert (await post(world, olga, "/v1/desk/me/passkeys", body)).status_code == 204
    person = world.stranger()
    asked = (await post(world, person, "/v1/desk/sign-in/passkey/options")).json()
    body = {"ticket": asked["ticket"], "credential": device.get(asked["options"])}
    people = [replace(person) for _ in range(50)]
    answers = await asyncio.gather(*(post(world, one, "/v1/desk/sign-in/passkey", body) for one in people))
    assert sorted(answer.status_code for answer in answers) == [200] + [410] * 49
    won = next(answer for answer in answers if answer.status_code == 200)
    assert (await ask(world.http, await signed_in(world, won, person), "GET", "/v1/desk/me")).status_code == 200
