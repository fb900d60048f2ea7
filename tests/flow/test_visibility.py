"""An operator with a list of sites and teams: other things are answered as if they did not exist (threats 102, 103).

The routes, commands and frames come from their tables, so a new one fails here until it is covered.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import pytest_asyncio

from crumbless.http.route import Route
from crumbless.protocol.frames import AnyServerFrame
from crumbless.realtime.command import Command, EntryCommand
from crumbless.routes import ROUTES
from crumbless.security.access import PERMISSIONS, OperatorRole, Visibility
from crumbless.stream.commands import COMMANDS
from support.client import Person, Stream, ask
from support.command_targets import VALUES, fields_of, prepare
from support.people import BIKES, TEA, Shop, World, new_entry_id, say
from support.server import ServerProcess
from support.sign_in import code_of, hire
from support.storage import Storage
from support.vouching import add_key, retire_keys

pytestmark = pytest.mark.storages("sqlite", "postgres")

PROGRAM = Path(__file__).parents[1] / "support" / "wider_operators.py"
CONFINED = {Visibility.CONVERSATION, Visibility.SITE, Visibility.TEAM}
ROWS = [route for route in ROUTES if route.access.visibility in CONFINED]
NAMING = [route for route in ROWS if route.parameters]

NOWHERE = {
    "conversation": "01890a5d-ac96-774b-bcce-b302099a8057",
    "team": "01890a5d-ac96-774b-bcce-b302099a8057",
    "key": "no-such-site",
}
"""IDs of things that do not exist."""

BODIES: dict[str, object] = {
    "POST /v1/desk/teams/{team}": {"name": "Changed"},
    "POST /v1/desk/sites/{key}": {"name": "Tea", "origins": [TEA.origin]},
    "POST /v1/desk/sites/{key}/identity": {"mode": "optional"},
    "POST /v1/desk/sites/{key}/identity/keys": {"algorithm": "HS256"},
}

LISTING = {
    "GET /v1/desk/conversations": "test_lists_contain_only_what_is_visible",
    "GET /v1/desk/sites": "test_lists_contain_only_what_is_visible",
    "POST /v1/desk/bans": "test_visitor_of_a_hidden_conversation_cannot_be_banned",
    # They take no ID of an existing thing.
    "POST /v1/desk/sites": "",
    "POST /v1/desk/teams": "",
}
"""The other routes, and the test of each."""


@dataclass
class Office:
    """A workspace with two sites. `inside` sees the site of `vera` and `team`, `outside` sees the site of `victor`."""

    world: World
    owner: Person
    inside: Person
    outside: Person
    other_site: Shop
    team: str
    vera: Person
    victor: Person

    async def post(self, path: str, body: object, by: Person | None = None) -> httpx.Response:
        return await ask(self.world.http, by or self.owner, "POST", f"/v1/desk/{path}", body)

    async def get(self, path: str, by: Person) -> httpx.Response:
        return await ask(self.world.http, by, "GET", f"/v1/desk/{path}")

    async def limit(self, person: Person, *shops: Shop, teams: tuple[str, ...] = ()) -> None:
        """Give the operator this list."""
        scope = {"everything": False, "sites": [shop.key for shop in shops], "teams": [*teams]}
        answer = await self.post(f"people/{person.id}", {"scope": scope})
        assert answer.status_code == 204, answer.text


@pytest.fixture(scope="module")
def own_server(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start a server on which an operator with a list may manage sites and teams."""
    database = storage.new_database(tmp_path_factory.mktemp("visibility"))
    server = ServerProcess(database, program=[str(PROGRAM)], **storage.settings)
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log()


async def sign_in_people(world: World) -> list[Person]:
    """Return an owner and two operators, whom no other test knows."""
    roles: list[tuple[str, OperatorRole]] = [("Oda", "owner"), ("Ina", "operator"), ("Otis", "operator")]
    return [await world.new_operator(hire(world, name, role=role)) for name, role in roles]


async def open_office(world: World, people: list[Person]) -> Office:
    """Return these people in an office with a new site, team and visitors."""
    owner, inside, outside = people
    # A test before has planned the deletion of the site, which is closed for visitors since.
    world.server.change("UPDATE site SET delete_at = NULL")
    origin = f"https://{new_entry_id()}.example"
    made = await ask(world.http, owner, "POST", "/v1/desk/sites", {"name": "Other", "origins": [origin]})
    other_site = Shop(made.json()["key"], origin, "Tea")
    team = await ask(world.http, owner, "POST", "/v1/desk/teams", {"name": new_entry_id()})
    vera, victor = await world.visitor(), await world.visitor(shop=other_site)
    found = Office(world, owner, inside, outside, other_site, team.json()["id"], vera, victor)
    await found.limit(inside, TEA, teams=(found.team,))
    await found.limit(outside, other_site)
    return found


@pytest_asyncio.fixture
async def office(own_server: ServerProcess, open_world: Callable[[ServerProcess], World]) -> Office:
    """Return an office whose people are the same for all tests: hashing passwords takes longer than a test."""
    world = open_world(own_server)
    if "office" not in own_server.tokens:
        own_server.tokens["office"] = await sign_in_people(world)
    return await open_office(world, own_server.tokens["office"])


@pytest_asyncio.fixture
async def new_office(own_server: ServerProcess, open_world: Callable[[ServerProcess], World]) -> Office:
    """Return an office with new people."""
    world = open_world(own_server)
    return await open_office(world, await sign_in_people(world))


def test_every_row_that_names_a_conversation_site_or_team_is_covered() -> None:
    assert {name for route in NAMING for name in route.parameters} == {*NOWHERE, "kid"}
    assert {route.name for route in ROWS} - {route.name for route in NAMING} == {*LISTING}
    assert {*LISTING.values()} - {""} <= {*globals()}
    assert {route.name for route in NAMING} >= {*BODIES}
    assert len(NAMING) >= 10


async def values_of(route: Route, office: Office) -> dict[str, str]:
    """Return IDs of things that `inside` sees and `outside` does not."""
    values = {"conversation": office.vera.conversation, "team": office.team, "key": TEA.key}
    if route.path.endswith("/undo-delete"):
        office.world.server.change("UPDATE site SET delete_at = ? WHERE key = ?", 2**50, TEA.key)
    if "kid" in route.parameters:
        await retire_keys(office.world, office.owner)
        values["kid"] = (await add_key(office.world, office.owner)).kid
    return values


async def request(route: Route, by: Person, office: Office, values: dict[str, str]) -> httpx.Response:
    path = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], route.path)
    body = BODIES.get(route.name, {}) if route.method == "POST" else None
    return await ask(office.world.http, by, route.method, path, body)


TABLES = ("team", "site", "identity_key", "conversation")


def state_of(office: Office) -> list[list[tuple[Any, ...]]]:
    return [office.world.server.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES]


@pytest.mark.storages("sqlite")
@pytest.mark.parametrize("route", NAMING, ids=lambda route: route.name)
async def test_hidden_things_are_answered_as_if_they_did_not_exist(office: Office, route: Route) -> None:
    values = await values_of(route, office)
    before = state_of(office)
    hidden = await request(route, office.outside, office, values)
    missing = await request(route, office.outside, office, values | NOWHERE)
    assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json())
    assert (hidden.status_code, code_of(hidden)) == (404, "not_found")
    assert state_of(office) == before
    seen = await request(route, office.inside, office, values)
    assert seen.is_success, f"the premise: {seen.text}"


async def test_lists_contain_only_what_is_visible(office: Office) -> None:
    conversations, sites = {}, {}
    for person in (office.owner, office.inside, office.outside):
        rows = (await office.get("conversations?limit=100", person)).json()["conversations"]
        conversations[person.id] = {row["id"] for row in rows} & {office.vera.conversation, office.victor.conversation}
        sites[person.id] = {site["key"] for site in (await office.get("sites", person)).json()["sites"]}
    assert conversations == {
        office.owner.id: {office.vera.conversation, office.victor.conversation},
        office.inside.id: {office.vera.conversation},
        office.outside.id: {office.victor.conversation},
    }
    assert sites[office.owner.id] >= {TEA.key, office.other_site.key}
    assert (sites[office.inside.id], sites[office.outside.id]) == ({TEA.key}, {office.other_site.key})


async def test_conversation_of_a_listed_team_is_visible_on_any_site(office: Office) -> None:
    path = f"conversations/{office.victor.conversation}/entries"
    assert (await office.get(path, office.inside)).status_code == 404, "the premise"
    office.world.server.change(
        "UPDATE conversation SET team_id = ? WHERE id = ?", office.team, office.victor.conversation
    )
    assert (await office.get(path, office.inside)).status_code == 200
    desk = await office.world.stream(office.inside)
    assert (await say(desk, "Hello", conversation=office.victor.conversation))["op"] == "ack"
    visitor = await office.world.stream(office.victor)
    await visitor.send("typing", conversation=office.victor.conversation, on=True)
    await desk.until("typing", conversation=office.victor.conversation)
    await say(visitor, "For the team")
    await desk.until_entry(text="For the team")


async def test_visitor_of_a_hidden_conversation_cannot_be_banned(office: Office) -> None:
    ban = {"days": 1}
    hidden = await office.post("bans", ban | {"conversation": office.vera.conversation}, office.outside)
    missing = await office.post("bans", ban | {"conversation": NOWHERE["conversation"]}, office.outside)
    assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json())
    assert code_of(hidden) == "unknown_conversation"
    office.world.server.change("UPDATE visitor SET network_hash = NULL WHERE id = ?", office.vera.id)
    allowed = await office.post("bans", ban | {"conversation": office.vera.conversation}, office.inside)
    assert allowed.status_code == 201, "the premise"
    for one in allowed.json()["bans"]:
        await office.post(f"bans/{one['id']}/lift", {})


OPERATOR_COMMANDS = [row for row in COMMANDS if row.permission in PERMISSIONS["operator"]]


async def send(stream: Stream, command: Command, conversation: str, targets: dict[str, object]) -> str:
    """Send the command's frame. Return its ID."""
    values = VALUES | targets
    fields = fields_of(command)
    assert fields <= {*values}, "give the new field a value"
    name = new_entry_id()
    frame = {field: values[field] for field in fields}
    frame |= {"id": name} if isinstance(command, EntryCommand) else {}
    await stream.send(str(command.frame.__struct_config__.tag), conversation=conversation, **frame)
    return name


@pytest.mark.storages("sqlite")
@pytest.mark.parametrize("command", OPERATOR_COMMANDS, ids=lambda row: row.frame.__name__)
async def test_command_to_a_hidden_conversation_is_refused_as_to_an_unknown_one(
    office: Office, command: Command
) -> None:
    visitor, outside = await office.world.stream(office.vera), await office.world.stream(office.outside)
    inside = await office.world.stream(office.inside)
    targets, before_it = await prepare(command, inside, office.vera.conversation)
    if "label" in fields_of(command):
        made = await office.post("labels", {"name": new_entry_id(), "colour": "#0e6a5a"})
        targets["label"] = made.json()["id"]
    refusals: list[dict[str, Any]] = []
    for conversation in (office.vera.conversation, NOWHERE["conversation"]):
        name = await send(outside, command, conversation, targets)
        refused = await outside.until("error")
        assert refused.pop("id") in {name, ""}
        refusals.append(refused)
    assert refusals[0] == refusals[1]
    assert refusals[0]["code"] == "unknown_conversation"
    await visitor.settled()
    before = len(visitor.heard)
    name = await send(inside, command, office.vera.conversation, targets)
    if isinstance(command, EntryCommand):
        ack = await inside.until("ack", id=name)
        assert ack["seq"] == 2 + before_it, "the refused command stored no entry"
    else:
        await visitor.until(str(command.frame.__struct_config__.tag), conversation=office.vera.conversation)
        by_inside = [frame for frame in visitor.heard[before:] if frame["op"] in {"typing", "seen"}]
        assert len(by_inside) == 1, "the premise"
    assert not [frame for frame in visitor.heard[:before] if frame["op"] in {"typing", "seen"}]


ABOUT_CONVERSATIONS = {"entries", "typing", "seen"}
# `summary`: sent to visitors only.
OTHERS = {"summary", "challenge", "welcome", "ack", "disk", "error", "pong", "end"}


def test_every_frame_is_covered() -> None:
    assert {str(frame.__struct_config__.tag) for frame in get_args(AnyServerFrame)} == ABOUT_CONVERSATIONS | OTHERS


async def send_all_frames(office: Office, visitor: Person, witness: Stream) -> None:
    """Send one frame of each kind about the visitor's conversation. Return once the witness has received all."""
    stream = await office.world.stream(visitor)
    await stream.send("typing", conversation=visitor.conversation, on=True)
    await witness.until("typing", conversation=visitor.conversation)
    await stream.send("seen", conversation=visitor.conversation, seq=1)
    await witness.until("seen", conversation=visitor.conversation)
    await say(stream, f"By {visitor.id}")
    await witness.until_entry(text=f"By {visitor.id}")


def frames_about(stream: Stream, visitor: Person) -> set[str]:
    """Return the kinds of frames that name the visitor's conversation or the visitor."""
    ids = (visitor.conversation, visitor.id)
    return {frame["op"] for frame in stream.heard if any(one in json.dumps(frame) for one in ids)}


async def test_streams_send_only_what_is_visible(office: Office) -> None:
    outside = await office.world.stream(office.outside)
    for visitor in (office.vera, office.victor):
        witness = await office.world.stream(office.owner)
        await send_all_frames(office, visitor, witness)
        assert frames_about(witness, visitor) == ABOUT_CONVERSATIONS, "the premise"
    await outside.settled()
    # The same from the database: entries after a position, and the seen marks that moved since.
    again = await office.world.stream(office.outside)
    await again.until_entry(text=f"By {office.victor.id}")
    await again.until("seen", conversation=office.victor.conversation)
    await again.settled()
    assert frames_about(outside, office.victor) == ABOUT_CONVERSATIONS, "the premise"
    assert frames_about(again, office.victor) == {"entries", "seen"}, "the premise"
    assert frames_about(outside, office.vera) == frames_about(again, office.vera) == set()


async def test_welcome_reports_whether_positions_have_gaps(office: Office) -> None:
    for person, complete in ((office.owner, True), (office.outside, False)):
        stream = await office.world.raw_stream(person)
        welcome = await stream.authenticate(await stream.challenged(), None)
        assert welcome["complete"] is complete
        assert (welcome["operator"].get("scope", 0) == 0) is complete


async def test_changed_list_ends_the_streams_and_applies_at_once(office: Office) -> None:
    stream = await office.world.stream(office.outside)
    path = f"conversations/{office.vera.conversation}"
    assert (await office.get(path, office.outside)).status_code == 404, "the premise"
    await office.limit(office.outside, TEA)
    assert (await stream.until_over()).code == 1012
    assert (await office.get(path, office.outside)).status_code == 200
    assert (await office.get(f"conversations/{office.victor.conversation}", office.outside)).status_code == 404
    again = await office.world.stream(office.outside)
    await again.until_entry(conversation=office.vera.conversation)
    await again.settled()
    assert frames_about(again, office.victor) == set()
    assert (await office.post(f"people/{office.outside.id}", {"scope": {"everything": True}})).status_code == 204
    assert (await again.until_over()).code == 1012
    for visitor in (office.vera, office.victor):
        assert (await office.get(f"conversations/{visitor.conversation}", office.outside)).status_code == 200


async def test_removed_team_ends_the_streams_of_operators_with_the_team_in_their_list(office: Office) -> None:
    await office.limit(office.inside, teams=(office.team,))
    stream = await office.world.stream(office.inside)
    assert (await office.post(f"teams/{office.team}/remove", {})).status_code == 204
    assert (await stream.until_over()).code == 1012
    assert (await office.get("conversations", office.inside)).json()["conversations"] == []


async def scope_of(office: Office, person: Person) -> dict[str, Any]:
    people = (await office.get("people", office.owner)).json()["people"]
    return next(one["scope"] for one in people if one["id"] == person.id)


@pytest.mark.storages("sqlite")
async def test_list_is_read_set_and_written_to_the_audit_log(new_office: Office) -> None:
    office = new_office
    wanted = {"everything": False, "sites": [TEA.key], "teams": [office.team]}
    assert await scope_of(office, office.inside) == wanted
    assert await scope_of(office, office.owner) == {"everything": True, "sites": [], "teams": []}
    entries = (await office.get("audit?limit=100", office.owner)).json()["records"]
    (entry,) = [one for one in entries if one["action"] == "scope_changed" and one["target_id"] == office.inside.id]
    assert entry["details"] == wanted
    assert (await office.post(f"people/{office.inside.id}", {"teams": []})).status_code == 204
    assert await scope_of(office, office.inside) == wanted, "an omitted field does not change"
    sites = (await office.get("people", office.owner)).json()["sites"]
    assert {"key": office.other_site.key, "name": "Other"} in sites


@pytest.mark.storages("sqlite")
async def test_invalid_list_is_refused(office: Office) -> None:
    before = await scope_of(office, office.inside)
    admin = await office.world.new_operator(hire(office.world, "Ada", role="admin"))
    foreign_owner = await office.world.new_operator(hire(office.world, "Oskar", workspace=2))
    foreign = (await office.post("teams", {"name": new_entry_id()}, foreign_owner)).json()["id"]
    some = {"everything": False, "sites": [TEA.key]}
    for person, body, refusal in (
        (admin, {"scope": some}, (400, "invalid")),
        (office.inside, {"scope": some, "role": "admin"}, (400, "invalid")),
        (office.inside, {"scope": some | {"everything": True}}, (400, "invalid")),
        (office.inside, {"scope": some | {"sites": [BIKES.key]}}, (404, "not_found")),
        (office.inside, {"scope": some | {"teams": [foreign]}}, (404, "not_found")),
    ):
        refused = await office.post(f"people/{person.id}", body)
        assert (refused.status_code, code_of(refused)) == refusal, body
    assert await scope_of(office, office.inside) == before
    people = (await office.get("people", office.owner)).json()["people"]
    assert next(one["role"] for one in people if one["id"] == office.inside.id) == "operator", "all or nothing"
    assert (await office.post(f"people/{office.inside.id}", {"scope": some})).status_code == 204, "the premise"


async def test_list_survives_a_role_that_sees_everything(new_office: Office) -> None:
    office = new_office
    path = f"conversations/{office.vera.conversation}"
    assert (await office.post(f"people/{office.outside.id}", {"role": "admin"})).status_code == 204
    assert (await office.get(path, office.outside)).status_code == 200
    assert (await office.post(f"people/{office.outside.id}", {"role": "operator"})).status_code == 204
    assert (await office.get(path, office.outside)).status_code == 404
