"""Two nodes on one database: events at one node reach clients of the other once and in order, with any fault of the
bus."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from crumbless.security.dpop import token_hash
from support.balancer import Balancer
from support.client import Stream, ask
from support.cluster import ClusterWorld, ServerCluster, seqs
from support.nats import NatsServer, make_cluster, routes_made
from support.people import BUSY_MACHINE, OLGA, OSKAR, new_entry_id, say
from support.ports import free_port
from support.postgres import PostgresServer, ask_postgres, name_of

BUSES = ("postgresql", "nats")


@pytest.fixture(scope="module")
def own_nats() -> Iterator[NatsServer]:
    """Start a NATS server that a test may stop. The test starts it again."""
    server = NatsServer()
    server.start()
    yield server
    server.dispose()


@pytest.fixture(scope="module", params=BUSES)
def cluster(request: pytest.FixtureRequest, postgres: PostgresServer, seeded_postgres: str) -> Iterator[ServerCluster]:
    """Start two nodes, for all tests on the same bus."""
    bus = request.getfixturevalue("own_nats").url if request.param == "nats" else "postgresql"
    made = ServerCluster(postgres.new_database(seeded_postgres), bus)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest_asyncio.fixture
async def world(cluster: ServerCluster) -> AsyncIterator[ClusterWorld]:
    """Return the nodes and their operators and visitors."""
    world = ClusterWorld(cluster)
    await world.bus_is(connected=True)
    yield world
    await world.close()


ON_NATS = pytest.mark.parametrize("cluster", ["nats"], indirect=True)


async def pair(world: ClusterWorld) -> tuple[Stream, Stream]:
    """Return a visitor's stream at the first node and an operator's at the second."""
    world.cluster.steer(0)
    visitor = await world.stream_at(0, await world.visitor())
    operator = await world.stream_at(1, await world.operator(OLGA))
    return visitor, operator


async def exchange_messages(visitor: Stream, operator: Stream, count: int, began: int = 1) -> None:
    """Send from both streams at the same time, repeatedly. Both receive all messages in order."""
    conversation = visitor.person.conversation
    for number in range(count):
        acks = await asyncio.gather(
            say(visitor, f"visitor {number}"), say(operator, f"operator {number}", conversation=conversation)
        )
        assert [frame["op"] for frame in acks] == ["ack", "ack"]
    last = began + 2 * count
    for stream in (visitor, operator):
        await stream.until_entry(conversation=conversation, seq=last)
        assert seqs(stream, conversation) == [*range(1, last + 1)]


async def test_clients_of_both_nodes_receive_each_message_once_and_in_order(world: ClusterWorld) -> None:
    visitor, operator = await pair(world)
    await exchange_messages(visitor, operator, 25)
    await operator.send("typing", conversation=visitor.person.conversation, on=True)
    assert (await visitor.until("typing"))["by"]["name"] == "Olga"
    await visitor.send("seen", conversation=visitor.person.conversation, seq=5)
    assert (await operator.until("seen", by="visitor"))["seq"] == 5


async def summary_of(stream: Stream, conversation: str, unread: int, last_seq: int) -> None:
    """Wait for a summary of this conversation with these numbers."""
    while True:
        summary = (await stream.until("summary"))["conversation"]
        if (summary["id"], summary["unread"], summary["last_seq"]) == (conversation, unread, last_seq):
            return


async def test_conversation_that_is_added_at_one_node_is_summarised_at_the_other(world: ClusterWorld) -> None:
    visitor, operator = await pair(world)
    vera = visitor.person
    world.cluster.steer(1)
    body = {"id": new_entry_id(), "text": "Another thing"}
    answer = await ask(world.http, vera, "POST", "/v1/visitor/conversations", body)
    assert answer.status_code == 201, answer.text
    other = answer.json()["conversation"]["id"]
    # Sent at once, whether or not the first node has received the new conversation.
    assert (await say(visitor, "More of it", conversation=other))["op"] == "ack"
    await summary_of(visitor, other, unread=0, last_seq=2)
    await say(operator, "Good day", conversation=other)
    await summary_of(visitor, other, unread=1, last_seq=3)
    serving = await world.stream_at(1, vera)
    assert serving.heard[1]["conversation"]["id"] == other, "without a name it is the newest, at every node"
    await serving.send("seen", conversation=other, seq=3)
    await summary_of(visitor, other, unread=0, last_seq=3)


async def test_lost_bus_loses_no_message(
    world: ClusterWorld, request: pytest.FixtureRequest, postgres: PostgresServer
) -> None:
    visitor, operator = await pair(world)
    await exchange_messages(visitor, operator, 2)
    nats = request.getfixturevalue("own_nats") if "nats" in request.node.name else None
    if nats is not None:
        nats.stop()
        await world.bus_is(connected=False)
    else:
        # Only this cluster's connections: other servers of the tests use the bus of the same PostgreSQL.
        kill = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'crumbless bus' AND datname = current_database()"""
        ended = ask_postgres(postgres.url(name_of(world.cluster.nodes[0].database_url)), kill)
        assert len(ended) == 4
    began = time.monotonic()
    await exchange_messages(visitor, operator, 3, began=5)
    assert time.monotonic() - began < 8
    if nats is not None:
        nats.start()
    await world.bus_is(connected=True)
    await exchange_messages(visitor, operator, 2, began=11)


async def test_sign_out_at_one_node_ends_streams_and_requests_at_the_other(world: ClusterWorld) -> None:
    world.cluster.steer(0)
    olga = await world.new_operator(OLGA)
    stream = await world.stream_at(1, olga)
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 200
    world.cluster.steer(0)
    began = time.monotonic()
    assert (await ask(world.http, olga, "POST", "/v1/desk/sign-out")).status_code == 204
    assert (await stream.until_over()).code == 4401
    assert time.monotonic() - began < 1 + BUSY_MACHINE
    world.cluster.steer(1)
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 401


async def test_account_policy_set_at_one_node_ends_sessions_at_the_other(world: ClusterWorld) -> None:
    world.cluster.steer(0)
    owner, old, young = [await world.new_operator(OSKAR) for _ in range(3)]
    world.cluster.nodes[0].change(
        "UPDATE session SET created_at = created_at - 7200000 WHERE token_hash = ?", token_hash(old.token or "")
    )
    stream = await world.stream_at(1, old)
    assert (await ask(world.http, young, "GET", "/v1/desk/me")).status_code == 200
    policy: dict[str, object] = {"second_factor_from": None, "provider_only": False, "idle_minutes": None}
    world.cluster.steer(0)
    began = time.monotonic()
    changed = await ask(world.http, owner, "POST", "/v1/desk/account-policy", policy | {"session_hours": 1})
    assert changed.status_code == 204, changed.text
    assert (await stream.until_over()).code == 4401
    assert time.monotonic() - began < 1 + BUSY_MACHINE
    world.cluster.steer(1)
    statuses = [(await ask(world.http, one, "GET", "/v1/desk/me")).status_code for one in (old, young)]
    assert statuses == [401, 200]
    undone = await ask(world.http, owner, "POST", "/v1/desk/account-policy", policy | {"session_hours": None})
    assert undone.status_code == 204, undone.text


@ON_NATS
async def test_session_end_that_the_bus_lost_is_found_within_a_second(
    world: ClusterWorld, own_nats: NatsServer
) -> None:
    own_nats.stop()
    world.cluster.steer(0)
    olga = await world.new_operator(OLGA)
    stream = await world.stream_at(1, olga)
    world.cluster.steer(0)
    began = time.monotonic()
    assert (await ask(world.http, olga, "POST", "/v1/desk/sign-out")).status_code == 204
    assert (await stream.until_over()).code == 4401
    assert time.monotonic() - began < 1 + BUSY_MACHINE
    own_nats.start()


@ON_NATS
async def test_proof_used_at_one_node_is_refused_by_the_other(world: ClusterWorld) -> None:
    world.cluster.steer(0)
    olga = await world.new_operator(OLGA)
    taken = olga.credentials("GET", "/v1/desk/me")
    me = f"{world.cluster.address}/v1/desk/me"
    assert (await world.http.get(me, headers=taken)).status_code == 200
    world.cluster.steer(1)
    refused = await world.http.get(me, headers=taken)
    assert refused.status_code == 401
    assert "use_dpop_nonce" in refused.headers["www-authenticate"]
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).status_code == 200


@ON_NATS
async def test_first_stream_of_a_node_misses_no_message(world: ClusterWorld) -> None:
    """Open streams at a node without other streams, while the other node appends without a pause."""
    visitor, _ = await pair(world)
    sent = 0

    async def chatter() -> None:
        nonlocal sent
        while sent < 60:
            assert (await say(visitor, "words"))["op"] == "ack"
            sent += 1

    chatting = asyncio.create_task(chatter())
    person = await world.operator(OLGA)
    opened = [await world.stream_at(1, person) for _ in range(6)]
    await chatting
    for stream in opened:
        await stream.until_entry(conversation=visitor.person.conversation, seq=61)
        assert seqs(stream, visitor.person.conversation) == [*range(1, 62)]


async def test_partition_of_the_bus_loses_no_message(postgres: PostgresServer, seeded_postgres: str) -> None:
    """Each node has a working NATS server. Between the two no data arrives, and neither server reports an error."""
    ports = [free_port() for _ in range(3)]
    links = [Balancer(port) for port in ports[:2]]
    for link in links:
        link.start()
    servers = make_cluster([[ports[1]], [ports[0]], [link.port for link in links]], ports)
    for server in servers:
        server.start()
    cluster = ServerCluster(postgres.new_database(seeded_postgres), [servers[0].url, servers[2].url])
    world = ClusterWorld(cluster)
    try:
        cluster.start()
        await world.bus_is(connected=True)
        assert routes_made(servers[2]) > 0
        visitor, operator = await pair(world)
        await exchange_messages(visitor, operator, 3)
        for link in links:
            link.cut = True
        await exchange_messages(visitor, operator, 3, began=7)
        await world.bus_is(connected=True)
        for link in links:
            link.cut = False
            link.reset()
        await exchange_messages(visitor, operator, 3, began=13)
    finally:
        await world.close()
        cluster.stop()
        for one in (*servers, *links):
            one.dispose() if isinstance(one, NatsServer) else one.stop()
