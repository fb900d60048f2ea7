import sys
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.protocol import Protocol, Side
from websockets.utils import apply_mask

from crumbless.stream.websocket_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    FrameError,
    FrameReader,
    parse_close,
)

MAX = 65_536
MASK = b"\x11\xf2\x03\x94"

Message = tuple[int, bytes]


def client_frame(
    opcode: int, payload: bytes, *, fin: bool = True, first: int = 0, size_bytes: int | None = None
) -> bytes:
    """Return a masked frame. `first` sets further bits of the first byte, `size_bytes` forces a length encoding."""
    length = len(payload)
    if size_bytes is None:
        size_bytes = 0 if length < 126 else 2 if length < 0x10000 else 8
    mark = {0: length, 2: 126, 8: 127}[size_bytes]
    start = bytes((fin << 7 | opcode | first, 0x80 | mark)) + (
        length.to_bytes(size_bytes, "big") if size_bytes else b""
    )
    return start + MASK + apply_mask(payload, MASK)


def feed_all(reader: FrameReader, data: bytes) -> list[Message]:
    """Return everything that these bytes complete, portion by portion."""
    messages = [*reader.feed(data)]
    while reader.more:
        messages += reader.feed(b"")
    return messages


def read(stream: bytes, *, max_size: int = MAX) -> list[Message]:
    return feed_all(FrameReader(max_size), stream)


def read_in_pieces(pieces: Iterable[bytes], *, max_size: int = MAX) -> list[Message]:
    reader = FrameReader(max_size)
    return [message for piece in pieces for message in feed_all(reader, piece)]


def refused(stream: bytes, *, max_size: int = MAX) -> int:
    """Return the code with which `stream` is refused: the same in one piece and byte by byte."""
    with pytest.raises(FrameError) as at_once:
        read(stream, max_size=max_size)
    with pytest.raises(FrameError) as in_pieces:
        read_in_pieces((bytes([byte]) for byte in stream), max_size=max_size)
    assert at_once.value.code == in_pieces.value.code
    return at_once.value.code


# --- accepted -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 200, 65_535, 65_536])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_complete_message_of_any_length_is_read(opcode: int, length: int) -> None:
    payload = b"a" * length

    assert read(client_frame(opcode, payload)) == [(opcode, payload)]


def test_payload_is_of_the_type_bytes() -> None:
    whole = client_frame(TEXT, b"hello")
    for message in (*read(whole), *read_in_pieces([whole[:7], whole[7:]]), *read(whole * 2)):
        assert type(message[1]) is bytes


def test_unfragmented_messages_are_in_order() -> None:
    stream = client_frame(TEXT, b"one") + client_frame(PING, b"two") + client_frame(BINARY, b"\xff")

    assert read(stream) == [(TEXT, b"one"), (PING, b"two"), (BINARY, b"\xff")]


def test_fragments_are_joined_and_control_frames_pass_between_them() -> None:
    stream = (
        client_frame(TEXT, b"he", fin=False)
        + client_frame(PING, b"?")
        + client_frame(CONTINUATION, b"l", fin=False)
        + client_frame(CONTINUATION, b"", fin=False)
        + client_frame(PONG, b"!")
        + client_frame(CONTINUATION, b"lo")
        + client_frame(TEXT, b"next")
    )

    assert read(stream) == [(PING, b"?"), (PONG, b"!"), (TEXT, b"hello"), (TEXT, b"next")]


def test_character_may_be_split_between_fragments() -> None:
    cookie = "🍪".encode()
    stream = client_frame(TEXT, cookie[:1], fin=False) + client_frame(CONTINUATION, cookie[1:])

    assert read(stream) == [(TEXT, cookie)]


def test_binary_fragments_need_not_be_text() -> None:
    stream = client_frame(BINARY, b"\xff", fin=False) + client_frame(CONTINUATION, b"\xfe")

    assert read(stream) == [(BINARY, b"\xff\xfe")]


def test_empty_fragmented_message_is_read() -> None:
    stream = client_frame(TEXT, b"", fin=False) + client_frame(CONTINUATION, b"")

    assert read(stream) == [(TEXT, b"")]


def test_empty_read_returns_nothing() -> None:
    assert read(b"") == []


def test_idle_reader_is_small() -> None:
    reader = FrameReader(MAX)
    whole = client_frame(TEXT, b"a" * 500)
    for piece in (whole, whole[:9], whole[9:], client_frame(TEXT, b"a", fin=False), client_frame(CONTINUATION, b"b")):
        reader.feed(piece)

    held = [getattr(reader, name) for name in FrameReader.__slots__]
    assert sys.getsizeof(reader) + sum(sys.getsizeof(value) for value in held if isinstance(value, bytearray)) < 200
    assert not hasattr(reader, "__dict__")


# --- refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bit", [0x40, 0x20, 0x10])
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
def test_reserved_bits_are_refused(opcode: int, bit: int) -> None:
    assert read(client_frame(opcode, b""))

    assert refused(client_frame(opcode, b"", first=bit)) == 1002


@pytest.mark.parametrize("opcode", [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF])
def test_unknown_opcodes_are_refused(opcode: int) -> None:
    assert refused(client_frame(opcode, b"")) == 1002


@pytest.mark.parametrize("opcode", [TEXT, BINARY, CLOSE, PING, PONG])
@pytest.mark.parametrize("length", [0, 6, 100])
def test_frame_without_a_mask_is_refused(opcode: int, length: int) -> None:
    assert refused(bytes((0x80 | opcode, length)) + b"a" * length) == 1002


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_control_frame_over_125_bytes_is_refused(opcode: int) -> None:
    assert read(client_frame(opcode, b"a" * 125)) == [(opcode, b"a" * 125)]

    assert refused(client_frame(opcode, b"a" * 126)) == 1002
    assert refused(client_frame(opcode, b"a", size_bytes=8)) == 1002


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_fragmented_control_frame_is_refused(opcode: int) -> None:
    assert refused(client_frame(opcode, b"", fin=False)) == 1002


@pytest.mark.parametrize("fin", [True, False])
def test_continuation_without_a_start_is_refused(fin: bool) -> None:
    assert refused(client_frame(CONTINUATION, b"a", fin=fin)) == 1002
    assert refused(client_frame(TEXT, b"a") + client_frame(CONTINUATION, b"a", fin=fin)) == 1002


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("fin", [True, False])
def test_new_message_inside_another_is_refused(opcode: int, fin: bool) -> None:
    assert refused(client_frame(TEXT, b"a", fin=False) + client_frame(opcode, b"a", fin=fin)) == 1002


@pytest.mark.parametrize(
    ("length", "size_bytes"), [(0, 2), (125, 2), (0, 8), (127, 8), (119, 8), (125, 8), (65_535, 8)]
)
def test_length_that_is_not_in_its_shortest_form_is_refused(length: int, size_bytes: int) -> None:
    assert read(client_frame(TEXT, b"a" * length))

    assert refused(client_frame(TEXT, b"a" * length, size_bytes=size_bytes)) == 1002


def test_long_header_is_not_read_as_a_short_one() -> None:
    # 133 bytes whose length byte is 127: a complete frame of 127 bytes, if that byte were the length itself.
    assert refused(b"\x81\xff" + b"\0" * 131) == 1002


def test_length_with_the_top_bit_is_refused() -> None:
    assert refused(b"\x81\xff" + (1 << 63).to_bytes(8, "big") + MASK) == 1002


@pytest.mark.parametrize("max_size", [10, 125, 126, 4_096, 65_535, 65_536])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_message_over_the_limit_is_refused(opcode: int, max_size: int) -> None:
    assert read(client_frame(opcode, b"a" * max_size), max_size=max_size)

    assert refused(client_frame(opcode, b"a" * (max_size + 1)), max_size=max_size) == 1009


def test_size_is_refused_from_the_header_alone() -> None:
    for header in (b"\x81\xfe\x10\x01", b"\x82\xff" + (1 << 62).to_bytes(8, "big")):
        reader = FrameReader(4_096)
        assert reader.feed(header[:-1]) == []
        with pytest.raises(FrameError) as refusal:
            reader.feed(header[-1:])
        assert refusal.value.code == 1009


def test_fragments_of_a_message_have_a_limit_in_total() -> None:
    start = client_frame(TEXT, b"a" * 60, fin=False) + client_frame(CONTINUATION, b"a" * 30, fin=False)
    assert read(start + client_frame(CONTINUATION, b"a" * 10), max_size=100) == [(TEXT, b"a" * 100)]

    assert refused(start + client_frame(CONTINUATION, b"a" * 11), max_size=100) == 1009
    assert refused(start + client_frame(CONTINUATION, b"a" * 11)[:2], max_size=100) == 1009


def test_limit_may_change_between_frames_and_ignores_control_frames() -> None:
    reader = FrameReader(10)
    assert reader.feed(client_frame(PING, b"a" * 125)) == [(PING, b"a" * 125)]
    assert reader.feed(client_frame(TEXT, b"a" * 10)) == [(TEXT, b"a" * 10)]

    reader.max_size = 1_000
    assert reader.feed(client_frame(TEXT, b"a" * 1_000)) == [(TEXT, b"a" * 1_000)]


@pytest.mark.parametrize(
    "text", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"good \xe2\x82", b"\x80", b"\xe2\x28\xa1"]
)
def test_text_that_is_not_utf_8_is_refused(text: bytes) -> None:
    assert read(client_frame(BINARY, text)) == [(BINARY, text)]

    assert refused(client_frame(TEXT, text)) == 1007
    assert refused(client_frame(TEXT, text, fin=False) + client_frame(CONTINUATION, b"")) == 1007


def test_messages_before_an_error_are_available() -> None:
    reader = FrameReader(MAX)
    assert reader.feed(client_frame(TEXT, b"earlier")) == [(TEXT, b"earlier")]

    with pytest.raises(FrameError):
        reader.feed(client_frame(TEXT, b"one") + client_frame(PING, b"two") + client_frame(0x3, b""))

    assert reader.messages_before_error == [(TEXT, b"one"), (PING, b"two")]


def test_reader_refuses_input_after_an_error() -> None:
    reader = FrameReader(4)
    with pytest.raises(FrameError):
        reader.feed(client_frame(TEXT, b"a" * 5))

    for later in (client_frame(TEXT, b"good"), b""):
        with pytest.raises(FrameError) as refusal:
            reader.feed(later)
        assert refusal.value.code == 1009


# --- any stream, in any pieces ------------------------------------------------------------------------------------

payloads = st.text(max_size=300).map(str.encode) | st.integers(120, 130).map(lambda length: b"a" * length)
control_frames = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125))


@st.composite
def fragmented_messages(draw: st.DrawFn) -> tuple[list[bytes], list[Message]]:
    """Generate the frames of one message with control frames in between, and the messages to be read from them."""
    opcode = draw(st.sampled_from([TEXT, BINARY]))
    payload = draw(payloads)
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=3)))
    pieces = [payload[start:end] for start, end in pairwise([0, *cuts, len(payload)])]
    frames, expected = list[bytes](), list[Message]()
    for number, piece in enumerate(pieces):
        if number and draw(st.booleans()):
            control = draw(control_frames)
            frames.append(client_frame(*control))
            expected.append(control)
        fin = number == len(pieces) - 1
        frames.append(client_frame(CONTINUATION if number else opcode, piece, fin=fin))
    return frames, [*expected, (opcode, payload)]


@given(st.lists(fragmented_messages(), max_size=6), st.data())
def test_any_stream_is_read_the_same_in_any_pieces(
    messages: list[tuple[list[bytes], list[Message]]], data: st.DataObject
) -> None:
    stream = b"".join(frame for frames, _ in messages for frame in frames)
    expected = [message for _, read_messages in messages for message in read_messages]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))

    assert read(stream) == expected
    assert read_in_pieces(stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])) == expected
    assert read_in_pieces(bytes([byte]) for byte in stream) == expected
    assert read_in_pieces(frame for frames, _ in messages for frame in frames) == expected


def outcome(pieces: Iterable[bytes], max_size: int) -> tuple[list[Message], int]:
    reader, messages = FrameReader(max_size), list[Message]()
    try:
        for piece in pieces:
            messages += reader.feed(piece)
            while reader.more:
                messages += reader.feed(b"")
    except FrameError as error:
        return [*messages, *reader.messages_before_error], error.code
    return messages, 0


frame_starts = st.sampled_from([0x81, 0x82, 0x01, 0x80, 0x89, 0x88, 0x83, 0xC1]) | st.integers(0, 255)
lengths = st.sampled_from([0x80, 0x81, 0x85, 0xFD, 0xFE, 0xFF, 0x05]) | st.integers(0, 255)
odd_frames = st.tuples(frame_starts, lengths, st.binary(max_size=150)).map(
    lambda parts: bytes((parts[0], parts[1])) + parts[2]
)


@given(st.lists(odd_frames | payloads.map(lambda text: client_frame(TEXT, text)), max_size=5), st.data())
def test_any_bytes_end_the_same_in_any_pieces(frames: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(frames)
    max_size = data.draw(st.sampled_from([0, 100, 126, MAX]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))

    at_once = outcome([stream], max_size)
    assert outcome((stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])), max_size) == at_once
    assert outcome((bytes([byte]) for byte in stream), max_size) == at_once
    assert at_once[1] in {0, 1002, 1007, 1009}


# --- against another implementation -------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(["text", "binary", "ping", "pong"]), st.text(max_size=120)), max_size=8))
def test_frames_of_another_implementation_are_read(messages: list[tuple[str, str]]) -> None:
    client = Protocol(Side.CLIENT)
    expected = list[Message]()
    for kind, text in messages:
        payload = text.encode()[:125].decode(errors="ignore").encode() if kind in {"ping", "pong"} else text.encode()
        getattr(client, f"send_{kind}")(payload)
        expected.append(({"text": TEXT, "binary": BINARY, "ping": PING, "pong": PONG}[kind], payload))
    client.send_close(4401, "bye")

    *messages_read, close = read(b"".join(client.data_to_send()))

    assert messages_read == expected
    assert close[0] == CLOSE
    assert parse_close(close[1]) == 4401


@given(odd_frames)
def test_frames_that_another_implementation_refuses_are_refused(frame: bytes) -> None:
    server = Protocol(Side.SERVER, max_size=125)
    server.receive_data(frame)

    # The content of a close frame is left to parse_close here.
    if isinstance(server.parser_exc, ProtocolError | PayloadTooBig) and frame[0] & 0x0F != CLOSE:
        # The other leaves bad UTF-8 to its caller and reads on to the next error. Ours stops at the first, with 1007.
        assert outcome([frame], 125)[1] in {1002, 1007, 1009}
