"""A WebSocket client of bytes: for frames that no library would send, and for seeing each frame that comes back."""

import asyncio
import contextlib
import json
from typing import Any

from support.client import Person
from support.raw_http import RawAnswer, handshake_of, read_answer

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x11\xf2\x03\x94"
DEADLINE = 15.0

Received = tuple[int, bytes]


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    bits: int = 0,
    masked: bool = True,
    length: int | None = None,
    size: int | None = None,
) -> bytes:
    """One client frame. `bits`: the reserved ones; `length`: a false one; `size`: bytes in which it is written."""
    length = len(payload) if length is None else length
    if size is None:
        size = 0 if length < 126 else 2 if length < 0x10000 else 8
    mark = {0: length, 2: 126, 8: 127}[size]
    head = bytes((fin << 7 | bits | opcode, masked << 7 | mark)) + (length.to_bytes(size, "big") if size else b"")
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))


def close_payload(code: int, reason: bytes = b"") -> bytes:
    """Return the payload of a close frame."""
    return code.to_bytes(2, "big") + reason


class RawWebSocket:
    """A connection after its handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: RawAnswer) -> None:
        self.reader = reader
        self.writer = writer
        self.answer = answer

    def send(self, *frames: bytes) -> None:
        """Send bytes in one segment."""
        self.writer.write(b"".join(frames))

    async def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    async def receive(self) -> Received:
        """The server's next frame: opcode and payload. The server never masks, fragments or sets reserved bits."""
        async with asyncio.timeout(DEADLINE):
            first, second = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80
            assert not second & 0x80
            length = second
            if second >= 126:
                size = 2 if second == 126 else 8
                length = int.from_bytes(await self.reader.readexactly(size))
            return first & 0x0F, await self.reader.readexactly(length)

    async def receive_json(self) -> dict[str, Any]:
        """The server's next text frame."""
        opcode, payload = await self.receive()
        assert opcode == TEXT, (opcode, payload)
        return json.loads(payload)

    async def until_close_frame(self) -> int:
        """The code of the server's close frame; 1005: a frame without."""
        opcode, payload = TEXT, b""
        while opcode != CLOSE:
            opcode, payload = await self.receive()
        return int.from_bytes(payload[:2]) if payload else 1005

    async def is_cut(self) -> bool:
        """Return True once the connection is closed or reset. Raises TimeoutError when that does not happen."""
        async with asyncio.timeout(DEADLINE):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(65_536):
                    pass
        return True

    async def until_closed(self) -> int:
        """The code of the server's close frame, after which it must close the connection; 1005: a frame without."""
        code = await self.until_close_frame()
        async with asyncio.timeout(DEADLINE):
            assert await self.reader.read() == b"", "the server sent more after its close frame"
        return code

    async def pinged(self) -> bool:
        """Whether a ping of the protocol is answered: the stream works."""
        self.send(frame(TEXT, b'{"op":"ping"}'))
        while (told := await self.receive_json())["op"] != "pong":
            assert told["op"] in {"entries", "welcome", "ack"}, told
        return True


async def connect_raw(port: int, source: str = "127.0.0.1", **changed: str | None) -> RawWebSocket:
    """Shake hands; the answer is in `answer` whatever it is. `source` is the client's own address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    writer.write(handshake_of(f"127.0.0.1:{port}", **changed))
    async with asyncio.timeout(DEADLINE):
        return RawWebSocket(reader, writer, await read_answer(reader))


async def authenticate_raw(socket: RawWebSocket, person: Person) -> None:
    """Answer the challenge and read the welcome."""
    nonce = (await socket.receive_json())["nonce"]
    assert person.key is not None
    proof = person.key.prove("GET", f"{person.address}/v1/stream", nonce, person.token)
    auth = {"op": "auth", "token": person.token, "proof": proof, "after": None}
    socket.send(frame(TEXT, json.dumps(auth).encode()))
    assert (await socket.receive_json())["op"] == "welcome"
