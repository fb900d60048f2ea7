"""The stream over HTTP, for networks that block WebSocket: one long response (streaming) or repeated polls.

The frames are the same as over WebSocket. The client sends its frames in separate requests. Frames for the client wait
in a bounded queue.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Literal, cast

import msgspec
from litestar import Response
from litestar.response import Stream

from crumbless.core.errors import ApiError
from crumbless.core.ids import confirmed_ms
from crumbless.http.call import PublicCall, respond
from crumbless.http.client_address import check_unauthenticated
from crumbless.http.http_connections import HttpConnection, connection_of
from crumbless.http.long_response import abort_of
from crumbless.http.request import AnyRequest, check_credentials, read_caller
from crumbless.http.services import Services
from crumbless.protocol.frames import MAX_FRAME, End
from crumbless.realtime.connections import EncodedFrame, encode_frame
from crumbless.security.dpop import token_hash
from crumbless.stream.stream import StreamConnection
from crumbless.stream.stream_protocol import MAX_AUTH_FRAME

STREAM_HEADER = "crumbless-stream"

MAX_BACKLOG = 4 * 1024 * 1024
"""Bytes that may wait for a client before it counts as too slow."""

HEARTBEAT_SECONDS = 15.0
POLL_SECONDS = 25.0

DRAIN_SECONDS = 5.0
"""How long a streaming client may take to read the end of the response before its connection is aborted."""

MAX_FINAL_RESPONSES = MAX_FRAME
"""Bytes that stay available after the end of a stream. A client with a longer backlog reads it again by its cursor."""

Mode = Literal["stream", "poll"]


class OpenRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The transport that the client requests."""

    mode: Mode


class PollRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the last batch that the client received."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Batch(msgspec.Struct, frozen=True):
    """Frames for a polling client. A batch number always has the same frames."""

    stream: str
    batch: int
    frames: list[msgspec.Raw]


class HttpStream:
    """A StreamTransport over HTTP: the queue between the stream and the requests that carry it."""

    def __init__(
        self, services: Services, network: str, streams: "HttpStreams", abort: Callable[[], None] | None
    ) -> None:
        self.id = secrets.token_urlsafe(24)
        self._streams = streams
        # Aborts the connection of a long response. None for a polling client.
        self._abort = abort
        self.carrier: HttpConnection | None = None
        """The connection of a long response. None for a polling client, whose requests are counted themselves."""
        self._queue: deque[bytes] = deque()
        self._size = 0
        self._frames_arrived = asyncio.Event()
        self._ended = False
        self._max_frame = MAX_AUTH_FRAME
        self._batch = Batch(self.id, 0, [])
        # The hash of the token that authenticated the stream.
        self._owner: bytes | None = None
        streams[self.id] = self
        self.connection = StreamConnection(services, self)
        self.connection.open(network)

    # --- StreamTransport ----------------------------------------------------------------------------------------

    def write(self, frame: EncodedFrame) -> None:
        """Queue a frame."""
        if self._ended:
            return
        self._queue.append(frame.text)
        self._size += len(frame.text)
        self._frames_arrived.set()
        if self._size > MAX_BACKLOG:
            self.connection.closed()
            self._queue.clear()
            self.end(4414, "too slow")

    def end(self, code: int, reason: str) -> None:
        """Queue the last frame. The client has a limited time to fetch it."""
        if not self._ended:
            self._ended = True
            last = encode_frame(End(code, reason)).text
            if (
                self._size > MAX_FINAL_RESPONSES
                or sum(map(len, self._batch.frames)) > MAX_FINAL_RESPONSES
                or self._session_ended
            ):
                self._take_all()
                self._batch = Batch(self.id, self._batch.batch, [msgspec.Raw(last)])
            self._queue.append(last)
            self._frames_arrived.set()
            short = self._abort is not None or self._owner is None
            asyncio.get_running_loop().call_later(DRAIN_SECONDS if short else POLL_SECONDS, self._expire)

    @property
    def _session_ended(self) -> bool:
        """Return whether the session has ended, so that its holder may no longer read the queue."""
        return self._owner is not None and not self.connection.session.alive(confirmed_ms())

    def _expire(self) -> None:
        """Discard the stream after the time limit. A long response that has not ended yet is not being read."""
        if self._abort is not None and self.id in self._streams:
            self._abort()
        self.forget()

    @property
    def undelivered(self) -> bool:
        """Return whether the stream has ended and its client has not fetched the last frames yet."""
        return self._ended and bool(self._queue)

    def backlog(self) -> int:
        """Return the bytes that wait for the client."""
        return self._size

    def accepted(self, token: str) -> None:
        """Accept frames of full size. From here on, requests need the token and key of the stream's session."""
        self._max_frame = MAX_FRAME
        self._owner = token_hash(token)
        if self.carrier is not None:
            self.carrier.authenticated(self.connection.session.id)

    async def check_caller(self, request: AnyRequest) -> None:
        """Check that a request belongs to the stream's session, even after the stream or the session has ended.

        Raises:
            ApiError: as `read_caller`; `forbidden` for another session.
        """
        if self._owner is None:
            return
        session = self.connection.session
        if self._ended:
            # The session may be deleted, but the client must still learn why its stream has ended.
            check_credentials(request, self._owner, session.thumbprint)
        # Compares IDs, because a session that is read again is another object.
        elif (await read_caller(request)).id != session.id:
            raise ApiError("forbidden")

    # --- requests -----------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """End and remove the stream."""
        self.connection.closed()
        self._ended = True
        self._frames_arrived.set()
        self._streams.pop(self.id, None)

    def receive(self, body: bytes) -> None:
        """Process the client's frames, one per line."""
        for line in body.removesuffix(b"\n").split(b"\n"):
            if self._ended:
                raise ApiError("stream_gone")
            if not line.strip():
                self.connection.count_frame()
            elif len(line) > self._max_frame:
                self.connection.end(1009, "the frame is too large")
            else:
                self.connection.receive(line)

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield all frames for the client, one per line, until the end."""
        try:
            # Not a Periodic: it produces the response of one client, with a heartbeat.
            while True:
                if self._queue:
                    yield b"\n".join([*self._take_all(), b""])
                elif self._ended:
                    return
                elif not await self._wait(HEARTBEAT_SECONDS):
                    yield b"\n"
        finally:
            self.forget()

    async def poll(self, after: int) -> Batch:
        """Return the batch after number `after`. It is the current one again if the last response was lost.

        Raises:
            ApiError: `stream_gone` if the client names a batch that never existed.
        """
        self.connection.heard()
        if after == self._batch.batch:
            if not self._queue and not self._ended:
                await self._wait(POLL_SECONDS)
            if after == self._batch.batch:
                frames = [msgspec.Raw(text) for text in self._take_all()]
                self._batch = Batch(self.id, after + 1, frames)
        if after + 1 != self._batch.batch:
            raise ApiError("stream_gone")
        return self._batch

    def _take_all(self) -> list[bytes]:
        texts = [*self._queue]
        self._queue.clear()
        self._size = 0
        self._frames_arrived.clear()
        return texts

    async def _wait(self, seconds: float) -> bool:
        """Return whether frames arrive before the time limit."""
        self._frames_arrived.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._frames_arrived.wait()
        except TimeoutError:
            return False
        return True


HttpStreams = dict[str, HttpStream]
"""The open streams over HTTP by ID."""


async def wait_delivered(streams: HttpStreams, seconds: float) -> None:
    """Wait until all clients have fetched the end of their stream, at most `seconds`.

    A polling client may be between two polls. It learns of the end in the next poll instead of by a failed request.
    This function polls too, because it runs once in the life of a process.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            # Not a Periodic: it waits for one condition.
            while any(stream.undelivered for stream in streams.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def open_stream(call: PublicCall, wanted: OpenRequest) -> Response[bytes] | Stream:
    """Open a stream over HTTP."""
    request, services, network = call.request, call.platform, call.network
    check_unauthenticated(services, network)
    abort = abort_of(request) if wanted.mode == "stream" else None
    stream = HttpStream(services, network, _streams_of(request), abort)
    if wanted.mode == "stream":
        stream.carrier = connection_of(request.scope)
    else:
        return respond(await stream.poll(0))
    headers = {STREAM_HEADER: stream.id, "x-accel-buffering": "no"}
    return Stream(stream.lines(), status_code=200, media_type="application/x-ndjson", headers=headers)


async def poll_stream(call: PublicCall, wanted: PollRequest) -> Batch:
    """Return the frames after a batch. Wait until there are some."""
    stream = await _stream_of(call.request)
    return await stream.poll(wanted.after)


async def send_to_stream(call: PublicCall, body: bytes) -> None:
    """Receive frames of the client."""
    stream = await _stream_of(call.request)
    stream.receive(body)


async def _stream_of(request: AnyRequest) -> HttpStream:
    """Return the stream that the header names, if it belongs to the caller."""
    stream = _streams_of(request).get(request.headers.get(STREAM_HEADER, ""))
    if stream is None:
        raise ApiError("stream_gone")
    await stream.check_caller(request)
    return stream


def _streams_of(request: AnyRequest) -> HttpStreams:
    return cast(HttpStreams, request.app.state["http_streams"])
