"""Bytes to a port and back: for requests that no HTTP library would send."""

import asyncio
import contextlib
from dataclasses import dataclass

DEADLINE = 15.0


@dataclass(frozen=True)
class RawAnswer:
    """One answer: status (0: none came), headers with lower-case names, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """Return the header's value, or an empty text."""
        return next((value for one, value in self.headers if one == name), "")


async def ask_raw(port: int, request: bytes) -> RawAnswer:
    """Send bytes as they are and read until the server closes or the answer is whole."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(DEADLINE):
            writer.write(request)
            return await read_answer(reader, bodiless=request.startswith(b"HEAD "))
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader, bodiless: bool = False) -> RawAnswer:
    """Return the next response on a connection. `bodiless`: to HEAD, whose response has a length but no body."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return RawAnswer(0, [], b"")
    status, *lines = head.rstrip("\r\n").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    length = next((int(value) for name, value in headers if name == "content-length"), 0)
    return RawAnswer(int(status.split(" ")[1]), headers, await reader.readexactly(0 if bodiless else length))


def request_of(method: str, path: str, host: str, body: bytes = b"", **headers: str) -> bytes:
    """A well-formed HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def handshake_of(host: str, **changed: str | None) -> bytes:
    """A WebSocket handshake; a header given as None is left out."""
    headers: dict[str, str | None] = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Protocol": "crumbless.v1",
    }
    kept = {name: value for name, value in (headers | changed).items() if value is not None and name != "path"}
    return request_of("GET", changed.get("path") or "/v1/stream", host, b"", **kept)
