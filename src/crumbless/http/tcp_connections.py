"""All TCP connections of this process: limits on their number, and closing those that a client no longer reads.

Limits on requests and streams do not cover a connection that sends nothing, or whose responses are never read. Each
connection costs a file descriptor, so one network could use up all of them.
"""

import asyncio
import resource
import time
from collections import Counter
from typing import Protocol

from crumbless.core.errors import ApiError
from crumbless.core.periodic import Periodic
from crumbless.core.settings import StreamSettings

RESERVED_FILES = 256
"""File descriptors that are reserved for the database, files, and connections to other services."""

UNLIMITED_FILES = 1_000_000
"""Maximum of connections if the operating system sets no limit."""

CROWDED_SHARE = 0.9
"""Above this share of the total, unauthenticated requests and streams are rejected."""

RETRY_SECONDS = 5.0

CLOSE_SECONDS = 10.0
"""Time from a close frame, or from a rejected handshake, to the end of the connection. `transport.close` waits until
the client has read everything, which may never happen."""

SWEEP_SECONDS = 1.0

SWEEPS = 10
"""Minimum of sweeps that see a connection before it counts as unread."""

SLICE = 1000
"""Connections that are checked in one turn of the event loop: about 0.1 ms."""


class Transport(Protocol):
    """The part of asyncio's transport that is used here."""

    def get_write_buffer_size(self) -> int:
        """Return the number of bytes that wait for the client."""
        ...

    def close(self) -> None:
        """Close the connection once everything is sent."""
        ...

    def abort(self) -> None:
        """Close the connection at once."""
        ...


class TcpConnection:
    """One connection."""

    __slots__ = ("idle", "network", "session", "transport", "unread", "unread_since")

    def __init__(self, transport: Transport, network: str) -> None:
        self.transport = transport
        self.network = network
        """The client's network while it is unauthenticated; empty if no limit per network applies."""
        self.session = ""
        """The session whose limit it counts against; empty while it is unauthenticated."""
        self.idle = False
        """Whether it waits for a next request (keep-alive) and may be closed without harm."""
        self.unread = 0
        self.unread_since = 0.0


class TcpConnections:
    """Admits, counts and aborts connections. Used on the event loop only.

    Args:
        total: maximum of connections; 0 derives it from the limit of open files.
        per_network: maximum of unauthenticated connections of one network.
        per_session: number of connections of one session that are exempt from the limit of their network.
        unread_seconds: how long a client may read nothing before its connection is aborted.
    """

    def __init__(self, total: int, per_network: int, per_session: int, unread_seconds: float) -> None:
        self.total = total or derive_total()
        self._per_network = per_network
        self._per_session = per_session
        self._unread_seconds = unread_seconds
        self._all: dict[Transport, TcpConnection] = {}
        self._networks: dict[str, dict[TcpConnection, None]] = {}
        self._sessions: Counter[str] = Counter()
        # Connections that are being closed, in the order of their deadlines (monotonic seconds).
        self._closing: dict[Transport, float] = {}
        self.loop = Periodic("the sweep of connections", self._turn, min(SWEEP_SECONDS, unread_seconds / SWEEPS))

    @classmethod
    def of(cls, settings: StreamSettings) -> "TcpConnections":
        """Return an instance with the limits of the settings."""
        return cls(
            settings.connections,
            settings.unauthenticated_per_address,
            settings.streams_per_session,
            settings.unread_seconds,
        )

    def __len__(self) -> int:
        return len(self._all)

    @property
    def crowded(self) -> bool:
        """Return whether so many connections are open that only authenticated clients are served."""
        return len(self._all) >= self.total * CROWDED_SHARE

    def serves(self, transport: Transport) -> bool:
        """Return whether requests without a session are served on this connection."""
        connection = self._all.get(transport)
        return not self.crowded or (connection is not None and bool(connection.session))

    def count_of(self, network: str) -> int:
        """Return the number of unauthenticated connections of a network."""
        return len(self._networks.get(network, ()))

    def add(self, transport: Transport, network: str) -> TcpConnection:
        """Admit a new connection. At the limit of its network, the connection that has been idle longest is closed.

        Args:
            network: the client's; empty if no limit per network applies (a trusted proxy).

        Raises:
            ApiError: `busy` at the limit of the node, `slow_down` at the limit of the network.
        """
        if len(self._all) >= self.total:
            raise ApiError("busy", retry_after=RETRY_SECONDS)
        peers = self._networks.setdefault(network, {}) if network else {}
        if len(peers) >= self._per_network:
            idle = next((one for one in peers if one.idle), None)
            if idle is None:
                raise ApiError("slow_down", retry_after=RETRY_SECONDS)
            self._leave_network(idle)
            idle.transport.close()
        connection = TcpConnection(transport, network)
        self._all[transport] = connection
        if network:
            self._networks.setdefault(network, {})[connection] = None
        return connection

    def authenticated(self, transport: Transport, session: str) -> None:
        """Count the connection against its session instead of its network, unless the session has reached its limit."""
        connection = self._all.get(transport)
        if connection is not None and not connection.session and self._sessions[session] < self._per_session:
            self._sessions[session] += 1
            connection.session = session
            self._leave_network(connection)

    def discard(self, transport: Transport) -> None:
        """Remove a closed connection. Does nothing if it was not admitted."""
        self._closing.pop(transport, None)
        connection = self._all.pop(transport, None)
        if connection is None:
            return
        self._leave_network(connection)
        if connection.session:
            self._sessions[connection.session] -= 1
            if not self._sessions[connection.session]:
                del self._sessions[connection.session]

    def closing(self, transport: Transport) -> None:
        """Abort the connection if it is still open after CLOSE_SECONDS. A second call does not extend the time."""
        self._closing.setdefault(transport, time.monotonic() + CLOSE_SECONDS)

    def _leave_network(self, connection: TcpConnection) -> None:
        peers = self._networks.get(connection.network)
        if peers is not None:
            peers.pop(connection, None)
            if not peers:
                del self._networks[connection.network]

    async def _turn(self) -> None:
        self.sweep_closing(time.monotonic())
        transports = [*self._all]
        for start in range(0, len(transports), SLICE):
            self.sweep(transports[start : start + SLICE], time.monotonic())
            await asyncio.sleep(0)

    def sweep_closing(self, now: float) -> None:
        """Abort the connections whose time to close has passed at `now` (monotonic seconds)."""
        for transport, deadline in [*self._closing.items()]:
            if deadline > now:
                break
            del self._closing[transport]
            transport.abort()

    def sweep(self, transports: list[Transport], now: float) -> None:
        """Abort the connections whose clients have read nothing for too long at `now` (monotonic seconds)."""
        for transport in transports:
            connection = self._all.get(transport)
            if connection is None:
                continue
            size = transport.get_write_buffer_size()
            if not connection.unread or size < connection.unread:
                connection.unread_since = now
            connection.unread = size
            if size and now - connection.unread_since > self._unread_seconds:
                transport.abort()


def derive_total() -> int:
    """Return the number of connections for which the operating system's limit of open files has room."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return UNLIMITED_FILES
    return min(max(files - RESERVED_FILES, files // 2, 1), UNLIMITED_FILES)
