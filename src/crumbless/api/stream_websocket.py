"""The stream over WebSocket: a protocol object that uvicorn hands the upgraded connection to.

One small object per connection and no task, no queue, no timer of its own: that is what keeps an idle connection at a
few kilobytes and a message at a few microseconds. Framing is in websocket_frames.py, meaning in stream.py.
"""

import asyncio
import base64
import binascii
from typing import Any, cast

from uvicorn.server import ServerState
from websockets.utils import accept_key

from crumbless.api.client_address import check_unauthenticated, network_of
from crumbless.api.guard import error_headers, problem_of
from crumbless.api.platform import Services
from crumbless.api.request_head import join_lines
from crumbless.api.request_record import log_response
from crumbless.api.stream import StreamConnection
from crumbless.api.websocket_frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    FrameError,
    FrameReader,
    close_frame,
    parse_close,
    pong_frame,
    text_frame,
)
from crumbless.domain.stream_session import MAX_AUTH_FRAME
from crumbless.domain.wire import MAX_FRAME, PROTOCOL
from crumbless.errors import ApiError
from crumbless.live.connections import EncodedFrame
from crumbless.live.tcp_connections import TcpConnections

STREAM_PATH = "/v1/stream"

MAX_BACKLOG = 4 * 1024 * 1024
"""Bytes that may wait for one client before it counts as too slow: a full page of the longest messages fits."""

CLOSING_SECONDS = 0.5
"""How long the server waits for the client's close frame."""

FLOOD = 4429
"""Close code of a client that sends too fast: nothing more is read from it."""


class WriteCoalescer:
    """Gathers what is written in one turn of the loop, so that each connection has one system call for it.

    A batch of entries, an acknowledgement and a typing sign for the same client then leave together.
    """

    def __init__(self) -> None:
        self._written: list[StreamWebSocket] = []

    def add(self, connection: "StreamWebSocket") -> None:
        """The connection has something to send at the end of this turn."""
        if not self._written:
            asyncio.get_running_loop().call_soon(self._flush)
        self._written.append(connection)

    def _flush(self) -> None:
        written, self._written = self._written, []
        for connection in written:
            connection.flush()


class StreamWebSocket(asyncio.Protocol):
    """One WebSocket connection (RFC 6455, server side, without extensions)."""

    __slots__ = (
        "_closing",
        "_deaf",
        "_frames",
        "_reader",
        "_services",
        "_siblings",
        "_stream",
        "_transport",
        "_turn",
    )

    def __init__(
        self,
        services: Services,
        turn: WriteCoalescer,
        config: object,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._services = services
        self._turn = turn
        # Frames of this turn of the loop; None in between, which is nearly always.
        self._frames: list[bytes] | None = None
        self._siblings = cast("set[StreamWebSocket]", server_state.connections)
        self._reader: FrameReader | None = None
        self._closing = False
        # Whether the rest of a flood is left unread until the connection is closed.
        self._deaf = False

    # --- asyncio's side -----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is ours; the request that asked for the upgrade comes as the first data."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MAX_BACKLOG)
        if self._transport.get_write_buffer_size():
            # Responses to requests before the upgrade. Their protocol was told of the full buffer, and this one would
            # not be: the backlog would have no limit.
            self._transport.abort()
        self._siblings.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._siblings.discard(self)
        self._services.of(TcpConnections).discard(self._transport)
        self._closing = True
        if self._reader is not None:
            self._stream.closed()

    def eof_received(self) -> bool:
        """A half-closed connection is of no use."""
        return False

    def pause_writing(self) -> None:
        """MAX_BACKLOG is reached: this client does not read. It comes back with its cursor; nothing is lost."""
        if self._reader is not None:
            self._stream.closed()
        self._closing = True
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """The upgrade request, then frames."""
        reader = self._reader
        if reader is None:
            self._handshake(data)
            return
        if self._closing:
            self._await_close(reader, data)
            return
        try:
            messages = reader.feed(data)
        except FrameError as error:
            for opcode, payload in reader.messages_before_error:
                self._take(opcode, payload)
            self._stream.end(error.code, "see RFC 6455")
            return
        for opcode, payload in messages:
            if self._closing:
                return
            if opcode == TEXT:
                self._stream.receive(payload)
            else:
                self._take(opcode, payload)
        if reader.parts:
            self._count_parts(reader)
        if reader.more and not self._deaf:
            self._read_on_later()

    def _count_parts(self, reader: FrameReader) -> None:
        parts, reader.parts = reader.parts, 0
        for _ in range(parts):
            if self._closing:
                return
            self._stream.count_frame()

    def _read_on_later(self) -> None:
        """Leave the rest of a long read to the next turn of the loop, so that other connections come between."""
        self._transport.pause_reading()
        asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        if self._transport.is_closing():
            return
        self.data_received(b"")
        if self._reader is not None and not self._reader.more and not self._deaf:
            self._transport.resume_reading()

    def shutdown(self) -> None:
        """The server stops: the client is to come back to whoever serves next."""
        if self._reader is None:
            self._close()
        else:
            self._stream.end(1012, "the server restarts")

    # --- frames -------------------------------------------------------------------------------------------------

    def _take(self, opcode: int, payload: bytes) -> None:
        if self._closing:
            return
        if opcode == TEXT:
            self._stream.receive(payload)
        elif opcode == BINARY:
            self._stream.end(1003, "frames are text")
        elif opcode == PING:
            # A client that floods pings and does not read the pongs fills nobody's memory.
            if self._stream.count_frame() and self._transport.get_write_buffer_size() < MAX_FRAME:
                self._transport.write(pong_frame(payload))
        elif opcode == PONG:
            self._stream.count_frame()
        elif opcode == CLOSE:
            self._answer_close(payload)

    def _answer_close(self, payload: bytes) -> None:
        self._stream.closed()
        self._closing = True
        try:
            code = parse_close(payload)
        except FrameError as error:
            code = error.code
        self.flush()
        self._transport.write(close_frame(code, ""))
        self._close()

    def _await_close(self, reader: FrameReader, data: bytes) -> None:
        """After our close frame only the client's is of interest."""
        try:
            closed = any(opcode == CLOSE for opcode, _ in reader.feed(data))
        except FrameError:
            closed = True
        if closed:
            self._close()
        elif reader.more:
            # Its close frame is not worth the work of reading a flood; the connection is closed soon anyway.
            self._transport.pause_reading()

    def _close(self) -> None:
        """Close the connection once the client has read everything, but soon in any case."""
        self._transport.close()
        self._services.of(TcpConnections).closing(self._transport)

    # --- the stream's side (Outlet) -----------------------------------------------------------------------------

    def write(self, frame: EncodedFrame) -> None:
        """Send a frame."""
        framed = frame.framed
        if framed is None:
            framed = frame.framed = text_frame(frame.text)
        if self._closing:
            return
        if self._frames is None:
            self._frames = [framed]
            self._turn.add(self)
        else:
            self._frames.append(framed)

    def flush(self) -> None:
        """Hand what was written to the transport."""
        frames, self._frames = self._frames, None
        if frames and not self._transport.is_closing():
            self._transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def end(self, code: int, reason: str) -> None:
        """Send the close frame and wait a little for the client's."""
        if self._closing:
            return
        self._closing = True
        self.flush()
        self._transport.write(close_frame(code, reason))
        if code == FLOOD:
            self._deaf = True
            self._transport.pause_reading()
        asyncio.get_running_loop().call_later(CLOSING_SECONDS, self._transport.close)
        self._services.of(TcpConnections).closing(self._transport)

    def backlog(self) -> int:
        """Bytes that wait for the client."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._frames or ()))

    def accepted(self, token: str) -> None:
        """From now on full-size frames are read."""
        if self._reader is not None:
            self._reader.max_size = MAX_FRAME
            self._services.of(TcpConnections).authenticated(self._transport, self._stream.session.id)

    # --- the handshake ------------------------------------------------------------------------------------------

    def _handshake(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        head, headers = _parse_request(data)
        network = self._network(headers)
        try:
            key = self._check(head, headers)
            check_unauthenticated(self._services, network)
        except ApiError as error:
            self._refuse(error)
            return
        self._record(101)
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n"
            b"Sec-WebSocket-Protocol: " + PROTOCOL.encode() + b"\r\n\r\n"
        )
        self._reader = FrameReader(MAX_AUTH_FRAME)
        self._stream = StreamConnection(self._services, self)
        self._stream.open(network)

    def _network(self, headers: dict[str, str]) -> str:
        # None for a Unix socket behind a proxy on the same machine.
        peer = cast("tuple[str, int] | None", self._transport.get_extra_info("peername"))
        return network_of(
            peer[0] if peer else "", headers.get("x-forwarded-for", ""), self._services.settings.server.trusted_proxies
        )

    def _check(self, head: str, headers: dict[str, str]) -> str:
        """The client's key, if this is an upgrade to our protocol, for our host, from our own pages."""
        method, path = head.split(" ")[:2]
        settings = self._services.settings
        if headers.get("host", "").lower() not in settings.server.hosts:
            raise ApiError("misdirected")
        if path.partition("?")[0] != STREAM_PATH:
            raise ApiError("not_found")
        if method != "GET":
            raise ApiError("method_not_allowed")
        if headers.get("origin", settings.server.address) != settings.server.address:
            raise ApiError("foreign_origin")
        offered = [part.strip() for part in headers.get("sec-websocket-protocol", "").split(",")]
        key = headers.get("sec-websocket-key", "")
        if headers.get("sec-websocket-version") != "13" or PROTOCOL not in offered or not _is_key(key):
            raise ApiError("invalid", f"The stream is WebSocket version 13 with sub-protocol {PROTOCOL}.")
        return key

    def _record(self, status: int) -> None:
        self._services.http.count_response("GET", STREAM_PATH, status)
        if self._services.settings.logging.access_log:
            log_response("GET", STREAM_PATH, status, 0.0)

    def _refuse(self, error: ApiError) -> None:
        body, status, reason = problem_of(error)
        self._services.http.errors[error.code] += 1
        self._record(status)
        further = "".join(f"{name}: {value}\r\n" for name, value in error_headers(error).items())
        self._transport.write(
            f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/problem+json\r\nSec-WebSocket-Version: 13\r\n"
            f"{further}"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        self._closing = True
        self._close()


def _parse_request(data: bytes) -> tuple[str, dict[str, str]]:
    """Request line and headers, which uvicorn has parsed once and written out again with lower-case names.

    The head has passed `check_head` (request_head.py). Several lines of a header are joined as over HTTP: two
    origins or two keys then fail the checks.
    """
    head, *lines = data.split(b"\r\n")
    pairs = [(name, value) for name, _, value in (line.partition(b": ") for line in lines if line)]
    return head.decode("latin-1"), {name.decode("latin-1"): join_lines(pairs, name) for name, _ in pairs}


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
