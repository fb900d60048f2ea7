"""A server is killed after a commit and before it publishes the events of it: each event's poll finds the change.

On one node the change is found after the restart. Of two nodes the other one finds it while the first is down.
"""

import asyncio
import inspect
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import get_args

import httpx
import pytest
import pytest_asyncio

from crumbless.ledger.events import DomainEvent
from support.client import DEADLINE, Person, StreamOver, ask
from support.cluster import ClusterWorld, ServerCluster
from support.mail_server import MailServer, mail_server
from support.people import OLGA, World, new_entry_id, say
from support.postgres import PostgresServer
from support.server import ServerProcess, wait_until
from support.sign_in import hire
from support.storage import Storage
from support.vouching import code_of

PROGRAM = Path(__file__).parents[1] / "support" / "mortal_server.py"

COVERED: dict[str, set[str]] = {
    "SessionEnded": {"one", "two"},
    "OperatorChanged": {"one", "two"},
    "MarkMoved": {"one", "two"},
    "ReachChanged": {"one", "two"},
    "BansChanged": {"one", "two"},
    # Only for the node itself: it cancels what it is sending. The row is gone for all, and a task in flight is sent.
    "TasksWithdrawn": {"one"},
    "TasksQueued": {"one", "two"},
    "Appended": {"one", "two"},
}
"""Kinds of events, and whether a test below loses one with one node and with two."""


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def settings_for(mails: MailServer, trap: Path) -> dict[str, object]:
    smtp = {"smtp_url": f"smtp://127.0.0.1:{mails.port}?tls=off", "mail_from": "chat@tea.example"}
    return {"forked_program": [str(PROGRAM), str(trap)], "task_poll_seconds": 0.2, **smtp}


def killed_at(trap: Path, server: ServerProcess) -> None:
    """Return once the server was killed where it would publish the events of a batch."""
    assert server.wait_stopped() == -signal.SIGKILL
    assert not trap.exists(), "the server was killed elsewhere"


async def run_killed(kind: str, trap: Path, server: ServerProcess, action: Awaitable[object]) -> None:
    """Run the action. The server is killed where it would publish an event of this kind."""
    await asyncio.to_thread(trap.write_text, kind, encoding="utf-8")
    running = asyncio.ensure_future(action)
    await asyncio.to_thread(killed_at, trap, server)
    running.cancel()
    [outcome] = await asyncio.gather(running, return_exceptions=True)
    assert isinstance(outcome, httpx.TransportError | StreamOver | asyncio.CancelledError), outcome


async def until_mailed(mails: MailServer, address: str) -> None:
    """Return once an email to this address arrived."""
    await asyncio.to_thread(
        wait_until, lambda: any(address in str(one["To"]) for one in mails.messages()), DEADLINE, "an email"
    )


def post(world: World, person: Person, path: str, body: object = None) -> Awaitable[httpx.Response]:
    return ask(world.http, person, "POST", path, {} if body is None else body)


def add(world: World, person: Person) -> Awaitable[httpx.Response]:
    return post(world, person, "/v1/visitor/conversations", {"id": new_entry_id(), "text": "Another thing"})


ADDED = "SELECT id FROM conversation WHERE visitor_id = ? AND id <> ?"


def ban(world: World, olga: Person, conversation: str) -> Awaitable[httpx.Response]:
    body = {"conversation": conversation, "days": 7, "reason": "Insults"}
    return post(world, olga, "/v1/desk/bans", body)


async def lift_bans(world: World, olga: Person) -> None:
    """Lift the bans: other visitors of this network are asked for proof of work meanwhile."""
    for one in (await ask(world.http, olga, "GET", "/v1/desk/bans")).json()["bans"]:
        assert (await post(world, olga, f"/v1/desk/bans/{one['id']}/lift")).status_code == 204


async def test_each_kind_of_event_is_lost_in_a_test() -> None:
    assert {*COVERED} == {kind.__name__ for kind in get_args(DomainEvent)} | {"Appended"}
    source = inspect.getsource(inspect.getmodule(test_each_kind_of_event_is_lost_in_a_test))  # pyright: ignore[reportArgumentType]
    for kind, nodes in COVERED.items():
        found = {"one" if f'killed("{kind}"' in source else "", "two" if f'lost("{kind}"' in source else ""}
        assert found - {""} == nodes, kind


# --- one node, killed and started again ------------------------------------------------------------------------------


Killed = Callable[[str, Awaitable[object]], Awaitable[None]]


@pytest.fixture(scope="module")
def mortal(
    storage: Storage, mails: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ServerProcess, Path]]:
    """A server that a trap kills, and the trap."""
    folder = tmp_path_factory.mktemp("lost_events")
    server = ServerProcess(storage.new_database(folder), **settings_for(mails, folder / "trap"))
    server.start()
    yield server, folder / "trap"
    server.dispose()
    assert "Traceback" not in server.log()


@pytest.fixture
def world(mortal: tuple[ServerProcess, Path], open_world: Callable[[ServerProcess], World]) -> World:
    return open_world(mortal[0])


@pytest.fixture
def killed(mortal: tuple[ServerProcess, Path]) -> Killed:
    async def run(kind: str, action: Awaitable[object]) -> None:
        server, trap = mortal
        await run_killed(kind, trap, server, action)
        await asyncio.to_thread(server.start)

    return run


async def test_ended_session_is_refused_after_the_restart(world: World, killed: Killed) -> None:
    olga = await world.new_operator()
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 200
    await killed("SessionEnded", post(world, olga, "/v1/desk/sign-out"))
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 401


async def test_changed_operator_has_the_new_role_after_the_restart(world: World, killed: Killed) -> None:
    olga, nora = await world.new_operator(), await world.new_operator(hire(world))
    assert (await ask(world.http, nora, "GET", "/v1/desk/tasks")).status_code == 200
    await killed("OperatorChanged", post(world, olga, f"/v1/desk/people/{nora.id}", {"role": "operator"}))
    assert (await ask(world.http, nora, "GET", "/v1/desk/tasks")).status_code == 403


async def test_moved_mark_is_received_when_the_stream_reconnects(world: World, killed: Killed) -> None:
    vera, olga = await world.visitor(), await world.new_operator()
    desk, stream = await world.stream(olga), await world.stream(vera)
    position = (await desk.until_entry(conversation=vera.conversation))["position"]

    async def read() -> None:
        await stream.send("seen", conversation=vera.conversation, seq=1)
        await asyncio.Event().wait()

    await killed("MarkMoved", read())
    again = await world.stream(olga, after=position)
    await again.until("seen", conversation=vera.conversation, by="visitor", seq=1)


async def test_added_conversation_is_summarised_after_the_restart(world: World, killed: Killed) -> None:
    vera = await world.visitor()
    await killed("ReachChanged", add(world, vera))
    [(added,)] = world.server.rows(ADDED, vera.id, vera.conversation)
    stream = await world.raw_stream(vera)
    await stream.authenticate(await stream.challenged(), 0, conversation=vera.conversation)
    desk = await world.stream(await world.new_operator())
    assert (await say(desk, "Good day", conversation=added))["op"] == "ack"
    assert (await stream.until("summary"))["conversation"]["id"] == added


async def test_ban_is_in_force_after_the_restart(world: World, killed: Killed) -> None:
    vera, olga = await world.visitor(), await world.new_operator()
    await killed("BansChanged", ban(world, olga, vera.conversation))
    assert code_of(await world.start(vera)) == "banned"
    await lift_bans(world, olga)


async def test_withdrawn_task_is_not_done_after_the_restart(world: World, killed: Killed, mails: MailServer) -> None:
    vera, victor = await world.visitor(), await world.visitor()
    mails.holds.clear()
    for person in (vera, victor):
        body = {"email": "vera@example.org", "conversation": person.conversation}
        answer = await post(world, person, "/v1/visitor/continue/mail", body)
        assert answer.status_code in {200, 204}, answer.text
    waiting = "SELECT about FROM task WHERE kind = 'mail' AND about IN (?, ?)"
    assert {about for (about,) in world.server.rows(waiting, vera.id, victor.id)} == {vera.id, victor.id}
    await killed("TasksWithdrawn", post(world, vera, "/v1/visitor/erase"))
    assert world.server.rows(waiting, vera.id, victor.id) == [(victor.id,)]
    mails.holds.set()


async def test_queued_task_is_done_after_the_restart(world: World, killed: Killed, mails: MailServer) -> None:
    await killed("TasksQueued", post(world, world.stranger(), "/v1/reset/request", {"email": OLGA.email}))
    await until_mailed(mails, OLGA.email)


async def test_entry_is_delivered_and_acknowledged_after_the_restart(world: World, killed: Killed) -> None:
    vera, olga = await world.visitor(), await world.new_operator()
    stream, entry_id = await world.stream(vera), new_entry_id()
    await killed("Appended", say(stream, "Are you there?", entry_id))
    ack = await say(await world.stream(vera), "Are you there?", entry_id)
    assert (ack["op"], ack["seq"]) == ("ack", 2)
    desk = await world.stream(olga)
    await desk.until_entry(conversation=vera.conversation, id=entry_id, seq=2)


async def test_deletion_is_received_after_the_restart(world: World, killed: Killed) -> None:
    vera, olga = await world.visitor("private"), await world.new_operator()
    stream, desk, deletion = await world.stream(vera), await world.stream(olga), new_entry_id()
    message = await desk.until_entry(conversation=vera.conversation)

    async def delete() -> None:
        await stream.send("delete", id=deletion, conversation=vera.conversation, entry=message["id"])
        await asyncio.Event().wait()

    await killed("Appended", delete())
    again = await world.stream(olga, after=message["position"])
    assert (await again.until_entry(id=deletion))["data"] == {"entry": message["id"]}
    [emptied, _] = await world.timeline(vera.conversation)
    assert (emptied["data"], emptied["author"]) == (None, {"kind": "visitor"})
    chat = await world.stream(vera)
    assert (await chat.until_entry(seq=1))["data"] is None
    await chat.send("delete", id=deletion, conversation=vera.conversation, entry=message["id"])
    assert (await chat.until("ack", id=deletion))["seq"] == 2


# --- two nodes, of which the first is killed -------------------------------------------------------------------------


class TwoNodes(ClusterWorld):
    """Two nodes of which the first is killed. Streams are at the second."""

    def __init__(self, cluster: ServerCluster, trap: Path) -> None:
        super().__init__(cluster)
        self._trap = trap

    async def lost(self, kind: str, action: Callable[[], Awaitable[object]]) -> None:
        """Run the action at the first node, which is killed when it would publish an event of this kind."""
        self.cluster.steer(0)
        await run_killed(kind, self._trap, self.cluster.nodes[0], action())
        self.cluster.steer(1)


@pytest.fixture(scope="module")
def cluster(
    postgres: PostgresServer, seeded_postgres: str, mails: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ServerCluster, Path]]:
    trap = tmp_path_factory.mktemp("lost_events") / "trap"
    made = ServerCluster(postgres.new_database(seeded_postgres), "postgresql", (), **settings_for(mails, trap))
    try:
        made.start()
        yield made, trap
    finally:
        made.stop()


@pytest_asyncio.fixture
async def nodes(cluster: tuple[ServerCluster, Path]) -> AsyncIterator[TwoNodes]:
    made, trap = cluster
    if made.nodes[0].stopped:
        await asyncio.to_thread(made.nodes[0].start)
    world = TwoNodes(made, trap)
    await world.bus_is(connected=True)
    made.steer(1)
    yield world
    await world.close()


async def test_other_node_closes_the_streams_of_an_ended_session(nodes: TwoNodes) -> None:
    olga = await nodes.new_operator(hire(nodes))
    stream = await nodes.stream_at(1, olga)
    await nodes.lost("SessionEnded", lambda: post(nodes, olga, "/v1/desk/sign-out"))
    assert (await stream.until_over()).code == 4401
    assert (await ask(nodes.http, olga, "GET", "/v1/desk/me")).status_code == 401


async def test_other_node_disconnects_a_changed_operator(nodes: TwoNodes) -> None:
    olga, nora = await nodes.new_operator(), await nodes.new_operator(hire(nodes))
    stream = await nodes.stream_at(1, nora)
    change = f"/v1/desk/people/{nora.id}"
    await nodes.lost("OperatorChanged", lambda: post(nodes, olga, change, {"role": "operator"}))
    assert (await stream.until_over()).code == 1012
    assert (await ask(nodes.http, nora, "GET", "/v1/desk/tasks")).status_code == 403


async def test_other_node_summarises_a_conversation_that_was_added(nodes: TwoNodes) -> None:
    vera = await nodes.visitor()
    stream = await nodes.stream_at(1, vera)
    await nodes.lost("ReachChanged", lambda: add(nodes, vera))
    [(added,)] = nodes.cluster.rows(ADDED, vera.id, vera.conversation)
    assert (await stream.until("summary"))["conversation"]["id"] == added


async def test_other_node_knows_of_a_ban(nodes: TwoNodes) -> None:
    vera, olga = await nodes.visitor(), await nodes.new_operator()
    stream = await nodes.stream_at(1, vera)
    await nodes.lost("BansChanged", lambda: ban(nodes, olga, vera.conversation))
    assert (await stream.until_over()).code == 4401

    async def is_banned() -> bool:
        # The other node reads the bans a little later than the end of the session. Until then a start succeeds.
        answer = await nodes.start(vera)
        return answer.status_code == 403 and code_of(answer) == "banned"

    await nodes.eventually(is_banned)
    await lift_bans(nodes, olga)


async def test_other_node_shows_a_mark(nodes: TwoNodes) -> None:
    vera, olga = await nodes.visitor(), await nodes.new_operator()
    desk, chat = await nodes.stream_at(1, olga), await nodes.stream_at(1, vera)
    at_first = await nodes.stream_at(0, olga)
    await desk.until_entry(conversation=vera.conversation)

    async def read() -> None:
        await at_first.send("seen", conversation=vera.conversation, seq=1)
        await asyncio.Event().wait()

    await nodes.lost("MarkMoved", read)
    await desk.until("seen", conversation=vera.conversation, by="operator", seq=1)
    await chat.until("seen", conversation=vera.conversation, by="operator", seq=1)


async def test_other_node_does_a_queued_task(nodes: TwoNodes, mails: MailServer) -> None:
    nora = hire(nodes)
    body = {"email": nora.email}
    await nodes.lost("TasksQueued", lambda: post(nodes, nodes.stranger(), "/v1/reset/request", body))
    await until_mailed(mails, nora.email)


async def test_other_node_delivers_an_entry(nodes: TwoNodes) -> None:
    vera, olga = await nodes.visitor(), await nodes.new_operator()
    desk = await nodes.stream_at(1, olga)
    stream, entry_id = await nodes.stream_at(0, vera), new_entry_id()
    await nodes.lost("Appended", lambda: say(stream, "Are you there?", entry_id))
    await desk.until_entry(conversation=vera.conversation, id=entry_id, seq=2)


async def test_other_node_delivers_a_deletion(nodes: TwoNodes) -> None:
    vera, olga = await nodes.visitor("private"), await nodes.new_operator()
    desk, chat = await nodes.stream_at(1, olga), await nodes.stream_at(1, vera)
    message = await desk.until_entry(conversation=vera.conversation)
    stream, deletion = await nodes.stream_at(0, vera), new_entry_id()

    async def delete() -> None:
        await stream.send("delete", id=deletion, conversation=vera.conversation, entry=message["id"])
        await asyncio.Event().wait()

    await nodes.lost("Appended", delete)
    for witness in (desk, chat):
        assert (await witness.until_entry(id=deletion))["data"] == {"entry": message["id"]}
    rows = nodes.cluster.rows("SELECT data FROM entry WHERE id = ?", message["id"])
    assert [data for (data,) in rows] == [None]
