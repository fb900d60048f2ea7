"""What is kept of a request for those who run the server: its number, how it was answered, how long that took.

Never its query, its headers, its body, who asked or from where.
"""

import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from litestar.types import HTTPScope

from crumbless.api.client_address import is_trusted
from crumbless.api.platform import Platform
from crumbless.log_lines import request_id

NO_ROUTE: Final = "(none)"
"""Stands for every path that is no route's: what people type must not become a name in the figures."""

LONG_POLL: Final = "/v1/stream/poll"
"""Waits by design; its time says nothing."""

_is_number = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII).fullmatch

log = logging.getLogger("crumbless.access")


class RequestRecord:
    """One request from its head to its answer's end. Made and ended by the guard, in the request's own context."""

    __slots__ = ("_began", "_platform", "_scope", "_status", "number")

    def __init__(self, platform: Platform, scope: HTTPScope) -> None:
        self._platform = platform
        self._scope = scope
        self._began = time.perf_counter()
        self._status = 0
        self.number = _number_of(platform, scope)
        request_id.set(self.number)

    def begin_answer(self, status: int) -> None:
        """The answer begins."""
        self._status = status
        if route_of(self._scope) != LONG_POLL:
            self._platform.http.seconds.add(time.perf_counter() - self._began)

    def end(self) -> None:
        """The answer has ended, or never will."""
        method, route = self._scope["method"], route_of(self._scope)
        self._platform.http.count_answer(method, route, self._status)
        if self._platform.settings.access_log:
            milliseconds = round((time.perf_counter() - self._began) * 1000, 1)
            log_answer(method, route, self._status, milliseconds)


def route_of(scope: Mapping[str, Any]) -> str:
    """The route's template, once the router has found it."""
    return scope.get("path_template") or NO_ROUTE


def log_answer(method: str, route: str, status: int, milliseconds: float) -> None:
    """Write the line of the access log."""
    fields = {"method": method, "route": route, "status": status, "ms": milliseconds}
    log.info("answered", extra={"fields": fields})


def _number_of(platform: Platform, scope: HTTPScope) -> str:
    """The number that a trusted proxy gave the request, else a new one."""
    client = scope["client"]
    if is_trusted(client[0] if client else "", platform.settings.trusted_proxies):
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
        if _is_number(given):
            return given
    return secrets.token_hex(8)
