"""What HTTP connections share, and what the handlers of requests may know of the connection below them."""

from collections.abc import Mapping
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from crumbless.api.client_address import peer_network
from crumbless.api.platform import Services
from crumbless.api.refusal_log import ErrorLog
from crumbless.live.tcp_connections import TcpConnections, Transport

CONNECTION = "crumbless.connection"
"""Name of the ASGI extension that holds the connection of a request."""


class HttpShell:
    """The limits, figures and log of all HTTP connections of a node."""

    def __init__(self, services: Services) -> None:
        self.tcp = services.of(TcpConnections)
        self._trusted_proxies = services.settings.server.trusted_proxies
        self._refusals = services.http.errors
        self._log = ErrorLog()

    def network_of(self, peer: str) -> str:
        """Return the network whose limit a connection from this address counts against."""
        return peer_network(peer, self._trusted_proxies)

    def refused(self, code: str, kind: str) -> None:
        """Count and log a refusal that no handler sees."""
        self._refusals[code] += 1
        self._log.add(kind)


class ClosingTransport(Transport, Protocol):
    """A transport that can say whether it is closing."""

    def is_closing(self) -> bool:
        """Return whether nothing can be written any longer."""
        ...


class HttpConnection:
    """The connection that a request came on. One object for all requests of a connection."""

    __slots__ = ("_tcp", "_transport", "running")

    def __init__(self, tcp: TcpConnections, transport: ClosingTransport) -> None:
        self._tcp = tcp
        self._transport = transport
        self.running: RequestResponseCycle | None = None
        """The request that is being answered. None in between: it leads back here, and a circle of references would
        leave each request to the garbage collector."""

    @property
    def gone(self) -> bool:
        """Whether the client can no longer get the response that is being written."""
        if self.running is None:
            return False
        if self._transport.is_closing():
            # uvicorn learns it one turn of the loop later, and would write to the closed connection until then.
            self.running.disconnected = True
        return self.running.disconnected

    def authenticated(self, session: str) -> None:
        """Count the connection against its session from now on."""
        self._tcp.authenticated(self._transport, session)

    @property
    def crowded(self) -> bool:
        """Whether the node serves only authenticated clients now, and this is not known to be one."""
        return not self._tcp.serves(self._transport)


def connection_of(scope: Mapping[str, Any]) -> HttpConnection | None:
    """Return the connection of a request; None without our own server below it (in tests)."""
    return scope.get("extensions", {}).get(CONNECTION)
