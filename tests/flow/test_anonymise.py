"""An operator who leaves is made anonymous: everything that identifies them is deleted, and the ID remains."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from support.client import Person, ask
from support.filled_columns import add_photo, is_in_files
from support.people import OLGA, Employee, World, new_entry_id, say
from support.server import ServerProcess, environment_of, run_command
from support.shells import shell_counts
from support.sign_in import code_of, end_of, hire

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

NAME = "Zebedee"
"""A name that occurs nowhere else."""


@pytest.fixture
def own(start_server: StartServer, open_world: OpenWorld) -> World:
    """Return a world on a separate server that runs tasks at once."""
    return open_world(start_server(task_poll_seconds=0.1))


async def anonymise(world: World, by: Person, of: Person, to: str | None = None) -> Any:
    return await ask(world.http, by, "POST", f"/v1/desk/people/{of.id}/anonymise", {"to": to})


async def busy(world: World) -> tuple[Employee, Person, Person]:
    """Return an operator with data in every place, and the visitor whom the operator answered."""
    one = hire(world, NAME, role="admin")
    person, vera = await world.new_operator(one), await world.visitor()
    desk = await world.stream(person)
    assert (await say(desk, "an answer", conversation=vera.conversation))["op"] == "ack"
    await desk.send("note", id=new_entry_id(), conversation=vera.conversation, text="a note")
    assert (await desk.until("ack"))["op"] == "ack"
    await desk.send("close", id=new_entry_id(), conversation=vera.conversation)
    assert (await desk.until("ack"))["op"] == "ack"
    body = {"name": NAME, "languages": ["de", "en"]}
    assert (await ask(world.http, person, "POST", "/v1/desk/me", body)).status_code == 200
    changed = {"email": f"new-{one.email}"}
    assert (await ask(world.http, person, "POST", "/v1/desk/me/email", changed)).status_code == 204
    add_photo(world.server, person.id)
    for statement in (
        "INSERT INTO recovery_code (workspace_id, operator_id, code_hash) VALUES (1, ?, 'hash')",
        "INSERT INTO oidc_account (workspace_id, issuer, subject, operator_id, label, created_at) "
        f"VALUES (1, 'https://id.example', 'subject', ?, '{NAME} at work', 0)",
        "INSERT INTO passkey (id, workspace_id, operator_id, credential, public_key, sign_count, transports, "
        f"backed_up, name, created_at) VALUES ('p', 1, ?, 'c', 'k', 0, '[]', 1, '{NAME} phone', 0)",
        "INSERT INTO operator_scope (workspace_id, operator_id, site_id) VALUES (1, ?, 1)",
    ):
        world.server.change(statement, person.id)
    return one, person, vera


OWN_TABLES = {
    **dict.fromkeys(("session", "passkey", "recovery_code", "oidc_account", "known_network"), "operator_id"),
    **dict.fromkeys(("operator_scope", "team_member"), "operator_id"),
    "one_time_token": "subject",
}


def own_rows(world: World, person: Person) -> dict[str, int]:
    """Return the numbers of the operator's rows."""
    found: dict[str, int] = {}
    for table, column in OWN_TABLES.items():
        ((found[table],),) = world.server.rows(f"SELECT count(*) FROM {table} WHERE {column} = ?", person.id)
    return {table: count for table, count in found.items() if count}


async def names_are_empty(world: World, person: Person) -> None:
    """Wait until the task has emptied the names in all entries of the operator."""

    async def is_done() -> bool:
        rows = world.server.rows("SELECT DISTINCT author_name FROM entry WHERE author_id = ?", person.id)
        return rows == [("",)]

    await world.eventually(is_done)


async def test_everything_that_identifies_the_operator_is_deleted_and_the_id_remains(own: World) -> None:
    olga = await own.operator()
    one, person, vera = await busy(own)
    stream = await own.stream(person)
    assert (await ask(own.http, olga, "POST", "/v1/desk/teams", {"name": "T", "members": [person.id]})).is_success
    assert set(own_rows(own, person)) == set(OWN_TABLES), "the premise"
    counts = shell_counts(own.server)
    answer = await anonymise(own, olga, person)
    assert answer.status_code == 204, answer.text
    assert await end_of(stream) == 4401
    assert own_rows(own, person) == {}
    columns = "email, name, password_hash, status, photo, totp_secret, totp_step, scoped_at, languages"
    ((email, *rest, languages),) = own.server.rows(f"SELECT {columns} FROM operator WHERE id = ?", person.id)
    assert email == f"anonymous:{person.id}"
    assert rest == ["", "", "anonymous", None, None, 0, None]
    assert languages in ([], "[]")
    await names_are_empty(own, person)
    assert shell_counts(own.server) == counts, "reports stay true: the ID of the operator remains"
    timeline = await own.timeline(vera.conversation)
    written = [entry for entry in timeline if entry["author"]["kind"] == "operator"]
    assert [entry["kind"] for entry in written] == ["message", "note", "closed"]
    assert [entry["author"] for entry in written] == [{"kind": "operator", "id": person.id}] * 3
    assert [entry["data"]["text"] for entry in written[:2]] == ["an answer", "a note"], "the texts remain"
    assert code_of(await own.sign_in(one)) == "wrong_sign_in"
    people = (await ask(own.http, olga, "GET", "/v1/desk/people")).json()["people"]
    assert person.id not in {each["id"] for each in people}
    for path in ("", "/enable", "/disable", "/anonymise", "/end-sessions"):
        again = await ask(own.http, olga, "POST", f"/v1/desk/people/{person.id}{path}", {})
        assert again.status_code == 404, path


async def test_anonymisation_leaves_a_receipt_and_an_entry_without_names(own: World) -> None:
    olga = await own.operator()
    _, person, _ = await busy(own)
    assert (await anonymise(own, olga, person)).status_code == 204
    await names_are_empty(own, person)
    # The second run, a minute later, completes the receipt.
    own.server.change("UPDATE task SET due_at = 0 WHERE kind = 'author_names'")

    async def is_complete() -> bool:
        return own.server.rows("SELECT count(*) FROM task WHERE kind = 'author_names'") == [(0,)]

    await own.eventually(is_complete)
    deletions = (await ask(own.http, olga, "GET", "/v1/desk/deletions")).json()["deletions"]
    assert [(one["kind"], one["operator"]) for one in deletions] == [("operator", olga.id)]
    assert deletions[0]["finished_at"] is not None
    assert deletions[0]["counts"]["names"] == 3
    assert deletions[0]["counts"]["sessions"] == 1
    assert deletions[0]["counts"]["emails"] == 1
    query = "SELECT actor_id, target_id, target_name FROM audit_log WHERE action = 'person_anonymised'"
    assert own.server.rows(query) == [(olga.id, person.id, "")]


async def test_task_that_failed_is_shown_and_can_be_retried(own: World) -> None:
    """A failed job of this kind must not break the desk's list of failed jobs."""
    olga = await own.operator()
    _, person, _ = await busy(own)
    assert (await anonymise(own, olga, person)).status_code == 204
    await names_are_empty(own, person)

    async def first_run_is_done() -> bool:
        return own.server.rows("SELECT count(*) FROM task WHERE kind = 'author_names'") == [(1,)]

    await own.eventually(first_run_is_done)
    own.server.change("UPDATE entry SET author_name = 'Late' WHERE author_id = ?", person.id)
    own.server.change("UPDATE task SET dead_at = 1, error = 'busy' WHERE kind = 'author_names'")
    tasks = (await ask(own.http, olga, "GET", "/v1/desk/tasks")).json()["tasks"]
    (failed,) = [one for one in tasks if one["kind"] == "author_names"]
    assert (await ask(own.http, olga, "POST", f"/v1/desk/tasks/{failed['id']}/retry", {})).status_code == 204
    await names_are_empty(own, person)


@pytest.mark.storages("sqlite")
async def test_name_and_address_are_in_no_file_and_no_response(own: World, tmp_path: Any) -> None:
    """Only the audit log still has the name, and nothing has it once its entries have expired."""
    olga = await own.operator()
    one, person, vera = await busy(own)
    server = own.server
    (emails,) = server.rows("SELECT count(*) FROM task WHERE kind = 'mail'")[0]
    assert emails > 0, "the premise: no mail server is set, so an email waits or has failed"
    assert is_in_files(server, NAME)
    assert is_in_files(server, one.email)
    assert (await anonymise(own, olga, person)).status_code == 204
    await names_are_empty(own, person)
    tables = [name for (name,) in server.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    having = [name for name in tables if NAME.lower() in str(server.rows(f'SELECT * FROM "{name}"')).lower()]
    assert having == ["audit_log"], "the log cannot be changed"
    expire_audit_log(server)

    async def is_gone() -> bool:
        return not any(is_in_files(server, text) for text in (NAME, one.email))

    await own.eventually(is_gone)
    backup = tmp_path / "after.db"
    assert run_command("backup", str(backup), environment=environment_of(server.storage)).returncode == 0
    assert NAME.encode() not in backup.read_bytes()
    assert one.email.encode() not in backup.read_bytes()
    for after in (0, 1, None):
        again = await own.stream(await own.operator(), after=after)
        if after is not None:
            await again.until_entry(conversation=vera.conversation, kind="closed")
        assert NAME not in str(again.heard)
    chat = await own.stream(vera)
    await chat.until_entry(kind="closed")
    assert NAME not in str(chat.heard)
    for path in ("conversations", "people", f"conversations/{vera.conversation}/export", "workspace/export"):
        answer = await ask(own.http, olga, "GET", f"/v1/desk/{path}")
        assert answer.status_code == 200, path
        assert NAME not in answer.text, path
    assert NAME not in server.log()


def expire_audit_log(server: ServerProcess) -> None:
    """Delete the audit log, as retention does when its entries expire. The triggers reject it for newer ones."""
    connection = sqlite3.connect(server.database, timeout=10)
    connection.execute("PRAGMA secure_delete = ON")
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    with connection:
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM audit_log")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def test_waiting_email_to_the_operator_is_deleted_and_others_stay(own: World) -> None:
    olga = await own.operator()
    one, person, _ = await busy(own)
    other = await own.new_operator(hire(own, "Otto", role="operator"))
    # The address is in an email to the operator, and the name in one to the address that is not confirmed yet.
    words = {"current": one.password, "new": "another long password 7"}
    assert (await ask(own.http, person, "POST", "/v1/desk/me/password", words)).status_code == 204
    before = own.server.rows("SELECT count(*) FROM task WHERE kind = 'mail'")
    body = {"email": "guest@tea.example", "role": "operator"}
    assert (await ask(own.http, olga, "POST", "/v1/desk/people/invite", body)).status_code == 204
    assert (await ask(own.http, other, "POST", "/v1/desk/me/email", {"email": "o@tea.example"})).status_code == 204
    waiting = own.server.rows("SELECT count(*) FROM task WHERE kind = 'mail'")
    assert waiting == [(before[0][0] + 2,)], "the premise"
    assert (await anonymise(own, olga, person)).status_code == 204
    assert before == [(2,)]
    assert own.server.rows("SELECT count(*) FROM task WHERE kind = 'mail'") == [(2,)]


async def test_last_owner_cannot_be_made_anonymous_and_oneself_only_with_another_owner(own: World) -> None:
    owner = await own.operator()
    # The seed has two owners.
    otto = own.server.rows("SELECT id FROM operator WHERE name = 'Otto'")[0][0]
    assert (await ask(own.http, owner, "POST", f"/v1/desk/people/{otto}/disable", {})).status_code == 204
    for by in (owner, await own.new_operator(hire(own, "Ada", role="admin"))):
        refused = await anonymise(own, by, owner)
        assert code_of(refused) == ("last_owner" if by is owner else "forbidden")
    assert own.server.rows("SELECT name FROM operator WHERE id = ?", owner.id) == [("Olga",)]
    second = hire(own, NAME)
    person = await own.new_operator(second)
    (entries,) = own.server.rows("SELECT count(*) FROM audit_log WHERE actor_name = ?", NAME)[0]
    assert (await anonymise(own, person, person)).status_code == 204
    assert code_of(await ask(own.http, person, "GET", "/v1/desk/me")) == "invalid_token"
    after = own.server.rows("SELECT count(*) FROM audit_log WHERE actor_name = ?", NAME)
    assert after == [(entries,)], "the action itself adds no name to the log"


async def test_anonymisation_hands_over_and_needs_permission_and_recent_authentication(own: World) -> None:
    olga, mate = await own.operator(OLGA), await own.new_operator(hire(own, "Mate", role="admin"))
    _, person, _ = await busy(own)
    assert (await ask(own.http, person, "POST", "/v1/desk/teams", {"name": "T", "members": [person.id]})).is_success
    operator = await own.new_operator(hire(own, "Opal", role="operator"))
    assert code_of(await anonymise(own, operator, person)) == "forbidden"
    stale = await own.new_operator(hire(own, "Stan", role="admin"))
    own.server.change("UPDATE session SET authenticated_at = 1 WHERE operator_id = ?", stale.id)
    assert code_of(await anonymise(own, stale, person)) == "step_up"
    assert code_of(await anonymise(own, olga, person, person.id)) == "invalid"
    assert (await anonymise(own, olga, person, mate.id)).status_code == 204
    assert own.server.rows("SELECT operator_id FROM team_member") == [(mate.id,)]
