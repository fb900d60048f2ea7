"""The stream over WebSocket: a protocol object to which uvicorn passes the upgraded connection.

A connection is one small object without a separate task, queue or timer. So an idle connection takes a few kilobytes
and a message a few microseconds. websocket_frames.py parses frames, and stream.py processes them.
"""

import asyncio
import base64
import binascii
from typing import Any, cast

from uvicorn.server import ServerState
from websockets.utils import accept_key

from crumbless.core.errors import ApiError
from crumbless.http.access_log import log_response
from crumbless.http.client_address import check_unauthenticated, network_of
from crumbless.http.middleware import error_headers, problem_of
from crumbless.http.request_head import join_lines
from crumbless.http.services import Services
from crumbless.http.tcp_connections import TcpConnections
from crumbless.protocol.frames import MAX_FRAME, PROTOCOL
from crumbless.realtime.connections import EncodedFrame
from crumbless.stream.stream import StreamConnection
from crumbless.stream.stream_protocol import MAX_AUTH_FRAME
from crumbless.stream.websocket_frames import (
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

STREAM_PATH = "/v1/stream"

MAX_BACKLOG = 4 * 1024 * 1024
"""Bytes that may wait for a client before it counts as too slow. A full page of the longest messages fits."""

CLOSING_SECONDS = 0.5
"""How long the server waits for the client's close frame."""

FLOOD = 4429
"""Close code for a client that sends too fast. Nothing more is read from it."""


class WriteCoalescer:
    """Collects the frames of one turn of the event loop, so that each connection needs one system call for them.

    For example a batch of entries, an acknowledgement and a typing indicator for a client are sent together.
    """

    def __init__(self) -> None:
        self._written: list[StreamWebSocket] = []

    def add(self, connection: "StreamWebSocket") -> None:
        """Flush the connection at the end of this turn."""
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
        "_connections",
        "_frames",
        "_ignores_input",
        "_reader",
        "_services",
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
        # The frames of this turn of the loop. None in between, which is most of the time.
        self._frames: list[bytes] | None = None
        self._connections = cast("set[StreamWebSocket]", server_state.connections)
        self._reader: FrameReader | None = None
        self._closing = False
        # Whether the rest of a flood stays unread until the connection is closed.
        self._ignores_input = False

    # --- asyncio.Protocol ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the connection. The first data is the upgrade request."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MAX_BACKLOG)
        if self._transport.get_write_buffer_size():
            # Responses to earlier requests are still unsent. Their protocol received the signal of a full buffer. This
            # one would not receive it, so the backlog would have no limit.
            self._transport.abort()
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Unregister the connection."""
        self._connections.discard(self)
        self._services.of(TcpConnections).discard(self._transport)
        self._closing = True
        if self._reader is not None:
            self._stream.closed()

    def eof_received(self) -> bool:
        """Close a half-closed connection."""
        return False

    def pause_writing(self) -> None:
        """Abort the connection of a client that does not read: MAX_BACKLOG is reached. The cursor prevents a loss."""
        if self._reader is not None:
            self._stream.closed()
        self._closing = True
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Process the upgrade request, then frames."""
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
        if reader.more and not self._ignores_input:
            self._read_rest_later()

    def _count_parts(self, reader: FrameReader) -> None:
        parts, reader.parts = reader.parts, 0
        for _ in range(parts):
            if self._closing:
                return
            self._stream.count_frame()

    def _read_rest_later(self) -> None:
        """Process the rest of a long read in the next turn of the loop, after other connections."""
        self._transport.pause_reading()
        asyncio.get_running_loop().call_soon(self._read_rest)

    def _read_rest(self) -> None:
        if self._transport.is_closing():
            return
        self.data_received(b"")
        if self._reader is not None and not self._reader.more and not self._ignores_input:
            self._transport.resume_reading()

    def shutdown(self) -> None:
        """Close the stream as the server stops. The client reconnects to a node that serves."""
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
            # Not answered if the client does not read, so that a flood of pings does not fill the memory.
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
        """Wait for the client's close frame, after the server has sent its own."""
        try:
            closed = any(opcode == CLOSE for opcode, _ in reader.feed(data))
        except FrameError:
            closed = True
        if closed:
            self._close()
        elif reader.more:
            # The rest is a flood and not worth parsing. The connection is closed soon in any case.
            self._transport.pause_reading()

    def _close(self) -> None:
        """Close the connection when the client has read everything, or after a short time."""
        self._transport.close()
        self._services.of(TcpConnections).closing(self._transport)

    # --- StreamTransport ----------------------------------------------------------------------------------------

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
        """Write the collected frames to the transport."""
        frames, self._frames = self._frames, None
        if frames and not self._transport.is_closing():
            self._transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def end(self, code: int, reason: str) -> None:
        """Send the close frame and wait a short time for the client's."""
        if self._closing:
            return
        self._closing = True
        self.flush()
        self._transport.write(close_frame(code, reason))
        if code == FLOOD:
            self._ignores_input = True
            self._transport.pause_reading()
        asyncio.get_running_loop().call_later(CLOSING_SECONDS, self._transport.close)
        self._services.of(TcpConnections).closing(self._transport)

    def backlog(self) -> int:
        """Return the bytes that wait for the client."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._frames or ()))

    def accepted(self, token: str) -> None:
        """Accept frames of full size."""
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
            self._send_error(error)
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
        """Return the client's key, if this is an upgrade to the stream, for this host and from a Crumbless page.

        Raises:
            ApiError: `misdirected`, `not_found`, `method_not_allowed`, `foreign_origin`, `invalid`.
        """
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

    def _send_error(self, error: ApiError) -> None:
        body, status, reason = problem_of(error)
        self._services.http.errors[error.code] += 1
        self._record(status)
        extra_headers = "".join(f"{name}: {value}\r\n" for name, value in error_headers(error).items())
        self._transport.write(
            f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/problem+json\r\nSec-WebSocket-Version: 13\r\n"
            f"{extra_headers}"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        self._closing = True
        self._close()


def _parse_request(data: bytes) -> tuple[str, dict[str, str]]:
    """Return the request line and headers, which uvicorn has parsed and serialised again with lower-case names.

    The head has passed `check_head` (request_head.py). Several lines of a header are joined as over HTTP, so two
    origins or two keys fail the checks.
    """
    head, *lines = data.split(b"\r\n")
    pairs = [(name, value) for name, _, value in (line.partition(b": ") for line in lines if line)]
    return head.decode("latin-1"), {name.decode("latin-1"): join_lines(pairs, name) for name, _ in pairs}


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
