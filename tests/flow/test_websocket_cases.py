"""The cases of the Autobahn test suite, against the running server and against the frames of wsproto."""

import asyncio
import contextlib
import json
from collections.abc import Iterable

import pytest
from wsproto.frame_protocol import Frame, FrameProtocol, Opcode, ParseFailed

from support.people import World
from support.raw_websocket import DEADLINE, RawWebSocket, authenticate_raw, connect_raw
from support.websocket_cases import BINARY_REFUSED, GROUPS, NORMAL_CLOSE, Outcome

SIZES = {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "10": 1}
"""The number of cases of each group in Autobahn."""


def test_every_case_of_the_groups_is_listed() -> None:
    assert {name.split()[0]: len(cases) for name, cases in GROUPS.items()} == SIZES
    assert all(number.split(".")[0] == name.split()[0] for name, cases in GROUPS.items() for number in cases)


async def outcome_of(socket: RawWebSocket, writes: Iterable[bytes]) -> Outcome:
    """Send the writes, and return the frames of the server until it closes the connection."""
    reading = asyncio.ensure_future(read_frames(socket))
    # The server may close the connection before it has read everything.
    with contextlib.suppress(ConnectionError):
        for data in writes:
            socket.send(data)
            await socket.writer.drain()
            await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE):
        *frames, close = await reading
    texts = [frame.payload for frame in frames if frame.opcode is Opcode.TEXT]
    assert {json.loads(one)["code"] for one in texts if isinstance(one, str)} <= {"malformed"}
    pongs = tuple(bytes_of(frame) for frame in frames if frame.opcode is Opcode.PONG)
    assert len(texts) + len(pongs) == len(frames)
    return Outcome(code_of(close), len(texts), pongs)


async def read_frames(socket: RawWebSocket) -> list[Frame]:
    """Return all frames of the server. The last one is its close frame, which is answered."""
    parser, frames = FrameProtocol(client=True, extensions=[]), list[Frame]()
    with contextlib.suppress(ConnectionError):
        while data := await socket.reader.read(65_536):
            parser.receive_bytes(data)
            frames += parser.received_frames()
            if frames and frames[-1].opcode is Opcode.CLOSE:
                socket.send(NORMAL_CLOSE)
    return frames


def bytes_of(frame: Frame) -> bytes:
    assert isinstance(frame.payload, bytes)
    return frame.payload


def code_of(frame: Frame) -> int:
    """Return the code of a close frame, 1005 if it has none."""
    assert frame.opcode is Opcode.CLOSE
    assert isinstance(frame.payload, tuple)
    return int(frame.payload[0])


@pytest.mark.parametrize("group", [*GROUPS])
async def test_server_reads_and_refuses_frames_as_the_rfc_requires(world: World, group: str) -> None:
    visitor, found = await world.visitor(), dict[str, Outcome]()
    for number, case in GROUPS[group].items():
        socket = await connect_raw(world.server.port)
        try:
            await authenticate_raw(socket, visitor)
            found[number] = await outcome_of(socket, case.writes)
        finally:
            await socket.close()
    assert found == {number: case.expected for number, case in GROUPS[group].items()}


def opinion_of_wsproto(writes: Iterable[bytes]) -> Outcome:
    """Return what wsproto reads, if each text is answered with a text and a binary message is refused."""
    reader = FrameProtocol(client=False, extensions=[])
    texts, pongs = 0, list[bytes]()
    try:
        for data in writes:
            reader.receive_bytes(data)
            for frame in reader.received_frames():
                if frame.opcode is Opcode.CLOSE:
                    return Outcome(code_of(frame), texts, tuple(pongs))
                if frame.opcode is Opcode.PING:
                    pongs.append(bytes_of(frame))
                elif frame.message_finished and frame.opcode is Opcode.BINARY:
                    return Outcome(BINARY_REFUSED, texts, tuple(pongs))
                elif frame.message_finished and frame.opcode is Opcode.TEXT:
                    texts += 1
    except ParseFailed as error:
        return Outcome(int(error.code), texts, tuple(pongs))
    raise AssertionError("wsproto waits for more bytes")


@pytest.mark.parametrize("group", [*GROUPS])
def test_another_implementation_agrees_with_the_table(group: str) -> None:
    found = {number: opinion_of_wsproto(case.writes) for number, case in GROUPS[group].items()}
    assert found == {number: case.expected for number, case in GROUPS[group].items()}
