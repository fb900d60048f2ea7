"""The stream over HTTP, for networks that break WebSocket: one long answer, or one poll after another.

Frames are the same. What the client sends comes in requests of its own; what is sent to it waits in a bounded queue.
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

from crumbless.api.call import PublicCall, respond
from crumbless.api.client_address import check_unauthenticated
from crumbless.api.http_shell import HttpConnection, connection_of
from crumbless.api.long_response import abort_of
from crumbless.api.platform import Services
from crumbless.api.request_read import AnyRequest, check_credentials, read_caller
from crumbless.api.stream import StreamConnection
from crumbless.domain.proof import token_hash
from crumbless.domain.stream_session import MAX_AUTH_FRAME
from crumbless.domain.wire import MAX_FRAME, End
from crumbless.errors import ApiError
from crumbless.ids import confirmed_ms
from crumbless.live.connections import EncodedFrame, encode_frame

STREAM_HEADER = "crumbless-stream"

MAX_BACKLOG = 4 * 1024 * 1024
"""Bytes that may wait for one client before it counts as too slow."""

HEARTBEAT_SECONDS = 15.0
POLL_SECONDS = 25.0

DRAIN_SECONDS = 5.0
"""How long a client on a long answer may take to read its end before its connection is cut."""

MAX_FINAL_RESPONSES = MAX_FRAME
"""Bytes that are kept for the client of an ended stream. More than that it reads again with its cursor."""

Mode = Literal["stream", "poll"]


class OpenRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the client wants its frames."""

    mode: Mode


class PollRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the last batch that arrived."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Batch(msgspec.Struct, frozen=True):
    """Frames for a polling client. The same number always holds the same frames."""

    stream: str
    batch: int
    frames: list[msgspec.Raw]


class HttpStream:
    """One stream over HTTP: the queue between the connection and the requests that carry it (a StreamTransport)."""

    def __init__(
        self, services: Services, network: str, streams: "HttpStreams", abort: Callable[[], None] | None
    ) -> None:
        self.id = secrets.token_urlsafe(24)
        self._streams = streams
        # Cuts the connection that carries a long answer; None for one that polls.
        self._abort = abort
        self.carrier: HttpConnection | None = None
        """The connection of a long answer; polls are counted by their own requests."""
        self._queue: deque[bytes] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self._ended = False
        self._max_frame = MAX_AUTH_FRAME
        self._batch = Batch(self.id, 0, [])
        # The hash of the token that the stream was authenticated with.
        self._owner: bytes | None = None
        streams[self.id] = self
        self.connection = StreamConnection(services, self)
        self.connection.open(network)

    # --- the connection's side (Outlet) -------------------------------------------------------------------------

    def write(self, frame: EncodedFrame) -> None:
        """Queue a frame."""
        if self._ended:
            return
        self._queue.append(frame.text)
        self._size += len(frame.text)
        self._news.set()
        if self._size > MAX_BACKLOG:
            self.connection.closed()
            self._queue.clear()
            self.end(4414, "too slow")

    def end(self, code: int, reason: str) -> None:
        """Queue the last frame. The client has a while to fetch it."""
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
            self._news.set()
            short = self._abort is not None or self._owner is None
            asyncio.get_running_loop().call_later(DRAIN_SECONDS if short else POLL_SECONDS, self._expire)

    @property
    def _session_ended(self) -> bool:
        """Whether what was sent in this session is no longer for its holder."""
        return self._owner is not None and not self.connection.session.alive(confirmed_ms())

    def _expire(self) -> None:
        """The while is over. A long answer that is not at its end yet is one that nobody reads."""
        if self._abort is not None and self.id in self._streams:
            self._abort()
        self.forget()

    @property
    def undelivered(self) -> bool:
        """Whether the stream has ended and its client has yet to fetch what came last."""
        return self._ended and bool(self._queue)

    def backlog(self) -> int:
        """Bytes that wait for the client."""
        return self._size

    def accepted(self, token: str) -> None:
        """From now on full-size frames are read, and requests need the token and key of the stream's session."""
        self._max_frame = MAX_FRAME
        self._owner = token_hash(token)
        if self.carrier is not None:
            self.carrier.authenticated(self.connection.session.id)

    async def check_caller(self, request: AnyRequest) -> None:
        """Check that a request on this stream comes from its session, also after the stream or the session has ended.

        Raises:
            ApiError: as `read_caller`; `forbidden` for another session.
        """
        if self._owner is None:
            return
        session = self.connection.session
        if self._ended:
            # The session may be gone from the database: the client must still learn why its stream has ended.
            check_credentials(request, self._owner, session.thumbprint)
        # By id: a session that dropped out of memory is another object when it is read again.
        elif (await read_caller(request)).id != session.id:
            raise ApiError("forbidden")

    # --- the requests' side -------------------------------------------------------------------------------------

    def forget(self) -> None:
        """The stream is over for everybody."""
        self.connection.closed()
        self._ended = True
        self._news.set()
        self._streams.pop(self.id, None)

    def receive(self, body: bytes) -> None:
        """The client's frames, one a line."""
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
        """Everything for the client, one frame a line, until the end."""
        try:
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
        """The batch after number `after`, which is the current one when its answer was lost.

        Raises:
            ApiError: `stream_gone` when the client speaks of a batch that never was.
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
        self._news.clear()
        return texts

    async def _wait(self, seconds: float) -> bool:
        """Whether there is news before the time is up."""
        self._news.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        return True


HttpStreams = dict[str, HttpStream]
"""The open streams over HTTP, by their ids."""


async def wait_delivered(streams: HttpStreams, seconds: float) -> None:
    """Return once every stream's client has fetched its end, or after `seconds`.

    Who polls is between two polls for a moment; an end that is told in the next one spares them to find out. Polled:
    it happens once in the life of a process.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
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
    """Return the frames after a batch, and wait for some."""
    stream = await _stream_of(call.request)
    return await stream.poll(wanted.after)


async def send_to_stream(call: PublicCall, body: bytes) -> None:
    """Take frames of the client."""
    stream = await _stream_of(call.request)
    stream.receive(body)


async def _stream_of(request: AnyRequest) -> HttpStream:
    """The stream named by the header, if the caller is whose stream it is."""
    stream = _streams_of(request).get(request.headers.get(STREAM_HEADER, ""))
    if stream is None:
        raise ApiError("stream_gone")
    await stream.check_caller(request)
    return stream


def _streams_of(request: AnyRequest) -> HttpStreams:
    return cast(HttpStreams, request.app.state["http_streams"])
