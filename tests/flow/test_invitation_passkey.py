"""An invited operator joins with a passkey: link and challenge work once, and for one key (threats 22, 23, 68)."""

import asyncio
from typing import Any

import httpx

from support.client import Person, ask
from support.invitations import invite
from support.people import Employee
from support.sign_in import NamedWorld, code_of, post, security, signed_in, use_passkey
from support.software_authenticator import SoftwareAuthenticator

OPTIONS, JOIN = "/v1/invitations/passkey/options", "/v1/invitations/passkey"


async def request_options(world: NamedWorld, person: Person, secret: str, name: str = "Nora") -> httpx.Response:
    return await post(world, person, OPTIONS, {"secret": secret, "name": name, "languages": ["fr"]})


async def create_passkey(
    world: NamedWorld, person: Person, secret: str, **changed: Any
) -> tuple[SoftwareAuthenticator, Any]:
    """Create a passkey, and return it with the request that joins. `changed` are attributes of the authenticator."""
    device = SoftwareAuthenticator(person.address, "localhost")
    for attribute, value in changed.items():
        setattr(device, attribute, value)
    asked = await request_options(world, person, secret)
    assert asked.status_code == 200, asked.text
    return device, {
        "one_time_token": asked.json()["one_time_token"],
        "credential": device.create(asked.json()["options"]),
    }


async def test_invited_operator_joins_with_a_passkey_and_without_a_password(named: NamedWorld) -> None:
    email, secret = invite(named.server)
    nora = named.stranger()
    asked = (await request_options(named, nora, secret)).json()
    assert (asked["options"]["user"]["name"], asked["options"]["user"]["displayName"]) == (email, "Nora")
    device = SoftwareAuthenticator(nora.address, "localhost")
    body = {
        "one_time_token": asked["one_time_token"],
        "credential": device.create(asked["options"]),
        "name": "Blue key",
    }
    answer = await post(named, nora, JOIN, body)
    await signed_in(named, answer, nora)
    operator = answer.json()["operator"]
    assert (operator["email"], operator["name"], operator["role"], operator["languages"]) == (
        email,
        "Nora",
        "operator",
        ["fr"],
    )
    factors = await security(named, nora)
    assert (factors["password"], factors["fresh"], [one["name"] for one in factors["passkeys"]]) == (
        False,
        True,
        ["Blue key"],
    )
    assert [one["factors"] for one in factors["sessions"]] == ["passkey"]
    again = await use_passkey(named, device, newcomer := named.stranger())
    assert (await signed_in(named, again, newcomer)).id == nora.id
    for password in ("", "correct horse battery"):
        refused = await named.sign_in(Employee("Nora", email, "Tea"), password)
        assert refused.status_code in {400, 401}, "there is no password"
    owner = await named.new_operator(named.olga)
    path = "/v1/desk/audit?action=invitation_accepted"
    entries = (await ask(named.http, owner, "GET", path)).json()["records"]
    assert [one["details"]["factor"] for one in entries if one["target_id"] == nora.id] == ["passkey"]
    assert code_of(await request_options(named, named.stranger(), secret)) == "ticket_gone", "the link worked once"
    assert secret not in named.server.log()


async def test_threat_68_of_many_simultaneous_acceptances_one_joins(named: NamedWorld) -> None:
    email, secret = invite(named.server)
    people = [named.stranger() for _ in range(6)]
    made = [await create_passkey(named, one, secret) for one in people]
    answers = await asyncio.gather(*(post(named, one, JOIN, body) for one, (_, body) in zip(people, made, strict=True)))
    assert sorted(one.status_code for one in answers) == [200] + [410] * 5
    assert named.server.rows("SELECT COUNT(*) FROM operator WHERE email = ?", email) == [(1,)]
    winner = next(who for who, answer in zip(people, answers, strict=True) if answer.status_code == 200)
    for who, (device, _) in zip(people, made, strict=True):
        code = code_of(await use_passkey(named, device, named.stranger()))
        assert code == ("" if who is winner else "passkey_refused")


async def test_threat_23_invalid_new_passkey_is_refused_and_the_invitation_stays_valid(
    named: NamedWorld,
) -> None:
    email, secret = invite(named.server)
    nora, thief = named.stranger(), named.stranger()
    for wrong in ({"verifies": False}, {"origin": "https://evil.example"}, {"host": "evil.example"}):
        _, body = await create_passkey(named, nora, secret, **wrong)
        refused = await post(named, nora, JOIN, body)
        assert (refused.status_code, code_of(refused)) == (401, "passkey_refused"), wrong
        assert code_of(await post(named, nora, JOIN, body)) == "ticket_gone", "a challenge works once"
    device, body = await create_passkey(named, nora, secret)
    assert code_of(await post(named, thief, JOIN, body)) == "ticket_gone", "and for the key that requested it"
    other_purpose = await post(named, nora, "/v1/desk/sign-in/passkey", body)
    assert code_of(other_purpose) == "ticket_gone"
    assert named.server.rows("SELECT COUNT(*) FROM operator WHERE email = ?", email) == [(0,)]
    assert (await post(named, nora, JOIN, body)).status_code == 200, "the premise: a valid passkey joins"
    # A registered credential is not registered for another operator, and the refusal leaves no partial account.
    second, secret = invite(named.server)
    asked = (await request_options(named, thief, secret)).json()
    stolen = {"one_time_token": asked["one_time_token"], "credential": device.create(asked["options"])}
    assert code_of(await post(named, thief, JOIN, stolen)) == "passkey_refused"
    assert named.server.rows("SELECT COUNT(*) FROM operator WHERE email = ?", second) == [(0,)]
    assert (await request_options(named, thief, secret)).status_code == 200


async def test_invitation_that_was_revoked_meanwhile_is_refused(named: NamedWorld) -> None:
    owner = await named.new_operator(named.olga)
    email, secret = invite(named.server)
    _, body = await create_passkey(named, nora := named.stranger(), secret)
    ((invitation,),) = named.server.rows("SELECT id FROM invitation WHERE email = ?", email)
    assert (await post(named, owner, f"/v1/desk/invitations/{invitation}/revoke")).status_code == 204
    assert code_of(await post(named, nora, JOIN, body)) == "ticket_gone"
    assert code_of(await request_options(named, nora, secret)) == "ticket_gone"


async def test_taken_address_bad_name_and_unknown_link_are_refused_before_a_passkey_is_created(
    named: NamedWorld,
) -> None:
    _, secret = invite(named.server)
    caller = named.stranger()
    assert (await request_options(named, caller, secret)).status_code == 200, "the premise"
    assert code_of(await request_options(named, caller, secret, "  ")) == "invalid"
    assert code_of(await request_options(named, caller, "crt_unknown")) == "ticket_gone"
    _, taken = invite(named.server, named.olga.email)
    assert code_of(await request_options(named, caller, taken)) == "invalid"
    assert code_of(await request_options(named, named.stranger(with_key=False), secret)) == "invalid_proof"
