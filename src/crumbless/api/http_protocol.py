"""HTTP/1.1 with deadlines: uvicorn's protocol waits for slow headers and bodies for ever, which a few thousand idle
connections (slowloris) turn into an outage."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from crumbless.api.guard import PROBLEM_TYPE, problem_of
from crumbless.errors import Refused

HEAD_SECONDS = 10.0
"""From the connection, or from the first byte of a later request, to the end of its headers."""

BODY_SECONDS = 20.0
"""From the end of the headers to the end of the body."""


MAX_HEAD = 64 * 1024
"""Bytes that may come before the headers are complete; the parser itself would collect them without an end."""


ABORT = "crumbless.abort"
"""Name of the ASGI extension whose `call` cuts the connection."""


class DeadlineHttpProtocol(HttpToolsProtocol):
    """Closes connections whose request does not arrive in time or whose headers have no end."""

    _deadline: asyncio.TimerHandle | None = None
    _head_size: int | None = 0
    """Bytes of the head so far; None while a body is read."""

    def connection_made(self, transport: Any) -> None:
        """A client has HEAD_SECONDS to say what it wants."""
        super().connection_made(transport)
        self._expire_in(HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Bytes of requests, a head of bounded size before each."""
        if self._head_size is not None:
            self._head_size += len(data)
        super().data_received(data)
        if self._head_size is not None and self._head_size > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("Headers without an end.")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        # For an answer without an end that nobody reads: uvicorn waits for such a client for ever.
        self.scope["extensions"] = {ABORT: {"call": self.transport.abort}}
        self._head_size = 0
        self._expire_in(HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        """The headers are there."""
        super().on_headers_complete()
        self._head_size = None
        self._expire_in(BODY_SECONDS)

    def on_message_complete(self) -> None:
        """The request is whole; how long the answer takes is our own affair."""
        self._expire_never()
        self._head_size = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """The connection is no longer HTTP."""
        self._expire_never()
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        """The server stops. A body that is still on its way will not come in time: nobody waits for it."""
        if self._head_size is None and not self.transport.is_closing():
            self.transport.close()
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._expire_never()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP at all gets a problem document like everything else."""
        body, status, reason = problem_of(Refused("malformed"))
        self.transport.write(
            f"HTTP/1.1 {status} {reason}\r\nContent-Type: {PROBLEM_TYPE}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n".encode()
            + body
        )
        self.transport.close()

    def _expire_in(self, seconds: float) -> None:
        self._expire_never()
        self._deadline = self.loop.call_later(seconds, self.transport.close)

    def _expire_never(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
