"""A workspace decides what it shows about its operators: who reads, and reports about single operators."""

from collections.abc import Callable
from typing import Any

import pytest

from crumbless.database.database import write_once
from crumbless.people.workspace_store import StaffPrivacy, read_staff_privacy
from support.client import Person, ask
from support.people import World, say
from support.server import ServerProcess
from support.shells import shell_counts
from support.sign_in import code_of, hire

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

PATH = "/v1/desk/workspace"


@pytest.fixture
def own(start_server: StartServer, open_world: OpenWorld) -> World:
    """Return a world on a separate server, because the settings are the workspace's."""
    return open_world(start_server())


def stored(world: World, workspace: int = 1) -> StaffPrivacy:
    """Return what a feature reads before it shows something about operators."""
    return write_once(world.server.database_url, lambda connection: read_staff_privacy(connection, workspace))


async def change(world: World, by: Person, body: dict[str, object]) -> Any:
    return await ask(world.http, by, "POST", PATH, body)


async def test_both_are_on_until_an_admin_turns_them_off_and_the_change_is_logged(own: World) -> None:
    olga = await own.operator()
    before = (await ask(own.http, olga, "GET", PATH)).json()
    assert (before["shows_reading"], before["operator_reports"]) == (True, True)
    answer = await change(own, olga, {"shows_reading": False})
    assert answer.status_code == 200, answer.text
    assert answer.json() == before | {"shows_reading": False}
    assert (await change(own, olga, {"operator_reports": False})).json() == before | {
        "shows_reading": False,
        "operator_reports": False,
    }
    assert stored(own) == StaffPrivacy(False, False)
    assert stored(own, 2) == StaffPrivacy(True, True), "the other workspace has its own settings"
    # A change of the name, and the same values again, are no change of these settings.
    assert (await change(own, olga, {"name": "Tea house"})).json()["name"] == "Tea house"
    assert (await change(own, olga, {"shows_reading": False})).status_code == 200
    rows = own.server.rows("SELECT actor_name, details FROM audit_log WHERE action = 'staff_privacy_changed'")
    assert [name for name, _ in rows] == ["Olga", "Olga"]


async def test_only_those_who_manage_the_workspace_change_them(own: World) -> None:
    nora = await own.new_operator(hire(own, role="operator"))
    refused = await change(own, nora, {"operator_reports": False})
    assert (refused.status_code, code_of(refused)) == (403, "forbidden")
    assert stored(own) == StaffPrivacy(True, True)
    invalid = await change(own, await own.operator(), {"operator_reports": 0})
    assert (invalid.status_code, code_of(invalid)) == (400, "invalid")


async def test_reports_read_no_operator_once_reports_about_operators_are_off(own: World) -> None:
    olga, vera = await own.operator(), await own.visitor()
    desk = await own.stream(olga)
    assert (await say(desk, "an answer", conversation=vera.conversation))["op"] == "ack"

    def counted() -> tuple[set[object], int]:
        found = shell_counts(own.server)
        by_operator = {key[4] for key in found if key[0] == 1 and key[3] == "operator"}
        return by_operator, sum(number for key, number in found.items() if key[0] == 1 and key[3] == "operator")

    assert counted() == ({olga.id}, 1), "the premise"
    assert (await change(own, olga, {"operator_reports": False})).status_code == 200
    assert counted() == ({""}, 1), "the message is counted, without its operator"
