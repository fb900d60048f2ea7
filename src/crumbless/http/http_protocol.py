"""HTTP/1.1 with limits for slow requests, pipelined requests and unread responses, which uvicorn does not limit.

uvicorn's only deadline is the one between two requests. Measured with uvicorn 0.54 and httptools alone:

- Connections without a byte, with half a head and with half a body were still open after 75 seconds.
- One head of 64 MB was read and took 79 MB of memory.
- Ten connections that pipelined requests and read no response took 215 MB.

A proxy in front can have such limits. But a node must also be safe behind one without them, or without a proxy. So this
file overrides members of uvicorn, and pyproject.toml has an upper bound for it.
"""

import asyncio
from collections.abc import Sized
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from crumbless.core.errors import ApiError
from crumbless.http.http_connections import CONNECTION, HttpConnection, HttpShell
from crumbless.http.middleware import PROBLEM_TYPE, error_headers, problem_of
from crumbless.http.request_head import check_head, has_body
from crumbless.http.tcp_connections import TcpConnection

HEAD_SECONDS = 10.0
"""Time from the connection, or from the first byte of a later request, to the end of the headers."""

BODY_SECONDS = 20.0
"""Time from the end of the headers to the end of the body."""

MAX_HEAD = 64 * 1024
"""Longest head in bytes. The parser itself has no limit."""

MAX_PIPELINED = 32
"""Requests that may wait for earlier responses. A waiting request of 29 bytes uses about 3 kB."""

FRAMING_PER_BYTE = 8
"""Bytes of chunk framing allowed for each byte of a body. A chunk of one byte has five."""

ABORT = "crumbless.abort"
"""Name of the ASGI extension whose `call` aborts the connection."""


class _Flow(FlowControl):
    """Reads only while no request waits and the connection is open.

    uvicorn resumes reading after each response, even if requests wait. Each response would let in thousands more.
    """

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting
        self.stopped = False
        """Whether reading has stopped for good."""

    def pause_reading(self) -> None:
        if not self._transport.is_closing():
            super().pause_reading()

    def resume_reading(self) -> None:
        if not (self._waiting or self.stopped or self._transport.is_closing()):
            super().resume_reading()


class DeadlineHttpProtocol(HttpToolsProtocol):
    """Closes connections whose request does not arrive in time or whose headers are too long."""

    _rejected: ApiError | None = None
    """The error that ends the connection after the responses to earlier requests."""
    _deadline: asyncio.TimerHandle | None = None
    _upgraded = False
    _head_size: int | None = 0
    """Bytes of the head received so far; None while a body is read."""
    _body_of: RequestResponseCycle | None = None
    """The request whose body is being read; None for a handshake, which no handler receives."""
    _framing = 0
    """Bytes of chunk sizes, extensions and trailers in the body so far."""

    def __init__(self, shell: HttpShell, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._shell = shell
        self._admitted: TcpConnection | None = None

    # --- the connection -----------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Admit the connection. The client has HEAD_SECONDS to send a head."""
        super().connection_made(transport)
        self.flow = self._reading = _Flow(transport, self.pipeline)
        self._connection = HttpConnection(self._shell.tcp, transport)
        try:
            network = self._shell.network_of(self.client[0] if self.client else "")
            self._admitted = self._shell.tcp.add(transport, network)
        except ApiError as error:
            self._shell.refused(error.code, "connections beyond the limit")
            self._send_refusal(error)
            return
        self._expire_in(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Release the connection and stop its running request."""
        self._cancel_deadline()
        self._shell.tcp.discard(self.transport)
        self.pipeline.clear()
        # uvicorn knows only the request that was read last.
        if (running := self._connection.running) is not None:
            running.disconnected = True
            running.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close the connection as the server stops. An incomplete body is not waited for."""
        if self._head_size is None and not self.transport.is_closing():
            self.transport.close()
        else:
            super().shutdown()

    # --- requests -----------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse bytes of requests, whose heads have a bounded size."""
        if self._rejected or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        if self._admitted is not None:
            self._admitted.idle = False
        if self._head_size is None:
            self._framing += len(data)
        else:
            self._head_size += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError as error:
            self._reject(error.__context__ if isinstance(error.__context__, ApiError) else ApiError("malformed"))
            return
        if (self._head_size or 0) > MAX_HEAD or self._framing > MAX_HEAD:
            self._reject(ApiError("malformed"))
        elif not self._busy and self._deadline is None and self.timeout_keep_alive_task is None and not self._upgraded:
            # For example an empty line between two requests, which the parser skips.
            self._expire_in(HEAD_SECONDS)

    def _parse(self, data: bytes) -> None:
        while data and self.parser is not None:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                    return
                # Other protocols such as h2c are not supported. The request is handled as HTTP/1.1.
                data = data[upgrade.args[0] :]
            else:
                return

    def on_message_begin(self) -> None:
        """Begin a request."""
        if len(self.pipeline) >= MAX_PIPELINED:
            raise ApiError("slow_down")
        super().on_message_begin()
        scope: Any = self.scope
        # For endless responses that the client never reads: uvicorn waits for such a client indefinitely.
        scope["extensions"] = {CONNECTION: self._connection, ABORT: {"call": self.transport.abort}}
        self._head_size = 0
        self._expire_in(HEAD_SECONDS)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header. Ignore trailers, which must not replace headers that a proxy has checked."""
        if self._head_size is not None:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Check the complete head and begin to read the body."""
        parser: Any = self.parser
        self.url = check_head(parser.get_http_version(), self.url, self.headers)
        before = self.cycle
        super().on_headers_complete()
        self._body_of = self.cycle if self.cycle is not before else None
        self._head_size = None
        self._framing = 0
        self._expire_in(BODY_SECONDS)

    def on_body(self, body: bytes) -> None:
        """Count and pass on a part of the body."""
        self._framing = max(0, self._framing - (1 + FRAMING_PER_BYTE) * len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the deadline of a complete request. The time of a response has no limit here."""
        self._cancel_deadline()
        self._head_size = 0
        self._framing = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection to the WebSocket protocol."""
        self._cancel_deadline()
        # The response to an earlier request would be written into the WebSocket, and a body would be read as frames.
        if self._busy or has_body(self.headers):
            self._reject(ApiError("malformed"))
            return
        self._upgraded = True
        super().handle_websocket_upgrade()

    # --- responses ----------------------------------------------------------------------------------------------

    @property
    def _busy(self) -> bool:
        return bool(self.pipeline) or self._connection.running is not None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._connection.running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Start the next waiting request, or mark the connection as idle."""
        self._connection.running = None
        super().on_response_complete()
        if self._busy or self.transport.is_closing():
            return
        if self._rejected is not None:
            self._send_refusal(self._rejected)
        elif self._admitted is not None:
            self._admitted.idle = self._head_size == 0 and self._deadline is None

    def _reject(self, error: ApiError) -> None:
        """Answer earlier requests, then the invalid one with a problem document, then close the connection."""
        self._cancel_deadline()
        if error.code == "slow_down":
            self._shell.refused(error.code, "connections with too many pipelined requests")
            self.transport.abort()
            return
        self._shell.refused(error.code, "requests that are not valid HTTP")
        self._rejected = error
        self.flow.pause_reading()
        self._reading.stopped = True
        if self._head_size is None and (invalid := self._body_of) is not None:
            # The body is invalid. Pipelined requests are ordered from the last to the first.
            if self.pipeline and self.pipeline[0][0] is invalid:
                self.pipeline.popleft()
            elif invalid.response_started:
                # A client would read more data as part of this response, or as the response to a later request.
                invalid.keep_alive = False
                if invalid.response_complete:
                    self.transport.close()
                return
            else:
                invalid.disconnected = True
                invalid.message_event.set()
                self._send_refusal(error)
                return
        if not self._busy:
            self._send_refusal(error)

    def _send_refusal(self, error: ApiError) -> None:
        body, status, reason = problem_of(error)
        extra_headers = "".join(f"{name}: {value}\r\n" for name, value in error_headers(error).items())
        self.transport.write(
            f"HTTP/1.1 {status} {reason}\r\nContent-Type: {PROBLEM_TYPE}\r\nContent-Length: {len(body)}\r\n"
            f"{extra_headers}Connection: close\r\n\r\n".encode()
            + body
        )
        self.transport.close()

    # --- deadlines ----------------------------------------------------------------------------------------------

    def _expire_in(self, seconds: float) -> None:
        self._cancel_deadline()
        self._deadline = self.loop.call_later(seconds, self._expire)

    def _expire(self) -> None:
        self._deadline = None
        if self.pipeline or (self._busy and self._head_size is not None):
            # An earlier request is still being answered. A later one must not abort it.
            self._expire_in(HEAD_SECONDS)
        else:
            self.transport.close()

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
