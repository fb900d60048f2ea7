"""Operators sign in at a real OpenID provider: only in the browser that started, and only with a connected account."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from flow.conftest import StartServer
from support.client import Person, ask
from support.invitations import invite
from support.oidc_provider import CLIENT_ID, CLIENT_SECRET, ProviderVisit, run_provider
from support.people import OLGA, OTTO, World
from support.ports import free_port
from support.server import ServerProcess
from support.sign_in import code_of, hire, security, signed_in

OpenWorld = Callable[[ServerProcess], World]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def issuer(port: int) -> Iterator[str]:
    with run_provider(f"http://127.0.0.1:{port}/desk/oidc/own") as found:
        yield found


@pytest.fixture
def oidc_server(start_server: StartServer, issuer: str, port: int) -> ServerProcess:
    provider = {"id": "own", "name": "Own", "issuer": issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return start_server(oidc_providers=json.dumps([provider]), port_wanted=port)


@pytest_asyncio.fixture
async def visit() -> AsyncIterator[ProviderVisit]:
    made = ProviderVisit()
    yield made
    await made.close()


async def begin(world: World, person: Person, path: str = "/v1/desk/sign-in/oidc/start") -> str:
    answer = await ask(world.http, person, "POST", path, {"provider": "own"})
    assert answer.status_code == 200, answer.text
    return answer.json()["location"]


async def finish(
    world: World, person: Person, back: dict[str, str], path: str = "/v1/desk/sign-in/oidc/finish", **changed: str
) -> httpx.Response:
    body = {"provider": "own", "state": back["state"], "code": back["code"], "iss": back.get("iss", "")} | changed
    return await ask(world.http, person, "POST", path, body)


async def connect(world: World, visit: ProviderVisit, person: Person, account: str) -> httpx.Response:
    """Connect an account with a signed-in operator."""
    location = await begin(world, person, "/v1/desk/me/oidc-accounts/start")
    back = await visit.sign_in(location, account, world.server.address)
    return await finish(world, person, back, "/v1/desk/me/oidc-accounts/finish")


async def arrive(world: World, visit: ProviderVisit, account: str, person: Person | None = None) -> httpx.Response:
    """Sign in with an account."""
    person = person or world.stranger()
    back = await visit.sign_in(await begin(world, person), account, world.server.address)
    return await finish(world, person, back)


async def test_connected_account_signs_in_and_sets_no_cookie(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    olga = await world.new_operator(OLGA)
    linked = await connect(world, visit, olga, "olga")
    assert linked.status_code == 204, linked.text
    person = world.stranger()
    signed_in = await arrive(world, visit, "olga", person)
    assert signed_in.status_code == 200, signed_in.text
    assert signed_in.json()["operator"]["email"] == OLGA.email
    assert "set-cookie" not in signed_in.headers
    person.token = signed_in.json()["token"]
    me = await ask(world.http, person, "GET", "/v1/desk/me")
    assert (me.status_code, me.json()["email"]) == (200, OLGA.email)


async def test_threat_16_code_and_state_are_useless_in_another_browser(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    await connect(world, visit, await world.new_operator(OLGA), "olga")
    attacker, victim = world.stranger(), world.stranger()
    back = await visit.sign_in(await begin(world, attacker), "olga", world.server.address)
    refused = await finish(world, victim, back)
    assert (refused.status_code, refused.json()["type"]) == (410, "urn:crumbless:problem:ticket_gone")
    accepted = await finish(world, attacker, back)
    assert accepted.status_code == 200, "the premise: they work in their own browser"
    again = await finish(world, attacker, back)
    assert again.status_code == 410


async def test_threat_18_account_with_the_email_of_an_operator_is_not_signed_in(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    await connect(world, visit, await world.new_operator(OLGA), "olga")
    assert (await arrive(world, visit, "olga")).status_code == 200
    # The provider reports Otto's email address for this account, but no operator has connected it.
    visit_of_otto = ProviderVisit()
    try:
        refused = await arrive(world, visit_of_otto, "otto")
    finally:
        await visit_of_otto.close()
    assert refused.json()["type"] == "urn:crumbless:problem:unknown_identity"


async def test_account_belongs_to_one_operator_only(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    assert (await connect(world, visit, await world.new_operator(OLGA), "shared")).status_code == 204
    refused = await connect(world, visit, await world.new_operator(OTTO), "shared")
    assert (refused.status_code, code_of(refused)) == (409, "identity_taken")


async def test_disconnected_account_is_refused(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit, issuer: str
) -> None:
    world = open_world(oidc_server)
    olga = await world.new_operator(OLGA)
    await connect(world, visit, olga, "olga")
    assert (await arrive(world, visit, "olga")).status_code == 200
    body = {"issuer": issuer, "subject": "olga"}
    removed = await ask(world.http, olga, "POST", "/v1/desk/me/oidc-accounts/remove", body)
    assert removed.status_code == 204, removed.text
    refused = await arrive(world, visit, "olga")
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:crumbless:problem:unknown_identity")


async def test_repeated_sign_in_at_the_provider_is_a_recent_authentication(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    olga = await world.new_operator(OLGA)
    await connect(world, visit, olga, "olga")
    oidc_server.change("UPDATE session SET authenticated_at = 1")
    oidc_server.stop()
    oidc_server.start()
    stale = await ask(world.http, olga, "POST", "/v1/desk/me/oidc-accounts/start", {"provider": "own"})
    assert stale.json()["type"] == "urn:crumbless:problem:step_up"
    location = await begin(world, olga, "/v1/desk/step-up/oidc/start")
    assert parse_qs(urlsplit(location).query)["prompt"] == ["login"]
    back = await visit.sign_in(location, "olga", world.server.address)
    shown = await finish(world, olga, back, "/v1/desk/step-up/oidc/finish")
    assert shown.status_code == 204, shown.text
    assert await begin(world, olga, "/v1/desk/me/oidc-accounts/start")


async def test_threat_9_sign_in_without_a_factor_at_the_provider_allows_no_sensitive_change(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    """A script in the page can visit the provider and return while the provider session lasts, without any factor."""
    world = open_world(oidc_server)
    await connect(world, visit, await world.new_operator(OLGA), "olga")
    rider = world.stranger()
    signed_in = await arrive(world, visit, "olga", rider)
    assert signed_in.status_code == 200, "the premise: the provider's own cookie is enough"
    rider.token = signed_in.json()["token"]
    refused = await ask(world.http, rider, "POST", "/v1/desk/me/oidc-accounts/start", {"provider": "own"})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:crumbless:problem:step_up")


async def test_sign_in_step_of_one_purpose_is_refused_for_another(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    olga = await world.new_operator(OLGA)
    back = await visit.sign_in(await begin(world, olga, "/v1/desk/step-up/oidc/start"), "olga", world.server.address)
    refused = await finish(world, olga, back, "/v1/desk/me/oidc-accounts/finish")
    assert refused.status_code == 410


async def begin_join(world: World, person: Person, secret: str) -> httpx.Response:
    invitation = {"secret": secret, "name": "Nora", "languages": ["fr"]}
    body = {"provider": "own", "invitation": invitation}
    return await ask(world.http, person, "POST", "/v1/desk/sign-in/oidc/start", body)


async def come_back(world: World, visit: ProviderVisit, person: Person, secret: str, account: str) -> dict[str, str]:
    """Return the provider's parameters in the browser that began to join."""
    begun = await begin_join(world, person, secret)
    assert begun.status_code == 200, begun.text
    return await visit.sign_in(begun.json()["location"], account, world.server.address)


async def test_invited_operator_joins_with_an_account_of_another_address(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    email, secret = invite(oidc_server, "nora@tea.example")
    nora, thief = world.stranger(), world.stranger()
    back = await come_back(world, visit, nora, secret, "private")
    # Threat 16, from the other side: code and state of another browser do not accept its invitation.
    assert code_of(await finish(world, thief, back)) == "ticket_gone"
    linked = await finish(world, await world.new_operator(OLGA), back, "/v1/desk/me/oidc-accounts/finish")
    assert code_of(linked) == "ticket_gone"
    answer = await finish(world, nora, back)
    await signed_in(world, answer, nora)
    operator = answer.json()["operator"]
    assert (operator["email"], operator["name"], operator["role"], operator["languages"]) == (
        email,
        "Nora",
        "operator",
        ["fr"],
    )
    factors = await security(world, nora)
    assert (factors["password"], [one["label"] for one in factors["oidc_accounts"]]) == (
        False,
        ["private@provider.example"],
    )
    assert code_of(await begin_join(world, world.stranger(), secret)) == "ticket_gone", "the link worked once"
    signed = await arrive(world, visit, "private")
    assert signed.json()["operator"]["email"] == email
    path = "/v1/desk/audit?action=invitation_accepted"
    (entry,) = (await ask(world.http, await world.new_operator(OLGA), "GET", path)).json()["records"]
    assert (entry["target_id"], entry["details"]["factor"]) == (nora.id, "oidc")
    assert [one for one in (secret, back["code"], back["state"]) if one in oidc_server.log()] == []


async def test_connected_account_joins_no_other_operator_and_the_invitation_stays_valid(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    await connect(world, visit, await world.new_operator(OLGA), "olga")
    email, secret = invite(oidc_server)
    nora = world.stranger()
    refused = await finish(world, nora, await come_back(world, visit, nora, secret, "olga"))
    assert (refused.status_code, code_of(refused)) == (409, "identity_taken")
    assert oidc_server.rows("SELECT COUNT(*) FROM operator WHERE email = ?", email) == [(0,)]
    other = ProviderVisit()
    try:
        joined = await finish(world, nora, await come_back(world, other, nora, secret, "nora"))
    finally:
        await other.close()
    assert joined.status_code == 200, joined.text


async def test_threat_22_invitation_that_was_revoked_during_the_visit_at_the_provider_is_refused(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    olga = await world.new_operator(OLGA)
    email, secret = invite(oidc_server)
    nora = world.stranger()
    back = await come_back(world, visit, nora, secret, "nora")
    ((invitation,),) = oidc_server.rows("SELECT id FROM invitation WHERE email = ?", email)
    revoked = await ask(world.http, olga, "POST", f"/v1/desk/invitations/{invitation}/revoke", {})
    assert revoked.status_code == 204, revoked.text
    assert code_of(await finish(world, nora, back)) == "ticket_gone"
    assert oidc_server.rows("SELECT COUNT(*) FROM operator WHERE email = ?", email) == [(0,)]


async def test_invitation_is_refused_if_its_sender_was_demoted_during_the_visit_at_the_provider(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    anna = await world.new_operator(hire(world, "Anna", role="admin"))
    email, secret = invite(oidc_server, inviter=anna.id)
    nora = world.stranger()
    back = await come_back(world, visit, nora, secret, "nora")
    # Changed in the database, so that the server does not end the invitation: as if it had been written at the same
    # moment.
    oidc_server.change("UPDATE operator SET role = 'operator' WHERE id = ?", anna.id)
    assert code_of(await finish(world, nora, back)) == "ticket_gone"
    assert code_of(await begin_join(world, world.stranger(), secret)) == "ticket_gone"
    assert oidc_server.rows("SELECT COUNT(*) FROM operator WHERE email = ?", email) == [(0,)]


@pytest.mark.parametrize("changed", [{"code": "forged"}, {"iss": "https://another.example"}])
async def test_forged_code_or_issuer_is_refused_and_not_logged(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit, changed: dict[str, str]
) -> None:
    world = open_world(oidc_server)
    await connect(world, visit, await world.new_operator(OLGA), "olga")
    person = world.stranger()
    back = await visit.sign_in(await begin(world, person), "olga", world.server.address)
    refused = await finish(world, person, back, **changed)
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:crumbless:problem:provider_refused")
    log = oidc_server.log()
    assert [secret for secret in (back["code"], back["state"], CLIENT_SECRET) if secret in log] == []


async def test_sign_in_methods_name_the_providers_and_no_secret(
    oidc_server: ServerProcess, open_world: OpenWorld
) -> None:
    world = open_world(oidc_server)
    methods: Any = (await ask(world.http, world.stranger(), "GET", "/v1/desk/sign-in/methods")).json()
    assert methods == {"providers": [{"id": "own", "name": "Own"}]}


async def test_unreachable_provider_is_reported(start_server: StartServer, open_world: OpenWorld) -> None:
    provider = {"id": "own", "name": "Own", "issuer": "http://127.0.0.1:9", "client_id": "c"}
    world = open_world(start_server(oidc_providers=json.dumps([provider])))
    answer = await ask(world.http, world.stranger(), "POST", "/v1/desk/sign-in/oidc/start", {"provider": "own"})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:crumbless:problem:provider_away")
    unknown = await ask(world.http, world.stranger(), "POST", "/v1/desk/sign-in/oidc/start", {"provider": "other"})
    assert unknown.status_code == 404


async def owner_at_the_provider(world: World, visit: ProviderVisit, account: str) -> Person:
    """Return an operator who signed in at the provider, and recently again for a step-up."""
    owner = world.stranger()
    await signed_in(world, await arrive(world, visit, account, owner), owner)
    back = await visit.sign_in(await begin(world, owner, "/v1/desk/step-up/oidc/start"), account, world.server.address)
    shown = await finish(world, owner, back, "/v1/desk/step-up/oidc/finish")
    assert shown.status_code == 204, shown.text
    return owner


async def test_provider_only_policy_needs_an_owner_signed_in_at_the_provider_and_ends_other_sessions(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit, issuer: str
) -> None:
    world = open_world(oidc_server)
    path, policy = "/v1/desk/account-policy", {"provider_only": True, "session_hours": None, "idle_minutes": None}
    policy |= {"second_factor_from": None}
    olga, otto = await world.new_operator(OLGA), await world.new_operator(OTTO)
    await connect(world, visit, olga, "olga")
    shut_out = await ask(world.http, olga, "POST", path, policy)
    assert (shut_out.status_code, code_of(shut_out)) == (400, "invalid")
    assert (await world.sign_in(OTTO)).status_code == 200, "the premise: passwords are accepted until then"

    owner = await owner_at_the_provider(world, visit, "olga")
    changed = await ask(world.http, owner, "POST", path, policy)
    assert changed.status_code == 204, changed.text
    statuses = [(await ask(world.http, one, "GET", "/v1/desk/me")).status_code for one in (olga, otto, owner)]
    assert statuses == [401, 401, 200]
    assert code_of(await world.sign_in(OTTO)) == "provider_only"
    removed = await ask(
        world.http, owner, "POST", "/v1/desk/me/oidc-accounts/remove", {"issuer": issuer, "subject": "olga"}
    )
    assert code_of(removed) == "provider_only"
    assert (await arrive(world, visit, "olga")).status_code == 200


async def test_provider_fulfils_a_required_second_factor(
    oidc_server: ServerProcess, open_world: OpenWorld, visit: ProviderVisit
) -> None:
    world = open_world(oidc_server)
    await connect(world, visit, await world.new_operator(OLGA), "olga")
    owner = await owner_at_the_provider(world, visit, "olga")
    policy = {"provider_only": False, "session_hours": None, "idle_minutes": None, "second_factor_from": 1}
    changed = await ask(world.http, owner, "POST", "/v1/desk/account-policy", policy)
    assert changed.status_code == 204, changed.text
    assert (await world.sign_in(OTTO)).json()["only_sets_up"] is True, "the premise: passwords need it"
    person = world.stranger()
    answer = await arrive(world, visit, "olga", person)
    assert answer.json()["only_sets_up"] is False
    await signed_in(world, answer, person)
    assert (await ask(world.http, person, "GET", "/v1/desk/conversations")).status_code == 200
