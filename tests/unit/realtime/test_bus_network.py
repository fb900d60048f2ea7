"""Several nodes on one database: every listener receives every entry once and in order, with any fault of the bus."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from crumbless.protocol.frames import SeenNow
from crumbless.realtime import bus_network, subscriptions
from crumbless.realtime.bus_network import EVERYBODY, NetworkBus
from support.node_double import DoubleNode, Network, Store, eventually
from support.value_make import CONVERSATION, OTHER_CONVERSATION, SITE, make_operator_session, make_session

MakeNode = Callable[[], DoubleNode]


class Cluster:
    """Nodes with the same database and bus."""

    def __init__(self) -> None:
        self.store, self.network = Store(), Network()
        self.nodes: list[DoubleNode] = []

    def node(self) -> DoubleNode:
        self.nodes.append(DoubleNode(self.store, self.network))
        return self.nodes[-1]

    async def stop(self) -> None:
        for node in self.nodes:
            await node.stop()


@pytest_asyncio.fixture
async def cluster(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cluster]:
    monkeypatch.setattr(subscriptions, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(subscriptions, "GRACE_SECONDS", 0.005)
    made = Cluster()
    yield made
    await made.stop()


async def test_entry_on_one_node_is_received_on_the_other_once(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    ears = [await node.listen(make_operator_session()) for node in (here, there)]
    here.append(3)
    assert ears[0].positions == [1, 2, 3], "without the network"
    await eventually(lambda: ears[1].positions == [1, 2, 3])
    there.append()
    await eventually(lambda: ears[0].positions == [1, 2, 3, 4])
    assert there.live.feed.gaps == 0
    assert ears[0].positions == ears[1].positions == [1, 2, 3, 4]


async def test_batch_is_one_message(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    ear = await there.listen(make_operator_session())
    for _ in range(20):
        here.append(2)
    await eventually(lambda: len(ear.positions) == 40)
    assert len(cluster.network.packets) <= 2


async def test_error_in_one_batch_does_not_end_the_sending(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = cluster.node(), cluster.node()
    ear = await there.listen(make_operator_session())
    failed: list[int] = []

    def fail(_node: str, messages: Sequence[object], _most: int) -> list[bytes]:
        failed.append(len(messages))
        raise ValueError

    with monkeypatch.context() as broken:
        broken.setattr(bus_network, "write_envelopes", fail)
        here.append()
        await eventually(lambda: bool(failed))
    here.append()
    await eventually(lambda: bool(cluster.network.packets))
    await eventually(lambda: ear.positions == [1, 2])


async def test_lost_message_is_read_at_the_next_poll(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    ear = await there.listen(make_operator_session())
    cluster.network.lose = lambda: True
    here.append(7)
    await eventually(lambda: ear.positions == [1, 2, 3, 4, 5, 6, 7])
    assert there.live.feed.gaps == 1


async def test_outage_of_the_bus_loses_no_entry(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    ear = await there.listen(make_operator_session())
    here.transport.connected = there.transport.connected = False
    here.append(4)
    await eventually(lambda: ear.positions == [1, 2, 3, 4])
    assert cluster.network.packets == [], "undelivered messages are not stored"
    here.transport.connected = there.transport.connected = True
    here.append()
    await eventually(lambda: ear.positions == [1, 2, 3, 4, 5])


async def test_reconnected_bus_causes_an_immediate_poll(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "POLL_SECONDS", 1_000)
    here, there = cluster.node(), cluster.node()
    ear = await there.listen(make_operator_session())
    # The first poll that began with the shorter interval.
    there.live.subscriptions.poll_now()
    cluster.network.lose = lambda: True
    here.append()
    await eventually(lambda: len(cluster.network.packets) == 1)
    there.transport.on_possible_loss()
    await eventually(lambda: ear.positions == [1])


async def test_database_is_polled_again_after_an_outage(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    ear = await there.listen(make_operator_session())
    cluster.network.lose = lambda: True
    cluster.store.away = True
    here.append()
    await eventually(lambda: len(cluster.network.packets) == 1)
    cluster.store.away = False
    await eventually(lambda: ear.positions == [1])


async def test_only_workspaces_with_a_listener_are_followed(cluster: Cluster) -> None:
    node = cluster.node()
    ear = await node.listen(make_operator_session(workspace=5))
    assert node.transport.followed == {EVERYBODY, 5}
    node.live.connections.remove(ear)
    await eventually(lambda: node.transport.followed == {EVERYBODY})
    assert node.live.feed.followed == []
    again = await node.listen(make_operator_session(workspace=5))
    node.append(workspace=5)
    assert again.positions == [1]


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_every_listener_receives_all_entries_since_its_beginning(seed: int) -> None:
    asyncio.run(run_at_random(random.Random(seed)))


async def run_at_random(dice: random.Random) -> None:
    """Three nodes append, listeners come and go, packets are lost, delayed and reordered."""
    cluster = Cluster()
    nodes = [cluster.node() for _ in range(3)]
    cluster.network.lose = lambda: dice.random() < 0.3
    ears: list[tuple[int, list[int]]] = []
    for _ in range(30):
        node, choice = dice.choice(nodes), dice.random()
        if choice < 0.2:
            at = len(cluster.store.entries.get(1, []))
            ears.append((at, (await node.listen(make_operator_session())).positions))
        elif choice < 0.3:
            cluster.network.held = []
        elif choice < 0.4:
            cluster.network.deliver_held(backwards=dice.random() < 0.5)
        else:
            node.append(dice.randint(1, 4))
        for _ in range(dice.randint(0, 3)):
            await asyncio.sleep(0)
    for node in nodes:
        await node.live.subscriptions.poll(urgent=True)
    last = len(cluster.store.entries.get(1, []))
    for since, heard in ears:
        await eventually(lambda heard=heard, since=since: len(heard) >= last - since)
        # Entries committed during its beginning may be delivered as well: streams skip positions that they have.
        assert heard == [*range(last - len(heard) + 1, last + 1)]
    await cluster.stop()


async def test_typing_and_seen_reach_the_other_nodes(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    vera, olga = make_session(), make_operator_session()
    vera_hears, olga_hears = await here.listen(vera), await there.listen(olga)
    here.live.bus.show_typing(vera, CONVERSATION, on=True, site=SITE, team=None)
    await eventually(lambda: len(olga_hears.frames) == 1)
    assert b'"typing"' in olga_hears.frames[0]
    there.live.bus.show_seen(1, SeenNow(CONVERSATION, "operator", 3), 3, SITE, None)
    await eventually(lambda: len(vera_hears.frames) == 1)
    assert vera_hears.frames[0] == olga_hears.frames[1]
    assert b'"seen"' in vera_hears.frames[0]


async def test_session_that_ends_on_one_node_ends_on_the_others(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    session = make_session()
    cluster.store.sessions[b"token"] = session
    held = await there.live.sessions.find(b"token")
    assert held is not None
    ear, other = await there.listen(held), await there.listen(make_session())
    here.live.bus.end_session(session)
    await eventually(lambda: ear.ended == [4401])
    assert held.ended
    assert other.ended == []


async def test_new_conversation_is_summarised_on_the_other_nodes(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    session = make_session()
    cluster.store.sessions[b"token"] = session
    ear, other = await there.listen(session), await there.listen(make_session(subject="visitor-2"))
    cluster.store.reach[session.id] = OTHER_CONVERSATION, CONVERSATION
    here.live.bus.change_reach(1, [session.subject])
    await eventually(lambda: len(ear.frames) == 1)
    assert b'"summary"' in ear.frames[0]
    assert OTHER_CONVERSATION.encode() in ear.frames[0]
    assert session.reach == (OTHER_CONVERSATION, CONVERSATION)
    assert other.frames == []


async def test_changed_operator_reconnects_on_the_other_nodes(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    session = make_operator_session()
    cluster.store.sessions[b"token"] = session
    held = await there.live.sessions.find(b"token")
    assert held is not None
    ear = await there.listen(held)
    here.live.bus.change_operator(1, session.subject)
    await eventually(lambda: ear.ended == [1012])
    assert held.ended
    found = await there.live.sessions.find(b"token")
    assert found is not None
    assert not found.ended


async def test_waiting_messages_are_bounded(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_network, "MAX_WAITING", 10)
    here, there = cluster.node(), cluster.node()
    ear = await there.listen(make_operator_session())
    assert isinstance(here.live.bus, NetworkBus)
    for _ in range(30):
        here.append()
    await eventually(lambda: ear.positions == [*range(1, 31)])
    assert sum(payload.count(b'{\\"text\\"') for _, payload in cluster.network.packets) == 10


async def test_junk_on_the_bus_is_ignored(cluster: Cluster) -> None:
    here, there = cluster.node(), cluster.node()
    ear = await there.listen(make_operator_session())
    for junk in (b"", b"{}", b'{"v":9,"node":"x","told":[]}'):
        there.transport.on_message(junk)
    here.append()
    await eventually(lambda: ear.positions == [1])
