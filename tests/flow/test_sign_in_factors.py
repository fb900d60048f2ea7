"""Operators sign in with password, authenticator app, recovery code and passkey; dangerous acts want a fresh factor."""

import asyncio
import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pyotp.totp import TOTP

from support.client import Person, ask
from support.people import OLGA, OTTO, World
from support.sign_in import code_of, end_of, post, security, signed_in
from support.software_authenticator import SoftwareAuthenticator, base64url

PASSKEY = "/v1/desk/sign-in/passkey"


class App:
    """An authenticator app: pyotp, which others wrote. It gives each code once, as a person would type it."""

    def __init__(self, secret: str) -> None:
        self._totp = TOTP(secret)

    def code(self) -> str:
        return self._totp.now()


async def set_up_app(world: World, person: Person) -> tuple[App, list[str]]:
    begun: dict[str, Any] = (await post(world, person, "/v1/desk/me/totp/begin")).json()
    asked = parse_qs(urlsplit(str(begun["uri"])).query)
    assert asked["secret"] == [begun["secret"]]
    assert len({len(row) for row in begun["matrix"]}) == 1
    assert len(begun["matrix"]) == len(begun["matrix"][0])
    app = App(begun["secret"])
    confirmed = await post(world, person, "/v1/desk/me/totp/confirm", {"ticket": begun["ticket"], "code": app.code()})
    assert confirmed.status_code == 200, confirmed.text
    # As if half a minute had passed: the code that is current now may be used once more.
    world.server.change("UPDATE operator SET totp_step = 0 WHERE id = ?", person.id)
    codes = confirmed.json()["codes"]
    assert len(set(codes)) == 10
    return app, codes


async def password_step(world: World, person: Person) -> str:
    answer = await world.sign_in(OLGA, person=person)
    assert answer.status_code == 202, answer.text
    assert "token" not in answer.json()
    return answer.json()["ticket"]


# --- authenticator app and recovery codes -------------------------------------------------------------------------


async def test_with_an_app_the_password_alone_signs_nobody_in(own: World) -> None:
    app, _ = await set_up_app(own, await own.new_operator(OLGA))
    person = own.stranger()
    ticket = await password_step(own, person)
    answer = await post(own, person, "/v1/desk/sign-in/code", {"ticket": ticket, "code": app.code()})
    await signed_in(own, answer, person)
    sessions = (await security(own, person))["sessions"]
    assert [one["factors"] for one in sessions if one["current"]] == ["password totp"]


async def test_threat_21_a_code_is_taken_once_also_of_two_at_the_same_time(own: World) -> None:
    app, _ = await set_up_app(own, await own.new_operator(OLGA))
    people = [own.stranger() for _ in range(2)]
    tickets = [await password_step(own, person) for person in people]
    code = app.code()
    answers = await asyncio.gather(
        *(
            post(own, person, "/v1/desk/sign-in/code", {"ticket": ticket, "code": code})
            for person, ticket in zip(people, tickets, strict=True)
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 400]
    assert [code_of(one) for one in answers if one.status_code == 400] == ["wrong_code"]


async def test_threat_21_after_five_wrong_codes_the_password_is_asked_for_again(own: World) -> None:
    app, _ = await set_up_app(own, await own.new_operator(OLGA))
    person = own.stranger()
    ticket = await password_step(own, person)
    for _ in range(5):
        wrong = await post(own, person, "/v1/desk/sign-in/code", {"ticket": ticket, "code": "000000"})
        assert code_of(wrong) == "wrong_code"
    late = await post(own, person, "/v1/desk/sign-in/code", {"ticket": ticket, "code": app.code()})
    assert code_of(late) == "ticket_gone"


async def test_the_second_step_is_for_the_key_that_began_it(own: World) -> None:
    app, _ = await set_up_app(own, await own.new_operator(OLGA))
    person, thief = own.stranger(), own.stranger()
    ticket = await password_step(own, person)
    stolen = await post(own, thief, "/v1/desk/sign-in/code", {"ticket": ticket, "code": app.code()})
    assert code_of(stolen) == "ticket_gone"
    answer = await post(own, person, "/v1/desk/sign-in/code", {"ticket": ticket, "code": app.code()})
    assert answer.status_code == 200, "the premise: for its own key it is good"


async def test_threat_22_a_recovery_code_works_once_however_it_is_typed(own: World) -> None:
    _, codes = await set_up_app(own, await own.new_operator(OLGA))
    person, again = own.stranger(), own.stranger()
    typed = codes[0].upper().replace("-", " ")
    ticket = await password_step(own, person)
    answer = await post(own, person, "/v1/desk/sign-in/code", {"ticket": ticket, "code": typed})
    await signed_in(own, answer, person)
    assert (await security(own, person))["recovery_codes_left"] == 9
    ticket = await password_step(own, again)
    refused = await post(own, again, "/v1/desk/sign-in/code", {"ticket": ticket, "code": codes[0]})
    assert code_of(refused) == "wrong_code"


async def test_secrets_and_codes_are_not_readable_in_the_database(own: World) -> None:
    olga = await own.new_operator(OLGA)
    begun = (await post(own, olga, "/v1/desk/me/totp/begin")).json()
    secret = base64.b32decode(begun["secret"] + "=" * (-len(begun["secret"]) % 8))
    confirmed = await post(
        own,
        olga,
        "/v1/desk/me/totp/confirm",
        {"ticket": begun["ticket"], "code": App(begun["secret"]).code()},
    )
    kept = (
        own.server.database.read_bytes() + own.server.database.with_name(own.server.database.name + "-wal").read_bytes()
    )
    assert b"second_factor" in kept or b"totp_begin" in kept, "the premise: the file can be read"
    for hidden in (
        secret,
        secret.hex().encode(),
        begun["secret"].encode(),
        *map(str.encode, confirmed.json()["codes"]),
    ):
        assert hidden not in kept


# --- passwords ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weak", ["short", "password1", "Qwertyuiop", "olga@tea.example", "aaaaaaaaaaaa", "x" * 129])
async def test_a_weak_password_is_refused_with_a_reason(own: World, weak: str) -> None:
    olga = await own.new_operator(OLGA)
    refused = await post(own, olga, "/v1/desk/me/password", {"current": OLGA.password, "new": weak})
    assert (refused.status_code, code_of(refused)) == (400, "weak_password")


async def test_threat_24_a_new_password_ends_the_other_sessions_and_their_streams(own: World) -> None:
    olga, elsewhere = await own.new_operator(OLGA), await own.new_operator(OLGA)
    stream = await own.stream(elsewhere)
    wrong = await post(own, olga, "/v1/desk/me/password", {"current": "not this one", "new": "a long new passphrase"})
    assert code_of(wrong) == "wrong_password"
    changed = await post(own, olga, "/v1/desk/me/password", {"current": OLGA.password, "new": "a long new passphrase"})
    assert changed.status_code == 204, changed.text
    assert await end_of(stream) == 4401
    assert (await ask(own.http, elsewhere, "GET", "/v1/desk/me")).status_code == 401
    assert (await ask(own.http, olga, "GET", "/v1/desk/me")).status_code == 200
    assert (await own.sign_in(OLGA)).status_code == 401
    assert (await own.sign_in(OLGA, password="a long new passphrase")).status_code == 200


async def test_threat_19_who_guesses_waits_longer_and_longer(own: World) -> None:
    for _ in range(5):
        assert code_of(await own.sign_in(OLGA, password="wrong wrong")) == "wrong_sign_in"
    assert code_of(await own.sign_in(OLGA, password="wrong wrong")) == "wrong_sign_in"
    slowed = await own.sign_in(OLGA)
    assert (slowed.status_code, code_of(slowed)) == (429, "slow_down")
    assert int(slowed.headers["retry-after"]) >= 1
    assert (await own.sign_in(OTTO)).status_code == 200, "nobody else waits"


# --- step-up ------------------------------------------------------------------------------------------------------


async def stale(world: World, person: Person) -> None:
    """Let the person's factor be old."""
    world.server.stop()
    world.server.change("UPDATE session SET factor_at = 1")
    world.server.start()


async def test_threat_9_a_session_without_a_fresh_factor_changes_no_factor(own: World) -> None:
    olga = await own.new_operator(OLGA)
    assert (await post(own, olga, "/v1/desk/me/totp/begin")).status_code == 200, "the premise: just signed in"
    await stale(own, olga)
    for path in ("/v1/desk/me/totp/begin", "/v1/desk/me/passkeys/options", "/v1/desk/me/recovery-codes"):
        refused = await post(own, olga, path)
        assert (refused.status_code, code_of(refused)) == (403, "step_up"), path
    assert (await security(own, olga))["fresh"] is False
    wrong = await post(own, olga, "/v1/desk/step-up", {"password": "not mine"})
    assert code_of(wrong) == "wrong_password"
    shown = await post(own, olga, "/v1/desk/step-up", {"password": OLGA.password})
    assert shown.status_code == 204
    assert (await post(own, olga, "/v1/desk/me/totp/begin")).status_code == 200


async def test_with_an_app_a_step_up_wants_its_code_too(own: World) -> None:
    olga = await own.new_operator(OLGA)
    app, _ = await set_up_app(own, olga)
    await stale(own, olga)
    without = await post(own, olga, "/v1/desk/step-up", {"password": OLGA.password})
    assert code_of(without) == "wrong_code"
    shown = await post(own, olga, "/v1/desk/step-up", {"password": OLGA.password, "code": app.code()})
    assert shown.status_code == 204


# --- passkeys -----------------------------------------------------------------------------------------------------


async def add_passkey(world: World, person: Person) -> SoftwareAuthenticator:
    device = SoftwareAuthenticator(person.address, "localhost")
    asked = (await post(world, person, "/v1/desk/me/passkeys/options")).json()
    body = {"ticket": asked["ticket"], "credential": device.create(asked["options"]), "name": "My phone"}
    added = await post(world, person, "/v1/desk/me/passkeys", body)
    assert added.status_code == 204, added.text
    return device


async def use_passkey(world: World, device: SoftwareAuthenticator, person: Person, **changed: Any) -> httpx.Response:
    asked = (await post(world, person, f"{PASSKEY}/options")).json()
    credential = device.get(asked["options"], **changed)
    return await post(world, person, PASSKEY, {"ticket": asked["ticket"], "credential": credential})


async def test_a_passkey_signs_in_without_a_name_and_without_a_code(own: World) -> None:
    olga = await own.new_operator(OLGA)
    await set_up_app(own, olga)
    device = await add_passkey(own, olga)
    person = await signed_in(own, await use_passkey(own, device, one := own.stranger()), one)
    assert person.id == olga.id
    assert [key["name"] for key in (await security(own, olga))["passkeys"]] == ["My phone"]


async def test_threat_23_what_is_wrong_with_a_passkey_is_refused(own: World) -> None:
    device = await add_passkey(own, await own.new_operator(OLGA))
    assert (await use_passkey(own, device, own.stranger())).status_code == 200, "the premise"
    refused = await use_passkey(own, device, own.stranger(), userHandle=base64url(b"somebody else"))
    assert code_of(refused) == "passkey_refused"
    refused = await use_passkey(own, device, own.stranger(), signature=base64url(b"forged"))
    assert code_of(refused) == "passkey_refused"
    device.verifies = False
    assert code_of(await use_passkey(own, device, own.stranger())) == "passkey_refused"
    device.verifies = True
    device.origin = "https://evil.example"
    assert code_of(await use_passkey(own, device, own.stranger())) == "passkey_refused"
    stranger = SoftwareAuthenticator(own.stranger().address, "localhost")
    assert code_of(await use_passkey(own, stranger, own.stranger())) == "passkey_refused"


async def test_threat_23_a_challenge_is_good_once_and_for_the_key_that_asked(own: World) -> None:
    device = await add_passkey(own, await own.new_operator(OLGA))
    person, thief = own.stranger(), own.stranger()
    asked = (await post(own, person, f"{PASSKEY}/options")).json()
    body = {"ticket": asked["ticket"], "credential": device.get(asked["options"])}
    assert code_of(await post(own, thief, PASSKEY, body)) == "ticket_gone"
    assert (await post(own, person, PASSKEY, body)).status_code == 200
    assert code_of(await post(own, person, PASSKEY, body)) == "ticket_gone"


async def test_threat_23_a_counter_that_falls_is_written_down(own: World) -> None:
    device = await add_passkey(own, await own.new_operator(OLGA))
    device.count = 10
    assert (await use_passkey(own, device, own.stranger())).status_code == 200
    device.count = 3
    assert (await use_passkey(own, device, own.stranger())).status_code == 200
    acts = [row[0] for row in own.server.rows("SELECT act FROM audit_entry")]
    assert acts.count("passkey_counter_fell") == 1


async def test_threat_19_a_passkey_gets_in_while_somebody_guesses(own: World) -> None:
    device = await add_passkey(own, await own.new_operator(OLGA))
    for _ in range(6):
        await own.sign_in(OLGA, password="wrong wrong")
    assert (await own.sign_in(OLGA)).status_code == 429, "the premise: the password has to wait"
    assert (await use_passkey(own, device, own.stranger())).status_code == 200


async def test_a_passkey_is_a_fresh_factor_and_can_be_renamed_and_removed(own: World) -> None:
    olga = await own.new_operator(OLGA)
    device = await add_passkey(own, olga)
    await stale(own, olga)
    asked = (await post(own, olga, "/v1/desk/step-up/passkey/options")).json()
    assert [one["id"] for one in asked["options"]["allowCredentials"]] == [base64url(device.id)]
    body = {"ticket": asked["ticket"], "credential": device.get(asked["options"])}
    assert (await post(own, olga, "/v1/desk/step-up/passkey", body)).status_code == 204
    key = (await security(own, olga))["passkeys"][0]["id"]
    assert (await post(own, olga, f"/v1/desk/me/passkeys/{key}/rename", {"name": "Old phone"})).status_code == 204
    otto = await own.new_operator(OTTO)
    assert (await post(own, otto, f"/v1/desk/me/passkeys/{key}/rename", {"name": "Mine"})).status_code == 404
    assert (await post(own, olga, f"/v1/desk/me/passkeys/{key}/remove")).status_code == 204
    assert code_of(await use_passkey(own, device, own.stranger())) == "passkey_refused"
