"""Background jobs of real servers: emails arrive once, also after a kill, with failed jobs and with two nodes."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from crumbless.accounts.operator_store import find_credentials
from crumbless.core.settings import DatabaseSettings
from crumbless.database.database import write_once
from crumbless.mail.mail_message import MailRequest
from crumbless.mail.mail_queue import queue_mail
from crumbless.security.installation_key import open_secret_box
from support.client import Person, ask
from support.mail_server import MailServer, mail_server
from support.people import OLGA, OSKAR, World
from support.server import TEST_KEY, ServerProcess

SECRET = "crt_" + "Zz9" * 14
TASKS = "SELECT count(*) FROM task WHERE kind = 'mail'"


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def settings_for(mails: MailServer) -> dict[str, object]:
    return {
        "smtp_url": f"smtp://127.0.0.1:{mails.port}?tls=off",
        "mail_from": "chat@tea.example",
        "public_url": "",
        "task_poll_seconds": 0.1,
    }


async def order(server: ServerProcess, number: int = 1, about: str = "") -> None:
    """Queue emails beside the server, as a command does. The server has to find them in the database."""
    secret_box = open_secret_box(
        DatabaseSettings(database_url=server.database_url, secret_key=TEST_KEY if server.on_postgres else "")
    )

    def put_in(connection: Connection) -> None:
        olga = find_credentials(connection, OLGA.email)
        assert olga is not None
        for each in range(number):
            values = {"minutes": "30", "secret": f"{SECRET}{each}"}
            to = MailRequest("reset", "otto@tea.example", "de", values, "Otto", about)
            queue_mail(connection, secret_box, olga.workspace, to)

    await asyncio.to_thread(write_once, server.database_url, put_in)


async def sent(mails: MailServer, number: int) -> list[Any]:
    return await asyncio.to_thread(mails.wait_for, number)


async def none_waits(world: World) -> None:
    async def empty() -> bool:
        return world.server.rows(TASKS) == [(0,)]

    await world.eventually(empty)


async def test_email_is_delivered_and_deleted_from_the_database(
    mails: MailServer, start_server: Callable[..., ServerProcess], open_world: Callable[[ServerProcess], World]
) -> None:
    world = open_world(start_server(**settings_for(mails)))
    await order(world.server)
    [message] = await sent(mails, 1)
    assert message["To"] == "Otto <otto@tea.example>"
    assert message["Subject"] == "Ein neues Passwort wählen"
    assert f"{world.server.address}/desk#reset={SECRET}0" in mails.texts()[0]
    await none_waits(world)
    assert SECRET not in world.server.log()
    assert "otto@" not in world.server.log()


@pytest.mark.storages("sqlite", "postgres")
async def test_email_of_a_killed_node_is_sent_after_its_lease(
    mails: MailServer, start_server: Callable[..., ServerProcess], open_world: Callable[[ServerProcess], World]
) -> None:
    world = open_world(start_server(**settings_for(mails)))
    mails.holds.clear()
    await order(world.server)

    async def arrived() -> bool:
        return mails.arrived == 1

    await world.eventually(arrived)
    world.server.kill()
    assert world.server.rows(f"{TASKS} AND claimed_until > 0 AND attempts = 1") == [(1,)]
    mails.holds.set()
    # The lease of the killed node expires.
    world.server.change("UPDATE task SET claimed_until = 1 WHERE claimed_until > 0")
    await asyncio.to_thread(world.server.start)
    await none_waits(world)
    assert mails.arrived == 2, "once by the node that was killed, exactly once more after its lease"


async def dead_letters(world: World, person: Person) -> list[dict[str, Any]]:
    answer = await ask(world.http, person, "GET", "/v1/desk/tasks")
    assert answer.status_code == 200, answer.text
    return answer.json()["tasks"]


async def change_job(world: World, person: Person, number: object, what: str) -> int:
    return (await ask(world.http, person, "POST", f"/v1/desk/tasks/{number}/{what}", {})).status_code


async def test_failed_job_is_listed_retried_and_deleted(
    start_server: Callable[..., ServerProcess], open_world: Callable[[ServerProcess], World]
) -> None:
    world = open_world(start_server(task_poll_seconds=0.1))
    olga, oskar = await world.operator(OLGA), await world.operator(OSKAR)
    assert await dead_letters(world, olga) == []
    await order(world.server)

    async def given_up() -> bool:
        return bool(await dead_letters(world, olga))

    await world.eventually(given_up)
    [letter] = await dead_letters(world, olga)
    assert letter["error"] == "no mail server is set (CRUMBLESS_SMTP_URL)"
    assert (letter["kind"], letter["mail"], letter["to"], letter["attempts"]) == (
        "mail",
        "reset",
        "otto@tea.example",
        1,
    )
    assert SECRET not in str(letter)
    # An owner of another workspace sees no failed job and cannot change it.
    assert await dead_letters(world, oskar) == []
    assert await change_job(world, oskar, letter["id"], "retry") == 404
    assert await change_job(world, oskar, letter["id"], "drop") == 404
    assert await change_job(world, olga, letter["id"], "retry") == 204

    async def is_retried() -> bool:
        return any(one["dead_at"] > letter["dead_at"] for one in await dead_letters(world, olga))

    await world.eventually(is_retried)
    assert await change_job(world, olga, letter["id"], "drop") == 204
    assert await dead_letters(world, olga) == []
    for number in (letter["id"], 10**9, "x", "-1"):
        assert await change_job(world, olga, number, "drop") == 404
    acts = world.server.rows("SELECT action FROM audit_log WHERE target_kind = 'task' ORDER BY no")
    assert acts == [("task_retried",), ("task_dropped",)]


@pytest.mark.storages("sqlite", "postgres")
async def test_retention_removes_only_expired_rows(
    start_server: Callable[..., ServerProcess], open_world: Callable[[ServerProcess], World]
) -> None:
    world = open_world(start_server(task_poll_seconds=0.1))
    await world.visitor()
    await world.new_operator(OLGA)
    change, rows = world.server.change, world.server.rows
    change("UPDATE session SET ended_at = 1 WHERE operator_id IS NOT NULL")
    change(
        "INSERT INTO audit_log (workspace_id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, "
        "target_name, details) SELECT min(id), 1, 'system', '', '', 'long_ago', '', '', '', '{}' FROM workspace"
    )
    old = "SELECT (SELECT count(*) FROM session WHERE ended_at = 1), (SELECT count(*) FROM audit_log WHERE at = 1)"
    assert rows(old) == [(1, 1)]

    async def swept() -> bool:
        change("UPDATE task SET due_at = 0 WHERE kind IN ('retention', 'retention_run') AND claimed_by IS NULL")
        return rows(old) == [(0, 0)]

    await world.eventually(swept)
    assert rows("SELECT count(*) FROM session WHERE visitor_id IS NOT NULL") == [(1,)]
    assert rows("SELECT count(*) FROM task WHERE kind = 'retention'") == [(1,)]


@pytest.mark.storages("sqlite", "postgres")
async def test_erasure_deletes_the_visitors_emails(
    start_server: Callable[..., ServerProcess], open_world: Callable[[ServerProcess], World]
) -> None:
    world = open_world(start_server(task_poll_seconds=0.1))
    vera, victor = await world.visitor(), await world.visitor()
    for person in (vera, victor):
        await order(world.server, about=person.id)
    dead = "SELECT count(*) FROM task WHERE kind = 'mail' AND dead_at > 0"

    async def given_up() -> bool:
        return world.server.rows(dead) == [(2,)]

    await world.eventually(given_up)
    assert (await ask(world.http, vera, "POST", "/v1/visitor/erase")).status_code == 200
    assert world.server.rows(dead) == [(1,)]


@pytest.mark.storages("postgres")
async def test_two_nodes_send_each_email_once(
    mails: MailServer,
    start_server: Callable[..., ServerProcess],
    open_world: Callable[[ServerProcess], World],
) -> None:
    first = start_server(**settings_for(mails))
    second = ServerProcess(first.database_url, **settings_for(mails))
    with contextlib.ExitStack() as closing:
        closing.callback(second.dispose)
        second.start()
        world = open_world(first)
        mails.holds.clear()
        number = 24
        await order(first, number)

        async def both_at_work() -> bool:
            nodes = first.rows("SELECT count(DISTINCT claimed_by) FROM task WHERE kind = 'mail'")
            return nodes == [(2,)]

        await world.eventually(both_at_work)
        mails.holds.set()
        await none_waits(world)
        assert "Traceback" not in second.log()
    links = [line for text in mails.texts() for line in text.splitlines() if SECRET in line]
    assert len(links) == len(set(links)) == number, "each once"
