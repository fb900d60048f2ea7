"""A small HTTP proxy of the kind that breaks chats: it can strip, hold back, keep, rename, add, refuse and cut."""

import asyncio
import contextlib
import threading
from typing import Literal, Self

Fault = Literal[
    "none",
    "strip_upgrade",
    "buffer",
    "cache",
    "host",
    "cookie",
    "small_bodies",
    "impatient",
    "strip_headers",
    "forward",
    "cut",
]

HOP = {"connection", "upgrade", "host"}
IMPATIENCE_SECONDS = 0.1
SMALL = 8 * 1024

Head = tuple[str, list[tuple[str, str]]]


class BadProxy:
    """Passes requests on to the port `target`, in the way of its `fault`. One request a connection."""

    def __init__(self) -> None:
        self.fault: Fault = "none"
        self.target = 0
        self.port = 0
        self.refused: list[str] = []
        """First lines of the requests that came while the network was cut."""
        self._kept: dict[str, bytes] = {}
        self._open: set[asyncio.StreamWriter] = set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        """Listen on a free port, in a separate thread: a test may block on traffic through the proxy."""
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        """End all that is open."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def cut(self) -> None:
        """Close all connections, and refuse every request until `fault` is set again."""
        self.fault = "cut"
        self.refused.clear()
        self._loop.call_soon_threadsafe(self._close_all)

    def _close_all(self) -> None:
        for writer in self._open:
            writer.close()

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**20)
        self.port = int(server.sockets[0].getsockname()[1])
        self._started.set()
        await self._stopping.wait()
        server.close()
        self._close_all()
        await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, EOFError):
            await self._pass_on(reader, writer)
        self._open.discard(writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, headers = parse_head(await reader.readuntil(b"\r\n\r\n"))
        if self.fault == "cut":
            self.refused.append(line)
            return
        body = await reader.readexactly(int(value_of(headers, "content-length") or 0))
        if self.fault == "small_bodies" and len(body) > SMALL:
            writer.write(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\n<p/>")
            return
        if self.fault == "cache" and line in self._kept:
            writer.write(self._kept[line])
            return
        upstream, sink = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            sink.write(self._request(line, headers) + body)
            await self._answer(line, upgrades(headers), (reader, writer), (upstream, sink))
        finally:
            sink.close()

    def _request(self, line: str, headers: list[tuple[str, str]]) -> bytes:
        kept = [(name, value) for name, value in headers if name not in HOP]
        host = "inside.example" if self.fault == "host" else value_of(headers, "host")
        kept.append(("host", host))
        if upgrades(headers) and self.fault != "strip_upgrade":
            kept += [("connection", "upgrade"), ("upgrade", "websocket")]
        else:
            kept.append(("connection", "close"))
        if self.fault == "forward":
            kept.append(("x-forwarded-for", "203.0.113.9"))
        return build_head(line, kept)

    async def _answer(
        self,
        line: str,
        upgraded: bool,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        (reader, writer), (source, sink) = client, upstream
        impatient = self.fault == "impatient" and "/poll " in line
        try:
            async with asyncio.timeout(IMPATIENCE_SECONDS if impatient else None):
                status, headers = parse_head(await source.readuntil(b"\r\n\r\n"))
        except TimeoutError:
            writer.write(b"HTTP/1.1 504 Gateway Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return
        if self.fault == "cookie":
            headers.append(("set-cookie", "lb=node-1"))
        if self.fault == "strip_headers":
            headers = [pair for pair in headers if pair[0] not in {"referrer-policy", "dpop-nonce"}]
        head = build_head(status, headers)
        if self.fault == "buffer" and not upgraded:
            writer.write(head + await source.read(-1))
        elif self.fault == "cache" and line.startswith("GET /v1/") and not upgraded:
            self._kept[line] = head + await source.read(-1)
            writer.write(self._kept[line])
        else:
            writer.write(head)
            both = [copy(source, writer)] + ([copy(reader, sink)] if upgraded else [])
            await asyncio.gather(*both)


async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass bytes on as they come, until their end."""
    while data := await source.read(2**16):
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()


def parse_head(head: bytes) -> Head:
    """First line, and headers with lower-case names."""
    line, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (one.partition(":") for one in rest)
    return line, [(name.lower(), value.strip()) for name, _, value in pairs]


def build_head(line: str, headers: list[tuple[str, str]]) -> bytes:
    """The head as bytes."""
    return "\r\n".join([line, *(f"{name}: {value}" for name, value in headers), "", ""]).encode("latin-1")


def value_of(headers: list[tuple[str, str]], name: str) -> str:
    """The header's value; empty when it is not there."""
    return next((value for one, value in headers if one == name), "")


def upgrades(headers: list[tuple[str, str]]) -> bool:
    """Whether the client asks for another protocol."""
    return bool(value_of(headers, "upgrade"))
