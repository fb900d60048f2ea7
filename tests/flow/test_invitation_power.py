"""An invitation ends when its sender loses the right to send it (L-3)."""

import pytest

from crumbless.security.access import OperatorRole
from support.client import Person, ask
from support.invitations import invite
from support.people import World
from support.sign_in import NamedWorld, code_of, hire, post
from support.software_authenticator import SoftwareAuthenticator

PASSWORD = "a violet kettle sings"
INVITED: tuple[OperatorRole, ...] = ("owner", "admin", "operator", "analyst")

DEMOTIONS: dict[tuple[OperatorRole, OperatorRole], set[str]] = {
    ("owner", "admin"): {"owner"},
    ("owner", "operator"): {*INVITED},
    ("admin", "analyst"): {*INVITED},
    ("admin", "owner"): set(),
}
"""Old role, new role, and the roles of the invitations that end with the change."""


async def status_of(world: World, secret: str) -> int:
    answer = await ask(world.http, world.stranger(), "POST", "/v1/invitations/read", {"secret": secret})
    return answer.status_code


async def accept(world: World, secret: str) -> int:
    body = {"secret": secret, "name": "Nora", "password": PASSWORD}
    return (await ask(world.http, world.stranger(), "POST", "/v1/invitations/accept", body)).status_code


@pytest.mark.parametrize(("before", "after"), DEMOTIONS)
async def test_demotion_ends_invitations_that_the_new_role_cannot_send(
    world: World, before: OperatorRole, after: OperatorRole
) -> None:
    owner = await world.new_operator(hire(world, "Oda"))
    anna = await world.new_operator(hire(world, "Anna", role=before))
    sent = {role: invite(world.server, role=role, inviter=anna.id) for role in INVITED if role != "owner"}
    if before == "owner" or after == "owner":
        sent["owner"] = invite(world.server, role="owner", inviter=anna.id if before == "owner" else owner.id)
    _, others = invite(world.server, role="admin", inviter=owner.id)
    assert {await status_of(world, secret) for _, secret in sent.values()} == {200}, "the premise"
    answer = await ask(world.http, owner, "POST", f"/v1/desk/people/{anna.id}", {"role": after})
    assert answer.status_code == 204, answer.text
    ended = DEMOTIONS[before, after]
    assert {role: await status_of(world, secret) for role, (_, secret) in sent.items()} == {
        role: 410 if role in ended else 200 for role in sent
    }
    assert await status_of(world, others) == 200
    listed = (await ask(world.http, owner, "GET", "/v1/desk/people")).json()["invitations"]
    left = {one["email"] for one in listed}
    assert {role for role, (email, _) in sent.items() if email not in left} == ended & {*sent}


STATES = {
    "demoted": "UPDATE operator SET role = 'operator' WHERE id = ?",
    "disabled": "UPDATE operator SET status = 'disabled' WHERE id = ?",
    "no owner any more": "UPDATE operator SET role = 'admin' WHERE id = ?",
}
"""Changed in the database, so that the server does not end the invitation: as if it had been written at the same
moment."""


@pytest.mark.parametrize("state", STATES)
async def test_invitation_of_a_sender_who_may_not_send_it_is_not_accepted(world: World, state: str) -> None:
    anna = await world.new_operator(hire(world, "Anna"))
    role: OperatorRole = "owner" if state == "no owner any more" else "operator"
    (_, good), (email, escaped) = [invite(world.server, role=role, inviter=anna.id) for _ in range(2)]
    assert await accept(world, good) == 200, "the premise"
    assert await status_of(world, escaped) == 200
    world.server.change(STATES[state], anna.id)
    assert await status_of(world, escaped) == 410
    assert await accept(world, escaped) == 410
    assert world.server.rows("SELECT COUNT(*) FROM operator WHERE email = ?", email) == [(0,)]


async def test_passkey_is_refused_if_the_sender_of_the_invitation_was_demoted_meanwhile(named: NamedWorld) -> None:
    anna = await named.new_operator(hire(named, "Anna"))
    begun = [await begin_passkey(named, invite(named.server, inviter=anna.id)[1]) for _ in range(2)]
    assert (await post(named, begun[0][0], "/v1/invitations/passkey", begun[0][1])).status_code == 200, "the premise"
    named.server.change(STATES["demoted"], anna.id)
    refused = await post(named, begun[1][0], "/v1/invitations/passkey", begun[1][1])
    assert (refused.status_code, code_of(refused)) == (410, "ticket_gone")


async def begin_passkey(world: NamedWorld, secret: str) -> tuple[Person, dict[str, object]]:
    """Create a passkey for the invitation. Return the invited caller and the request that joins."""
    person = world.stranger()
    wanted = {"secret": secret, "name": "Nora", "languages": ["fr"]}
    asked = await post(world, person, "/v1/invitations/passkey/options", wanted)
    assert asked.status_code == 200, asked.text
    device = SoftwareAuthenticator(person.address, "localhost")
    return person, {
        "one_time_token": asked.json()["one_time_token"],
        "credential": device.create(asked.json()["options"]),
    }


async def test_resent_invitation_belongs_to_the_admin_who_resent_it(world: World) -> None:
    owner = await world.new_operator(hire(world, "Oda"))
    anna = await world.new_operator(hire(world, "Anna", role="admin"))
    email, _ = invite(world.server, inviter=anna.id)
    ((invitation,),) = world.server.rows("SELECT id FROM invitation WHERE email = ?", email)
    assert (await post(world, owner, f"/v1/desk/invitations/{invitation}/resend")).status_code == 204
    assert (await post(world, owner, f"/v1/desk/people/{anna.id}", {"role": "operator"})).status_code == 204
    listed = (await ask(world.http, owner, "GET", "/v1/desk/people")).json()["invitations"]
    assert [one["invited_by"] for one in listed if one["email"] == email] == ["Oda"]
