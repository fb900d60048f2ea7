"""Shared state of HTTP connections, and the connection of a request as its handlers see it."""

from collections.abc import Mapping
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from crumbless.http.client_address import peer_network
from crumbless.http.error_log import ErrorLog
from crumbless.http.services import Services
from crumbless.http.tcp_connections import TcpConnections, Transport

CONNECTION = "crumbless.connection"
"""Name of the ASGI extension that contains the connection of a request."""


class HttpShell:
    """The limits, metrics and log of all HTTP connections of a node."""

    def __init__(self, services: Services) -> None:
        self.tcp = services.of(TcpConnections)
        self._trusted_proxies = services.settings.server.trusted_proxies
        self._refusals = services.http.errors
        self._log = ErrorLog()

    def network_of(self, peer: str) -> str:
        """Return the network against whose limit a connection from this address counts."""
        return peer_network(peer, self._trusted_proxies)

    def refused(self, code: str, kind: str) -> None:
        """Count and log an error response that no handler makes."""
        self._refusals[code] += 1
        self._log.add(kind)


class ClosingTransport(Transport, Protocol):
    """A transport that reports whether it is closing."""

    def is_closing(self) -> bool:
        """Return whether nothing can be written any longer."""
        ...


class HttpConnection:
    """The connection of requests. All requests of a connection share one object."""

    __slots__ = ("_tcp", "_transport", "running")

    def __init__(self, tcp: TcpConnections, transport: ClosingTransport) -> None:
        self._tcp = tcp
        self._transport = transport
        self.running: RequestResponseCycle | None = None
        """The request that is being answered. None in between, because it refers to this object: with a reference
        cycle, only the garbage collector could free requests."""

    @property
    def gone(self) -> bool:
        """Return whether the client can no longer receive the response that is being written."""
        if self.running is None:
            return False
        if self._transport.is_closing():
            # uvicorn detects this one turn of the loop later, and would write to the closed connection until then.
            self.running.disconnected = True
        return self.running.disconnected

    def authenticated(self, session: str) -> None:
        """Count the connection against the limit of this session."""
        self._tcp.authenticated(self._transport, session)

    @property
    def crowded(self) -> bool:
        """Return whether the node now serves only authenticated clients and this one is not authenticated."""
        return not self._tcp.serves(self._transport)


def connection_of(scope: Mapping[str, Any]) -> HttpConnection | None:
    """Return the connection of a request. None in tests without the HTTP server."""
    return scope.get("extensions", {}).get(CONNECTION)
