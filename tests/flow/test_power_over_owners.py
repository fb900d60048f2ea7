"""An admin cannot change an owner through any route that manages operators (N-7, N-8)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from crumbless.routes import ROUTES
from crumbless.security.access import OperatorRole
from support.client import Person, ask
from support.invitations import invite
from support.people import World, new_entry_id
from support.sign_in import code_of, hire


@dataclass
class Target:
    """The target of an action: an operator of a role, an invitation with that role, and teams with and without them."""

    role: OperatorRole
    id: str
    invited: str
    invitation: str
    inside: str
    outside: str


async def target(world: World, owner: Person, role: OperatorRole) -> Target:
    """Return a new target, because other tests share the workspace."""
    ((person,),) = world.server.rows("SELECT id FROM operator WHERE email = ?", hire(world, "Tara", role=role).email)
    invited, _ = invite(world.server, role=role)
    ((invitation,),) = world.server.rows("SELECT id FROM invitation WHERE email = ?", invited)
    teams: list[str] = []
    for members in ([person], []):
        made = await ask(world.http, owner, "POST", "/v1/desk/teams", {"name": new_entry_id(), "members": members})
        assert made.status_code == 200, made.text
        teams.append(made.json()["id"])
    return Target(role, person, invited, invitation, *teams)


Act = Callable[[Target], tuple[str, dict[str, Any]]]
"""Return the path and the body of a request about the target."""

ACTS: dict[str, list[Act]] = {
    "POST /v1/desk/people/invite": [
        lambda one: ("people/invite", {"email": f"{new_entry_id()}@tea.example", "role": one.role}),
        lambda one: ("people/invite", {"email": one.invited, "role": "analyst"}),
        lambda one: ("people/invite", {"email": one.invited.upper(), "role": "analyst"}),
    ],
    "POST /v1/desk/people/{person}": [
        lambda one: (f"people/{one.id}", {"role": "analyst"}),
        lambda one: (f"people/{one.id}", {"teams": [one.outside]}),
        lambda one: (f"people/{one.id}", {"teams": []}),
    ],
    "POST /v1/desk/people/{person}/disable": [lambda one: (f"people/{one.id}/disable", {})],
    "POST /v1/desk/people/{person}/anonymise": [lambda one: (f"people/{one.id}/anonymise", {})],
    "POST /v1/desk/people/{person}/enable": [lambda one: (f"people/{one.id}/enable", {})],
    "POST /v1/desk/people/{person}/end-sessions": [lambda one: (f"people/{one.id}/end-sessions", {})],
    "POST /v1/desk/invitations/{invitation}/resend": [lambda one: (f"invitations/{one.invitation}/resend", {})],
    "POST /v1/desk/invitations/{invitation}/revoke": [lambda one: (f"invitations/{one.invitation}/revoke", {})],
    "POST /v1/desk/teams": [lambda one: ("teams", {"name": new_entry_id(), "members": [one.id]})],
    "POST /v1/desk/teams/{team}": [
        lambda one: (f"teams/{one.outside}", {"name": new_entry_id(), "members": [one.id]}),
        lambda one: (f"teams/{one.inside}", {"name": new_entry_id(), "members": []}),
    ],
    "POST /v1/desk/teams/{team}/remove": [lambda one: (f"teams/{one.inside}/remove", {})],
}

CASES = [(f"{name} {number}", act) for name, acts in ACTS.items() for number, act in enumerate(acts)]


READS = {"GET /v1/desk/people/{person}/handover"}


def test_every_route_that_manages_people_is_listed() -> None:
    assert {route.name for route in ROUTES if route.access.permission == "manage_people"} == {*ACTS, *READS}


async def state_of(world: World, owner: Person) -> tuple[Any, ...]:
    """Return all rows that these routes change."""
    people = (await ask(world.http, owner, "GET", "/v1/desk/people")).json()
    for person in people["people"]:
        person.pop("last_seen_at")
    tables = (
        "SELECT id, ended_at FROM session WHERE operator_id IS NOT NULL ORDER BY id",
        "SELECT id, expires_at, revoked_at FROM invitation ORDER BY id",
        "SELECT id, used_at FROM one_time_token WHERE kind = 'invitation' ORDER BY id",
    )
    return people, *(world.server.rows(query) for query in tables)


@pytest_asyncio.fixture
async def cast(world: World) -> tuple[Person, Person]:
    """Return an owner and an admin."""
    return (
        await world.new_operator(hire(world, "Oda")),
        await world.new_operator(hire(world, "Anna", role="admin")),
    )


async def test_admin_changes_nothing_of_an_owner(world: World, cast: tuple[Person, Person]) -> None:
    owner, admin = cast
    asked: tuple[tuple[Person, OperatorRole], ...] = ((admin, "owner"), (admin, "operator"), (owner, "owner"))
    outcomes: dict[str, list[str]] = {}
    for name, act in CASES:
        outcomes[name] = []
        for by, role in asked:
            path, body = act(await target(world, owner, role))
            before = await state_of(world, owner)
            answer = await ask(world.http, by, "POST", f"/v1/desk/{path}", body)
            unchanged = before == await state_of(world, owner)
            outcome = "allowed" if answer.is_success else f"{answer.status_code} {code_of(answer)}"
            outcomes[name].append(f"{outcome}, unchanged" if unchanged and not answer.is_success else outcome)
    # The premise: an admin is allowed to do it to an operator, and an owner to an owner.
    assert outcomes == {name: ["403 forbidden, unchanged", "allowed", "allowed"] for name, _ in CASES}


async def test_admin_changes_a_team_whose_owner_stays(world: World, cast: tuple[Person, Person]) -> None:
    owner, admin = cast
    one = await target(world, owner, "owner")
    nora = await world.new_operator(hire(world, "Nora", role="operator"))
    for members in ([one.id, nora.id], [one.id], None):
        wanted = {"name": new_entry_id(), "members": members}
        answer = await ask(world.http, admin, "POST", f"/v1/desk/teams/{one.inside}", wanted)
        assert answer.status_code == 200, answer.text
    people = (await ask(world.http, owner, "GET", "/v1/desk/people")).json()["people"]
    assert [person["teams"] for person in people if person["id"] == one.id] == [[one.inside]]
