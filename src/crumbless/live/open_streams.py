"""Every stream of this process, so that those that never authenticate, fall silent or outlive their session end."""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from crumbless.domain.access import Session
from crumbless.domain.stream_session import AUTH_SECONDS, SILENCE_SECONDS, UNAUTHENTICATED_SECONDS
from crumbless.ids import confirmed_ms
from crumbless.periodic import Periodic

SWEEP_SECONDS = 1.0


class OpenStream(Protocol):
    """What the sweep needs to know of a stream."""

    @property
    def session(self) -> Session:
        """Whose it is, once it is authenticated."""
        ...

    @property
    def heard_at(self) -> float:
        """When the client was last heard, in monotonic seconds."""
        ...

    def end(self, code: int, reason: str) -> None:
        """End the stream."""
        ...


class StreamRegistry:
    """One sweep for all: a timer per connection would cost more memory than the connection."""

    def __init__(self) -> None:
        # Streams that have not authenticated yet, in the order in which they opened: from which network, and when.
        self._unauthenticated: dict[OpenStream, tuple[str, float]] = {}
        self._from: Counter[str] = Counter()
        self._known: set[OpenStream] = set()
        self.loop = Periodic("the sweep of streams", self._turn, SWEEP_SECONDS)

    @property
    def unauthenticated(self) -> int:
        """How many streams have not authenticated yet."""
        return len(self._unauthenticated)

    def unauthenticated_from(self, network: str) -> int:
        """How many streams of a network have not authenticated yet."""
        return self._from[network]

    def add(self, stream: OpenStream, network: str) -> None:
        """A stream was opened; it must authenticate within UNAUTHENTICATED_SECONDS, and not be silent before."""
        self._unauthenticated[stream] = network, stream.heard_at
        self._from[network] += 1

    def authenticated(self, stream: OpenStream) -> None:
        """The stream has a session."""
        self._forget_unauthenticated(stream)
        self._known.add(stream)

    def discard(self, stream: OpenStream) -> None:
        """The stream is gone. Harmless when it never was here."""
        self._forget_unauthenticated(stream)
        self._known.discard(stream)

    def _forget_unauthenticated(self, stream: OpenStream) -> None:
        stranger = self._unauthenticated.pop(stream, None)
        if stranger is not None:
            network = stranger[0]
            self._from[network] -= 1
            if not self._from[network]:
                del self._from[network]

    def everyone(self) -> list[OpenStream]:
        """Every stream there is."""
        return [*self._unauthenticated, *self._known]

    async def _turn(self) -> None:
        self.sweep(time.monotonic(), confirmed_ms())

    def sweep(self, now: float, today: int) -> None:
        """End what has to end at `now` (monotonic seconds), `today` (the confirmed time, ids.confirmed_ms)."""
        _end(self._unauthenticated, now - AUTH_SECONDS, 4408, "no auth in time")
        for stream, (_, opened_at) in [*self._unauthenticated.items()]:
            if opened_at >= now - UNAUTHENTICATED_SECONDS:
                break
            stream.end(4408, "no auth in time")
        _end(self._known, now - SILENCE_SECONDS, 4408, "nothing heard")
        for stream in [stream for stream in self._known if not stream.session.alive(today)]:
            stream.end(4401, "this session has ended")


def _end(streams: Iterable[OpenStream], since: float, code: int, reason: str) -> None:
    for stream in [stream for stream in streams if stream.heard_at < since]:
        stream.end(code, reason)
