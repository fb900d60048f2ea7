"""PostgreSQL restarts or closes connections during writes: no acknowledged message is lost, and the server recovers."""

import asyncio
from collections.abc import Callable

import pytest

from support.client import Person, ask
from support.people import World, new_entry_id, say
from support.postgres import PostgresServer
from support.server import ServerProcess

pytestmark = pytest.mark.storages("postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


async def send_until(world: World, vera: Person, until: asyncio.Event) -> dict[str, int]:
    """Send messages one after another, each repeated under its ID until it is acknowledged. Return their seqs."""
    stream, acknowledged = await world.stream(vera), dict[str, int]()
    while not until.is_set():
        entry_id = new_entry_id()
        while (frame := await say(stream, f"words of {entry_id}", entry_id))["op"] == "error":
            assert frame["code"] == "busy"
            await asyncio.sleep(0.05)
        acknowledged[entry_id] = frame["seq"]
    return acknowledged


@pytest.mark.parametrize("how", ["restart", "crash", "connections"])
async def test_acknowledged_messages_are_stored_once(
    start_server: StartServer, open_world: OpenWorld, postgres: PostgresServer, how: str
) -> None:
    server = start_server()
    world = open_world(server)
    people = [await world.visitor(f"Hello {number}") for number in range(4)]
    enough = asyncio.Event()
    sending = [asyncio.create_task(send_until(world, person, enough)) for person in people]

    async def wait_for_entries(number: int) -> None:
        async def are_stored() -> bool:
            return server.rows("SELECT count(*) FROM entry")[0][0] >= number

        await world.eventually(are_stored)

    async def connections_are_ended() -> bool:
        return postgres.end_connections(server.database_url) > 0

    await wait_for_entries(20)
    for round_number in range(1, 4):
        if how == "connections":
            # Connections that were closed in the last round may not have been replaced yet.
            await world.eventually(connections_are_ended)
        else:
            await asyncio.to_thread(postgres.stop if how == "restart" else postgres.kill)
            await asyncio.to_thread(postgres.start)
        await wait_for_entries(20 + 20 * round_number)
    enough.set()
    for person, acknowledged in zip(people, await asyncio.gather(*sending), strict=True):
        stored = dict(server.rows("SELECT id, seq FROM entry WHERE author_id = ? AND seq > 1", person.id))
        assert stored == acknowledged
        assert sorted(stored.values()) == [*range(2, len(stored) + 2)]
    positions = server.rows("SELECT position FROM entry WHERE workspace_id = 1 ORDER BY position")
    assert positions == [(number,) for number in range(1, len(positions) + 1)]


async def test_unreachable_database_is_answered_with_503_until_it_is_back(
    start_server: StartServer, open_world: OpenWorld, postgres: PostgresServer
) -> None:
    server = start_server()
    world = open_world(server)
    olga, vera = await world.operator(), await world.visitor()
    postgres.stop()
    try:
        answer = await ask(world.http, olga, "GET", "/v1/desk/conversations")
        assert answer.status_code == 503, answer.text
        assert answer.json()["type"].endswith("busy")
        assert int(answer.headers["retry-after"]) > 0

        async def unwell() -> bool:
            return (await world.http.get(f"{server.address}/readyz")).status_code == 503

        await world.eventually(unwell)
    finally:
        postgres.start()

    async def well() -> bool:
        return (await world.http.get(f"{server.address}/readyz")).status_code == 200

    await world.eventually(well)
    assert (await say(await world.stream(vera), "Still here"))["op"] == "ack"
    assert (await ask(world.http, olga, "GET", "/v1/desk/conversations")).status_code == 200
