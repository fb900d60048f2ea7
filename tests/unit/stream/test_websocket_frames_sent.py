import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import Protocol, Side

from crumbless.stream.websocket_frames import TEXT, FrameError, close_frame, parse_close, pong_frame, text_frame


def read_by_the_other_side(frames: bytes) -> list[tuple[int, bytes]]:
    client = Protocol(Side.CLIENT, max_size=None)
    client.receive_data(frames)
    assert client.parser_exc is None
    return [(event.opcode, bytes(event.data)) for event in client.events_received() if isinstance(event, Frame)]


@given(
    st.text(max_size=300).map(str.encode), st.text(max_size=150), st.sampled_from([1000, 1001, 1012, 3000, 4401, 4999])
)
def test_sent_frames_are_read_by_another_implementation(payload: bytes, reason: str, code: int) -> None:
    sent = text_frame(payload) + pong_frame(payload[:125]) + close_frame(code, reason)

    text, pong, close = read_by_the_other_side(sent)

    assert text == (TheirOpcode.TEXT, payload)
    assert pong == (TheirOpcode.PONG, payload[:125])
    assert close[0] == TheirOpcode.CLOSE
    assert int.from_bytes(close[1][:2], "big") == code
    assert reason.startswith(close[1][2:].decode())


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536, 70_000])
def test_text_of_any_length_is_sent_in_one_unmasked_frame(length: int) -> None:
    payload = b"a" * length
    frame = text_frame(payload)

    assert frame[0] == 0x81
    assert frame[1] < 0x80
    assert read_by_the_other_side(frame) == [(TEXT, payload)]


def test_close_reason_is_truncated_between_characters() -> None:
    frame = close_frame(4414, "é" * 100)

    assert frame[1] == 2 + 122
    assert frame[4:].decode() == "é" * 61


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 70_000])
def test_reserved_close_code_is_not_sent(code: int) -> None:
    with pytest.raises(ValueError, match="not a close code"):
        close_frame(code, "")


def test_missing_code_makes_an_empty_close_frame() -> None:
    assert close_frame(1005, "") == b"\x88\x00"


def test_long_pong_is_not_sent() -> None:
    assert pong_frame(b"a" * 125) == b"\x8a\x7d" + b"a" * 125
    with pytest.raises(ValueError, match="125 bytes"):
        pong_frame(b"a" * 126)


# --- close --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4401, 4999])
def test_close_code_is_read(code: int) -> None:
    assert parse_close(code.to_bytes(2, "big")) == code
    assert parse_close(code.to_bytes(2, "big") + "tschüß".encode()) == code


def test_empty_close_has_no_code() -> None:
    assert parse_close(b"") == 1005


@pytest.mark.parametrize(
    "payload", [b"\x03", *(c.to_bytes(2, "big") for c in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000))]
)
def test_bad_close_code_is_refused(payload: bytes) -> None:
    with pytest.raises(FrameError) as refusal:
        parse_close(payload)
    assert refusal.value.code == 1002


def test_close_reason_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(FrameError) as refusal:
        parse_close((1000).to_bytes(2, "big") + b"\xff")
    assert refusal.value.code == 1007
