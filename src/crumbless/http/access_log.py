"""Records requests for administrators: ID, route, status and duration, in logs, metrics and traces.

Queries, headers, bodies, callers and their addresses are never recorded.
"""

import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from litestar.types import HTTPScope

from crumbless.core.logging_setup import request_id, trace_id
from crumbless.http.client_address import is_trusted
from crumbless.http.services import Services
from crumbless.http.tracing_port import SpanPort

NO_ROUTE: Final = "(none)"
"""The route of paths that match no route. A path from a client must not become a label in the metrics."""

STREAM_ROUTES: Final = "/v1/stream/"
"""Prefix of routes whose responses last as long as a chat. Their span ends with the response's head."""

LONG_POLL: Final = "/v1/stream/poll"
"""The route of long polls. They wait by design, so their durations are not measured."""

_is_request_id = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII).fullmatch

log = logging.getLogger("crumbless.access")


class AccessLog:
    """One request until the end of its response. The guard creates and ends it, in the request's context."""

    __slots__ = ("_began", "_scope", "_services", "_span", "_status", "number")

    def __init__(self, services: Services, scope: HTTPScope) -> None:
        self._services = services
        self._scope = scope
        self._began = time.perf_counter()
        self._status = 0
        trusted = _is_from_trusted(services, scope)
        self.number = _request_id_of(scope, trusted)
        request_id.set(self.number)
        self._span: SpanPort | None = None
        if services.trace is not None:
            self._span = services.trace.begin(_header(scope, b"traceparent") if trusted else "")
            trace_id.set(self._span.trace)

    def begin_response(self, status: int) -> None:
        """Record the status and the time until the response began."""
        self._status = status
        if route_of(self._scope).startswith(STREAM_ROUTES):
            self._end_span()
        if route_of(self._scope) != LONG_POLL:
            self._services.http.seconds.add(time.perf_counter() - self._began)

    def end(self) -> None:
        """Count and log the request. Its response has ended or was aborted."""
        method, route = self._scope["method"], route_of(self._scope)
        self._end_span()
        self._services.http.count_response(method, route, self._status)
        if self._services.settings.logging.access_log:
            milliseconds = round((time.perf_counter() - self._began) * 1000, 1)
            log_response(method, route, self._status, milliseconds)

    def _end_span(self) -> None:
        span, self._span = self._span, None
        if span is not None:
            span.end(self._scope["method"], route_of(self._scope), self._status)


def route_of(scope: Mapping[str, Any]) -> str:
    """Return the route's template. Return NO_ROUTE if the router has found none."""
    return scope.get("path_template") or NO_ROUTE


def log_response(method: str, route: str, status: int, milliseconds: float) -> None:
    """Write the line of the access log."""
    fields = {"method": method, "route": route, "status": status, "ms": milliseconds}
    log.info("answered", extra={"fields": fields})


def _is_from_trusted(services: Services, scope: HTTPScope) -> bool:
    client = scope["client"]
    return is_trusted(client[0] if client else "", services.settings.server.trusted_proxies)


def _request_id_of(scope: HTTPScope, trusted: bool) -> str:
    """Return the request ID of a trusted proxy, else a new one."""
    given = _header(scope, b"x-request-id") if trusted else ""
    return given if _is_request_id(given) else secrets.token_hex(8)


def _header(scope: HTTPScope, name: bytes) -> str:
    return next((value for one, value in scope["headers"] if one == name), b"").decode("latin-1")
