"""Changes of operators take effect at once on streams, sessions and names (threats 15, 24)."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from support.client import Person, Stream, StreamOver, ask
from support.people import BUSY_MACHINE, OSKAR, TEA, Employee, World, new_entry_id, say
from support.server import environment_of, run_command
from support.sign_in import code_of, hire

pytestmark = pytest.mark.storages("sqlite", "postgres")


async def end_of(stream: Stream) -> int:
    """Return the code with which the stream ends."""
    while True:
        try:
            await stream.receive()
        except StreamOver as over:
            return over.code


async def post(world: World, person: Person, path: str, body: object = None) -> httpx.Response:
    return await ask(world.http, person, "POST", path, {} if body is None else body)


async def done(world: World, person: Person, path: str, body: object = None) -> None:
    answer = await post(world, person, path, body)
    assert answer.status_code in {200, 204}, answer.text


async def refused(world: World, person: Person, path: str, body: object = None) -> tuple[int, str]:
    answer = await post(world, person, path, body)
    return answer.status_code, code_of(answer)


async def person_of(world: World, person: Person, of: str) -> dict[str, Any]:
    people = (await ask(world.http, person, "GET", "/v1/desk/people")).json()["people"]
    return next(one for one in people if one["id"] == of)


async def test_demoted_operator_is_notified_and_can_no_longer_write(world: World) -> None:
    """Threat 15."""
    owner, nora = await world.new_operator(hire(world)), await world.new_operator(hire(world, role="operator"))
    vera = await world.visitor()
    stream = await world.stream(nora)
    assert (await say(stream, "I may", conversation=vera.conversation))["op"] == "ack"
    began = time.monotonic()
    await done(world, owner, f"/v1/desk/people/{nora.id}", {"role": "analyst"})
    assert await end_of(stream) == 1012
    assert time.monotonic() - began < 1 + BUSY_MACHINE
    again = await world.stream(nora)
    assert (await say(again, "I may not", conversation=vera.conversation))["code"] == "forbidden"
    assert (await ask(world.http, nora, "GET", "/v1/desk/me")).json()["role"] == "analyst"
    assert await refused(world, nora, "/v1/desk/teams", {"name": "Mine"}) == (403, "forbidden")


async def test_disabled_operator_is_signed_out_at_once_and_can_be_enabled_again(world: World) -> None:
    """Threats 15, 24."""
    one = hire(world, role="admin")
    owner, nora = await world.new_operator(hire(world)), await world.new_operator(one)
    other_session = await world.new_operator(one)
    streams = [await world.stream(nora), await world.stream(other_session, "poll")]
    began = time.monotonic()
    await done(world, owner, f"/v1/desk/people/{nora.id}/disable")
    assert [await end_of(stream) for stream in streams] == [4401, 4401]
    assert time.monotonic() - began < 1 + BUSY_MACHINE
    for person in (nora, other_session):
        assert code_of(await ask(world.http, person, "GET", "/v1/desk/me")) == "invalid_token"
    assert code_of(await world.sign_in(one)) == "wrong_sign_in"
    assert (await person_of(world, owner, nora.id))["status"] == "disabled"
    await done(world, owner, f"/v1/desk/people/{nora.id}/enable")
    assert (await world.sign_in(one)).status_code == 200
    assert code_of(await ask(world.http, nora, "GET", "/v1/desk/me")) == "invalid_token", "old sessions stay ended"


async def test_all_sessions_of_an_operator_are_ended(world: World) -> None:
    """Threat 24."""
    one = hire(world, role="operator")
    owner, nora = await world.new_operator(hire(world)), await world.new_operator(one)
    stream = await world.stream(nora)
    await done(world, owner, f"/v1/desk/people/{nora.id}/end-sessions")
    assert await end_of(stream) == 4401
    assert code_of(await ask(world.http, nora, "GET", "/v1/desk/me")) == "invalid_token"
    assert (await world.sign_in(one)).status_code == 200


async def test_only_owners_appoint_and_demote_owners(world: World) -> None:
    admin, owner = await world.new_operator(hire(world, role="admin")), await world.new_operator(hire(world))
    nora = await world.new_operator(hire(world, role="operator"))
    forbidden = (403, "forbidden")
    assert await refused(world, admin, f"/v1/desk/people/{nora.id}", {"role": "owner"}) == forbidden
    assert await refused(world, admin, f"/v1/desk/people/{owner.id}", {"role": "analyst"}) == forbidden
    assert await refused(world, admin, f"/v1/desk/people/{owner.id}", {"teams": []}) == forbidden
    for act in ("disable", "enable", "end-sessions"):
        assert await refused(world, admin, f"/v1/desk/people/{owner.id}/{act}") == forbidden
    invited = {"email": "new@tea.example", "role": "owner"}
    assert await refused(world, admin, "/v1/desk/people/invite", invited) == forbidden
    assert (await person_of(world, owner, owner.id))["role"] == "owner"
    # No operator can change their own role.
    for person in (admin, owner):
        assert await refused(world, person, f"/v1/desk/people/{person.id}", {"role": "operator"}) == forbidden
    await done(world, admin, f"/v1/desk/people/{nora.id}", {"role": "admin"})
    await done(world, owner, f"/v1/desk/people/{nora.id}", {"role": "owner"})


async def test_last_owner_of_a_workspace_cannot_be_removed(world: World) -> None:
    oskar = await world.new_operator(OSKAR)
    last = (409, "last_owner")
    assert await refused(world, oskar, f"/v1/desk/people/{oskar.id}/disable") == last
    command = run_command("operator", "disable", OSKAR.email, environment=environment_of(world.server.storage))
    assert command.returncode == 2
    assert "another operator an owner" in command.stderr
    second = await world.new_operator(hire(world, "Ole", workspace=2))
    # Both requests at once: each could demote the other owner, and one owner must remain.
    answers = await asyncio.gather(
        post(world, oskar, f"/v1/desk/people/{second.id}/disable"),
        post(world, second, f"/v1/desk/people/{oskar.id}/disable"),
    )
    assert sum(answer.status_code == 204 for answer in answers) == 1, [answer.text for answer in answers]
    left = world.server.rows("SELECT id FROM operator WHERE workspace_id = 2 AND role = 'owner' AND status = 'active'")
    assert len(left) == 1
    world.server.change("UPDATE operator SET status = 'active' WHERE workspace_id = 2")
    world.server.tokens.pop(OSKAR.email, None)


@pytest.mark.storages("sqlite")
async def test_sensitive_changes_need_a_recent_authentication(world: World) -> None:
    owner, nora = await world.new_operator(hire(world)), await world.new_operator(hire(world, role="operator"))
    world.server.change("UPDATE session SET authenticated_at = 1 WHERE operator_id = ?", owner.id)
    # The server's cached session is read again, as after a restart.
    await done(world, owner, "/v1/desk/me", {"name": "Stale", "languages": []})
    for path, body in (
        (f"/v1/desk/people/{nora.id}", {"role": "owner"}),
        (f"/v1/desk/people/{nora.id}/disable", None),
        ("/v1/desk/people/invite", {"email": "new@tea.example", "role": "operator"}),
        ("/v1/desk/me/email", {"email": "new@tea.example"}),
        (f"/v1/desk/sites/{TEA.key}", {"name": "Stolen", "origins": ["https://evil.example"]}),
        ("/v1/desk/tasks/1/drop", None),
    ):
        assert await refused(world, owner, path, body) == (403, "step_up"), path
    export = await ask(world.http, owner, "GET", "/v1/desk/audit/export")
    assert code_of(export) == "step_up"


async def test_new_name_is_on_later_messages(world: World) -> None:
    nora = await world.new_operator(hire(world, role="operator"))
    vera = await world.visitor()
    visitor, before = await world.stream(vera), await world.stream(nora)
    assert (await say(before, "As Nora", conversation=vera.conversation))["op"] == "ack"
    answer = await post(world, nora, "/v1/desk/me", {"name": " Nora Nordlicht ", "languages": ["de", "en", "de"]})
    assert (answer.json()["name"], answer.json()["languages"]) == ("Nora Nordlicht", ["de", "en"])
    assert await end_of(before) == 1012
    after = await world.stream(nora)
    assert (await say(after, "As Nora Nordlicht", conversation=vera.conversation))["op"] == "ack"
    entries = await world.timeline(vera.conversation)
    assert [entry["author"]["name"] for entry in entries[1:]] == ["Nora", "Nora Nordlicht"]
    while (await visitor.until("entries"))["entries"][-1]["author"].get("name") != "Nora Nordlicht":
        pass


@pytest.mark.storages("sqlite")
@pytest.mark.parametrize(
    ("name", "languages"),
    [("", []), ("   ", []), ("x" * 81, []), ("a\nb", []), ("gn\u202eimda", []), ("A", ["no tag"]), ("A", ["en"] * 21)],
)
async def test_name_is_one_line_and_a_language_a_tag(world: World, name: str, languages: list[str]) -> None:
    olga = await world.operator()
    assert await refused(world, olga, "/v1/desk/me", {"name": name, "languages": languages}) == (400, "invalid")


@pytest.mark.storages("sqlite")
async def test_no_parameter_redirects_to_another_site(world: World) -> None:
    """Threat 57: no request parameter decides where a browser navigates next."""
    for path in ("/", "/desk", "/desk/oidc/company", "/policy"):
        for name in ("next", "url", "return_to", "redirect_uri", "iss"):
            for target in ("//evil.example", "https:evil.example", "/\\evil.example", "https://evil.example/"):
                answer = await world.http.get(f"{world.server.address}{path}", params={name: target})
                assert answer.headers.get("location", "/desk/") == "/desk/", path
                assert "evil.example" not in answer.text


async def test_team_is_created_filled_and_removed(world: World) -> None:
    owner, nora = await world.new_operator(hire(world)), await world.new_operator(hire(world, role="operator"))
    name = f"Sales {new_entry_id()}"
    team = (await post(world, owner, "/v1/desk/teams", {"name": name, "members": [nora.id]})).json()
    assert (await person_of(world, owner, nora.id))["teams"] == [team["id"]]
    assert await refused(world, owner, "/v1/desk/teams", {"name": name}) == (400, "invalid")
    await done(world, owner, f"/v1/desk/people/{nora.id}", {"teams": []})
    assert (await person_of(world, owner, nora.id))["teams"] == []
    await done(world, owner, f"/v1/desk/teams/{team['id']}", {"name": f"{name}!", "members": [nora.id, owner.id]})
    listed = (await ask(world.http, owner, "GET", "/v1/desk/people")).json()
    assert f"{name}!" in {one["name"] for one in listed["teams"]}
    await done(world, owner, f"/v1/desk/teams/{team['id']}/remove")
    assert (await person_of(world, owner, nora.id))["teams"] == []
    assert await refused(world, owner, f"/v1/desk/teams/{team['id']}/remove") == (404, "not_found")


async def test_site_is_created_and_changed(world: World) -> None:
    owner = await world.new_operator(hire(world))
    wanted = {"name": "Café", "origins": ["HTTPS://Cafe.example:443/"], "accent": "#0e6a5a", "side": "left"}
    site = (await post(world, owner, "/v1/desk/sites", wanted)).json()
    assert site["origins"] == ["https://cafe.example"]
    assert (await world.http.get(f"{world.server.address}/w/{site['key']}.js")).status_code == 200
    changed = wanted | {"origins": ["https://kaffee.example"], "side": "right", "accent": None}
    await done(world, owner, f"/v1/desk/sites/{site['key']}", changed)
    frame = await world.http.get(f"{world.server.address}/chat/{site['key']}")
    assert "frame-ancestors https://kaffee.example;" in frame.headers["content-security-policy"]
    for wrong in (
        {"origins": ["*"]},
        {"origins": ["https://a.example; script-src *"]},
        {"origins": ["javascript:alert(1)"]},
        {"origins": ["https://a.example"] * 51},
        {"accent": "red"},
        {"side": "top"},
        {"name": ""},
    ):
        assert await refused(world, owner, "/v1/desk/sites", wanted | wrong) == (400, "invalid"), wrong


async def test_commands_list_reset_and_disable_operators(world: World) -> None:
    one: Employee = hire(world, role="operator")
    nora = await world.new_operator(one)
    environment = environment_of(world.server.storage, port=world.server.port)
    listed = run_command("operator", "list", environment=environment).stdout
    assert f"1  operator  Nora  {one.email}\n" in listed
    output = run_command("operator", "reset", one.email, environment=environment).stdout
    secret = output.partition("/desk#reset=")[2].strip()
    new = "an orange teapot hums"
    await done(world, world.stranger(), "/v1/reset", {"secret": secret, "password": new})
    assert code_of(await ask(world.http, nora, "GET", "/v1/desk/me")) == "invalid_token"
    assert (await world.sign_in(one, new)).status_code == 200
    stream = await world.stream(await world.new_operator(Employee(one.name, one.email, one.workspace, new)))
    assert run_command("operator", "disable", one.email, environment=environment).returncode == 0
    # The command does not notify the server, which finds the change in the database.
    assert await end_of(stream) == 4401
    assert code_of(await world.sign_in(one, new)) == "wrong_sign_in"
    assert run_command("operator", "reset", one.email, environment=environment).returncode == 2
