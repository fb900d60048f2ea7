"""Reads the body, the caller and the network of a request."""

import hmac
import re
import time
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from crumbless.core.errors import ApiError
from crumbless.core.ids import confirmed_ms
from crumbless.core.rate_limit import KeyedBuckets
from crumbless.http.client_address import network_of
from crumbless.http.http_connections import connection_of
from crumbless.http.look_up import find_session
from crumbless.http.request_head import join_lines
from crumbless.http.request_limits import RequestLimits
from crumbless.http.services import Services
from crumbless.protocol.frames import MAX_FRAME
from crumbless.security.access import Session
from crumbless.security.dpop import ProofRejected, VerifiedProof, token_hash, verify_proof

T = TypeVar("T")

AnyRequest = Request[Any, Any, State]

CALLER = "caller"
"""The key of the caller's session in a request's state."""

# After an even number of backslashes it is text, such as a message about \\u0000.
_finds_nul = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search


def services_of(request: AnyRequest) -> Services:
    """Return the services that app.py created."""
    return cast(Services, request.app.state["platform"])


async def read_body(request: AnyRequest, limit: int = MAX_FRAME) -> bytes:
    """Return the body, of at most `limit` bytes.

    Raises:
        ApiError: `too_large`.
    """
    too_large = ApiError("too_large", f"Send at most {limit // 1024} KiB.")
    if int(request.headers.get("content-length") or 0) > limit:
        raise too_large
    try:
        body = await request.body()
    except HTTPException as error:
        raise (too_large if error.status_code == 413 else ApiError("malformed")) from None
    if len(body) > limit:
        raise too_large
    _check_still_alive(request)
    return body


async def read_json(request: AnyRequest, wanted: type[T], limit: int = MAX_FRAME) -> T:
    """Return the body, of at most `limit` bytes, as a value of the type `wanted`.

    Raises:
        ApiError: as `read_body`, and `unsupported_media_type`, `malformed`, `invalid`; `bad_text` if a text
            contains a NUL, which PostgreSQL cannot store.
    """
    body = await read_body(request, limit)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ApiError("unsupported_media_type")
    if b"\\u0000" in body and _finds_nul(body):
        raise ApiError("bad_text")
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        raise ApiError("invalid", f"{error}.") from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise ApiError("malformed") from None


def check_origin(request: AnyRequest) -> None:
    """Raise ApiError `foreign_origin` if a page of another origin sent the request. Programs send no Origin."""
    address = services_of(request).settings.server.address
    if any(origin != address for origin in request.headers.getall("origin", [])):
        raise ApiError("foreign_origin")


def read_proof(request: AnyRequest, token: str | None) -> VerifiedProof | None:
    """Return the verified proof of this request, or None if it has no proof.

    Raises:
        ApiError: `use_dpop_nonce`, `invalid_proof`.
    """
    proofs = request.headers.getall("dpop", [])
    if not proofs:
        return None
    services = services_of(request)
    if len(proofs) > 1:
        raise ApiError("invalid_proof")
    try:
        verified = verify_proof(
            proofs[0],
            method=request.method,
            address=services.settings.server.address + request.scope["path"],
            nonce_ok=services.nonces.accepts,
            token=token,
        )
    except ProofRejected as error:
        raise ApiError("use_dpop_nonce" if error.nonce_needed else "invalid_proof") from None
    if not services.replays.first_time(verified.replay_key):
        raise ApiError("invalid_proof")
    return verified


def require_key(request: AnyRequest) -> str:
    """Return the thumbprint of the key that signed a request that has no session.

    Raises:
        ApiError: `invalid_proof`, `use_dpop_nonce`.
    """
    proof = read_proof(request, None)
    if proof is None:
        raise ApiError("invalid_proof")
    return proof.thumbprint


async def read_caller(request: AnyRequest) -> Session:
    """Return the session of this request.

    Raises:
        ApiError: `invalid_token`, `invalid_proof`, `use_dpop_nonce`, `foreign_origin`; `slow_down` if the network has
            sent too many unknown tokens.
    """
    check_origin(request)
    session = await _find_caller(request)
    if connection := connection_of(request.scope):
        connection.authenticated(session.id)
    return session


async def _find_caller(request: AnyRequest) -> Session:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    session = await find_session(services_of(request), client_network(request), token) if token else None
    if session is None or not session.alive(confirmed_ms()):
        raise ApiError("invalid_token")
    _check_key(request, scheme, token, session.thumbprint)
    request.state[CALLER] = session
    return session


def check_credentials(request: AnyRequest, owner: bytes, thumbprint: str | None) -> None:
    """Check the token and the proof of a request against this hash and key, even if the session has ended.

    Raises:
        ApiError: as `read_caller`.
    """
    check_origin(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not hmac.compare_digest(token_hash(token), owner):
        raise ApiError("invalid_token")
    _check_key(request, scheme, token, thumbprint)


def _check_key(request: AnyRequest, scheme: str, token: str, thumbprint: str | None) -> None:
    if scheme.lower() != ("bearer" if thumbprint is None else "dpop"):
        raise ApiError("invalid_token")
    if thumbprint is None:
        return
    proof = read_proof(request, token)
    if proof is None or proof.thumbprint != thumbprint:
        raise ApiError("invalid_proof")


def _check_still_alive(request: AnyRequest) -> None:
    """Check the caller again after the body, which a client may take 20 seconds to send.

    Raises:
        ApiError: `invalid_token` if the session has expired; `busy` if it has ended or its operator has changed. The
            client then retries and learns which.
    """
    session = cast("Session | None", request.state.get(CALLER))
    if session is None or session.alive(confirmed_ms()):
        return
    raise ApiError("busy", retry_after=1) if session.ended else ApiError("invalid_token")


def take_token(buckets: KeyedBuckets, key: str | int) -> None:
    """Take a token. Raises ApiError `slow_down` if the key has used up its rate."""
    if wait := buckets.take(key, time.monotonic()):
        raise ApiError("slow_down", retry_after=wait)


def limit_requests(request: AnyRequest) -> None:
    """Take a token of the network for a request that needs no session. Raises ApiError `slow_down`."""
    take_token(services_of(request).of(RequestLimits).requests, client_network(request))


def client_network(request: AnyRequest) -> str:
    """Return the caller's network, for limits."""
    client = request.client
    forwarded = join_lines(request.scope["headers"], b"x-forwarded-for")
    return network_of(client.host if client else "", forwarded, services_of(request).settings.server.trusted_proxies)
