"""What every handler asks of a request: its body, its caller, its address."""

import hmac
import re
import time
from collections.abc import Sequence
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from crumbless.api.client_address import network_of
from crumbless.api.http_shell import connection_of
from crumbless.api.look_up import find_session
from crumbless.api.platform import Platform
from crumbless.api.request_head import join_lines
from crumbless.domain.access import Session, is_fresh, later_factor, require, require_fresh
from crumbless.domain.limits import KeyedBuckets
from crumbless.domain.proof import ProofRefused, VerifiedProof, token_hash, verify_proof
from crumbless.domain.wire import MAX_FRAME
from crumbless.errors import Refused
from crumbless.ids import confirmed_ms, now_ms
from crumbless.store.session_store import find_factor_at

T = TypeVar("T")
Choice = TypeVar("Choice", bound=str)

AnyRequest = Request[Any, Any, State]

CALLER = "caller"
"""Where a request keeps the session that was found for it."""

# An even number of backslashes before it are texts of their own, such as somebody's message about \\u0000.
_finds_nul = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search


def platform_of(request: AnyRequest) -> Platform:
    """The parts that app.py joined."""
    return cast(Platform, request.app.state["platform"])


async def read_body(request: AnyRequest, most: int = MAX_FRAME) -> bytes:
    """The body, if it is from one of our own pages or from no page at all.

    Args:
        most: bytes that it may have.

    Raises:
        Refused: `foreign_origin`, `too_large`.
    """
    check_origin(request)
    too_large = Refused("too_large", f"Send at most {most // 1024} KiB.")
    if int(request.headers.get("content-length") or 0) > most:
        raise too_large
    try:
        body = await request.body()
    except HTTPException as error:
        raise (too_large if error.status_code == 413 else Refused("malformed")) from None
    if len(body) > most:
        raise too_large
    _check_still_alive(request)
    return body


async def read_json(request: AnyRequest, wanted: type[T], most: int = MAX_FRAME) -> T:
    """The body, of at most so many bytes, as a value of the type `wanted`.

    Raises:
        Refused: as `read_body`, and `unsupported_media_type`, `malformed`, `invalid`.
    """
    body = await read_body(request, most)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused("unsupported_media_type")
    return decode_json(body, wanted)


def decode_json(body: bytes, wanted: type[T]) -> T:
    """The value in `body`.

    Raises:
        Refused: `malformed`, `invalid`; `bad_text` for a NUL in any text, which PostgreSQL cannot hold.
    """
    if b"\\u0000" in body and _finds_nul(body):
        raise Refused("bad_text")
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        raise Refused("invalid", f"{error}.") from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Refused("malformed") from None


def check_origin(request: AnyRequest) -> None:
    """Pages of other origins have no business here; programs that are no page send no Origin.

    A route that the table opens to pages of sites is passed over: its handler knows the site, and so the origins.

    Raises:
        Refused: `foreign_origin`.
    """
    if request.route_handler.opt.get("pages") == "site":
        return
    address = platform_of(request).settings.address
    if any(origin != address for origin in request.headers.getall("origin", [])):
        raise Refused("foreign_origin")


def read_number(request: AnyRequest, name: str, lowest: int, highest: int) -> int | None:
    """A number from the query, or None when it is absent.

    Raises:
        Refused: `invalid`.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and lowest <= int(text) <= highest):
        raise Refused("invalid", f"{name} is a number from {lowest} to {highest}.")
    return int(text)


def read_choice(request: AnyRequest, name: str, choices: Sequence[Choice]) -> Choice | None:
    """One of `choices` from the query, or None when it is absent.

    Raises:
        Refused: `invalid`.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    found = next((one for one in choices if one == text), None)
    if found is None:
        raise Refused("invalid", f"{name} is one of {', '.join(choices)}.")
    return found


def read_proof(request: AnyRequest, token: str | None) -> VerifiedProof | None:
    """The key that signed this request; None when there is no proof.

    Raises:
        Refused: `use_dpop_nonce`, `invalid_proof`.
    """
    proofs = request.headers.getall("dpop", [])
    if not proofs:
        return None
    platform = platform_of(request)
    if len(proofs) > 1:
        raise Refused("invalid_proof")
    try:
        verified = verify_proof(
            proofs[0],
            method=request.method,
            address=platform.settings.address + request.scope["path"],
            nonce_ok=platform.nonces.accepts,
            token=token,
        )
    except ProofRefused as refused:
        raise Refused("use_dpop_nonce" if refused.nonce_needed else "invalid_proof") from None
    if not platform.replays.first_time(verified.replay_key):
        raise Refused("invalid_proof")
    return verified


async def read_caller(request: AnyRequest) -> Session:
    """Whose session this request belongs to.

    Raises:
        Refused: `invalid_token`, `invalid_proof`, `use_dpop_nonce`, `foreign_origin`; `slow_down` for a network that
            showed too many unknown tokens.
    """
    check_origin(request)
    session = await _find_caller(request)
    if connection := connection_of(request.scope):
        connection.authenticated(session.id)
    return session


async def _find_caller(request: AnyRequest) -> Session:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    session = await find_session(platform_of(request), client_network(request), token) if token else None
    if session is None or not session.alive(confirmed_ms()):
        raise Refused("invalid_token")
    _check_key(request, scheme, token, session.thumbprint)
    request.state[CALLER] = session
    return session


def check_credentials(request: AnyRequest, owner: bytes, thumbprint: str | None) -> None:
    """Check that a request carries the token of this hash and the proof of its key, whether or not its session lives.

    Raises:
        Refused: as `read_caller`.
    """
    check_origin(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not hmac.compare_digest(token_hash(token), owner):
        raise Refused("invalid_token")
    _check_key(request, scheme, token, thumbprint)


def _check_key(request: AnyRequest, scheme: str, token: str, thumbprint: str | None) -> None:
    if scheme.lower() != ("bearer" if thumbprint is None else "dpop"):
        raise Refused("invalid_token")
    if thumbprint is None:
        return
    proof = read_proof(request, token)
    if proof is None or proof.thumbprint != thumbprint:
        raise Refused("invalid_proof")


def _check_still_alive(request: AnyRequest) -> None:
    """Check the caller again after waiting for the body, which a client may send as slowly as 20 seconds.

    Raises:
        Refused: `invalid_token` when the session has expired; `busy` when it has ended or its operator has changed:
            the client asks again and learns which.
    """
    session = cast("Session | None", request.state.get(CALLER))
    if session is None or session.alive(confirmed_ms()):
        return
    raise Refused("busy", retry_after=1) if session.ended else Refused("invalid_token")


async def read_operator(request: AnyRequest) -> Session:
    """The operator who asks.

    Raises:
        Refused: as `read_caller`; `forbidden` for a visitor and a role that may not; `step_up`;
            `second_factor_needed`; `not_found` for a path with a NUL.
    """
    session = await read_caller(request)
    if session.role == "visitor":
        raise Refused("forbidden")
    # PostgreSQL cannot hold a NUL: nothing of that name is there.
    if "\0" in request.scope["path"]:
        raise Refused("not_found")
    await _check_permission(request, session)
    return session


async def read_visitor(request: AnyRequest) -> Session:
    """The visitor who asks.

    Raises:
        Refused: as `read_caller`, and `forbidden` for an operator.
    """
    session = await read_caller(request)
    if session.role != "visitor":
        raise Refused("forbidden")
    await _check_permission(request, session)
    return session


async def _check_permission(request: AnyRequest, session: Session) -> None:
    """What the table of routes demands of the caller."""
    options = request.route_handler.opt
    if session.only_sets_up(now_ms()) and not options.get("sets_up"):
        raise Refused("second_factor_needed")
    if verb := options.get("verb"):
        require(session, verb)
    if options.get("fresh"):
        if not is_fresh(session.factor_at, now_ms()):
            # It may have been shown to another node.
            factor_at = await platform_of(request).reader.read(
                lambda connection: find_factor_at(connection, session.id)
            )
            session.factor_at = later_factor(session.factor_at, factor_at, now_ms())
        require_fresh(session, now_ms())


def take_token(buckets: KeyedBuckets, key: str | int) -> None:
    """Raises Refused `slow_down` when the key has used up its rate."""
    if wait := buckets.take(key, time.monotonic()):
        raise Refused("slow_down", retry_after=wait)


def limit_requests(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Take a token of the network for a request that needs no session. Raises Refused `slow_down`."""
    request = cast(AnyRequest, connection)
    take_token(platform_of(request).limits.requests, client_network(request))


def client_network(request: AnyRequest) -> str:
    """Where the caller is, for limits."""
    client = request.client
    forwarded = join_lines(request.scope["headers"], b"x-forwarded-for")
    return network_of(client.host if client else "", forwarded, platform_of(request).settings.trusted_proxies)
