"""Reads a request: its body, its caller, its network."""

import hmac
import re
import time
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from crumbless.api.client_address import network_of
from crumbless.api.http_shell import connection_of
from crumbless.api.look_up import find_session
from crumbless.api.platform import Platform
from crumbless.api.request_head import join_lines
from crumbless.domain.access import Session
from crumbless.domain.limits import KeyedBuckets
from crumbless.domain.proof import ProofRefused, VerifiedProof, token_hash, verify_proof
from crumbless.domain.wire import MAX_FRAME
from crumbless.errors import Refused
from crumbless.ids import confirmed_ms

T = TypeVar("T")

AnyRequest = Request[Any, Any, State]

CALLER = "caller"
"""Where a request keeps the session that was found for it."""

# An even number of backslashes before it are texts of their own, such as somebody's message about \\u0000.
_finds_nul = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search


def platform_of(request: AnyRequest) -> Platform:
    """The parts that app.py joined."""
    return cast(Platform, request.app.state["platform"])


async def read_body(request: AnyRequest, most: int = MAX_FRAME) -> bytes:
    """Return the body, of at most `most` bytes.

    Raises:
        Refused: `too_large`.
    """
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
    """Return the body, of at most `most` bytes, as a value of the type `wanted`.

    Raises:
        Refused: as `read_body`, and `unsupported_media_type`, `malformed`, `invalid`; `bad_text` for a NUL in any text,
            which PostgreSQL cannot store.
    """
    body = await read_body(request, most)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused("unsupported_media_type")
    if b"\\u0000" in body and _finds_nul(body):
        raise Refused("bad_text")
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        raise Refused("invalid", f"{error}.") from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Refused("malformed") from None


def check_origin(request: AnyRequest) -> None:
    """Raise Refused `foreign_origin` for a request that a page of another origin sends. Programs send no Origin."""
    address = platform_of(request).settings.address
    if any(origin != address for origin in request.headers.getall("origin", [])):
        raise Refused("foreign_origin")


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


def require_key(request: AnyRequest) -> str:
    """Return the thumbprint of the key that signed a request that has no session.

    Raises:
        Refused: `invalid_proof`, `use_dpop_nonce`.
    """
    proof = read_proof(request, None)
    if proof is None:
        raise Refused("invalid_proof")
    return proof.thumbprint


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


def take_token(buckets: KeyedBuckets, key: str | int) -> None:
    """Raises Refused `slow_down` when the key has used up its rate."""
    if wait := buckets.take(key, time.monotonic()):
        raise Refused("slow_down", retry_after=wait)


def limit_requests(request: AnyRequest) -> None:
    """Take a token of the network for a request that needs no session. Raises Refused `slow_down`."""
    take_token(platform_of(request).limits.requests, client_network(request))


def client_network(request: AnyRequest) -> str:
    """Where the caller is, for limits."""
    client = request.client
    forwarded = join_lines(request.scope["headers"], b"x-forwarded-for")
    return network_of(client.host if client else "", forwarded, platform_of(request).settings.trusted_proxies)
