"""Operator sessions: listed with coarse descriptions, ended one by one or all, and expired when unused."""

from collections.abc import Mapping

import pytest
from pyotp.totp import TOTP

from support.client import Person, ask
from support.sign_in import NamedWorld, add_passkey, change_session, end_of, post, security, signed_in, use_passkey
from support.software_authenticator import SoftwareAuthenticator

pytestmark = pytest.mark.storages("sqlite", "postgres")

EXPORT = "/v1/visitor/export"


async def test_sessions_are_listed_with_coarse_descriptions_and_ended_one_by_one(named: NamedWorld) -> None:
    olga = await named.new_operator(named.olga)
    person = named.stranger()
    body = {"email": named.olga.email, "password": named.olga.password, "time_zone": "Europe/Berlin"}
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
    answer = await ask(named.http, person, "POST", "/v1/desk/sign-in", body, user_agent=agent)
    await signed_in(named, answer, person)
    others = [one for one in (await security(named, olga))["sessions"] if not one["current"]]
    assert [(one["device"], one["time_zone_name"]) for one in others] == [("Firefox on Linux", "Europe, Berlin")]
    stored = str(named.server.rows("SELECT * FROM session"))
    assert "127.0.0.1" not in stored
    assert "Mozilla" not in stored
    otto = await named.new_operator(named.otto)
    path = f"/v1/desk/me/sessions/{others[0]['id']}/end"
    assert (await post(named, otto, path)).status_code == 404, "another operator's session is not found"
    stream = await named.stream(person)
    assert (await post(named, olga, path)).status_code == 204
    assert await end_of(stream) == 4401
    assert len((await security(named, olga))["sessions"]) == 1


async def test_other_and_all_sessions_are_ended(named: NamedWorld) -> None:
    olga, second, third = [await named.new_operator(named.olga) for _ in range(3)]
    assert (await post(named, olga, "/v1/desk/me/sessions/end-others")).status_code == 204
    statuses = [(await ask(named.http, one, "GET", "/v1/desk/me")).status_code for one in (olga, second, third)]
    assert statuses == [200, 401, 401]
    assert (await post(named, olga, "/v1/desk/me/sessions/end-all")).status_code == 204
    assert (await ask(named.http, olga, "GET", "/v1/desk/me")).status_code == 401


async def test_unused_session_expires(named: NamedWorld) -> None:
    olga, premise = [await named.new_operator(named.olga) for _ in range(2)]
    vera, victor = await named.visitor(), await named.visitor()
    for person, days in ((olga, 8), (premise, 6), (vera, 31), (victor, 29)):
        change_session(person, named, f"last_seen_at = last_seen_at - {days * 86_400_000}")
    asked = ((olga, "/v1/desk/me"), (premise, "/v1/desk/me"), (vera, EXPORT), (victor, EXPORT))
    statuses = [(await ask(named.http, person, "GET", path)).status_code for person, path in asked]
    assert statuses == [401, 200, 401, 200]


async def test_threat_24_change_of_factors_ends_the_other_sessions_unless_declined(named: NamedWorld) -> None:
    olga = await named.new_operator(named.olga)

    async def survives(path: str, body: Mapping[str, object]) -> bool:
        other = await other_session()
        answer = await post(named, olga, path, body)
        assert answer.status_code in {200, 204}, (path, answer.text)
        return (await ask(named.http, other, "GET", "/v1/desk/me")).status_code == 200

    async def other_session() -> Person:
        person = named.stranger()
        return await signed_in(named, await use_passkey(named, device, person), person)

    device = await add_passkey(named, olga)
    for end_others in (True, False):
        begun = (await post(named, olga, "/v1/desk/me/totp/begin")).json()
        confirm = {
            "one_time_token": begun["one_time_token"],
            "code": TOTP(begun["secret"]).now(),
            "end_others": end_others,
        }
        assert await survives("/v1/desk/me/totp/confirm", confirm) is not end_others
        assert await survives("/v1/desk/me/totp/remove", {"end_others": end_others}) is not end_others
        asked = (await post(named, olga, "/v1/desk/me/passkeys/options")).json()
        another = SoftwareAuthenticator(olga.address, "localhost")
        made = {
            "one_time_token": asked["one_time_token"],
            "credential": another.create(asked["options"]),
            "end_others": end_others,
        }
        assert await survives("/v1/desk/me/passkeys", made) is not end_others
        key = (await security(named, olga))["passkeys"][-1]["id"]
        assert await survives(f"/v1/desk/me/passkeys/{key}/remove", {"end_others": end_others}) is not end_others
    acts = {act for (act,) in named.server.rows("SELECT action FROM audit_log WHERE actor_id = ?", olga.id)}
    assert acts >= {"totp_added", "totp_removed", "passkey_added", "passkey_removed", "session_ended", "signed_in"}


async def test_session_on_a_new_device_is_reported_by_email(named: NamedWorld) -> None:
    unseen = named.server.rows("SELECT count(*) FROM task WHERE kind = 'mail'")
    await named.new_operator(named.olga)
    assert named.server.rows("SELECT count(*) FROM task WHERE kind = 'mail'") == unseen, (
        "the first session is not on a new device"
    )
    mails = "SELECT payload FROM task WHERE kind = 'mail' ORDER BY id"
    before = named.server.rows(mails)
    body = {"email": named.olga.email, "password": named.olga.password}
    agent = "Mozilla/5.0 (iPhone) Safari/604.1"
    answer = await ask(named.http, named.stranger(), "POST", "/v1/desk/sign-in", body, user_agent=agent)
    assert answer.status_code == 200
    after = named.server.rows(mails)
    assert ["new_sign_in" in str(row[0]) for row in after[len(before) :]] == [True]
