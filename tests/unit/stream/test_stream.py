"""The switch from catching up to live entries: each entry is sent once and in order, whichever arrives first."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crumbless.core.rate_limit import Rate
from crumbless.core.settings import read_settings
from crumbless.http.services import Services
from crumbless.ledger.entry import Appended
from crumbless.protocol.frames import ENTRIES_PER_FRAME
from crumbless.protocol.timeline import SeenMarks, VisitorConversation
from crumbless.realtime.command import Commands
from crumbless.realtime.connections import Connections, EncodedFrame, encode_for_operators, encode_for_visitor
from crumbless.realtime.node_state import NodeState
from crumbless.realtime.stream_registry import StreamRegistry
from crumbless.stream.commands import COMMANDS
from crumbless.stream.stream import StreamConnection
from crumbless.stream.stream_limits import StreamLimits
from crumbless.stream.stream_protocol import StreamRates
from crumbless.visitors.ban_list import BanList
from crumbless.visitors.visitor_services import VisitorServices
from support.value_make import CONVERSATION, OTHER_CONVERSATION, make_appended, make_operator_session, make_session

ALL = [make_appended(number) for number in range(1, 6)]
ROOMY = StreamRates(Rate(1000, 1000), Rate(1000, 1000))


class StreamTransport:
    """Stores the frames of a stream."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.ended: list[int] = []

    def write(self, frame: EncodedFrame) -> None:
        self.frames.append(json.loads(frame.text))

    def end(self, code: int, reason: str) -> None:
        assert reason
        self.ended.append(code)

    def backlog(self) -> int:
        return 0

    def accepted(self, token: str) -> None:
        assert token == "t"
        self.frames.append({"op": "(accepted)"})

    def numbers(self, name: str = "seq") -> list[int]:
        return [entry[name] for frame in self.frames if frame["op"] == "entries" for entry in frame["entries"]]


class Reader:
    """Returns the next answer at each read, and runs an action during the first page."""

    def __init__(self, *answers: object, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.answers = [*answers]
        self.meanwhile = meanwhile

    async def read(self, _work: object) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, list):
            self.meanwhile()
            self.meanwhile = lambda: None
        return cast(object, answer)


async def others_done() -> None:
    """Return once no other task remains."""
    async with asyncio.timeout(5):
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]
            await asyncio.gather(*tasks)  # pyright: ignore[reportUnknownArgumentType]


class Line:
    """A stream on doubles of everything that it needs."""

    def __init__(self, reader: Reader, *, operator: bool = False) -> None:
        make = make_operator_session if operator else make_session
        self.session = make(thumbprint=None)
        self.transport = StreamTransport()
        self.connections = Connections()
        self.told = encode_for_operators if operator else encode_for_visitor

        def remembers(_token_hash: bytes) -> bool:
            return True

        async def find(_token_hash: bytes) -> object:
            return self.session

        async def begin(workspace: int) -> None:
            assert self.connections.listened_to(workspace), "listen first"

        async def no_bans() -> BanList:
            return BanList()

        self.platform = cast(
            Services,
            SimpleNamespace(
                streams=StreamRegistry(),
                node=NodeState(),
                connections=self.connections,
                reader=reader,
                sessions=SimpleNamespace(find=find, remembers=remembers),
                subscriptions=SimpleNamespace(begin=begin),
                settings=read_settings({}, streams_per_session=3, public_url="http://x"),
                commands=Commands(COMMANDS),
                of={
                    StreamLimits: StreamLimits(visitor=ROOMY, unbound=ROOMY, operator=ROOMY),
                    VisitorServices: SimpleNamespace(bans=SimpleNamespace(current=no_bans)),
                }.__getitem__,
            ),
        )
        self.stream = StreamConnection(self.platform, self.transport)
        self.stream.open("192.0.2.1")

    def on_entries(self, *appended: Appended) -> None:
        self.connections.deliver(1, appended)

    async def authenticate(self, after: int | None, **more: object) -> None:
        self.stream.receive(json.dumps({"op": "auth", "token": "t", "after": after, **more}).encode())
        await others_done()


def conversation(last_seq: int) -> tuple[tuple[str, ...], VisitorConversation]:
    """Return the reach of the session, and the conversation that its stream shows."""
    return (CONVERSATION,), VisitorConversation(CONVERSATION, "open", last_seq, SeenMarks(0, 0))


async def visitor_line(page: Sequence[Appended], meanwhile: Sequence[Appended] = ()) -> Line:
    """Return a visitor's stream that has caught up with a page while live entries arrived."""
    reader = Reader(conversation(5), [*page])
    line = Line(reader)
    if meanwhile:
        reader.meanwhile = lambda: line.on_entries(*meanwhile)
    await line.authenticate(0)
    return line


async def test_first_frames_are_in_order() -> None:
    line = await visitor_line(ALL[:2])
    assert [frame["op"] for frame in line.transport.frames] == ["challenge", "(accepted)", "welcome", "entries"]


async def test_live_entry_that_was_read_before_is_sent_once() -> None:
    line = await visitor_line(ALL[:3])
    for batch in (ALL[1:2], ALL[2:3], ALL[3:4], ALL[4:5]):
        line.on_entries(*batch)
    assert line.transport.numbers() == [1, 2, 3, 4, 5]


async def test_partly_read_batch_is_sent_in_part() -> None:
    line = await visitor_line(ALL[:3])
    line.on_entries(*ALL[1:5])
    assert line.transport.numbers() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("meanwhile", [ALL[0:1], ALL[1:4], ALL[2:5], ALL[0:5]])
async def test_entries_that_arrive_during_the_read_are_sent_after_it(meanwhile: list[Appended]) -> None:
    line = await visitor_line(ALL[:2], meanwhile)
    last = max(2, meanwhile[-1].seq)
    line.on_entries(*ALL[last:])
    assert line.transport.numbers() == [1, 2, 3, 4, 5]


async def test_many_entries_that_arrive_during_the_read_are_sent_in_frames_of_the_maximum_size() -> None:
    many = [make_appended(number) for number in range(1, 2 * ENTRIES_PER_FRAME + 2)]
    line = await visitor_line(many[:1], many[1:])
    sizes = [len(frame["entries"]) for frame in line.transport.frames if frame["op"] == "entries"]
    assert sizes == [1, ENTRIES_PER_FRAME, ENTRIES_PER_FRAME]
    assert line.transport.numbers() == [one.seq for one in many]


async def test_conversation_outside_of_the_known_reach_is_looked_up_before_the_stream_listens() -> None:
    """Otherwise typing and seen marks of others would be sent before the look-up has refused it."""
    listened: list[str] = []
    reader = Reader((((CONVERSATION,)), None))
    line = Line(reader)

    async def begin(_workspace: int) -> None:
        line.connections.show_typing(make_operator_session(), OTHER_CONVERSATION, True, 1, None)
        listened.append(line.stream.conversation)

    line.platform.subscriptions.begin = begin  # pyright: ignore[reportAttributeAccessIssue]
    await line.authenticate(0, conversation=OTHER_CONVERSATION)
    assert listened == [""]
    assert [frame["op"] for frame in line.transport.frames] == ["challenge", "(accepted)"]
    assert line.transport.ended == [4404]
    assert line.connections.streams_of(line.session) == []


async def test_conversation_found_by_the_look_up_is_read_again_once_the_stream_listens() -> None:
    reach = OTHER_CONVERSATION, CONVERSATION
    state = VisitorConversation(OTHER_CONVERSATION, "open", 0, SeenMarks(0, 0))
    line = Line(Reader((reach, state), (reach, state)))
    await line.authenticate(None, conversation=OTHER_CONVERSATION)
    assert line.session.reach == reach
    assert line.stream.conversation == OTHER_CONVERSATION
    line.on_entries(make_appended(1, conversation=OTHER_CONVERSATION))
    assert line.transport.numbers() == [1]


async def test_newer_conversation_that_was_started_meanwhile_is_served() -> None:
    reach = OTHER_CONVERSATION, CONVERSATION
    state = VisitorConversation(OTHER_CONVERSATION, "open", 1, SeenMarks(0, 0))
    line = Line(Reader((reach, state), (reach, state)))
    await line.authenticate(None)
    line.on_entries(make_appended(1), make_appended(2, conversation=OTHER_CONVERSATION))
    entries = [entry for frame in line.transport.frames if frame["op"] == "entries" for entry in frame["entries"]]
    assert [entry["conversation"] for entry in entries] == [OTHER_CONVERSATION]


async def test_command_for_an_unknown_conversation_is_looked_up() -> None:
    """Another node may have started it a moment ago."""
    line = await visitor_line(ALL[:1])
    reader: Any = line.platform.reader
    reader.answers += [False, True, (1, None)]
    typing = {"op": "typing", "conversation": OTHER_CONVERSATION, "on": True}
    shown: list[str] = []

    def show_typing(_by: object, conversation: str, _on: bool, _site: int, _team: str | None) -> None:
        shown.append(conversation)

    line.platform.bus = SimpleNamespace(show_typing=show_typing)  # pyright: ignore[reportAttributeAccessIssue]
    for expected in ([], [OTHER_CONVERSATION]):
        line.stream.receive(json.dumps(typing).encode())
        await others_done()
        assert shown == expected
    assert [frame.get("code") for frame in line.transport.frames].count("unknown_conversation") == 1
    assert line.session.reach == (OTHER_CONVERSATION, CONVERSATION)


async def test_operators_streams_count_positions() -> None:
    reader = Reader((5, None), ALL[:3], [])
    line = Line(reader, operator=True)
    reader.meanwhile = lambda: line.on_entries(*ALL[2:4])
    await line.authenticate(0)
    line.on_entries(ALL[4])
    assert line.transport.numbers("position") == [1, 2, 3, 4, 5]


async def test_cursor_ahead_of_the_server_is_reset() -> None:
    line = Line(Reader(conversation(3), []))
    await line.authenticate(10**6)
    line.on_entries(*ALL[3:])
    assert line.transport.numbers() == [4, 5]


async def test_error_while_opening_asks_the_client_to_reconnect(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        line = Line(Reader(OSError("the disk is away")))
        await line.authenticate(0)
    assert line.transport.ended == [1012]
    assert line.connections.streams_of(line.session) == []


async def test_session_that_ends_while_its_stream_opens_is_not_listened_for() -> None:
    line = Line(Reader(conversation(5), ALL))

    async def end_meanwhile() -> BanList:
        line.session.ended = True
        return BanList()

    line.platform.of(VisitorServices).bans.current = end_meanwhile  # pyright: ignore[reportAttributeAccessIssue]
    await line.authenticate(0)
    assert line.transport.ended == [4401]
    assert line.connections.streams_of(line.session) == []
    assert [frame["op"] for frame in line.transport.frames] == ["challenge"]


async def test_ended_session_cannot_send() -> None:
    line = await visitor_line(ALL[:1])
    line.stream.receive(b'{"op":"ping"}')
    assert line.transport.frames[-1] == {"op": "pong"}
    line.session.ended = True
    line.stream.receive(b'{"op":"ping"}')
    assert line.transport.ended == [4401]
    line.on_entries(ALL[1])
    assert line.transport.numbers() == [1]


async def test_closed_stream_receives_nothing() -> None:
    line = await visitor_line(ALL[:1])
    line.stream.closed()
    line.stream.closed()
    line.stream.receive(b'{"op":"ping"}')
    line.on_entries(ALL[1])
    assert line.transport.frames[-1]["op"] == "entries"
    assert line.transport.numbers() == [1]


async def test_closed_node_asks_new_streams_to_reconnect() -> None:
    line = Line(Reader())
    assert line.transport.ended == []
    line.platform.node.closed = True
    transport = StreamTransport()
    StreamConnection(line.platform, transport).open("192.0.2.1")
    assert [frame["op"] for frame in transport.frames] == ["challenge"]
    assert transport.ended == [1012]
