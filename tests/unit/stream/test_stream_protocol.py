"""The frames that a client may send, their order and their rate, without any I/O."""

import json
from collections.abc import Sequence
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.ids import new_id
from crumbless.core.rate_limit import Rate
from crumbless.ledger.entry import NewEntry
from crumbless.protocol.frames import AnyClientFrame, Auth, ClientFrame, Close, Failure, Note, Ping, Seen, Send
from crumbless.realtime.command import ActionCommand, Command, Commands, CommandServices, EntryCommand
from crumbless.security.access import Role, Session
from crumbless.stream.commands import COMMANDS
from crumbless.stream.stream_protocol import MAX_AUTH_FRAME, MAX_VIOLATIONS, StreamEnded, StreamProtocol, StreamRates

PLENTY = StreamRates(Rate(1_000, 1_000), Rate(1_000, 1_000))
CONVERSATION = "01a20bbf-bf5b-7747-8aa0-ba2e4b0ffd2b"
ENTRY = "01a20bbf-bf5b-7747-8aa0-ba2e2d3c2e0d"


def ready(
    role: Role = "visitor", rates: StreamRates = PLENTY, commands: Sequence[Command] = COMMANDS
) -> StreamProtocol:
    rules = StreamProtocol(0.0, Commands(commands))
    rules.read_auth(b'{"op":"auth","token":"t"}')
    rules.accept(Session(new_id(), role, 1, new_id(), "", "key", 10**15, (CONVERSATION,)), rates, 0.0)
    return rules


def challenged() -> StreamProtocol:
    return StreamProtocol(0.0, Commands(COMMANDS))


def frame(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def send(**fields: Any) -> bytes:
    return frame(**{"op": "send", "id": ENTRY, "conversation": CONVERSATION, "text": "Hello"} | fields)


def code(answer: object) -> str:
    assert isinstance(answer, Failure), answer
    return answer.code


def test_first_frame_is_auth() -> None:
    rules = StreamProtocol(0.0, Commands(COMMANDS))
    assert rules.read_auth(b'{"op":"auth","token":"t","proof":"p","after":4}') == Auth("t", "p", 4)
    with pytest.raises(StreamEnded) as caught:
        rules.read_auth(b'{"op":"auth","token":"t"}')
    assert caught.value.code == 4400


@pytest.mark.parametrize("data", [b'{"op":"ping"}', b"{", b"[]", b'{"op":"auth"}', b'{"op":"auth","token":1}'])
def test_another_first_frame_ends_the_stream(data: bytes) -> None:
    with pytest.raises(StreamEnded) as caught:
        StreamProtocol(0.0, Commands(COMMANDS)).read_auth(data)
    assert caught.value.code == 4400


def test_first_frame_has_a_small_limit() -> None:
    with pytest.raises(StreamEnded) as caught:
        StreamProtocol(0.0, Commands(COMMANDS)).read_auth(frame(op="auth", token="t" * MAX_AUTH_FRAME))
    assert caught.value.code == 1009


def test_valid_frames_are_accepted() -> None:
    rules = ready("owner")
    assert isinstance(rules.receive(send(), 0.0), Send)
    assert isinstance(rules.receive(frame(op="close", id=new_id(), conversation=CONVERSATION), 0.0), Close)
    assert isinstance(rules.receive(frame(op="seen", conversation=CONVERSATION, seq=3), 0.0), Seen)
    assert isinstance(rules.receive(b'{"op":"ping"}', 0.0), Ping)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "malformed"),
        (b"nonsense", "malformed"),
        (b"[1]", "malformed"),
        (b'"text"', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b'{"op":"nope"}', "unknown_op"),
        (b'{"op":7}', "unknown_op"),
        (b'{"op":"auth","token":"t"}', "unknown_op"),
        (b'{"op":"close","id":"x","conversation":"y"}', "unknown_op"),
        (b'{"op":"send"}', "invalid"),
        (b'{"op":"seen","conversation":"c","seq":-1}', "invalid"),
        (b'{"op":"seen","conversation":"c","seq":1.5}', "invalid"),
        (b'{"op":"typing","conversation":"c","on":"yes"}', "invalid"),
        (b'{"op":"ping","more":1}', "invalid"),
        (send(text="\x00"), "bad_text"),
        (send(text=" "), "empty_text"),
        (send(id="1"), "bad_id"),
        (send(conversation="\x00"), "unknown_conversation"),
        (frame(op="seen", conversation="\x00", seq=1), "unknown_conversation"),
    ],
)
def test_bad_frame_is_refused_and_the_next_valid_one_works(data: bytes, expected: str) -> None:
    rules = ready()
    assert code(rules.receive(data, 0.0)) == expected
    assert isinstance(rules.receive(send(), 0.0), Send)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_do_not_break_the_stream(data: bytes) -> None:
    rules = ready()
    rules.receive(data, 0.0)
    assert isinstance(rules.receive(b'{"op":"ping"}', 0.0), Ping)


@pytest.mark.parametrize(("role", "expected"), [("visitor", "unknown_op"), ("analyst", "forbidden")])
def test_command_without_permission_is_rejected(role: Role, expected: str) -> None:
    note = frame(op="note", id=ENTRY, conversation=CONVERSATION, text="Hm")
    assert isinstance(ready("operator").receive(note, 0.0), Note), "the premise: operators are allowed"
    answer = ready(role).receive(note, 0.0)
    assert isinstance(answer, Failure)
    assert (answer.code, answer.id) == (expected, ENTRY)


class Knock(ClientFrame, frozen=True, tag="knock"):
    """A command that only this test knows."""

    id: str
    conversation: str


class Homeless(ClientFrame, frozen=True, tag="homeless"):
    """A command without a conversation."""


def knock(_actor: Session, _frame: Knock) -> NewEntry:
    raise NotImplementedError


async def run(_services: CommandServices, _actor: Session, _frame: ClientFrame) -> None:
    raise NotImplementedError


def test_row_adds_a_command() -> None:
    row: Command = EntryCommand(Knock, "send_message", knock, lambda one: one)
    data = frame(op="knock", id=ENTRY, conversation=CONVERSATION)
    assert code(ready().receive(data, 0.0)) == "unknown_op", "the premise: there is no such command"
    rules = ready(commands=(*COMMANDS, row), rates=StreamRates(Rate(1_000, 1_000), Rate(1, 1)))
    assert isinstance(rules.receive(data, 0.0), Knock)
    assert code(rules.receive(data, 0.0)) == "slow_down", "it counts as a message"
    assert code(rules.receive(frame(op="knock", id=ENTRY, conversation="x"), 9.0)) == "unknown_conversation"


def test_limit_of_a_row_leaves_other_commands_alone() -> None:
    row: Command = EntryCommand(Knock, "send_message", knock, lambda one: one, limit=Rate(0.5, 2))
    rules = ready(commands=(*COMMANDS, row))
    data = frame(op="knock", id=ENTRY, conversation=CONVERSATION)
    assert [isinstance(rules.receive(data, 0.0), Knock) for _ in range(3)] == [True, True, False]
    assert code(rules.receive(data, 0.0)) == "slow_down"
    assert isinstance(rules.receive(frame(op="send", id=ENTRY, conversation=CONVERSATION, text="Hi"), 0.0), Send)
    assert isinstance(rules.receive(data, 3.0), Knock)


@pytest.mark.parametrize("frame_type", [Send, Homeless])
def test_bad_row_is_rejected(frame_type: type[ClientFrame]) -> None:
    with pytest.raises(ValueError, match=frame_type.__name__):
        Commands((*COMMANDS, ActionCommand(frame_type, "mark_seen", run)))


def test_rows_are_the_frames_of_the_protocol() -> None:
    assert Commands(COMMANDS).frames | {*Commands.BUILT_IN} == {*get_args(AnyClientFrame)}


def test_refusal_of_a_message_has_its_id() -> None:
    entry_id = new_id()
    answer = ready().receive(send(id=entry_id, text=""), 0.0)
    assert isinstance(answer, Failure)
    assert answer.id == entry_id


def test_messages_have_a_rate() -> None:
    rules = ready(rates=StreamRates(Rate(1_000, 1_000), Rate(1, 2)))
    assert [type(rules.receive(send(), 0.0)) for _ in range(2)] == [Send, Send]
    answer = rules.receive(send(), 0.0)
    assert code(answer) == "slow_down"
    assert isinstance(answer, Failure)
    assert isinstance(rules.receive(b'{"op":"ping"}', 0.0), Ping), "other frames have a separate rate"
    assert isinstance(rules.receive(send(), answer.retry_after), Send), "the returned wait is long enough"


def test_client_that_ignores_errors_is_disconnected() -> None:
    rules = ready(rates=StreamRates(Rate(0.001, 1), Rate(1, 1)))
    rules.receive(b'{"op":"ping"}', 0.0)
    for _ in range(MAX_VIOLATIONS - 1):
        assert code(rules.receive(b'{"op":"ping"}', 0.0)) == "slow_down"
    with pytest.raises(StreamEnded) as caught:
        rules.receive(b'{"op":"ping"}', 0.0)
    assert caught.value.code == 4429


def test_frames_without_a_message_count_against_the_frame_rate() -> None:
    rules = ready(rates=StreamRates(Rate(1, 3), Rate(1, 1)))
    assert [rules.count_frame(0.0) for _ in range(4)] == [True, True, True, False]
    assert code(rules.receive(b'{"op":"ping"}', 0.0)) == "slow_down"
    assert rules.count_frame(2.0)
    assert rules.heard_at == 2.0


@pytest.mark.parametrize("authenticated", [True, False])
def test_flood_of_frames_without_a_message_ends_the_stream(authenticated: bool) -> None:
    rules = ready(rates=StreamRates(Rate(1, 1), Rate(1, 1))) if authenticated else challenged()
    assert rules.count_frame(0.0), "the premise"
    answered = 1
    while rules.count_frame(0.0):
        answered += 1
    assert answered == (1 if authenticated else 20)
    for _ in range(MAX_VIOLATIONS - 2):
        assert not rules.count_frame(0.0)
    with pytest.raises(StreamEnded) as caught:
        rules.count_frame(0.0)
    assert caught.value.code == 4429
    assert rules.heard_at == 0.0
