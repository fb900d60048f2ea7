"""The outermost layer: checks the host, sets common headers, and removes cookies from requests and responses.

Errors are returned as RFC 9457 problem documents.
"""

import asyncio
import http
import logging
import math
from collections.abc import Iterable

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send

from crumbless.core.errors import ApiError
from crumbless.core.exhaustion import BUSY_SECONDS, in_one_line, is_exhausted
from crumbless.http.access_log import AccessLog, route_of
from crumbless.http.http_connections import HttpConnection, connection_of
from crumbless.http.request import AnyRequest, services_of
from crumbless.http.request_bounds import bound_target, bounded_headers
from crumbless.http.request_pacer import RequestPacer
from crumbless.http.services import Services
from crumbless.http.tcp_connections import RETRY_SECONDS
from crumbless.protocol.problem import Problem

log = logging.getLogger("crumbless.guard")

Headers = Iterable[tuple[bytes, bytes]]

PROBLEM_TYPE = "application/problem+json"

PROBES = {"/healthz", "/readyz", "/metrics"}
"""Paths for load balancers and monitors, which do not send the server's host name."""

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


def problem_of(error: ApiError) -> tuple[bytes, int, str]:
    """Return the error as a problem document: body, status, reason phrase."""
    status = error.spec.status
    problem = Problem(f"urn:crumbless:problem:{error.code}", error.spec.title, status, error.detail, error.work)
    return msgspec.json.encode(problem), status, http.HTTPStatus(status).phrase


def error_headers(error: ApiError) -> dict[str, str]:
    """Return the headers of an error response, besides those of its body."""
    headers: dict[str, str] = {}
    if error.retry_after:
        headers["retry-after"] = str(math.ceil(error.retry_after))
    if error.code == "use_dpop_nonce":
        headers["www-authenticate"] = 'DPoP error="use_dpop_nonce", algs="ES256"'
    elif error.code == "invalid_proof":
        headers["www-authenticate"] = 'DPoP error="invalid_dpop_proof", algs="ES256"'
    elif error.code == "invalid_token":
        headers["www-authenticate"] = 'DPoP error="invalid_token", algs="ES256"'
    return headers


def error_response(request: AnyRequest, error: ApiError) -> Response[bytes]:
    """Return the response to an error that a handler raised."""
    services_of(request).http.errors[error.code] += 1
    body, status, _ = problem_of(error)
    return Response(body, status_code=status, media_type=PROBLEM_TYPE, headers=error_headers(error))


def http_exception_response(request: AnyRequest, exception: HTTPException) -> Response[bytes]:
    """Return the response to an error of the router, as a problem document."""
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}
    if exception.status_code >= 500:
        return internal_error_response(request, exception)
    response = error_response(request, ApiError(codes.get(exception.status_code, "invalid")))
    if methods := (exception.headers or {}).get("allow"):
        # RFC 9110, section 15.5.6: a 405 response must list the allowed methods.
        response.headers["allow"] = methods
    return response


def internal_error_response(request: AnyRequest, exception: Exception) -> Response[bytes]:
    """Return `busy` if the system has no resources left. Otherwise return `internal`, and log the exception."""
    if is_exhausted(exception):
        log.warning("%s %s failed: %s", request.method, route_of(request.scope), in_one_line(exception))
        return error_response(request, ApiError("busy", retry_after=BUSY_SECONDS))
    log.error("%s %s failed", request.method, route_of(request.scope), exc_info=exception)
    return error_response(request, ApiError("internal"))


class ClientDisconnected(Exception):
    """The client closed the connection before the end of the response."""


class Progress:
    """The progress of a response."""

    __slots__ = ("begun", "finished", "left")

    def __init__(self) -> None:
        self.begun = False
        """Whether the head was written."""
        self.finished = False
        """Whether the whole response was written."""
        self.left = False
        """Whether the handler was stopped because the client had disconnected."""


class Middleware:
    """The ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services
        # Computed once, because each request compares its Host header with them.
        self._hosts = services.settings.server.hosts
        self._turn = RequestPacer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request without cookies. Return the response without cookies and with the common headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        scope["headers"] = bounded_headers(scope["headers"])
        record = AccessLog(self._services, scope)
        connection = connection_of(scope)
        progress = Progress()
        guarded = self._guarded(scope, send, record, connection, progress)
        try:
            if error := self._refusal_of(scope, host, connection):
                self._services.http.errors[error.code] += 1
                await _send_refusal(error, guarded)
            else:
                await self._turn.wait()
                await self._app(scope, receive, guarded)
        except Exception:
            # Not an error: clients disconnect at any time, and a traceback for each would fill the disk.
            if not progress.left:
                raise
        except asyncio.CancelledError:
            # A stopping node cancels requests that take longer than a second, such as a waiting sign-in. Another node
            # can serve them, so this is not an internal error.
            if progress.begun or not self._services.node.stopping:
                raise
            await _send_refusal(ApiError("busy", retry_after=RETRY_SECONDS), guarded)
        finally:
            if not progress.finished and connection is not None and connection.gone:
                log.debug(
                    "%s %s: the client disconnected before the end of the response", scope["method"], route_of(scope)
                )
            record.end()

    def _refusal_of(self, scope: HTTPScope, host: bytes, connection: HttpConnection | None) -> ApiError | None:
        """Return why the request is rejected unread, or None. Replaces the query by the part that may be read."""
        if scope["path"] not in PROBES:
            if host.decode("latin-1").lower() not in self._hosts:
                return ApiError("misdirected")
            if connection is not None and connection.crowded and not _has_token(scope):
                # The remaining connections are reserved for clients that have a session.
                return ApiError("busy", retry_after=RETRY_SECONDS)
        try:
            scope["query_string"] = bound_target(scope["path"], scope["query_string"])
        except ApiError as error:
            return error
        return None

    def _guarded(
        self, scope: HTTPScope, send: Send, record: AccessLog, connection: HttpConnection | None, progress: Progress
    ) -> Send:
        async def guarded(message: Message) -> None:
            if connection is not None and connection.gone:
                progress.left = True
                # Stops the handler, because an export may have thousands of rows left.
                raise ClientDisconnected
            if message["type"] == "http.response.start":
                progress.begun = True
                record.begin_response(message["status"])
                message["headers"] = self._headers(scope, message, record.number)
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                # False if the client disconnected while this was written.
                progress.finished = connection is None or not connection.gone

        return guarded

    def _headers(self, scope: HTTPScope, message: HTTPResponseStartEvent, number: str) -> Headers:
        headers = [pair for pair in message["headers"] if pair[0].lower() != b"set-cookie"]
        if len(headers) != len([*message["headers"]]):
            log.error("refused to set a cookie on %s", scope["path"])
        headers.extend(_ALWAYS)
        if message["status"] >= 400 or scope["path"].startswith("/v1/"):
            # Not on public pages and scripts: they are identical for all visitors, and a changing ID would not be.
            headers.append((b"x-request-id", number.encode()))
        if scope["path"].startswith("/v1/"):
            headers.append((b"dpop-nonce", self._services.nonces.current().encode()))
            headers.append((b"cache-control", b"no-store"))
        return headers


def _has_token(scope: HTTPScope) -> bool:
    return any(name == b"authorization" for name, _ in scope["headers"])


async def _send_refusal(error: ApiError, send: Send) -> None:
    body, status, _ = problem_of(error)
    headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    if error.code == "busy":
        # Closes the connection to make room for another one.
        headers.append((b"connection", b"close"))
    headers.extend((name.encode(), value.encode()) for name, value in error_headers(error).items())
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
