"""The attacks. Each runs in a separate process, so that its work does not slow the measured chat.

`python -m hostile.attacks NAME PORT OPTIONS` prints what the attacker saw, as one line of JSON.
"""

import asyncio
import contextlib
import json
import re
import resource
import sys
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from support.raw_http import handshake_of, read_answer, request_of
from support.raw_websocket import PING, PONG, RawWebSocket, frame

Seen = dict[str, float]
"""The attacker's observations by name: numbers and seconds."""

PATIENCE = 5.0
"""Seconds after which the attacker gives up waiting for the server to close."""

BIT_RATE = 20_000_000
TICK_SECONDS = 0.01


async def connect(port: int, source: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection from an address of the loopback network: to the server, each is another client."""
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))


async def connect_websocket(port: int, source: str) -> RawWebSocket:
    """A WebSocket handshake from that address; the answer may be a refusal."""
    reader, writer = await connect(port, source)
    writer.write(handshake_of(f"127.0.0.1:{port}"))
    return RawWebSocket(reader, writer, await read_answer(reader))


async def discard(reader: asyncio.StreamReader) -> None:
    """Read until the server closes or resets the connection."""
    with contextlib.suppress(ConnectionError):
        while await reader.read(65_536):
            pass


async def pipeline(port: int, size: int = 10_000_000) -> Seen:
    """M-0: `size` bytes of requests on one connection, one behind the other, all responses read."""
    reader, writer = await connect(port, "127.0.1.1")
    reading = asyncio.ensure_future(discard(reader))
    piece, sent = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2000, 0
    began = time.monotonic()
    with contextlib.suppress(ConnectionError):
        while sent < size and not reading.done():
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.sleep(0)
    closed = reading.done() or (await asyncio.wait([reading], timeout=PATIENCE))[0] != set()
    reading.cancel()
    writer.transport.abort()
    return {"sent": sent, "closed": float(closed), "seconds": time.monotonic() - began}


async def flood(port: int, opcode: int, seconds: float) -> Seen:
    """M-2: control frames at 20 Mbit/s on one unauthenticated connection after another."""
    piece = frame(opcode) * int(BIT_RATE / 8 * TICK_SECONDS / 6)
    until, opened, longest = time.monotonic() + seconds, 0, 0.0
    while time.monotonic() < until:
        raw = await connect_websocket(port, "127.0.2.1")
        opened += 1
        longest = max(longest, await _flood_once(raw, piece))
    return {"connections": opened, "longest": longest}


async def _flood_once(raw: RawWebSocket, piece: bytes) -> float:
    """Seconds until the server closed."""
    closed, began = asyncio.ensure_future(discard(raw.reader)), time.monotonic()
    while not closed.done() and time.monotonic() - began < PATIENCE:
        with contextlib.suppress(ConnectionError):
            raw.writer.write(piece)
        await asyncio.wait([closed], timeout=TICK_SECONDS)
    lasted = time.monotonic() - began
    closed.cancel()
    raw.writer.transport.abort()
    return lasted


async def pings(port: int, seconds: float = 8.0) -> Seen:
    """M-2 with pings."""
    return await flood(port, PING, seconds)


async def pongs(port: int, seconds: float = 8.0) -> Seen:
    """M-2 with pongs."""
    return await flood(port, PONG, seconds)


async def asset_of(port: int) -> str:
    """The path of a script of the desk: a response that no buffer of the kernel takes thirty times."""
    reader, writer = await connect(port, "127.0.3.1")
    writer.write(request_of("GET", "/desk/", f"127.0.0.1:{port}"))
    page = (await read_answer(reader)).body.decode()
    writer.transport.abort()
    found = re.search(r'src="(/assets/[^"]+\.js)"', page)
    assert found is not None, "the desk names no script"
    return found[1]


async def crowd(
    port: int, number: int = 5000, seconds: float = 45.0, kinds: Sequence[str] = ("idle", "unread", "websocket")
) -> Seen:
    """M-3: idle connections, unread responses and silent WebSockets, all from one network, opened again when closed."""
    counts: Counter[str] = Counter()
    unread = request_of("GET", await asset_of(port), f"127.0.0.1:{port}") * 30
    openings = {"idle": b"", "unread": unread, "websocket": handshake_of(f"127.0.0.1:{port}")}
    until = time.monotonic() + seconds

    async def hold(kind: str) -> None:
        while time.monotonic() < until:
            try:
                reader, writer = await connect(port, "127.0.3.1")
            except OSError:
                counts["refused"] += 1
                await asyncio.sleep(1)
                continue
            counts[kind] += 1
            writer.write(openings[kind])
            # Only a lost connection ends this: with a full buffer asyncio stops reading by itself.
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + until - time.monotonic()):
                    await (writer.wait_closed() if kind == "unread" else discard(reader))
            writer.transport.abort()
            await asyncio.sleep(1)

    await asyncio.gather(*(hold(kinds[each % len(kinds)]) for each in range(number)))
    return {name: float(count) for name, count in counts.items()}


async def strangers(port: int, number: int = 60, seconds: float = 25.0) -> Seen:
    """L-1: streams that never authenticate and send a ping every second. How long the longest one lived."""
    lives, refused = list[float](), 0

    async def stay() -> None:
        nonlocal refused
        raw = await connect_websocket(port, "127.0.4.1")
        if raw.answer.status != 101:
            refused += 1
            return
        began, closed = time.monotonic(), asyncio.ensure_future(discard(raw.reader))
        while not closed.done() and time.monotonic() - began < seconds:
            with contextlib.suppress(ConnectionError):
                raw.send(frame(PING))
            await asyncio.wait([closed], timeout=1)
        lives.append(time.monotonic() - began)
        closed.cancel()
        raw.writer.transport.abort()

    await asyncio.gather(*(stay() for _ in range(number)))
    return {"opened": len(lives), "refused": refused, "longest": max(lives, default=0.0)}


async def hosts(port: int) -> Seen:
    """L-2: two Host lines in either order, and an absolute-form target of another authority, in both shells."""
    ours, good = f"127.0.0.1:{port}", f"Host: 127.0.0.1:{port}\r\n"
    heads = [
        request_of("GET", "/v1/check", ours).replace(b"Host: ", b"Host: evil.example\r\nHost: ", 1),
        request_of("GET", "/v1/check", ours).replace(good.encode(), good.encode() + b"Host: evil.example\r\n", 1),
        request_of("GET", "http://evil.example/v1/check", ours),
    ]
    handshake = handshake_of(ours)
    heads += [
        handshake.replace(b"Host: ", b"Host: evil.example\r\nHost: ", 1),
        handshake.replace(good.encode(), good.encode() + b"Host: evil.example\r\n", 1),
        handshake.replace(b"GET /", b"GET http://evil.example/", 1),
    ]
    statuses: Counter[int] = Counter()
    for head in heads:
        reader, writer = await connect(port, "127.0.5.1")
        writer.write(head)
        statuses[(await read_answer(reader)).status] += 1
        writer.transport.abort()
    return {"requests": len(heads), "refused": statuses[400]}


async def long_keys(port: int, number: int = 100_000, workers: int = 32) -> Seen:
    """H-3, M-5: starts with unknown site keys of 60 kB and sign-ins with addresses of 7.8 kB, from many networks."""
    statuses: Counter[str] = Counter()
    host, left = f"127.0.0.1:{port}", iter(range(number))

    async def work() -> None:
        for each in left:
            source = f"127.{each // 5 >> 14 & 127 | 64}.{each // 5 >> 7 & 127}.{each // 5 & 127 | 1}"
            long = f"{each:08d}"
            start = {
                "site": long + "k" * 60_000,
                "id": str(uuid.uuid4()),
                "text": "x",
                "page_origin": "https://tea.example",
            }
            sign_in = {"email": f"{long}{'e' * 7_800}@tea.example", "password": "x"}
            path, body = ("/v1/desk/sign-in", sign_in) if each % 2 else ("/v1/visitor/start", start)
            try:
                reader, writer = await connect(port, source)
            except OSError:
                statuses["no connection"] += 1
                continue
            content = json.dumps(body).encode()
            writer.write(request_of("POST", path, host, content, content_type="application/json", connection="close"))
            statuses[str((await read_answer(reader)).status)] += 1
            writer.transport.abort()

    await asyncio.gather(*(work() for _ in range(workers)))
    return {name: float(count) for name, count in statuses.items()}


ATTACKS: dict[str, Callable[..., Awaitable[Seen]]] = {
    "pipeline": pipeline,
    "long_keys": long_keys,
    "pings": pings,
    "pongs": pongs,
    "crowd": crowd,
    "strangers": strangers,
    "hosts": hosts,
}


async def _main(name: str, port: str, options: str) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seen = await ATTACKS[name](int(port), **json.loads(options))
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
