"""Proofs that a request comes from the holder of a session's key (RFC 9449, DPoP).

A proof is a short JWT signed by a key that the browser cannot export. It is valid for one method, one address, one
token and one use, while its nonce is current. Its own time is not trusted. The caller of `verify_proof` must compare
the thumbprint with the session's, and then check the `ReplayCache`. The cache comes last, so that invalid requests
never fill it.

No library verifies DPoP for a server that holds sessions. A proof takes 89 µs, of which the signature takes 73 µs.
With joserfc for JWS and JWK it takes 192 µs, or 117 µs with a cache of keys like the one here. joserfc would also
accept a private key in `jwk`, and `kid` or `jku` next to it. So the checks of header and claims would stay, and only
the lines that split the token and decode the signature would go.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

MAX_PROOF = 2_048
"""Longest proof, in characters."""

REPLAY_SECONDS = 180
"""How long a used proof is stored. No nonce is valid longer."""

MAX_PUBLIC_KEYS = 256
"""Maximum of parsed public keys in the cache, each with its header of at most MAX_PROOF characters."""

MAX_PROOFS = 200_000
"""Used proofs in one of the two generations of the replay cache."""

PROOF_BYTES = 128
"""Upper bound of the memory of one stored proof (measured: 91 bytes)."""

_NONCE_MINUTES = 3
_COORDINATE_BYTES = 32
_ES256 = ECDSA(SHA256())
_P256 = SECP256R1()

_match_address = re.compile(
    r"(https?)://([^\s/?#@\\:\[\]]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?(/[^\s?#]*)?(?:[?#].*)?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
).fullmatch


class ProofRejected(Exception):
    """The proof is invalid for this request.

    `nonce_needed`: only a current nonce is missing. The response is then "use_dpop_nonce".
    """

    def __init__(self, reason: str, *, nonce_needed: bool = False) -> None:
        super().__init__(reason)
        self.nonce_needed = nonce_needed


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """The key's `thumbprint` (RFC 7638, base64url SHA-256), and the proof's key in the `ReplayCache`."""

    thumbprint: str
    replay_key: bytes


class _PublicKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Unknown members are rejected: crit, jku, x5u, b64 and kid each change the meaning of a signature.
    typ: Literal["dpop+jwt"]
    alg: Literal["ES256"]
    jwk: _PublicKey


class _Claims(msgspec.Struct, frozen=True):
    htm: str
    htu: str
    jti: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]
    iat: int | float
    nonce: str = ""
    ath: str = ""


_decode_header = msgspec.json.Decoder(_Header).decode
_decode_claims = msgspec.json.Decoder(_Claims).decode


def verify_proof(
    proof: str, *, method: str, address: str, nonce_ok: Callable[[str], bool], token: str | None
) -> VerifiedProof:
    """Check a proof (RFC 9449, section 4.3) and return its key's thumbprint.

    `address` is the public address of the request without query, as configured: never taken from the Host header.
    `token` is the session token sent with the request, or None if no token is needed yet.

    Raises only ProofRejected: if the proof is malformed, not signed by its own key, or made for another request.
    """
    try:
        thumbprint, claims = _open_proof(proof)
    except (ValueError, RecursionError) as error:
        raise ProofRejected("malformed") from error
    except InvalidSignature as error:
        raise ProofRejected("not signed by its key") from error
    _check_claims(claims, method, address, nonce_ok, token)
    return VerifiedProof(thumbprint, sha256((thumbprint + claims.jti).encode()).digest()[:16])


def token_hash(token: str) -> bytes:
    """Return the SHA-256 of a session token: the form in which it is stored, and the `ath` of its proofs."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _open_proof(proof: str) -> tuple[str, _Claims]:
    if len(proof) > MAX_PROOF:
        raise ValueError("too long")
    header, claims, signature = proof.split(".")
    key, thumbprint = _read_key(header)
    raw = _decode_base64url(signature)
    if len(raw) != 2 * _COORDINATE_BYTES:
        raise ValueError("an ES256 signature has 64 bytes")
    r, s = int.from_bytes(raw[:_COORDINATE_BYTES]), int.from_bytes(raw[_COORDINATE_BYTES:])
    key.verify(encode_dss_signature(r, s), f"{header}.{claims}".encode(), _ES256)
    return thumbprint, _decode_claims(_decode_base64url(claims).decode())


@lru_cache(MAX_PUBLIC_KEYS)
def _read_key(header: str) -> tuple[EllipticCurvePublicKey, str]:
    # A client sends the same header every time, so a key is parsed and checked against the curve once.
    jwk = _decode_header(_decode_base64url(header)).jwk
    numbers = EllipticCurvePublicNumbers(_read_coordinate(jwk.x), _read_coordinate(jwk.y), _P256)
    # RFC 7638: required members only, in lexicographic order, without white space.
    canonical = f'{{"crv":"P-256","kty":"EC","x":"{jwk.x}","y":"{jwk.y}"}}'
    return numbers.public_key(), _encode_base64url(sha256(canonical.encode()).digest())


def _read_coordinate(text: str) -> int:
    coordinate = _decode_base64url(text)
    if len(coordinate) != _COORDINATE_BYTES:
        raise ValueError("a coordinate of P-256 has 32 bytes")
    return int.from_bytes(coordinate)


def _check_claims(
    claims: _Claims, method: str, address: str, nonce_ok: Callable[[str], bool], token: str | None
) -> None:
    if claims.htm != method:
        raise ProofRejected("for another method")
    if claims.htu != address and not _is_same_address(claims.htu, address):
        raise ProofRejected("for another address")
    if not nonce_ok(claims.nonce):
        raise ProofRejected("without a current nonce", nonce_needed=True)
    if token is not None and not compare_digest(claims.ath.encode(), _encode_base64url(token_hash(token)).encode()):
        raise ProofRejected("for another token")


def _is_same_address(one: str, other: str) -> bool:
    normal = _normalise_address(one)
    return normal is not None and normal == _normalise_address(other)


def _normalise_address(address: str) -> tuple[str, str, int, str] | None:
    parts = _match_address(address)
    if parts is None:
        return None
    scheme, host = parts[1].lower(), parts[2].lower()
    port = int(parts[3]) if parts[3] else (443 if scheme == "https" else 80)
    return scheme, host, port, parts[4] or "/"


def _encode_base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode_base64url(text: str) -> bytes:
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # The decoder skips unknown characters and drops loose bits. Each value must have only one spelling.
    if _encode_base64url(data) != text:
        raise ValueError("not base64url without padding")
    return data


class NonceClock:
    """Nonces that need no memory: base64url(minute in 8 bytes, HMAC-SHA256(secret, minute) in 16).

    A nonce is accepted in its minute and in the two that follow, by every process that has the secret.

    Args:
        now: monotonic seconds, as for the ReplayCache. With the wall clock, setting the clock back would make nonces
            valid again whose proofs the cache has deleted.
    """

    __slots__ = ("_fresh", "_minute", "_now", "_secret")

    def __init__(self, secret: bytes, now: Callable[[], float]) -> None:
        self._secret = secret
        self._now = now
        self._minute: int | None = None
        self._fresh: list[bytes] = []

    def current(self) -> str:
        """Return the nonce of this minute: 32 characters of base64url."""
        return self._current_nonces()[0].decode()

    def accepts(self, nonce: str) -> bool:
        """Return whether `nonce` is ours and of this minute or the two before, in constant time."""
        given = nonce.encode("utf-8", "replace")
        accepted = False
        for fresh in self._current_nonces():
            accepted |= compare_digest(given, fresh)
        return accepted

    def _current_nonces(self) -> list[bytes]:
        minute = int(self._now() // 60)
        if minute != self._minute:
            self._minute = minute
            self._fresh = [self._sign(minute - age) for age in range(_NONCE_MINUTES)]
        return self._fresh

    def _sign(self, minute: int) -> bytes:
        stamp = minute.to_bytes(8, signed=True)
        return urlsafe_b64encode(stamp + hmac_digest(self._secret, stamp, "sha256")[:16])


class ReplayCache:
    """Stores for at least three minutes which proofs were used, in two generations.

    Each generation contains at most `limit` keys. If more arrive within three minutes, the older generation is dropped
    early. A flood can then open a gap for replays, but it can neither fill the memory nor lock out other clients.
    """

    __slots__ = ("_before", "_limit", "_now", "_recent", "_since")

    def __init__(self, now: Callable[[], float], limit: int = MAX_PROOFS) -> None:
        self._now = now
        self._limit = limit
        self._since = now()
        self._recent: set[bytes] = set()
        self._before: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._recent) + len(self._before)

    def first_time(self, replay_key: bytes) -> bool:
        """Store `replay_key`. Return whether it was not used in the last 180 seconds."""
        self._forget_old()
        if replay_key in self._recent or replay_key in self._before:
            return False
        self._recent.add(replay_key)
        return True

    def _forget_old(self) -> None:
        now = self._now()
        age = now - self._since
        if age < REPLAY_SECONDS and len(self._recent) < self._limit:
            return
        self._before = self._recent if age < 2 * REPLAY_SECONDS else set()
        self._recent = set()
        self._since = now
