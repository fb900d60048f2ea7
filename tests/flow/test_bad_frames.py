"""A bad frame gets a documented error over each transport, and the next valid frame works."""

import json
from typing import Any

import pytest

from support.client import Frame, Stream, Transport
from support.people import OLGA, World, new_entry_id, say

GOOD_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
CONVERSATION = "CONVERSATION"
"""Placeholder for the visitor's own conversation in the frames below."""

ASTRAL = "\U0001f600"


def send_frame(**changed: Any) -> bytes:
    """Return a good `send` frame with some fields changed. None removes a field."""
    good = {"op": "send", "id": GOOD_ID, "conversation": CONVERSATION, "text": "x"}
    return json.dumps({name: value for name, value in (good | changed).items() if value is not None}).encode()


MALFORMED = {
    "nothing but a brace": b"{",
    "words": b"hello",
    "a closing bracket": b"{]",
    "an array": b"[1]",
    "an array of frames": b'[{"op":"ping"}]',
    "a number": b"1",
    "null": b"null",
    "a string": b'"ping"',
    "two objects": b'{"op":"ping"}{"op":"ping"}',
    "a comment": b'{"op":"ping"} // x',
    "single quotes": b"{'op':'ping'}",
    "not a number": b'{"op":"seen","conversation":"CONVERSATION","seq":NaN}',
    "a lone high surrogate": send_frame(text="x").replace(b'"x"', b'"\\ud83d"'),
    "a lone low surrogate": send_frame(text="x").replace(b'"x"', b'"\\ude00 x"'),
    "a surrogate in an id": send_frame().replace(GOOD_ID.encode(), b"\\ud800"),
    "a raw control character": send_frame(text="x").replace(b'"x"', b'"\x01"'),
    "a raw zero": b'{"op":"ping"\x00}',
    "a byte order mark": b'\xef\xbb\xbf{"op":"ping"}',
}
DEEP = {
    "arrays": b"[" * 60_000,
    "arrays in a field": b'{"op":"send","id":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "objects before the op": b'{"x":' + b'{"a":' * 9_000 + b"1" + b"}" * 9_000 + b',"op":"ping"}',
}
UNKNOWN_OP = {
    "no such op": b'{"op":"launch"}',
    "an empty op": b'{"op":""}',
    "an op in capitals": b'{"op":"PING"}',
    "the server's op": b'{"op":"ack"}',
    "auth again": b'{"op":"auth","token":"x"}',
    "closing by a visitor": f'{{"op":"close","id":"{GOOD_ID}","conversation":"CONVERSATION"}}'.encode(),
    "a number as op": b'{"op":7}',
}
INVALID = {
    "no op": b"{}",
    "an op and nothing else": b'{"op":"send"}',
    "no text": send_frame(text=None),
    "no id": send_frame(id=None),
    "a number as text": send_frame(text=1),
    "an array as text": send_frame(text=["x"]),
    "a number as id": send_frame(id=1),
    "an object as conversation": send_frame(conversation={}),
    "an endless id": send_frame(id="a" * 30_000),
    "an id in braces": send_frame(id=f"{{{GOOD_ID}}}"),
    "an id of 37": send_frame(id="a" * 37),
    "an endless conversation": send_frame(conversation="a" * 30_000),
    "an unknown field": send_frame(admin=True),
    "another's position": send_frame(seq=1),
    "seq as text": b'{"op":"seen","conversation":"CONVERSATION","seq":"1"}',
    "a negative seq": b'{"op":"seen","conversation":"CONVERSATION","seq":-1}',
    "an endless seq": b'{"op":"seen","conversation":"CONVERSATION","seq":99999999999999999999999}',
    "a seq with a fraction": b'{"op":"seen","conversation":"CONVERSATION","seq":1.5}',
    "a number as on": b'{"op":"typing","conversation":"CONVERSATION","on":1}',
    "a field at ping": b'{"op":"ping","x":1}',
}
BAD_TEXT = {
    f"U+{ord(one):04X}": send_frame(text=f"a{one}b") for one in "\x00\x01\x07\x08\x0b\x0c\x1b\x1f\x7f\x80\x85\x9f"
}
EMPTY = {
    "nothing": send_frame(text=""),
    "spaces": send_frame(text="   "),
    "line breaks": send_frame(text="\r\n\t \n"),
    "wide spaces": send_frame(text="\u2003\u3000\u00a0"),
}
BAD_ID = {
    "no UUID": send_frame(id="1"),
    "nothing as id": send_frame(id=""),
    "in capitals": send_frame(id=GOOD_ID.upper()),
    "without hyphens": send_frame(id=GOOD_ID.replace("-", "")),
    "with a line feed": send_frame(id=GOOD_ID[:-1] + "\n"),
    "wide digits": send_frame(id=GOOD_ID.replace("0", "\uff10")),
}
TOO_LONG = {
    "8,001 letters": send_frame(text="x" * 8_001),
    "8,001 astral ones": json.dumps(
        {"op": "send", "id": GOOD_ID, "conversation": CONVERSATION, "text": ASTRAL * 8_001}, ensure_ascii=False
    ).encode(),
    "8,001 with spaces at the end": send_frame(text="x" + " " * 8_000),
}
CASES = {
    "malformed": MALFORMED,
    "unknown_op": UNKNOWN_OP,
    "invalid": INVALID,
    "bad_text": BAD_TEXT,
    "empty_text": EMPTY,
    "bad_id": BAD_ID,
    "text_too_long": TOO_LONG,
}


async def refusal_of(stream: Stream, data: bytes) -> Frame:
    """Return the server's answer to these bytes."""
    await stream.send_bytes(data.replace(CONVERSATION.encode(), stream.person.conversation.encode()))
    frame = await stream.until("error")
    assert frame["message"]
    return frame


@pytest.mark.parametrize("code", [*CASES])
async def test_bad_frame_is_refused_and_the_stream_stays_open(world: World, transport: Transport, code: str) -> None:
    stream = await world.stream(await world.visitor(), transport)
    await stream.until_entry(seq=1)
    for number, (what, data) in enumerate(CASES[code].items()):
        frame = await refusal_of(stream, data)
        assert frame["code"] == code, (what, frame)
        ack = await say(stream, f"after {what}")
        assert (ack["op"], ack["seq"]) == ("ack", number + 2), what
        await stream.until_entry(seq=number + 2)
    texts = [entry["data"]["text"] for entry in await world.timeline(stream.person.conversation)]
    assert texts == ["Hello", *(f"after {what}" for what in CASES[code])]


@pytest.mark.parametrize("what", [*DEEP])
async def test_deep_nesting_is_refused(world: World, transport: Transport, what: str) -> None:
    stream = await world.stream(await world.visitor(), transport)
    assert (await refusal_of(stream, DEEP[what]))["code"] in {"malformed", "invalid"}
    await stream.settled()


async def test_refusal_of_a_message_has_its_id(world: World, transport: Transport) -> None:
    stream = await world.stream(await world.visitor(), transport)
    await stream.until_entry(seq=1)
    for data in (EMPTY["spaces"], BAD_TEXT["U+0000"], TOO_LONG["8,001 letters"]):
        assert (await refusal_of(stream, data))["id"] == GOOD_ID


async def test_longest_message_is_accepted(world: World, transport: Transport) -> None:
    stream = await world.stream(await world.visitor(), transport)
    for words in ("x" * 8_000, ASTRAL * 8_000, "\r\n" * 2 + "y" * 7_998):
        ack = await say(stream, words)
        assert ack["op"] == "ack", ack
        received = await stream.until_entry(id=ack["id"])
        assert received["data"]["text"] == words.replace("\r\n", "\n")


async def test_bad_frame_of_an_operator_is_refused(world: World, transport: Transport) -> None:
    vera = await world.visitor()
    desk = await world.stream(await world.operator(OLGA), transport, after=None)
    for frame, code in (
        ({"op": "close", "id": "1", "conversation": vera.conversation}, "bad_id"),
        ({"op": "close", "id": GOOD_ID}, "invalid"),
        ({"op": "send", "id": new_entry_id(), "conversation": "", "text": "x"}, "unknown_conversation"),
        ({"op": "send", "id": new_entry_id(), "conversation": "x" * 36, "text": "x"}, "unknown_conversation"),
        ({"op": "send", "id": new_entry_id(), "conversation": "' OR 1=1 --", "text": "x"}, "unknown_conversation"),
        ({"op": "typing", "conversation": "\0", "on": True}, "unknown_conversation"),
        ({"op": "seen", "conversation": "%", "seq": 1}, "unknown_conversation"),
    ):
        await desk.send_bytes(json.dumps(frame).encode())
        assert (await desk.until("error"))["code"] == code, frame
    assert (await say(desk, "fine", "", vera.conversation))["op"] == "ack"


FIRST_FRAMES = {
    "a ping": (b'{"op":"ping"}', 4400),
    "a message": (send_frame(), 4400),
    "not JSON": (b"hello", 4400),
    "auth without a token": (b'{"op":"auth"}', 4400),
    "auth with an unknown field": (b'{"op":"auth","token":"x","admin":true}', 4400),
    "auth with words as cursor": (b'{"op":"auth","token":"x","after":"1"}', 4400),
    "a token without an end": (b'{"op":"auth","token":"' + b"x" * 129 + b'"}', 4400),
    "a proof without an end": (b'{"op":"auth","token":"x","proof":"' + b"x" * 2_049 + b'"}', 4400),
    "an unknown token": (b'{"op":"auth","token":"x"}', 4401),
    "a token of odd characters": (b'{"op":"auth","token":"\\u0000\\u20ac"}', 4401),
    "a huge first frame": (b'{"op":"auth","token":"' + b"x" * 5_000 + b'"}', 1009),
}


@pytest.mark.parametrize("what", [*FIRST_FRAMES])
async def test_bad_first_frame_closes_the_stream(world: World, transport: Transport, what: str) -> None:
    data, code = FIRST_FRAMES[what]
    stream = await world.raw_stream(await world.visitor(), transport)
    await stream.challenged()
    await stream.send_bytes(data)
    assert (await stream.until_over()).code == code
    await (await world.stream(stream.person, transport)).settled()


async def test_frame_over_the_limit_closes_a_websocket(world: World) -> None:
    vera = await world.visitor()
    for size in (65_537, 1_000_000):
        stream = await world.stream(vera)
        await stream.send_bytes(b'{"op":"ping"}' + b" " * (size - 13))
        assert (await stream.until_over()).code == 1009
    stream = await world.stream(vera)
    await stream.send_bytes(b'{"op":"ping"}' + b" " * (65_536 - 13))
    await stream.until("pong")


async def test_frames_in_one_request_are_processed_in_order(world: World) -> None:
    stream = await world.stream(await world.visitor(), "stream")
    conversation = stream.person.conversation
    lines = [send_frame(id=new_entry_id(), conversation=conversation, text=f"{number}") for number in range(5)]
    await stream.send_bytes(b"\n".join([lines[0], b"", b"junk", *lines[1:], b"\n"]))
    await stream.until_entry(seq=6)
    assert [entry["data"]["text"] for entry in stream.entries()] == ["Hello", "0", "1", "2", "3", "4"]
    assert [frame["code"] for frame in stream.heard if frame["op"] == "error"] == ["malformed"]
