"""RFC 6455, probed with raw sockets against the running server: accepted frames, refused frames and close codes."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from support.client import DEADLINE
from support.people import BUSY_MACHINE, World, new_entry_id
from support.raw_http import ask_raw, handshake_of
from support.raw_websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawWebSocket,
    authenticate_raw,
    close_payload,
    connect_raw,
    frame,
)

PING_FRAME = b'{"op":"ping"}'
PONG_FRAME = b'{"op":"pong"}'
LONG = PING_FRAME + b" " * 200


Knock = Callable[..., Awaitable[RawWebSocket]]


@pytest_asyncio.fixture
async def handshake(world: World) -> AsyncIterator[Knock]:
    """Return a function that performs a handshake. Keywords change its headers."""
    opened: list[RawWebSocket] = []

    async def connect(**changed: str | None) -> RawWebSocket:
        opened.append(await connect_raw(world.server.port, "127.0.0.1", **changed))
        return opened[-1]

    yield connect
    for raw in opened:
        await raw.close()


@pytest_asyncio.fixture
async def socket(world: World, handshake: Knock) -> RawWebSocket:
    """Open and authenticate a visitor's stream."""
    raw = await handshake()
    assert raw.answer.status == 101
    await authenticate_raw(raw, await world.visitor())
    return raw


# --- refused --------------------------------------------------------------------------------------------------------

PROTOCOL_ERRORS = {
    "an unmasked text": frame(TEXT, PING_FRAME, masked=False),
    "an unmasked ping": frame(PING, masked=False),
    "an unmasked close": frame(CLOSE, close_payload(1000), masked=False),
    "reserved bit 1 (compression that was not agreed)": frame(TEXT, PING_FRAME, bits=0x40),
    "reserved bit 2": frame(TEXT, PING_FRAME, bits=0x20),
    "reserved bit 3": frame(TEXT, PING_FRAME, bits=0x10),
    "a reserved bit at a ping": frame(PING, bits=0x40),
    "opcode 3": frame(0x3),
    "opcode 7": frame(0x7),
    "opcode 11": frame(0xB),
    "opcode 15": frame(0xF),
    "a ping of 126 bytes": frame(PING, b"x" * 126),
    "a pong of 126 bytes": frame(PONG, b"x" * 126),
    "a close of 126 bytes": frame(CLOSE, close_payload(1000, b"x" * 124)),
    "a ping in two parts": frame(PING, b"x", fin=False),
    "a close in two parts": frame(CLOSE, close_payload(1000), fin=False),
    "a continuation of nothing": frame(CONTINUATION, b"x"),
    "an open continuation of nothing": frame(CONTINUATION, b"x", fin=False),
    "a text within a text": frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"),
    "binary within a text": frame(TEXT, b"{", fin=False) + frame(BINARY, b"}"),
    "a short length in two bytes": frame(TEXT, PING_FRAME, size=2),
    "a short length in eight bytes": frame(TEXT, LONG, size=8),
    "a length with its top bit set": frame(TEXT, b"", length=1 << 63, size=8),
}


@pytest.mark.parametrize("what", [*PROTOCOL_ERRORS])
async def test_protocol_error_is_refused_with_1002(socket: RawWebSocket, what: str) -> None:
    assert await socket.pinged(), "the premise"
    socket.send(PROTOCOL_ERRORS[what])
    assert await socket.until_closed() == 1002


BAD_TEXTS = {
    "a byte that starts nothing": frame(TEXT, b"\xff"),
    "a surrogate": frame(TEXT, b'"\xed\xa0\x80"'),
    "a long spelling of /": frame(TEXT, b'"\xc0\xaf"'),
    "beyond Unicode": frame(TEXT, b'"\xf4\x90\x80\x80"'),
    "half a character": frame(TEXT, b"\xf0\x9f\x98"),
    "half a character at the end of the parts": frame(TEXT, b"\xf0\x9f", fin=False) + frame(CONTINUATION, b"\x98"),
    "a bad byte in the second part": frame(TEXT, b'"', fin=False) + frame(CONTINUATION, b'\xff"'),
}


@pytest.mark.parametrize("what", [*BAD_TEXTS])
async def test_text_that_is_not_utf8_is_refused_with_1007(socket: RawWebSocket, what: str) -> None:
    socket.send(BAD_TEXTS[what])
    assert await socket.until_closed() == 1007


@pytest.mark.parametrize("payload", [b"", b"x", PING_FRAME, b"\xff\xfe"])
async def test_binary_frame_is_refused_with_1003(socket: RawWebSocket, payload: bytes) -> None:
    socket.send(frame(BINARY, payload))
    assert await socket.until_closed() == 1003


TOO_BIG = {
    "a megabyte announced and not sent": frame(TEXT, b"", length=1_000_000),
    "a terabyte announced": frame(TEXT, b"", length=1 << 40, size=8),
    "one byte too many": frame(TEXT, b"x" * 65_537),
    "too much in parts": frame(TEXT, b"x" * 40_000, fin=False) + frame(CONTINUATION, b"x" * 30_000),
    "endless small parts": frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"x" * 1000, fin=False) * 70,
}


@pytest.mark.parametrize("what", [*TOO_BIG])
async def test_oversized_message_is_refused_with_1009_at_once(socket: RawWebSocket, what: str) -> None:
    socket.send(TOO_BIG[what])
    assert await socket.until_closed() == 1009


async def test_frame_over_4_kib_before_authentication_is_refused(handshake: Knock) -> None:
    raw = await handshake()
    await raw.receive_json()
    raw.send(frame(TEXT, b"x" * 4_097))
    assert await raw.until_closed() == 1009


async def test_second_frame_before_the_welcome_ends_the_stream(world: World, handshake: Knock) -> None:
    vera, raw = await world.visitor(), await handshake()
    assert vera.key is not None
    proof = vera.key.prove("GET", f"{vera.address}/v1/stream", (await raw.receive_json())["nonce"], vera.token)
    auth = frame(TEXT, json.dumps({"op": "auth", "token": vera.token, "proof": proof}).encode())
    raw.send(auth, auth)
    assert await raw.until_closed() == 4400


# --- accepted -------------------------------------------------------------------------------------------------------


async def test_fragmented_text_with_pings_in_between_is_accepted(socket: RawWebSocket) -> None:
    socket.send(frame(TEXT, b'{"op":', fin=False), frame(PING, b"one"), frame(CONTINUATION, b"", fin=False))
    assert await socket.receive() == (PONG, b"one")
    socket.send(frame(PING, b"two"), frame(PONG, b"unasked"), frame(CONTINUATION, b'"ping"}'))
    assert await socket.receive() == (PONG, b"two")
    assert (await socket.receive_json())["op"] == "pong"


async def test_character_split_over_fragments_is_accepted(socket: RawWebSocket) -> None:
    message = {"op": "send", "id": new_entry_id(), "conversation": "x", "text": "\U0001f600"}
    data = json.dumps(message, ensure_ascii=False).encode()
    cut = data.index(b"\xf0") + 2
    socket.send(frame(TEXT, data[:cut], fin=False), frame(CONTINUATION, data[cut:]))
    assert (await socket.receive_json())["code"] == "unknown_conversation"


async def test_frames_sent_byte_by_byte_are_accepted(socket: RawWebSocket) -> None:
    for byte in frame(TEXT, LONG) + frame(PING, b"x"):
        socket.send(bytes([byte]))
        await socket.writer.drain()
        await asyncio.sleep(0)
    # Control frames may overtake earlier data frames (RFC 6455, section 5.5).
    assert sorted([await socket.receive(), await socket.receive()]) == [(TEXT, PONG_FRAME), (PONG, b"x")]


async def test_many_frames_in_one_segment_are_accepted(socket: RawWebSocket) -> None:
    socket.send(*(frame(TEXT, PING_FRAME) + frame(PING, str(number).encode()) for number in range(200)))
    received = [await socket.receive() for _ in range(400)]
    assert [payload for opcode, payload in received if opcode == PONG] == [
        str(number).encode() for number in range(200)
    ]
    assert [payload for opcode, payload in received if opcode == TEXT] == [PONG_FRAME] * 200


@pytest.mark.parametrize("size", [125, 126, 127, 65_535, 65_536])
async def test_every_length_encoding_is_accepted(socket: RawWebSocket, size: int) -> None:
    socket.send(frame(TEXT, PING_FRAME + b" " * (size - len(PING_FRAME))))
    assert (await socket.receive_json())["op"] == "pong"


@pytest.mark.parametrize("payload", [b"", b"x" * 125, b"\xff\x00"])
async def test_pong_has_the_payload_of_its_ping(socket: RawWebSocket, payload: bytes) -> None:
    socket.send(frame(PING, payload))
    assert await socket.receive() == (PONG, payload)


async def test_unsolicited_pong_is_ignored(socket: RawWebSocket) -> None:
    socket.send(frame(PONG, b"x"), frame(PONG))
    assert await socket.pinged()


async def test_empty_text_is_malformed_and_does_not_end_the_stream(socket: RawWebSocket) -> None:
    socket.send(frame(TEXT))
    assert (await socket.receive_json())["code"] == "malformed"
    assert await socket.pinged()


async def test_frames_before_an_error_are_processed(socket: RawWebSocket) -> None:
    socket.send(frame(TEXT, PING_FRAME), frame(PING, b"x"), frame(0x3))
    assert sorted([await socket.receive(), await socket.receive()]) == [(TEXT, PONG_FRAME), (PONG, b"x")]
    assert await socket.until_closed() == 1002


# --- closing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1012, 3000, 4000, 4999])
async def test_valid_close_code_is_echoed(socket: RawWebSocket, code: int) -> None:
    socket.send(frame(CLOSE, close_payload(code, "tschüss".encode())))
    assert await socket.until_closed() == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535])
async def test_reserved_close_code_is_refused(socket: RawWebSocket, code: int) -> None:
    socket.send(frame(CLOSE, close_payload(code)))
    assert await socket.until_closed() == 1002


async def test_close_without_a_code_is_answered_without_one(socket: RawWebSocket) -> None:
    socket.send(frame(CLOSE))
    assert await socket.until_closed() == 1005


@pytest.mark.parametrize(("payload", "code"), [(b"\x03", 1002), (close_payload(1000, b"\xff"), 1007)])
async def test_malformed_close_frame_is_refused(socket: RawWebSocket, payload: bytes, code: int) -> None:
    socket.send(frame(CLOSE, payload))
    assert await socket.until_closed() == code


async def test_frame_after_a_close_is_ignored(socket: RawWebSocket, world: World) -> None:
    count = "SELECT count(*) FROM entry"
    before = world.server.rows(count)
    conversation = world.server.rows("SELECT id FROM conversation ORDER BY no DESC LIMIT 1")[0][0]
    message = {"op": "send", "id": new_entry_id(), "conversation": conversation, "text": "late"}
    socket.send(frame(CLOSE, close_payload(1000)), frame(TEXT, json.dumps(message).encode()))
    assert await socket.until_closed() == 1000
    assert world.server.rows(count) == before


async def test_server_waits_a_limited_time_for_the_clients_close(socket: RawWebSocket) -> None:
    socket.send(frame(BINARY))
    opcode, payload = await socket.receive()
    assert (opcode, payload[:2]) == (CLOSE, (1003).to_bytes(2, "big"))
    began = time.monotonic()
    assert await asyncio.wait_for(socket.reader.read(), DEADLINE) == b""
    assert time.monotonic() - began < 1 + BUSY_MACHINE


async def test_server_survives_an_aborted_connection(socket: RawWebSocket, world: World) -> None:
    socket.writer.transport.abort()
    stream = await world.stream(await world.visitor())
    await stream.settled()


# --- the handshake --------------------------------------------------------------------------------------------------


async def test_handshake_is_answered_as_the_rfc_requires(handshake: Knock) -> None:
    key = base64.b64encode(b"0123456789abcdef").decode()
    raw = await handshake(Sec_WebSocket_Key=key, Sec_WebSocket_Protocol="other, crumbless.v1")
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    assert raw.answer.status == 101
    assert raw.answer.header("sec-websocket-accept") == base64.b64encode(digest).decode()
    assert raw.answer.header("sec-websocket-protocol") == "crumbless.v1"
    assert raw.answer.header("sec-websocket-extensions") == ""
    assert (await raw.receive_json())["op"] == "challenge"


async def test_offered_compression_is_declined(handshake: Knock) -> None:
    raw = await handshake(Sec_WebSocket_Extensions="permessage-deflate")
    assert raw.answer.status == 101
    assert raw.answer.header("sec-websocket-extensions") == ""


HANDSHAKES: dict[str, tuple[dict[str, str | None], int, str]] = {
    "no key": ({"Sec_WebSocket_Key": None}, 400, "invalid"),
    "a key of 15 bytes": ({"Sec_WebSocket_Key": base64.b64encode(b"x" * 15).decode()}, 400, "invalid"),
    "a key that is not base64": ({"Sec_WebSocket_Key": "?" * 24}, 400, "invalid"),
    "no version": ({"Sec_WebSocket_Version": None}, 400, "invalid"),
    "version 8": ({"Sec_WebSocket_Version": "8"}, 400, "invalid"),
    "no sub-protocol": ({"Sec_WebSocket_Protocol": None}, 400, "invalid"),
    "another sub-protocol": ({"Sec_WebSocket_Protocol": "crumbless.v2"}, 400, "invalid"),
    "another origin": ({"Origin": "https://evil.example"}, 403, "foreign_origin"),
    "the null origin": ({"Origin": "null"}, 403, "foreign_origin"),
    "the site's origin": ({"Origin": "https://tea.example"}, 403, "foreign_origin"),
    "another path": ({"path": "/v1/desk/me"}, 404, "not_found"),
    "a path below": ({"path": "/v1/stream/x"}, 404, "not_found"),
}


@pytest.mark.parametrize("what", [*HANDSHAKES])
async def test_invalid_handshake_gets_a_problem_and_no_stream(handshake: Knock, what: str) -> None:
    changed, status, code = HANDSHAKES[what]
    raw = await handshake(**changed)
    assert raw.answer.status == status
    assert raw.answer.header("content-type") == "application/problem+json"
    assert json.loads(raw.answer.body)["type"] == f"urn:crumbless:problem:{code}"
    assert await asyncio.wait_for(raw.reader.read(), 5) == b""


async def test_handshake_for_another_host_is_misdirected(world: World) -> None:
    assert (await ask_raw(world.server.port, handshake_of("evil.example"))).status == 421


async def test_handshake_from_our_own_page_is_accepted(world: World, handshake: Knock) -> None:
    raw = await handshake(Origin=world.server.address)
    assert raw.answer.status == 101


async def test_request_without_an_upgrade_opens_no_stream(world: World) -> None:
    answer = await world.http.get(f"{world.server.address}/v1/stream")
    assert answer.status_code == 404


# --- deadlines ------------------------------------------------------------------------------------------------------


async def closed_after(port: int, data: bytes) -> float:
    """Return the seconds until the server closes the connection of a client that sends only this."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    writer.write(data)
    async with asyncio.timeout(30):
        await reader.read()
    writer.close()
    await writer.wait_closed()
    return time.monotonic() - began


async def test_silent_and_slow_clients_are_disconnected(world: World, handshake: Knock) -> None:
    """All deadlines are measured at the same time."""
    port, host = world.server.port, f"127.0.0.1:{world.server.port}".encode()

    async def silent_stream() -> tuple[int, float]:
        raw = await handshake()
        began = time.monotonic()
        return await raw.until_closed(), time.monotonic() - began

    async def slow_headers() -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began, reading = time.monotonic(), asyncio.ensure_future(reader.read())
        writer.write(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n")
        while not reading.done():
            writer.write(b"X-Slow: 1\r\n")
            await asyncio.wait([reading], timeout=0.5)
        writer.close()
        return time.monotonic() - began

    (code, waited), *others, slow = await asyncio.gather(
        silent_stream(),
        closed_after(port, b""),
        closed_after(port, b"GET / HT"),
        closed_after(port, b"GET /v1/stream HTTP/1.1\r\nHost: " + host + b"\r\nUpgrade: websocket\r\n"),
        slow_headers(),
    )
    assert code == 4408
    assert 4.5 < waited < 5 + BUSY_MACHINE
    assert all(9 < seconds < 10 + BUSY_MACHINE for seconds in (*others, slow)), (others, slow)
