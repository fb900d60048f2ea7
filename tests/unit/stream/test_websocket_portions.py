"""A long read is parsed in portions, so that one connection does not take a whole turn of the loop."""

import pytest

from crumbless.stream.websocket_frames import CONTINUATION, PING, PONG, PORTION, TEXT, FrameError, FrameReader
from support.raw_websocket import frame

MAX = 65_536


@pytest.mark.parametrize("opcode", [TEXT, PING, PONG])
def test_long_read_is_parsed_in_portions(opcode: int) -> None:
    reader = FrameReader(MAX)
    messages = reader.feed(frame(opcode, b"") * (2 * PORTION + 1))
    assert (len(messages), reader.more) == (PORTION, True)
    assert (len(reader.feed(b"")), reader.more) == (PORTION, True)
    assert (reader.feed(b""), reader.more) == ([(opcode, b"")], False)
    assert reader.feed(frame(opcode, b"")) == [(opcode, b"")]


def test_fragments_count_towards_a_portion_and_are_reported() -> None:
    reader = FrameReader(MAX)
    stream = frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * PORTION
    assert reader.feed(stream) == []
    assert (reader.parts, reader.more) == (PORTION, True)
    assert reader.feed(frame(CONTINUATION, b"x")) == [(TEXT, b"x")]
    assert (reader.parts, reader.more) == (PORTION + 1, False)


def test_exactly_one_portion_leaves_no_remainder() -> None:
    reader = FrameReader(MAX)
    assert len(reader.feed(frame(PONG, b"") * PORTION)) == PORTION
    assert not reader.more


def test_error_in_a_later_portion_is_raised_there() -> None:
    reader = FrameReader(MAX)
    assert len(reader.feed(frame(PONG, b"") * PORTION + frame(PING, b"x") + frame(0x3, b""))) == 64
    with pytest.raises(FrameError):
        reader.feed(b"")
    assert (reader.messages_before_error, reader.more) == ([(PING, b"x")], False)
