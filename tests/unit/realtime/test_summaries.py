"""Summaries of a visitor's other conversations: which streams receive them, and how many reads they cost."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from crumbless.ledger.entry import Appended
from crumbless.protocol.frames import SeenNow
from crumbless.protocol.timeline import VisitorSummary
from crumbless.realtime import summaries
from crumbless.realtime.connections import Connections, EncodedFrame
from crumbless.realtime.summaries import Summaries
from crumbless.security.access import Session
from support.node_double import eventually
from support.value_make import CONVERSATION, OTHER_CONVERSATION, make_appended, make_entry, make_session

BOTH = CONVERSATION, OTHER_CONVERSATION
THIRD = "01890a5d-ac96-774b-bcce-b302099a8059"


class RecordingListener:
    """A visitor's stream that serves the first conversation of its session's reach."""

    def __init__(self, node: "Node", session: Session) -> None:
        self.session = session
        self.conversation = session.reach[0]
        self.parcels: list[EncodedFrame] = []
        node.connections.add(self)

    @property
    def summaries(self) -> list[Any]:
        frames = [json.loads(one.text) for one in self.parcels]
        return [frame["conversation"]["id"] for frame in frames if frame["op"] == "summary"]

    def on_entries(self, appended: Sequence[Appended], frame: EncodedFrame) -> None:
        assert appended
        self.push(frame)

    def push(self, frame: EncodedFrame) -> None:
        self.parcels.append(frame)

    def end(self, code: int, reason: str) -> None:
        raise AssertionError((code, reason))


class Node:
    """Connections with summaries on a database that a test can block."""

    def __init__(self) -> None:
        self.connections = Connections()
        self.reads: list[list[str]] = []
        self.reach: dict[str, tuple[str, ...]] = {}
        self.failing = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.summaries = Summaries(self.connections, self._read_reach, self._read_summaries)

    async def _read_reach(self, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        await self.gate.wait()
        if self.failing:
            raise OSError("away")
        return {one: self.reach[one] for one in ids if one in self.reach}

    async def _read_summaries(self, ids: Sequence[str]) -> Sequence[VisitorSummary]:
        self.reads.append([*ids])
        await self.gate.wait()
        if self.failing:
            raise OSError("away")
        return [VisitorSummary(one, 1, "open", 1, 1, 1, None) for one in ids]


async def test_entry_in_another_conversation_is_summarised_once_for_all_listeners() -> None:
    node = Node()
    session = make_session(reach=BOTH)
    ears = [RecordingListener(node, session), RecordingListener(node, make_session(reach=BOTH))]
    serving = RecordingListener(node, make_session(reach=(OTHER_CONVERSATION, CONVERSATION)))
    node.connections.deliver(1, [make_appended(1, conversation=OTHER_CONVERSATION)])
    await eventually(lambda: all(ear.summaries == [OTHER_CONVERSATION] for ear in ears))
    assert ears[0].parcels[0] is ears[1].parcels[0], "encoded once"
    assert serving.summaries == []
    assert len(serving.parcels) == 1, "it receives the entry itself"


async def test_burst_costs_one_read_more_than_the_running_one() -> None:
    node = Node()
    ear = RecordingListener(node, make_session(reach=BOTH))
    node.gate.clear()
    node.connections.deliver(1, [make_appended(1, conversation=OTHER_CONVERSATION)])
    await eventually(lambda: len(node.reads) == 1)
    for number in range(2, 50):
        node.connections.deliver(1, [make_appended(number, conversation=OTHER_CONVERSATION)])
    node.gate.set()
    await eventually(lambda: len(ear.summaries) == 2)
    assert node.reads == [[OTHER_CONVERSATION]] * 2


async def test_visitor_with_one_conversation_causes_no_read() -> None:
    node = Node()
    alone, several = (
        RecordingListener(node, make_session()),
        RecordingListener(node, make_session(reach=(OTHER_CONVERSATION, THIRD))),
    )
    node.connections.deliver(1, [make_appended(1)])
    node.connections.show_seen(1, SeenNow(CONVERSATION, "visitor", 1), 1, 1, None)
    node.connections.deliver(1, [make_appended(2, conversation=THIRD)])
    await eventually(lambda: several.summaries == [THIRD])
    assert node.reads == [[THIRD]]
    assert alone.summaries == []


async def test_mark_of_the_visitor_is_summarised_and_that_of_operators_is_not() -> None:
    node = Node()
    ear = RecordingListener(node, make_session(reach=(CONVERSATION, OTHER_CONVERSATION, THIRD)))
    node.connections.show_seen(1, SeenNow(OTHER_CONVERSATION, "operator", 1), 1, 1, None)
    node.connections.show_seen(1, SeenNow(OTHER_CONVERSATION, "visitor", 1), None, 1, None)
    node.connections.show_seen(1, SeenNow(THIRD, "visitor", 1), 1, 1, None)
    await eventually(lambda: ear.summaries == [THIRD])
    assert node.reads == [[THIRD]]


async def test_note_is_not_summarised() -> None:
    node = Node()
    ear = RecordingListener(node, make_session(reach=(CONVERSATION, OTHER_CONVERSATION, THIRD)))
    note = make_entry(kind="note", author_kind="operator", conversation=OTHER_CONVERSATION)
    message = make_entry(conversation=THIRD)
    node.connections.deliver(1, [Appended(note, 1, None, 1, repeat=False), Appended(message, 1, 1, 2, repeat=False)])
    await eventually(lambda: ear.summaries == [THIRD])
    assert node.reads == [[THIRD]]


async def test_closed_stream_receives_no_summary() -> None:
    node = Node()
    gone, other = RecordingListener(node, make_session(reach=BOTH)), RecordingListener(node, make_session(reach=BOTH))
    node.connections.remove(gone)
    node.connections.deliver(1, [make_appended(1, conversation=OTHER_CONVERSATION)])
    await eventually(lambda: other.summaries == [OTHER_CONVERSATION])
    assert gone.parcels == []
    node.connections.remove(other)
    node.connections.deliver(1, [make_appended(2, conversation=OTHER_CONVERSATION)])
    assert node.connections.watched_by(other) == ()
    assert len(node.reads) == 1


async def test_newly_reached_conversation_is_summarised() -> None:
    node = Node()
    ear, stranger = (
        RecordingListener(node, make_session()),
        RecordingListener(node, make_session(subject="visitor-2", reach=(THIRD,))),
    )
    node.reach[ear.session.id] = (OTHER_CONVERSATION, CONVERSATION)
    node.summaries.change_reach(["visitor-1"])
    await eventually(lambda: ear.summaries == [OTHER_CONVERSATION])
    assert ear.session.reach == (OTHER_CONVERSATION, CONVERSATION)
    node.connections.deliver(1, [make_appended(1, conversation=OTHER_CONVERSATION)])
    await eventually(lambda: len(ear.summaries) == 2)
    assert (stranger.summaries, stranger.session.reach) == ([], (THIRD,))
    node.summaries.change_reach(["visitor-1"])
    node.connections.deliver(1, [make_appended(2, conversation=OTHER_CONVERSATION)])
    await eventually(lambda: len(ear.summaries) == 3)
    assert len(node.reads) == 3, "conversations reached before are not summarised again"


async def test_failed_read_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summaries, "RETRY_SECONDS", 0.01)
    node = Node()
    ear = RecordingListener(node, make_session(reach=BOTH))
    node.failing = True
    node.connections.deliver(1, [make_appended(1, conversation=OTHER_CONVERSATION)])
    await eventually(lambda: len(node.reads) >= 2)
    assert ear.summaries == []
    node.failing = False
    await eventually(lambda: ear.summaries == [OTHER_CONVERSATION])
    await node.summaries.stop()
