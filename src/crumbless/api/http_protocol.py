"""HTTP/1.1 with limits: uvicorn's protocol waits for slow headers and bodies indefinitely, queues as many pipelined
requests as a client sends, and lets responses that are never read occupy their connections."""

import asyncio
from collections.abc import Sized
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from crumbless.api.guard import PROBLEM_TYPE, error_headers, problem_of
from crumbless.api.http_shell import CONNECTION, HttpConnection, HttpShell
from crumbless.api.request_head import check_head, has_body
from crumbless.errors import ApiError
from crumbless.live.tcp_connections import TcpConnection

HEAD_SECONDS = 10.0
"""From the connection, or from the first byte of a later request, to the end of its headers."""

BODY_SECONDS = 20.0
"""From the end of the headers to the end of the body."""


MAX_HEAD = 64 * 1024
"""Bytes that may come before the headers are complete; the parser itself would collect them without an end."""

MAX_PIPELINED = 32
"""Requests that may wait for the responses before theirs. A request of 29 bytes takes about 3 kB while it waits."""

FRAMING_PER_BYTE = 8
"""Bytes of chunk sizes that may come for each byte of a body: a chunk of one byte has five."""


ABORT = "crumbless.abort"
"""Name of the ASGI extension whose `call` cuts the connection."""


class _Flow(FlowControl):
    """Reads on only while no request waits and the connection is open.

    uvicorn resumes reading after each response, also while others wait: each of them would let in thousands more.
    """

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting
        self.stopped = False
        """Whether nothing more is read at all."""

    def pause_reading(self) -> None:
        if not self._transport.is_closing():
            super().pause_reading()

    def resume_reading(self) -> None:
        if not (self._waiting or self.stopped or self._transport.is_closing()):
            super().resume_reading()


class DeadlineHttpProtocol(HttpToolsProtocol):
    """Closes connections whose request does not arrive in time or whose headers have no end."""

    _rejected: ApiError | None = None
    """Why the connection ends after the responses to the requests that came before."""
    _deadline: asyncio.TimerHandle | None = None
    _upgraded = False
    _head_size: int | None = 0
    """Bytes of the head so far; None while a body is read."""
    _body_of: RequestResponseCycle | None = None
    """The request whose body is read; None for a handshake, which no handler sees."""
    _framing = 0
    """Bytes of the body so far that were chunk sizes, extensions or trailers."""

    def __init__(self, shell: HttpShell, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._shell = shell
        self._admitted: TcpConnection | None = None

    # --- the connection -----------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """A client has HEAD_SECONDS to say what it wants."""
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
        """The client is gone."""
        self._expire_never()
        self._shell.tcp.discard(self.transport)
        self.pipeline.clear()
        # uvicorn knows only the request that was read last.
        if (running := self._connection.running) is not None:
            running.disconnected = True
            running.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops. A body that is still on its way will not come in time: nobody waits for it."""
        if self._head_size is None and not self.transport.is_closing():
            self.transport.close()
        else:
            super().shutdown()

    # --- requests -----------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Bytes of requests, a head of bounded size before each."""
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
            # Such as an empty line between two requests, which the parser skips.
            self._expire_in(HEAD_SECONDS)

    def _parse(self, data: bytes) -> None:
        while data and self.parser is not None:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                    return
                # Another protocol, such as h2c, is not spoken here: the request is answered as HTTP/1.1.
                data = data[upgrade.args[0] :]
            else:
                return

    def on_message_begin(self) -> None:
        """A request begins."""
        if len(self.pipeline) >= MAX_PIPELINED:
            raise ApiError("slow_down")
        super().on_message_begin()
        scope: Any = self.scope
        # For a response without an end that is never read: uvicorn waits for such a client indefinitely.
        scope["extensions"] = {CONNECTION: self._connection, ABORT: {"call": self.transport.abort}}
        self._head_size = 0
        self._expire_in(HEAD_SECONDS)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head. Trailers come here too: they must not pass as headers that a proxy has checked."""
        if self._head_size is not None:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The headers are there."""
        parser: Any = self.parser
        self.url = check_head(parser.get_http_version(), self.url, self.headers)
        before = self.cycle
        super().on_headers_complete()
        self._body_of = self.cycle if self.cycle is not before else None
        self._head_size = None
        self._framing = 0
        self._expire_in(BODY_SECONDS)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._framing = max(0, self._framing - (1 + FRAMING_PER_BYTE) * len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole; how long the answer takes is our own affair."""
        self._expire_never()
        self._head_size = 0
        self._framing = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """The connection is no longer HTTP."""
        self._expire_never()
        # The response to an earlier request would be written into the WebSocket, and a body be read as its frames.
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
        """The next request that waits is answered, or the connection is idle."""
        self._connection.running = None
        super().on_response_complete()
        if self._busy or self.transport.is_closing():
            return
        if self._rejected is not None:
            self._send_refusal(self._rejected)
        elif self._admitted is not None:
            self._admitted.idle = self._head_size == 0 and self._deadline is None

    def _reject(self, error: ApiError) -> None:
        """Answer what came before the bytes that are no request, then these with a problem document; then close."""
        self._expire_never()
        if error.code == "slow_down":
            self._shell.refused(error.code, "connections with too many pipelined requests")
            self.transport.abort()
            return
        self._shell.refused(error.code, "requests that are not valid HTTP")
        self._rejected = error
        self.flow.pause_reading()
        self._reading.stopped = True
        if self._head_size is None and (faulty := self._body_of) is not None:
            # Its body is at fault. Pipelined requests are in the order from the last to the first.
            if self.pipeline and self.pipeline[0][0] is faulty:
                self.pipeline.popleft()
            elif faulty.response_started:
                # Anything more would be read as part of the response, or as the response to a later request.
                faulty.keep_alive = False
                if faulty.response_complete:
                    self.transport.close()
                return
            else:
                faulty.disconnected = True
                faulty.message_event.set()
                self._send_refusal(error)
                return
        if not self._busy:
            self._send_refusal(error)

    def _send_refusal(self, error: ApiError) -> None:
        body, status, reason = problem_of(error)
        further = "".join(f"{name}: {value}\r\n" for name, value in error_headers(error).items())
        self.transport.write(
            f"HTTP/1.1 {status} {reason}\r\nContent-Type: {PROBLEM_TYPE}\r\nContent-Length: {len(body)}\r\n{further}"
            "Connection: close\r\n\r\n".encode()
            + body
        )
        self.transport.close()

    # --- deadlines ----------------------------------------------------------------------------------------------

    def _expire_in(self, seconds: float) -> None:
        self._expire_never()
        self._deadline = self.loop.call_later(seconds, self._expire)

    def _expire(self) -> None:
        self._deadline = None
        if self.pipeline or (self._busy and self._head_size is not None):
            # An earlier request is still answered, and must not be cut off by a later one.
            self._expire_in(HEAD_SECONDS)
        else:
            self.transport.close()

    def _expire_never(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
