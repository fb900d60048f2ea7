"""Checks a request against its row of the route table, calls the handler and encodes its result."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_args

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.http.call import Call, KeyCall, OperatorCall, PublicCall, SessionCall, VisitorCall, respond
from crumbless.http.middleware import PROBES
from crumbless.http.request import (
    AnyRequest,
    check_origin,
    limit_requests,
    read_body,
    read_caller,
    read_json,
    require_key,
    services_of,
    take_token,
)
from crumbless.http.request_bounds import check_path_parameters
from crumbless.http.route import RateLimit, Route
from crumbless.realtime.session_store import find_factor_at
from crumbless.security.access import Session, Verb, is_recent, later_authentication, require, require_step_up

S = TypeVar("S", bound=msgspec.Struct)

MAX_ROW_ID = 2**31 - 1


def handler_of(route: Route) -> HTTPRouteHandler:
    """Return Litestar's handler for the row."""

    async def endpoint(request: AnyRequest) -> Response[Any]:
        return await _respond(route, request)

    path = route.path.replace("}", ":str}")
    return HTTPRouteHandler(path, http_method=[route.method], request_max_body_size=route.most)(endpoint)


def counts_requests(route: Route) -> bool:
    """Return whether each request takes a token of `requests`: public routes, except those of load balancers."""
    return route.who == "public" and route.path not in PROBES


async def _respond(route: Route, request: AnyRequest) -> Response[Any]:
    """Check the request against the row, call the handler and encode its result. Raises ApiError."""
    check_path_parameters(request.path_params)
    if counts_requests(route):
        limit_requests(request)
    call = await _call_of(route, request)
    if route.limit is not None and route.limit.before_body:
        _limit(call, route.limit)
    if route.method == "POST" and route.pages == "own":
        check_origin(request)
    values: dict[str, object] = {name: _path_value(request, name, kind) for name, kind in route.signature.path.items()}
    if route.signature.query is not None:
        values["query"] = read_query(request.query_params, route.signature.query)
    if route.signature.body:
        values[route.signature.body] = await _read_body(route, request)
    if isinstance(call, KeyCall):
        call.thumbprint = require_key(request)
    if route.limit is not None and not route.limit.before_body:
        _limit(call, route.limit)
    result = await route.handler(call, **values)
    if isinstance(result, Response):
        return cast(Response[Any], result)
    if result is None:
        return Response(None, status_code=204)
    status = next((status for status, kind in route.also.items() if isinstance(result, kind)), route.status)
    return respond(result, status, media=route.media)


async def _call_of(route: Route, request: AnyRequest) -> Call:
    """Return the call, after a check of the caller and their permission.

    Raises:
        ApiError: as `read_caller`; `forbidden`, `second_factor_needed`, `step_up`; `not_found` if the path has a NUL.
    """
    if route.who in {"public", "stream"}:
        return KeyCall(request) if route.signature.key else PublicCall(request)
    session = await read_caller(request)
    if (session.role == "visitor") != (route.who == "visitor"):
        raise ApiError("forbidden")
    # PostgreSQL cannot store a NUL, so such a name cannot exist.
    if "\0" in request.scope["path"]:
        raise ApiError("not_found")
    await _check_permission(route, request, session)
    return VisitorCall(request, session) if route.who == "visitor" else OperatorCall(request, session)


async def _check_permission(route: Route, request: AnyRequest, session: Session) -> None:
    if session.only_sets_up(now_ms()) and not route.sets_up:
        raise ApiError("second_factor_needed")
    require(session, cast(Verb, route.access.permission))
    if route.step_up:
        if not is_recent(session.authenticated_at, now_ms()):
            # The operator may have re-authenticated at another node.
            authenticated_at = await services_of(request).reader.read(
                lambda connection: find_factor_at(connection, session.id)
            )
            session.authenticated_at = later_authentication(session.authenticated_at, authenticated_at, now_ms())
        require_step_up(session, now_ms())


def _limit(call: Call, limit: RateLimit) -> None:
    """Raise ApiError `slow_down` if the caller has used up the row's rate."""
    key = call.network if limit.by == "network" else getattr(cast(SessionCall, call).session, limit.by)
    take_token(getattr(call.of(limit.limits), limit.name), str(key))


def _path_value(request: AnyRequest, name: str, kind: type) -> str | int:
    text: str = request.path_params[name]
    if kind is str:
        return text
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_ROW_ID):
        raise ApiError("not_found")
    return int(text)


async def _read_body(route: Route, request: AnyRequest) -> object:
    if route.signature.takes is bytes:
        return await read_body(request, route.most) if route.method == "POST" else b""
    return await read_json(request, route.signature.takes, route.most)


def read_query(texts: Mapping[str, str], wanted: type[S]) -> S:
    """Return the query as a struct. Unknown parameters are ignored.

    Raises:
        ApiError: `invalid`.
    """
    values: dict[str, object] = {}
    for name, takes_number in _query_fields(wanted):
        text = texts.get(name)
        if text is None:
            continue
        # Rejected here, because PostgreSQL cannot store a NUL.
        if not text.isprintable():
            raise ApiError("invalid", f"{name} contains control characters.")
        is_number = text.isascii() and text.isdigit() and len(text) <= 16
        values[name] = int(text) if is_number and takes_number else text
    try:
        return msgspec.convert(values, wanted)
    except msgspec.ValidationError as error:
        raise ApiError("invalid", f"{error}.") from None


@cache
def _query_fields(wanted: type[msgspec.Struct]) -> tuple[tuple[str, bool], ...]:
    """Return the parameters and whether each can be a number. Asking msgspec took 100 µs for each request."""
    return tuple((field.encode_name, int in _kinds(field.type)) for field in msgspec.structs.fields(wanted))


def _kinds(kind: Any) -> set[Any]:
    """Return the type and its type arguments."""
    return {kind}.union(*map(_kinds, get_args(kind))) if get_args(kind) else {kind}
