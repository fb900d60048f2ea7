"""Operators sign in by password, authenticator app, recovery code and passkey. Sensitive changes need a step-up."""

import asyncio
import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pyotp.totp import TOTP

from support.client import Person, ask
from support.people import Employee, World
from support.sign_in import (
    PASSKEY,
    NamedWorld,
    add_passkey,
    change_session,
    code_of,
    end_of,
    post,
    security,
    signed_in,
    use_passkey,
)
from support.software_authenticator import SoftwareAuthenticator, base64url


class App:
    """An authenticator app: the independent pyotp. It returns each code once, as an operator would enter it."""

    def __init__(self, secret: str) -> None:
        self._totp = TOTP(secret)

    def code(self) -> str:
        return self._totp.now()


async def set_up_app(world: World, person: Person, end_others: bool = True) -> tuple[App, list[str]]:
    begun: dict[str, Any] = (await post(world, person, "/v1/desk/me/totp/begin")).json()
    asked = parse_qs(urlsplit(str(begun["uri"])).query)
    assert asked["secret"] == [begun["secret"]]
    assert len({len(row) for row in begun["matrix"]}) == 1
    assert len(begun["matrix"]) == len(begun["matrix"][0])
    app = App(begun["secret"])
    body = {"one_time_token": begun["one_time_token"], "code": app.code(), "end_others": end_others}
    confirmed = await post(world, person, "/v1/desk/me/totp/confirm", body)
    assert confirmed.status_code == 200, confirmed.text
    # As if half a minute had passed, so that the current code may be used once more.
    world.server.change("UPDATE operator SET totp_step = 0 WHERE id = ?", person.id)
    codes = confirmed.json()["codes"]
    assert len(set(codes)) == 10
    return app, codes


async def password_step(world: World, who: Employee, person: Person) -> str:
    answer = await world.sign_in(who, person=person)
    assert answer.status_code == 202, answer.text
    assert "token" not in answer.json()
    return answer.json()["one_time_token"]


# --- authenticator app and recovery codes -------------------------------------------------------------------------


async def test_password_alone_is_not_enough_once_an_app_is_set_up(named: NamedWorld) -> None:
    app, _ = await set_up_app(named, await named.new_operator(named.olga))
    person = named.stranger()
    one_time_token = await password_step(named, named.olga, person)
    answer = await post(named, person, "/v1/desk/sign-in/code", {"one_time_token": one_time_token, "code": app.code()})
    await signed_in(named, answer, person)
    sessions = (await security(named, person))["sessions"]
    assert [one["factors"] for one in sessions if one["current"]] == ["password totp"]


async def test_threat_21_one_of_two_simultaneous_uses_of_a_code_is_accepted(named: NamedWorld) -> None:
    app, _ = await set_up_app(named, await named.new_operator(named.olga))
    people = [named.stranger() for _ in range(2)]
    one_time_tokens = [await password_step(named, named.olga, person) for person in people]
    code = app.code()
    answers = await asyncio.gather(
        *(
            post(named, person, "/v1/desk/sign-in/code", {"one_time_token": one_time_token, "code": code})
            for person, one_time_token in zip(people, one_time_tokens, strict=True)
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 400]
    assert [code_of(one) for one in answers if one.status_code == 400] == ["wrong_code"]


async def test_threat_21_password_is_required_again_after_five_wrong_codes(named: NamedWorld) -> None:
    app, _ = await set_up_app(named, await named.new_operator(named.olga))
    person = named.stranger()
    one_time_token = await password_step(named, named.olga, person)
    for _ in range(5):
        wrong = await post(named, person, "/v1/desk/sign-in/code", {"one_time_token": one_time_token, "code": "000000"})
        assert code_of(wrong) == "wrong_code"
    late = await post(named, person, "/v1/desk/sign-in/code", {"one_time_token": one_time_token, "code": app.code()})
    assert code_of(late) == "ticket_gone"


async def test_second_step_is_bound_to_the_key_that_started_it(named: NamedWorld) -> None:
    app, _ = await set_up_app(named, await named.new_operator(named.olga))
    person, thief = named.stranger(), named.stranger()
    one_time_token = await password_step(named, named.olga, person)
    stolen = await post(named, thief, "/v1/desk/sign-in/code", {"one_time_token": one_time_token, "code": app.code()})
    assert code_of(stolen) == "ticket_gone"
    answer = await post(named, person, "/v1/desk/sign-in/code", {"one_time_token": one_time_token, "code": app.code()})
    assert answer.status_code == 200, "the premise: it works for its own key"


async def test_threat_24_new_password_ends_a_pending_second_step(named: NamedWorld) -> None:
    olga = await named.new_operator(named.olga)
    app, _ = await set_up_app(named, olga)
    thief = named.stranger()
    one_time_token = await password_step(named, named.olga, thief)
    body = {"new": "a violet kettle sings", "current": named.olga.password}
    assert (await post(named, olga, "/v1/desk/me/password", body)).status_code == 204
    late = await post(named, thief, "/v1/desk/sign-in/code", {"one_time_token": one_time_token, "code": app.code()})
    assert code_of(late) == "ticket_gone"


async def test_threat_22_recovery_code_works_once_in_any_spelling(named: NamedWorld) -> None:
    _, codes = await set_up_app(named, await named.new_operator(named.olga))
    person, again = named.stranger(), named.stranger()
    typed = codes[0].upper().replace("-", " ")
    one_time_token = await password_step(named, named.olga, person)
    answer = await post(named, person, "/v1/desk/sign-in/code", {"one_time_token": one_time_token, "code": typed})
    await signed_in(named, answer, person)
    assert (await security(named, person))["recovery_codes_left"] == 9
    one_time_token = await password_step(named, named.olga, again)
    refused = await post(named, again, "/v1/desk/sign-in/code", {"one_time_token": one_time_token, "code": codes[0]})
    assert code_of(refused) == "wrong_code"


async def test_secrets_and_codes_are_not_readable_in_the_database(named: NamedWorld) -> None:
    olga = await named.new_operator(named.olga)
    begun = (await post(named, olga, "/v1/desk/me/totp/begin")).json()
    secret = base64.b32decode(begun["secret"] + "=" * (-len(begun["secret"]) % 8))
    confirmed = await post(
        named,
        olga,
        "/v1/desk/me/totp/confirm",
        {"one_time_token": begun["one_time_token"], "code": App(begun["secret"]).code()},
    )
    file = named.server.database
    stored = file.read_bytes() + file.with_name(f"{file.name}-wal").read_bytes()
    assert b"second_factor" in stored or b"totp_begin" in stored, "the premise: the file can be read"
    for hidden in (
        secret,
        secret.hex().encode(),
        begun["secret"].encode(),
        *map(str.encode, confirmed.json()["codes"]),
    ):
        assert hidden not in stored


# --- passwords ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weak", ["short", "password1", "Qwertyuiop", "OWN ADDRESS", "aaaaaaaaaaaa", "x" * 129])
async def test_weak_password_is_refused_with_a_reason(named: NamedWorld, weak: str) -> None:
    olga = await named.new_operator(named.olga)
    body = {"current": named.olga.password, "new": weak.replace("OWN ADDRESS", named.olga.email)}
    refused = await post(named, olga, "/v1/desk/me/password", body)
    assert (refused.status_code, code_of(refused)) == (400, "weak_password")


async def test_threat_24_new_password_ends_the_other_sessions_and_their_streams(named: NamedWorld) -> None:
    olga, other_session = await named.new_operator(named.olga), await named.new_operator(named.olga)
    stream = await named.stream(other_session)
    wrong = await post(named, olga, "/v1/desk/me/password", {"current": "not this one", "new": "a long new passphrase"})
    assert code_of(wrong) == "wrong_password"
    changed = await post(
        named, olga, "/v1/desk/me/password", {"current": named.olga.password, "new": "a long new passphrase"}
    )
    assert changed.status_code == 204, changed.text
    assert await end_of(stream) == 4401
    assert (await ask(named.http, other_session, "GET", "/v1/desk/me")).status_code == 401
    assert (await ask(named.http, olga, "GET", "/v1/desk/me")).status_code == 200
    assert (await named.sign_in(named.olga)).status_code == 401
    assert (await named.sign_in(named.olga, password="a long new passphrase")).status_code == 200


async def test_threat_19_wait_grows_with_each_wrong_password(named: NamedWorld) -> None:
    for _ in range(5):
        assert code_of(await named.sign_in(named.olga, password="wrong wrong")) == "wrong_sign_in"
    assert code_of(await named.sign_in(named.olga, password="wrong wrong")) == "wrong_sign_in"
    slowed = await named.sign_in(named.olga)
    assert (slowed.status_code, code_of(slowed)) == (429, "slow_down")
    assert int(slowed.headers["retry-after"]) >= 1
    assert (await named.sign_in(named.otto)).status_code == 200, "other operators do not wait"


# --- step-up ------------------------------------------------------------------------------------------------------


async def stale(world: NamedWorld) -> Person:
    """Sign Olga in with a session whose last factor is old. It is unused until then, because the server caches
    sessions."""
    person = await world.new_operator(world.olga)
    change_session(person, world, "authenticated_at = 1")
    return person


DANGEROUS = (
    "/v1/desk/me/totp/begin",
    "/v1/desk/me/passkeys/options",
    "/v1/desk/me/recovery-codes",
    "/v1/desk/me/sessions/end-others",
    "/v1/desk/me/sessions/end-all",
)


async def test_threat_9_session_without_a_recent_authentication_cannot_change_factors(named: NamedWorld) -> None:
    olga, rider = await named.new_operator(named.olga), await stale(named)
    assert (await post(named, olga, "/v1/desk/me/totp/begin")).status_code == 200, "the premise: just signed in"
    for path in DANGEROUS:
        refused = await post(named, rider, path)
        assert (refused.status_code, code_of(refused)) == (403, "step_up"), path
    assert (await security(named, rider))["fresh"] is False
    wrong = await post(named, rider, "/v1/desk/step-up", {"password": "not mine"})
    assert code_of(wrong) == "wrong_password"
    shown = await post(named, rider, "/v1/desk/step-up", {"password": named.olga.password})
    assert shown.status_code == 204
    assert (await post(named, rider, "/v1/desk/me/totp/begin")).status_code == 200


async def test_step_up_at_another_node_counts(named: NamedWorld) -> None:
    rider = await stale(named)
    assert code_of(await post(named, rider, "/v1/desk/me/totp/begin")) == "step_up"
    change_session(rider, named, "authenticated_at = created_at")
    assert (await post(named, rider, "/v1/desk/me/totp/begin")).status_code == 200


async def test_step_up_needs_the_code_of_an_app(named: NamedWorld) -> None:
    rider = await stale(named)
    app, _ = await set_up_app(named, await named.new_operator(named.olga), end_others=False)
    without = await post(named, rider, "/v1/desk/step-up", {"password": named.olga.password})
    assert code_of(without) == "wrong_code"
    shown = await post(named, rider, "/v1/desk/step-up", {"password": named.olga.password, "code": app.code()})
    assert shown.status_code == 204


# --- passkeys -----------------------------------------------------------------------------------------------------


async def test_passkey_signs_in_without_a_name_and_without_a_code(named: NamedWorld) -> None:
    olga = await named.new_operator(named.olga)
    await set_up_app(named, olga)
    device = await add_passkey(named, olga)
    person = await signed_in(named, await use_passkey(named, device, one := named.stranger()), one)
    assert person.id == olga.id
    assert [key["name"] for key in (await security(named, olga))["passkeys"]] == ["My phone"]


async def test_threat_23_invalid_passkey_response_is_refused(named: NamedWorld) -> None:
    device = await add_passkey(named, await named.new_operator(named.olga))
    assert (await use_passkey(named, device, named.stranger())).status_code == 200, "the premise"
    refused = await use_passkey(named, device, named.stranger(), userHandle=base64url(b"somebody else"))
    assert code_of(refused) == "passkey_refused"
    refused = await use_passkey(named, device, named.stranger(), signature=base64url(b"forged"))
    assert code_of(refused) == "passkey_refused"
    device.verifies = False
    assert code_of(await use_passkey(named, device, named.stranger())) == "passkey_refused"
    device.verifies = True
    device.origin = "https://evil.example"
    assert code_of(await use_passkey(named, device, named.stranger())) == "passkey_refused"
    actions = [row[0] for row in named.server.rows("SELECT action FROM audit_log ORDER BY no")]
    assert actions[-4:] == ["passkey_refused"] * 4
    unknown_device = SoftwareAuthenticator(named.stranger().address, "localhost")
    assert code_of(await use_passkey(named, unknown_device, named.stranger())) == "passkey_refused"


async def test_threat_23_challenge_works_once_and_for_the_key_that_requested_it(named: NamedWorld) -> None:
    device = await add_passkey(named, await named.new_operator(named.olga))
    person, thief = named.stranger(), named.stranger()
    asked = (await post(named, person, f"{PASSKEY}/options")).json()
    body = {"one_time_token": asked["one_time_token"], "credential": device.get(asked["options"])}
    assert code_of(await post(named, thief, PASSKEY, body)) == "ticket_gone"
    assert (await post(named, person, PASSKEY, body)).status_code == 200
    assert code_of(await post(named, person, PASSKEY, body)) == "ticket_gone"


async def test_threat_23_decreasing_counter_is_written_to_the_audit_log(named: NamedWorld) -> None:
    olga = await named.new_operator(named.olga)
    device = await add_passkey(named, olga)
    device.count = 10
    assert (await use_passkey(named, device, named.stranger())).status_code == 200
    device.count = 3
    assert (await use_passkey(named, device, named.stranger())).status_code == 200
    own = "SELECT action FROM audit_log WHERE target_id IN (SELECT id FROM passkey WHERE operator_id = ?)"
    assert named.server.rows(own, olga.id) == [("passkey_counter_fell",)]


async def test_threat_19_passkey_signs_in_while_the_password_is_throttled(named: NamedWorld) -> None:
    device = await add_passkey(named, await named.new_operator(named.olga))
    for _ in range(6):
        await named.sign_in(named.olga, password="wrong wrong")
    assert (await named.sign_in(named.olga)).status_code == 429, "the premise: the password has to wait"
    assert (await use_passkey(named, device, named.stranger())).status_code == 200


async def test_passkey_is_a_step_up_and_can_be_renamed_and_removed(named: NamedWorld) -> None:
    olga = await stale(named)
    device = await add_passkey(named, await named.new_operator(named.olga), end_others=False)
    asked = (await post(named, olga, "/v1/desk/step-up/passkey/options")).json()
    assert [one["id"] for one in asked["options"]["allowCredentials"]] == [base64url(device.id)]
    body = {"one_time_token": asked["one_time_token"], "credential": device.get(asked["options"])}
    assert (await post(named, olga, "/v1/desk/step-up/passkey", body)).status_code == 204
    key = (await security(named, olga))["passkeys"][0]["id"]
    assert (await post(named, olga, f"/v1/desk/me/passkeys/{key}/rename", {"name": "Old phone"})).status_code == 204
    otto = await named.new_operator(named.otto)
    assert (await post(named, otto, f"/v1/desk/me/passkeys/{key}/rename", {"name": "Mine"})).status_code == 404
    assert (await post(named, olga, f"/v1/desk/me/passkeys/{key}/remove")).status_code == 204
    assert code_of(await use_passkey(named, device, named.stranger())) == "passkey_refused"
