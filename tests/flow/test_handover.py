"""An operator who leaves hands requests, invitations and teams over to a colleague, or they are released."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from crumbless.handover_table import HANDOVER
from crumbless.security.access import OperatorRole
from support.client import Person, ask
from support.people import OSKAR, World
from support.server import ServerProcess
from support.sign_in import code_of, hire

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


@pytest.fixture
def own(start_server: StartServer, open_world: OpenWorld) -> World:
    """Return a world on a separate server, because the tests read its whole audit log."""
    return open_world(start_server())


async def post(world: World, by: Person, path: str, body: object | None = None) -> Any:
    return await ask(world.http, by, "POST", f"/v1/desk/{path}", {} if body is None else body)


async def things(world: World, by: Person, of: Person) -> dict[str, int]:
    """Return what the dialog shows."""
    answer = await ask(world.http, by, "GET", f"/v1/desk/people/{of.id}/handover")
    assert answer.status_code == 200, answer.text
    return {one["kind"]: one["count"] for one in answer.json()["things"]}


async def leaver(world: World) -> Person:
    """Return an admin with a request, two invitations and a team."""
    nora = await world.new_operator(hire(world, "Nora", role="admin"))
    for path, body in (
        ("requests", {"kind": "export", "email": "vera@tea.example"}),
        ("people/invite", {"email": "anna@tea.example", "role": "operator"}),
        ("people/invite", {"email": "berta@tea.example", "role": "admin"}),
        ("teams", {"name": "Orders", "members": [nora.id]}),
    ):
        answer = await post(world, nora, path, body)
        assert answer.is_success, answer.text
    return nora


def state(world: World) -> tuple[list[Any], list[Any], list[Any]]:
    """Return who handles requests, who sent pending invitations, and who is in teams."""
    rows = world.server.rows
    return (
        [one for (one,) in rows("SELECT operator_id FROM person_request")],
        [one for (one,) in rows("SELECT invited_by FROM invitation WHERE revoked_at IS NULL ORDER BY email")],
        [one for (one,) in rows("SELECT operator_id FROM team_member")],
    )


def logged(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Return the handovers of the audit log."""
    found = world.server.rows("SELECT target_id, target_name, details FROM audit_log WHERE action = 'handed_over'")
    assert [name for _, name, _ in found if name] == [], "entries of the log cannot be changed: no name"
    return [(of, json.loads(details) if isinstance(details, str) else details) for of, _, details in found]


async def test_colleague_gets_requests_invitations_and_teams(own: World) -> None:
    nora, olga = await leaver(own), await own.operator()
    mate = await own.new_operator(hire(own, "Mate", role="admin"))
    assert await things(own, olga, nora) == {"requests": 1, "invitations": 2, "teams": 1}
    assert {row.kind for row in HANDOVER} == {"requests", "invitations", "teams"}, "each kind is in this test"
    answer = await post(own, olga, f"people/{nora.id}/disable", {"to": mate.id})
    assert answer.status_code == 204, answer.text
    assert state(own) == ([mate.id], [mate.id, mate.id], [mate.id])
    assert await things(own, olga, nora) == {}
    had = {"requests": 1, "invitations": 2, "teams": 1}
    assert logged(own) == [(nora.id, {"to": mate.id, "had": had, "given": had})]


async def test_things_are_released_without_a_colleague(own: World) -> None:
    nora, olga = await leaver(own), await own.operator()
    assert (await post(own, olga, f"people/{nora.id}/disable")).status_code == 204
    # The operator has the teams again once the account is enabled.
    assert state(own) == ([""], [], [nora.id])
    assert [details["given"] for _, details in logged(own)] == [{"requests": 0, "invitations": 0, "teams": 0}]


@pytest.mark.parametrize(("role", "senders"), [("operator", 0), ("admin", 2)])
async def test_colleague_gets_only_what_their_role_permits(own: World, role: OperatorRole, senders: int) -> None:
    nora, olga = await leaver(own), await own.operator()
    mate = await own.new_operator(hire(own, "Mate", role=role))
    assert (await post(own, olga, f"people/{nora.id}/disable", {"to": mate.id})).status_code == 204
    requests = [mate.id if role == "admin" else ""]
    assert state(own) == (requests, [mate.id] * senders, [mate.id])


async def test_admin_puts_no_owner_into_a_team(own: World) -> None:
    nora, olga = await leaver(own), await own.operator()
    admin = await own.new_operator(hire(own, "Ada", role="admin"))
    assert (await post(own, admin, f"people/{nora.id}/disable", {"to": olga.id})).status_code == 204
    assert state(own) == ([olga.id], [olga.id, olga.id], [nora.id])


async def test_colleague_must_be_an_active_operator_of_the_workspace(own: World) -> None:
    nora, olga = await leaver(own), await own.operator()
    other, gone = await own.operator(OSKAR), await own.new_operator(hire(own, "Gone", role="admin"))
    assert (await post(own, olga, f"people/{gone.id}/disable")).status_code == 204
    before = state(own)
    for to, code in ((other.id, "not_found"), (gone.id, "invalid"), (nora.id, "invalid")):
        refused = await post(own, olga, f"people/{nora.id}/disable", {"to": to})
        assert code_of(refused) == code
    assert state(own) == before
    assert (await ask(own.http, nora, "GET", "/v1/desk/me")).status_code == 200, "no operator was disabled"
    operator = await own.new_operator(hire(own, "Opal", role="operator"))
    refused = await ask(own.http, operator, "GET", f"/v1/desk/people/{nora.id}/handover")
    assert (refused.status_code, code_of(refused)) == (403, "forbidden")
