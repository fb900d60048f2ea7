"""Sessions that ended and operators that changed on other nodes are found without the bus."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crumbless.core.ids import now_ms
from crumbless.realtime import session_poll
from crumbless.realtime.session_poll import SessionPoll
from crumbless.security.access import Session
from support.node_double import DoubleNode, Network, RecordingListener, Store, eventually
from support.value_make import make_operator_session, make_session


class Place:
    """A node whose bus loses every message, and its sessions."""

    def __init__(self) -> None:
        self.store = Store()
        network = Network()
        network.lose = lambda: True
        self.node = DoubleNode(self.store, network)

    async def stream(self, session: Session, token: bytes) -> RecordingListener:
        """Return a stream of this session."""
        self.store.sessions[token] = session
        held = await self.node.live.sessions.find(token)
        assert held is not None
        return await self.node.listen(held)


def ignore_visitors(_visitors: object) -> None:
    """No stream of this test sends summaries."""


@pytest_asyncio.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(session_poll, "POLL_SECONDS", 0.01)
    made = Place()
    yield made
    await made.node.stop()


async def test_session_that_ended_on_another_node_ends_here(place: Place) -> None:
    session = make_session()
    ear, other = await place.stream(session, b"one"), await place.stream(make_session(), b"two")
    place.store.ended[session.id] = now_ms()
    await eventually(lambda: ear.ended == [4401])
    assert other.ended == []
    assert await place.node.live.sessions.find(b"one") is None


async def test_session_without_a_stream_ends_too(place: Place) -> None:
    session = make_operator_session()
    place.store.sessions[b"one"] = session
    held = await place.node.live.sessions.find(b"one")
    assert held is not None
    place.store.ended[session.id] = now_ms()
    await eventually(lambda: held.ended)


async def test_session_that_was_erased_on_another_node_ends_here(place: Place) -> None:
    ear = await place.stream(make_session(), b"one")
    del place.store.sessions[b"one"]
    await eventually(lambda: ear.ended == [4401])


@pytest.mark.parametrize("clock", [-3_600_000, 0, 3_600_000])
async def test_changes_are_found_with_clocks_an_hour_apart(place: Place, clock: int) -> None:
    session = make_session()
    ear, changed = await place.stream(session, b"one"), await place.stream(make_operator_session(), b"two")
    place.store.ended[session.id] = now_ms() + clock
    place.store.changed["operator-1"] = now_ms() + clock
    await eventually(lambda: ear.ended == [4401] and changed.ended == [1012])


async def test_changed_operator_is_disconnected_once(place: Place) -> None:
    session = make_operator_session()
    ear = await place.stream(session, b"one")
    place.store.changed[session.subject] = now_ms()
    await eventually(lambda: ear.ended == [1012])
    place.node.live.connections.remove(ear)
    back = await place.stream(session, b"one")
    watch = SessionPoll(
        place.node.live.sessions, place.node.live.connections, place.store.reads().changes, ignore_visitors
    )
    for _ in range(3):
        await watch.poll()
    assert back.ended == [], "the new session has the change already"


async def test_sessions_are_checked_in_turns(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_poll, "TURN", 2)
    for number in range(5):
        await place.stream(make_session(), str(number).encode())
    asked: list[list[str]] = []
    changes = place.store.reads().changes

    async def read(ids: list[str], since: int) -> object:
        asked.append([*ids])
        return await changes(ids, since)

    watch = SessionPoll(place.node.live.sessions, place.node.live.connections, read, ignore_visitors)  # pyright: ignore[reportArgumentType]
    for _ in range(3):
        await watch.poll()
    assert [len(ids) for ids in asked] == [2, 2, 1]
    assert {one for ids in asked for one in ids} == {kept.id for kept in place.store.sessions.values()}


async def test_step_up_at_another_node_counts_here(place: Place) -> None:
    session = make_operator_session()
    ear = await place.stream(session, b"one")
    assert ear.session.authenticated_at == 0
    session.authenticated_at = now_ms()
    await eventually(lambda: ear.session.authenticated_at == session.authenticated_at)


async def test_database_is_read_again_after_an_outage(place: Place) -> None:
    session = make_session()
    ear = await place.stream(session, b"one")
    place.store.away = True
    place.node.live._watch.loop.wake()  # pyright: ignore[reportPrivateUsage]
    place.store.ended[session.id] = now_ms()
    place.store.away = False
    await eventually(lambda: ear.ended == [4401])


async def test_conversation_that_another_node_added_is_summarised_although_the_event_was_lost(place: Place) -> None:
    session = make_session()
    first = session.reach[0]
    ear = await place.stream(session, b"one")
    assert place.store.summaries_read == []
    place.store.reach[session.id] = ("another", first)
    await eventually(lambda: any(b'"summary"' in frame and b"another" in frame for frame in ear.frames))
    assert ear.session.reach == ("another", first)
