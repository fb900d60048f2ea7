"""Two nodes restart in turn under load: no client waits long, and no message is lost or duplicated."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from support.client import LOST, ask
from support.cluster import ClusterWorld, ServerCluster
from support.people import BUSY_MACHINE, OLGA
from support.postgres import PostgresServer
from support.traveller import ReconnectingClient


@pytest.fixture
def cluster(postgres: PostgresServer, seeded_postgres: str) -> Iterator[ServerCluster]:
    """Start two nodes for this test."""
    made = ServerCluster(postgres.new_database(seeded_postgres), "postgresql", drain_seconds=0.5)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest_asyncio.fixture
async def world(cluster: ServerCluster) -> AsyncIterator[ClusterWorld]:
    """Return the nodes and their operators and visitors."""
    made = ClusterWorld(cluster)
    yield made
    await made.close()


async def test_rolling_restart_loses_and_duplicates_no_message(cluster: ServerCluster, world: ClusterWorld) -> None:
    people = [ReconnectingClient(world, await world.visitor()) for _ in range(4)]
    stop = asyncio.Event()
    lives = [asyncio.create_task(one.live(stop, talks=number != 2)) for number, one in enumerate(people)]

    async def busy() -> bool:
        return all(len(one.acknowledged) > 5 for number, one in enumerate(people) if number != 2)

    await world.eventually(busy)
    for node in cluster.nodes:
        before = sum(len(one.acknowledged) for one in people)
        node.begin_stop()
        assert await asyncio.to_thread(node.wait_stopped) == 0

        async def has_progressed(before: int = before) -> bool:
            return sum(len(one.acknowledged) for one in people) > before + 5

        await world.eventually(has_progressed)
        await asyncio.to_thread(node.start)
    stop.set()
    await asyncio.gather(*lives)
    for one in people:
        entries = await world.timeline(one.person.conversation)
        await one.arrive(len(entries))
        assert [entry["seq"] for entry in one.heard] == [*range(1, len(entries) + 1)], "each once and in order"
        assert [entry["id"] for entry in one.heard] == [entry["id"] for entry in entries]
        assert one.acknowledged <= {entry["id"] for entry in entries}
        assert len(entries) == 1 + len(one.acknowledged), "a resent message is the same message"
        assert max(one.away) < 2 + BUSY_MACHINE, one.away
    assert {code for one in people for code in one.codes} <= {1012, LOST}
    assert any(1012 in one.codes for one in people)


async def test_stopping_node_is_unready_first_and_serves_until_then(
    cluster: ServerCluster, world: ClusterWorld
) -> None:
    cluster.steer(0)
    olga = await world.new_operator(OLGA)
    stream = await world.stream(olga)
    ready = f"{cluster.nodes[0].address}/readyz"
    assert (await world.http.get(ready)).status_code == 200
    cluster.nodes[0].begin_stop()

    async def unready() -> bool:
        return (await world.http.get(ready)).status_code == 503

    await world.eventually(unready)
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 200
    await stream.settled()
    assert (await stream.until_over()).code == 1012
    assert await asyncio.to_thread(cluster.nodes[0].wait_stopped) == 0
    cluster.steer(None)
    assert (await world.stream(olga)).heard[1]["op"] == "welcome"
