"""Every route and stream command, called by every role and by operators of another workspace (threats 25, 28)."""

import re
from typing import Any

import msgspec
import pytest

from crumbless.http.route import Route
from crumbless.routes import ROUTES
from crumbless.security.access import OPERATOR_ROLES, PERMISSIONS, OperatorRole
from support.client import Person, ask
from support.people import BIKES, OSKAR, TEA, World, new_entry_id
from support.sign_in import code_of, hire

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
GUARDED = [route for route in ROUTES if route.who == "operator" and route.access.permission != "manage_own"]
NAMING = [route for route in ROUTES if route.who == "operator" and "{" in route.path]

BODIES: dict[str, object] = {
    "/v1/desk/people/{person}": {"role": "operator"},
    "/v1/desk/teams/{team}": {"name": "Stolen"},
    "/v1/desk/labels/{label}": {"name": "Stolen", "colour": "#000000"},
    "/v1/desk/sites/{key}": {"name": "Stolen", "origins": []},
    "/v1/desk/me/passkeys/{passkey}/rename": {"name": "Stolen"},
    "/v1/desk/requests/{person_request}/close": {"status": "declined"},
}


async def new_operator_of(world: World, role: OperatorRole) -> Person:
    """Return a newly signed-in operator of this role."""
    return await world.new_operator(hire(world, role.title(), role=role))


@pytest.mark.parametrize("role", OPERATOR_ROLES)
async def test_role_reaches_the_routes_of_its_permissions(world: World, role: OperatorRole) -> None:
    person = await new_operator_of(world, role)
    assert len(GUARDED) > 20
    for route in GUARDED:
        path = re.sub(r"\{\w+\}", ID, route.path)
        body = BODIES.get(route.path, {}) if route.method == "POST" else None
        answer = await ask(world.http, person, route.method, path, body)
        if route.access.permission in PERMISSIONS[role]:
            # 400: allowed, and a field is missing.
            assert answer.status_code in {200, 204, 400, 404}, (route.name, answer.text)
        else:
            assert (answer.status_code, code_of(answer)) == (403, "forbidden"), route.name


@pytest.mark.parametrize("role", OPERATOR_ROLES)
async def test_role_can_send_the_commands_of_its_permissions(world: World, role: OperatorRole) -> None:
    vera, person = await world.visitor(), await new_operator_of(world, role)
    stream = await world.stream(person)
    writes = "send_message" in PERMISSIONS[role]
    first = {"entry": (await world.timeline(vera.conversation))[0]["id"]}
    sent, note, owner = new_entry_id(), new_entry_id(), await world.operator()
    new_label = {"name": new_entry_id(), "colour": "#0e6a5a"}
    label = (await ask(world.http, owner, "POST", "/v1/desk/labels", new_label)).json()["id"]
    for op, fields in (
        ("send", {"id": sent, "text": "Good day"}),
        ("edit", {"entry": sent, "text": "Good day!"}),
        ("react", first | {"reaction": "like", "on": True}),
        ("delete", {"entry": sent}),
        ("note", {"id": note, "text": "For the team"}),
        ("edit_note", {"entry": note, "text": "For the team only"}),
        ("delete_note", {"entry": note}),
        ("assign", {"operator": ""}),
        ("label", {"label": label, "on": True}),
        ("priority", {"priority": "high"}),
        ("snooze", {"until": None}),
        ("wake", {}),
        ("close", {}),
        ("typing", {"on": True}),
        ("seen", {"seq": 1}),
    ):
        entry: dict[str, Any] = {} if op in {"typing", "seen"} else {"id": new_entry_id()} | fields
        await stream.send(op, conversation=vera.conversation, **fields | entry)
        if not writes:
            assert (await stream.until("error"))["code"] == "forbidden", op
        elif entry:
            assert (await stream.until("ack", id=entry["id"]))["conversation"] == vera.conversation
    timeline = await world.timeline(vera.conversation)
    assert len(timeline) == (14 if writes else 1)
    moderator = "moderate_messages" in PERMISSIONS[role]
    await stream.send("delete", id=(name := new_entry_id()), conversation=vera.conversation, **first)
    answer = await stream.until("ack" if moderator else "error", id=name)
    assert moderator or answer["code"] == "forbidden"


async def things_of_bikes(world: World) -> dict[str, str]:
    """Return IDs of another workspace, by the names of path parameters."""
    oskar = await world.new_operator(OSKAR)
    victor = await world.visitor(shop=BIKES)
    team = await ask(world.http, oskar, "POST", "/v1/desk/teams", {"name": f"Bikes {new_entry_id()}"})
    new_label = {"name": new_entry_id(), "colour": "#0e6a5a"}
    label = await ask(world.http, oskar, "POST", "/v1/desk/labels", new_label)
    invited = {"email": f"{new_entry_id()}@bikes.example", "role": "operator"}
    assert (await ask(world.http, oskar, "POST", "/v1/desk/people/invite", invited)).status_code == 204
    people = (await ask(world.http, oskar, "GET", "/v1/desk/people")).json()
    sessions = (await ask(world.http, oskar, "GET", "/v1/desk/me/security")).json()["sessions"]
    return {
        "person": oskar.id,
        "conversation": victor.conversation,
        "team": team.json()["id"],
        "label": label.json()["id"],
        "invitation": people["invitations"][0]["id"],
        "key": BIKES.key,
        "session": sessions[0]["id"],
    }


async def test_ids_of_another_workspace_are_not_found(world: World) -> None:
    """Threat 25: 404 for each, never 403, for every role, and nothing changes."""
    theirs = await things_of_bikes(world)
    before = await state_of_bikes(world)
    for role in OPERATOR_ROLES:
        person = await new_operator_of(world, role)
        asked = [route for route in NAMING if route.access.permission in PERMISSIONS[role]]
        for route in asked:
            path = re.sub(r"\{(\w+)\}", lambda found: theirs.get(found[1], ID), route.path)
            body = BODIES.get(route.path, {}) if route.method == "POST" else None
            answer = await ask(world.http, person, route.method, path, body)
            # 400: a body that this test does not know. The next test names the routes that read bodies.
            assert answer.status_code in {404, 400}, (role, route.name, answer.text)
            assert answer.status_code == 404 or route.path not in BODIES, route.name
    assert await state_of_bikes(world) == before


async def state_of_bikes(world: World) -> list[dict[str, Any]]:
    oskar = await world.operator(OSKAR)
    paths = ("people", "sites", "workspace")
    state = [(await ask(world.http, oskar, "GET", f"/v1/desk/{path}")).json() for path in paths]
    for person in state[0]["people"]:
        person.pop("last_seen_at")
    return state


TAKING = [route for route in ROUTES if route.signature.takes not in {None, bytes}]


def test_many_routes_take_a_body() -> None:
    assert len(TAKING) > 40


@pytest.mark.parametrize("route", TAKING, ids=lambda route: route.name)
def test_no_route_takes_unknown_fields(route: Route) -> None:
    """Threat 28, in the types. The next test checks a server."""
    wanted: type[msgspec.Struct] = route.signature.takes
    assert wanted.__struct_config__.forbid_unknown_fields


async def test_role_or_workspace_in_a_body_is_refused(world: World) -> None:
    """Threat 28."""
    nora = await new_operator_of(world, "admin")
    bodies: dict[str, dict[str, object]] = {
        "/v1/desk/me": {"name": "Nora", "languages": []},
        "/v1/desk/sites": {"name": "Tea", "origins": [TEA.origin]},
        "/v1/desk/workspace": {"name": "Tea"},
        "/v1/desk/teams": {"name": f"Team {new_entry_id()}"},
    }
    extra: list[dict[str, object]] = [{"role": "owner"}, {"workspace": 2}, {"workspace_id": 2}, {"author": "x"}]
    for path, body in bodies.items():
        for slipped in extra:
            answer = await ask(world.http, nora, "POST", path, body | slipped)
            assert (answer.status_code, code_of(answer)) == (400, "invalid"), (path, slipped)
    assert (await ask(world.http, nora, "GET", "/v1/desk/me")).json()["role"] == "admin"
