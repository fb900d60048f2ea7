"""The account policy of a workspace applies to every way to sign in, and to sessions that began before it."""

from typing import Any
from uuid import uuid4

import pytest
from pyotp.totp import TOTP

from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS, HOUR_MS
from crumbless.database.database import write_once
from crumbless.people.workspace_store import add_workspace
from crumbless.security.access import OperatorRole
from crumbless.security.account_policy import SET_UP_MS
from crumbless.security.dpop import token_hash
from support.client import Person, StreamOver, ask
from support.invitations import invite
from support.people import Employee
from support.server import environment_of, run_command
from support.sign_in import (
    NamedWorld,
    add_passkey,
    change_session,
    code_of,
    end_of,
    hire,
    post,
    security,
    signed_in,
    use_passkey,
)

pytestmark = pytest.mark.storages("sqlite", "postgres")

POLICY = "/v1/desk/account-policy"
NOTHING: dict[str, object] = {
    "second_factor_from": None,
    "provider_only": False,
    "session_hours": None,
    "idle_minutes": None,
}


@pytest.fixture
def strict(named: NamedWorld) -> NamedWorld:
    """Return Olga and Otto in a separate workspace, because a policy applies to all of its operators."""
    workspace = write_once(named.server.database_url, lambda connection: add_workspace(connection, f"W {uuid4()}"))
    named.olga, named.otto = (hire(named, name, workspace=workspace) for name in ("Olga", "Otto"))
    return named


def workspace_of(world: NamedWorld) -> int:
    ((workspace,),) = world.server.rows("SELECT workspace_id FROM operator WHERE email = ?", world.olga.email)
    return workspace


async def set_policy(world: NamedWorld, owner: Person, **wanted: object) -> None:
    answer = await post(world, owner, POLICY, NOTHING | wanted)
    assert answer.status_code == 204, answer.text


async def read_policy(world: NamedWorld, owner: Person) -> dict[str, Any]:
    answer = await ask(world.http, owner, "GET", POLICY)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def set_up_totp(world: NamedWorld, person: Person) -> TOTP:
    begun = (await post(world, person, "/v1/desk/me/totp/begin")).json()
    app = TOTP(begun["secret"])
    confirm = {"one_time_token": begun["one_time_token"], "code": app.now(), "end_others": False}
    answer = await post(world, person, "/v1/desk/me/totp/confirm", confirm)
    assert answer.status_code == 200, answer.text
    return app


async def owner_with_passkey(world: NamedWorld) -> Person:
    owner = await world.new_operator(world.olga)
    device = await add_passkey(world, owner)
    person = world.stranger()
    return await signed_in(world, await use_passkey(world, device, person), person)


async def reads_inbox(world: NamedWorld, person: Person) -> str:
    """Return the code of the refusal. It is empty if the inbox was read."""
    answer = await ask(world.http, person, "GET", "/v1/desk/conversations")
    return "" if answer.status_code == 200 else code_of(answer)


async def test_password_alone_only_sets_up_a_required_second_factor(strict: NamedWorld) -> None:
    before = await strict.new_operator(strict.otto)
    stream = await strict.stream(before)
    assert await reads_inbox(strict, before) == ""
    owner = await owner_with_passkey(strict)
    # By the server's clock, which on PostgreSQL is not this one: after the sign-in, and not in the future.
    query = "SELECT created_at FROM session WHERE token_hash = ?"
    ((began,),) = strict.server.rows(query, token_hash(before.token or ""))
    await set_policy(strict, owner, second_factor_from=began + 1)
    assert await end_of(stream) == 4401
    assert await reads_inbox(strict, before) == "invalid_token"

    otto = strict.stranger()
    answer = await strict.sign_in(strict.otto, person=otto)
    await signed_in(strict, answer, otto)
    assert answer.json()["only_sets_up"] is True
    # The servers of one PostgreSQL use its clock, which they know to within a round trip.
    assert answer.json()["expires_at"] <= now_ms() + SET_UP_MS + 10_000
    assert await reads_inbox(strict, otto) == "second_factor_needed"
    refused = await strict.raw_stream(otto)
    with pytest.raises(StreamOver) as over:
        await refused.authenticate(await refused.challenged(), 0)
    assert over.value.code == 4401
    # Other account settings and the list of operators are refused too.
    for path in ("/v1/desk/me", "/v1/desk/people/invite", "/v1/desk/me/password", "/v1/desk/me/oidc-accounts/start"):
        assert code_of(await post(strict, otto, path)) == "second_factor_needed", path
    await set_up_totp(strict, otto)
    assert await reads_inbox(strict, otto) == ""
    await strict.stream(otto)
    # From now on the session lasts as long as any other, and the next sign-in requires the code.
    ((factors,),) = strict.server.rows("SELECT factors FROM session WHERE token_hash = ?", token_hash(otto.token or ""))
    assert factors == "password totp"
    assert (await strict.sign_in(strict.otto)).status_code == 202


async def test_passkey_fulfils_a_required_second_factor_and_its_owner_needs_it(strict: NamedWorld) -> None:
    otto = await strict.new_operator(strict.otto)
    device = await add_passkey(strict, otto)
    await set_policy(strict, await owner_with_passkey(strict), second_factor_from=now_ms() - 60_000)
    # A stolen password must not be enough to add another factor beside the passkey.
    answer = await strict.sign_in(strict.otto)
    assert (answer.status_code, code_of(answer)) == (403, "second_factor_needed")
    person = strict.stranger()
    answer = await use_passkey(strict, device, person)
    await signed_in(strict, answer, person)
    assert answer.json()["only_sets_up"] is False
    assert await reads_inbox(strict, person) == ""
    key = (await ask(strict.http, person, "GET", "/v1/desk/me/security")).json()["passkeys"][0]["id"]
    removed = await post(strict, person, f"/v1/desk/me/passkeys/{key}/remove")
    assert code_of(removed) == "second_factor_needed"


async def test_adding_a_passkey_opens_a_session_that_only_sets_up(strict: NamedWorld) -> None:
    await set_policy(strict, await owner_with_passkey(strict), second_factor_from=now_ms() - 60_000)
    otto = strict.stranger()
    await signed_in(strict, await strict.sign_in(strict.otto, person=otto), otto)
    assert await reads_inbox(strict, otto) == "second_factor_needed"
    await add_passkey(strict, otto)
    assert await reads_inbox(strict, otto) == ""


async def test_sessions_are_warned_before_the_date_and_end_on_it(strict: NamedWorld) -> None:
    otto = await strict.new_operator(strict.otto)
    owner = await owner_with_passkey(strict)
    date = now_ms() + DAY_MS
    await set_policy(strict, owner, second_factor_from=date)
    assert await reads_inbox(strict, otto) == ""
    assert (await read_policy(strict, owner))["without_second_factor"] == 1

    async def due(person: Person) -> int:
        stream = await strict.raw_stream(person)
        return (await stream.authenticate(await stream.challenged(), 0)).get("second_factor_from", 0)

    assert (await due(otto), await due(owner)) == (date, 0)
    answer = await strict.sign_in(strict.otto)
    assert (answer.json()["expires_at"], answer.json()["only_sets_up"]) == (date, False)
    await set_up_totp(strict, otto)
    assert await due(otto) == 0
    assert (await read_policy(strict, owner))["without_second_factor"] == 0


async def test_session_length_applies_at_once_to_older_sessions(strict: NamedWorld) -> None:
    old, young = await strict.new_operator(strict.otto), await strict.new_operator(strict.otto)
    change_session(old, strict, f"created_at = created_at - {3 * HOUR_MS}")
    stream = await strict.stream(old)
    assert [await reads_inbox(strict, one) for one in (old, young)] == ["", ""]
    await set_policy(strict, await strict.new_operator(strict.olga), session_hours=2)
    assert await end_of(stream) == 4401
    assert [await reads_inbox(strict, one) for one in (old, young)] == ["invalid_token", ""]
    change_session(young, strict, f"created_at = created_at - {3 * HOUR_MS}")
    answer = await strict.sign_in(strict.otto, person=(person := strict.stranger()))
    await signed_in(strict, answer, person)
    assert len((await security(strict, person))["sessions"]) == 1, "a session that the policy ended is not listed"
    assert now_ms() + HOUR_MS < answer.json()["expires_at"] <= now_ms() + 2 * HOUR_MS + 10_000


async def test_idle_time_applies_at_once_to_older_sessions(strict: NamedWorld) -> None:
    idle, used = await strict.new_operator(strict.otto), await strict.new_operator(strict.otto)
    for person, minutes in ((idle, 21), (used, 19)):
        change_session(person, strict, f"last_seen_at = last_seen_at - {minutes * 60_000}")
    await set_policy(strict, await strict.new_operator(strict.olga), idle_minutes=20)
    assert [await reads_inbox(strict, one) for one in (idle, used)] == ["invalid_token", ""]


async def test_provider_only_refuses_every_other_sign_in_method(strict: NamedWorld) -> None:
    otto = await strict.new_operator(strict.otto)
    device = await add_passkey(strict, otto)
    printed = run_command("operator", "reset", strict.otto.email, environment=environment_of(strict.server.storage))
    secret = printed.stdout.partition("#reset=")[2].strip()
    owner = await strict.new_operator(strict.olga)
    pending, workspace = strict.stranger(), workspace_of(strict)
    _, invitation = invite(strict.server, workspace=workspace)
    joining = {"secret": invitation, "name": "Nina", "password": "another good password"}
    # As test_oidc.py does over the API, which needs a provider.
    strict.server.change(
        "INSERT INTO account_policy (workspace_id, provider_only, changed_at) VALUES (?, 1, 1)", workspace
    )
    strict.server.change("UPDATE operator SET changed_at = ? WHERE workspace_id = ?", now_ms(), workspace)
    strict.server.change("UPDATE session SET factors = 'oidc' WHERE operator_id = ?", owner.id)

    async def is_out() -> bool:
        return await reads_inbox(strict, otto) == "invalid_token"

    await strict.eventually(is_out)
    person = strict.stranger()
    refused = [
        await strict.sign_in(strict.otto),
        await use_passkey(strict, device, person),
        await post(strict, person, "/v1/reset", {"secret": secret, "password": "another good password"}),
        await post(strict, pending, "/v1/invitations/accept", joining),
        await post(strict, owner, "/v1/desk/step-up", {"password": strict.olga.password}),
    ]
    assert [(answer.status_code, code_of(answer)) for answer in refused] == [(403, "provider_only")] * 5
    assert await reads_inbox(strict, owner) == ""

    # The administrator of the server can still sign operators in.
    removed = run_command(
        "workspace", "remove-policy", str(workspace), environment=environment_of(strict.server.storage)
    )
    assert removed.returncode == 0, removed.stderr
    assert (await strict.sign_in(strict.otto)).status_code == 200
    accepted = await post(strict, pending, "/v1/invitations/accept", joining)
    assert accepted.status_code == 200, accepted.text


@pytest.mark.storages("sqlite")
async def test_policy_that_would_lock_out_its_author_is_refused(strict: NamedWorld) -> None:
    owner = await strict.new_operator(strict.olga)
    policies: list[dict[str, object]] = [{"second_factor_from": now_ms() - 60_000}, {"provider_only": True}]
    for wanted in policies:
        answer = await post(strict, owner, POLICY, NOTHING | wanted)
        assert (answer.status_code, code_of(answer)) == (400, "invalid"), wanted
        assert "first" in answer.json()["detail"]
    assert {name: (await read_policy(strict, owner))[name] for name in NOTHING} == NOTHING


@pytest.mark.storages("sqlite")
async def test_policy_outside_the_settings_is_refused(strict: NamedWorld) -> None:
    owner = await strict.new_operator(strict.olga)
    view = await read_policy(strict, owner)
    assert (view["longest_session_hours"], view["longest_idle_minutes"]) == (30 * 24, 7 * 24 * 60)
    outside: list[dict[str, object]] = [
        {"session_hours": 0},
        {"session_hours": 721},
        {"idle_minutes": 14},
        {"idle_minutes": 10_081},
        {"second_factor_from": -1},
        {"second_factor_from": 2**60},
    ]
    for wanted in outside:
        assert code_of(await post(strict, owner, POLICY, NOTHING | wanted)) == "invalid", wanted
    await set_policy(strict, owner, session_hours=720, idle_minutes=15)
    (row,) = strict.server.rows(
        "SELECT details FROM audit_log WHERE action = 'account_policy_changed' AND workspace_id = ?",
        workspace_of(strict),
    )
    assert "720" in str(row)


@pytest.mark.storages("sqlite")
async def test_policy_needs_the_permission_a_recent_authentication_and_its_own_workspace(strict: NamedWorld) -> None:
    roles: tuple[OperatorRole, ...] = ("operator", "analyst")
    for role in roles:
        person = await strict.new_operator(hire(strict, role=role, workspace=workspace_of(strict)))
        assert code_of(await ask(strict.http, person, "GET", POLICY)) == "forbidden"
        assert code_of(await post(strict, person, POLICY, NOTHING)) == "forbidden"
    stale = await strict.new_operator(strict.olga)
    change_session(stale, strict, "authenticated_at = 1")
    assert code_of(await post(strict, stale, POLICY, NOTHING)) == "step_up"
    foreign_owner: Employee = hire(strict, workspace=2)
    person = await strict.new_operator(foreign_owner)
    await set_policy(
        strict, await strict.new_operator(hire(strict, role="admin", workspace=workspace_of(strict))), session_hours=1
    )
    assert (await read_policy(strict, person))["session_hours"] is None
