"""Aborts connections that would stay open without end: unread responses, and connections that outlive their close.

`transport.close` waits until the client has read everything. A client that never reads could therefore hold the
descriptor and the buffer as long as it likes.
"""

import asyncio
import time

UNREAD_SECONDS = 30.0
"""Time in which a client must take at least one byte of what waits for it."""

CLOSE_SECONDS = 10.0
"""Time from a close frame, or from a refused handshake, to the end of the connection."""

CHECK_SECONDS = 1.0


class Unread:
    """Bytes that wait for one client. `size` is what would wait if the client took nothing since `since`."""

    __slots__ = ("since", "size")

    def __init__(self, size: int, since: float) -> None:
        self.size = size
        self.since = since


class SlowClients:
    """Watches the connections whose client does not read at the moment, and those that are being closed.

    One timer for all of them, and none while there are none: a client that reads costs nothing. Used on the loop only.
    """

    def __init__(self) -> None:
        self._unread: dict[asyncio.Transport, Unread] = {}
        # In order of their deadlines.
        self._closing: dict[asyncio.Transport, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._unread.keys() | self._closing.keys())

    def unread(self, transport: asyncio.Transport) -> Unread:
        """Watch a client that did not take all that was written. The caller adds later writes to the result."""
        entry = self._unread[transport] = Unread(transport.get_write_buffer_size(), time.monotonic())
        self._check_later()
        return entry

    def read(self, transport: asyncio.Transport) -> None:
        """Stop watching: the client has taken everything."""
        self._unread.pop(transport, None)

    def closing(self, transport: asyncio.Transport) -> None:
        """Abort the connection unless it has ended CLOSE_SECONDS from now."""
        if transport not in self._closing:
            self._closing[transport] = time.monotonic() + CLOSE_SECONDS
            self._check_later()

    def gone(self, transport: asyncio.Transport) -> None:
        """The connection has ended."""
        self._unread.pop(transport, None)
        self._closing.pop(transport, None)

    def _check_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check)

    def _check(self) -> None:
        self._timer = None
        self.check(time.monotonic())
        if self._unread or self._closing:
            self._check_later()

    def check(self, now: float) -> None:
        """Abort what is overdue at `now` (monotonic seconds)."""
        # Lists: `abort` may call back into `gone`.
        for transport in [one for one, entry in self._unread.items() if _is_overdue(one, entry, now)]:
            self._unread.pop(transport, None)
            transport.abort()
        for transport, deadline in [*self._closing.items()]:
            if deadline > now:
                break
            self._closing.pop(transport, None)
            transport.abort()


def _is_overdue(transport: asyncio.Transport, entry: Unread, now: float) -> bool:
    size = transport.get_write_buffer_size()
    if size < entry.size:
        entry.size, entry.since = size, now
    return now - entry.since >= UNREAD_SECONDS
