"""All streams of this process. Those that do not authenticate, are silent, or outlive their session are closed."""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from crumbless.core.ids import confirmed_ms
from crumbless.core.periodic import Periodic
from crumbless.security.access import Session

AUTH_SECONDS = 5
"""A client that has not authenticated is disconnected after this time without a frame."""

UNAUTHENTICATED_SECONDS = 15
"""Time from opening a stream to its authentication, independent of the client's frames."""

SILENCE_SECONDS = 75
"""A client that was silent for this long is disconnected (it pings after 25)."""

SWEEP_SECONDS = 1.0


class OpenStream(Protocol):
    """The properties of a stream that the sweep needs."""

    @property
    def session(self) -> Session:
        """Return the stream's session, once it is authenticated."""
        ...

    @property
    def heard_at(self) -> float:
        """Return when the client last sent something, in monotonic seconds."""
        ...

    def end(self, code: int, reason: str) -> None:
        """Close the stream."""
        ...


class StreamRegistry:
    """Sweeps all streams together: a timer per connection would cost more memory than the connection."""

    def __init__(self) -> None:
        # Unauthenticated streams in the order in which they opened, with their network and time.
        self._unauthenticated: dict[OpenStream, tuple[str, float]] = {}
        self._from: Counter[str] = Counter()
        self._known: set[OpenStream] = set()
        self.loop = Periodic("the sweep of streams", self._sweep_now, SWEEP_SECONDS)

    @property
    def unauthenticated(self) -> int:
        """Return the number of unauthenticated streams."""
        return len(self._unauthenticated)

    def unauthenticated_from(self, network: str) -> int:
        """Return the number of unauthenticated streams of a network."""
        return self._from[network]

    def add(self, stream: OpenStream, network: str) -> None:
        """Add a new stream. It must authenticate within UNAUTHENTICATED_SECONDS, and not be silent before."""
        self._unauthenticated[stream] = network, stream.heard_at
        self._from[network] += 1

    def authenticated(self, stream: OpenStream) -> None:
        """Record that the stream has a session."""
        self._forget_unauthenticated(stream)
        self._known.add(stream)

    def discard(self, stream: OpenStream) -> None:
        """Remove a closed stream. Does nothing if it was not added."""
        self._forget_unauthenticated(stream)
        self._known.discard(stream)

    def _forget_unauthenticated(self, stream: OpenStream) -> None:
        found = self._unauthenticated.pop(stream, None)
        if found is not None:
            network = found[0]
            self._from[network] -= 1
            if not self._from[network]:
                del self._from[network]

    def everyone(self) -> list[OpenStream]:
        """Return all streams."""
        return [*self._unauthenticated, *self._known]

    async def _sweep_now(self) -> None:
        self.sweep(time.monotonic(), confirmed_ms())

    def sweep(self, now: float, today: int) -> None:
        """Close expired streams. `now`: monotonic seconds; `today`: the confirmed time (ids.confirmed_ms)."""
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
