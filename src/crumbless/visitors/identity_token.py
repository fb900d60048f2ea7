"""JWTs (RFC 7519) with which a site verifies its visitors.

A key has one algorithm, chosen when it was created, and the token's header must name the same. So a public key is
never used as a shared secret, and `none` is rejected (RFC 8725, sections 3.1 and 3.2).
"""

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from crumbless.core.bounds import MAX_IDENTITY
from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import ApiError
from crumbless.core.time_units import DAY_SECONDS
from crumbless.mail.mail_message import in_one_line
from crumbless.visitors.identity_wire import KeyAlgorithm

if TYPE_CHECKING:
    from joserfc import errors, jwk, jws
else:
    # 27 ms, for installations whose sites verify their visitors only.
    errors = deferred_module("joserfc.errors")
    jwk = deferred_module("joserfc.jwk")
    jws = deferred_module("joserfc.jws")

LONGEST_SECONDS = DAY_SECONDS
"""Maximum time from `iat` to `exp`."""

TOLERANCE_SECONDS = 60
"""How much the site's clock may differ from ours."""

MAX_NAME = 100
MAX_ATTRIBUTES = 10
MAX_ATTRIBUTE = 200
SECRET_BYTES = 32

_match_subject = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,255}").fullmatch
_match_email = re.compile(r"[^\s\x00-\x1f@<>\"]{1,64}@[^\s\x00-\x1f@<>\"]{1,189}").fullmatch
_match_attribute = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}").fullmatch


@dataclass(frozen=True, slots=True)
class IdentityKey:
    """A key of a site, decrypted. `material` is the PEM of a public key, or the secret of HS256."""

    kid: str
    algorithm: KeyAlgorithm
    material: bytes


@dataclass(frozen=True, slots=True)
class VisitorIdentity:
    """A visitor as verified by the site. `thumbprint`: the only key that may use the token, if it names one."""

    subject: str
    name: str
    email: str
    email_verified: bool
    attributes: dict[str, str]
    thumbprint: str | None


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Unknown members are rejected: jku, x5u, jwk, crit and b64 each change the meaning of a signature.
    alg: KeyAlgorithm
    kid: Annotated[str, msgspec.Meta(max_length=32, pattern=r"\A[!-~]*\Z")]
    typ: str = "JWT"


class _Confirmation(msgspec.Struct, frozen=True):
    jkt: str


class _Claims(msgspec.Struct, frozen=True):
    aud: str | list[str]
    sub: str
    iat: int | float
    exp: int | float
    nbf: int | float = 0
    name: str = ""
    email: str = ""
    email_verified: bool = False
    attributes: dict[str, str | int | float | bool] = {}
    cnf: _Confirmation | None = None


_decode_header = msgspec.json.Decoder(_Header).decode
_decode_claims = msgspec.json.Decoder(_Claims).decode


def kid_of(token: str) -> str:
    """Return the ID of the key with which the token claims to be signed. It is not verified.

    Raises:
        ApiError: `identity_refused`.
    """
    return _read_header(token).kid


def read_identity(token: str, key: IdentityKey, site_key: str, now: float) -> VisitorIdentity:
    """Return the visitor that the token verifies on this site. The caller compares `thumbprint`.

    Args:
        now: seconds since 1970.

    Raises:
        ApiError: `identity_refused`, with a hint for the site's developer.
    """
    header = _read_header(token)
    if header.typ not in {"JWT", "crumbless+jwt"}:
        raise _refused("its typ is neither JWT nor crumbless+jwt")
    if header.alg != key.algorithm or header.kid != key.kid:
        raise _refused(f"this key signs with {key.algorithm}")
    claims = _verified_claims(token, key)
    _check_times(claims, now)
    if site_key not in ([claims.aud] if isinstance(claims.aud, str) else claims.aud):
        raise _refused("its aud is not this site's key")
    if not _match_subject(claims.sub):
        raise _refused("its sub must have 1 to 255 characters")
    return VisitorIdentity(
        claims.sub,
        in_one_line(claims.name)[:MAX_NAME],
        _email_of(claims),
        claims.email_verified and bool(claims.email),
        _attributes_of(claims),
        claims.cnf and claims.cnf.jkt,
    )


def check_public_key(algorithm: KeyAlgorithm, pem: str) -> None:
    """Raises ApiError `invalid` if the text is not a public key of the algorithm."""
    try:
        key = load_pem_public_key(pem.encode())
    except Exception:
        raise ApiError("invalid", "Enter a public key in PEM format. It begins with BEGIN PUBLIC KEY.") from None
    if algorithm == "EdDSA" and isinstance(key, ed25519.Ed25519PublicKey):
        return
    if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return
    raise ApiError("invalid", f"This is not a key for {algorithm}: EdDSA needs Ed25519, ES256 needs P-256.")


def _refused(reason: str) -> ApiError:
    return ApiError("identity_refused", f"Reload the page. For developers: {reason}.")


def _read_header(token: str) -> _Header:
    if len(token) > MAX_IDENTITY or token.count(".") != 2:
        raise _refused("the token is not a signed JWT, or is too long")
    try:
        return _decode_header(_decode_part(token.partition(".")[0]))
    except (ValueError, RecursionError):
        raise _refused("its header needs alg (EdDSA, ES256 or HS256), kid, and no unknown members") from None


def _decode_part(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        raise ValueError("not base64url") from None


def _verified_claims(token: str, key: IdentityKey) -> _Claims:
    kinds = {"EdDSA": jwk.OKPKey, "ES256": jwk.ECKey, "HS256": jwk.OctKey}
    try:
        opened = jws.deserialize_compact(token, kinds[key.algorithm].import_key(key.material), [key.algorithm])
    except (errors.JoseError, ValueError, TypeError):
        raise _refused("its signature is not that of the key") from None
    try:
        return _decode_claims(opened.payload)
    except (ValueError, RecursionError):
        raise _refused("its claims need aud, sub, iat and exp, each of its type") from None


def _check_times(claims: _Claims, now: float) -> None:
    if claims.exp <= now - TOLERANCE_SECONDS:
        raise _refused("it has expired")
    if max(claims.iat, claims.nbf) > now + TOLERANCE_SECONDS:
        raise _refused("its iat or nbf is in the future")
    if not 0 < claims.exp - claims.iat <= LONGEST_SECONDS:
        raise _refused("its exp must be at most 24 hours after its iat")


def _email_of(claims: _Claims) -> str:
    if claims.email and not _match_email(claims.email):
        raise _refused("its email is invalid")
    return claims.email


def _attributes_of(claims: _Claims) -> dict[str, str]:
    attributes = claims.attributes
    if len(attributes) > MAX_ATTRIBUTES or not all(map(_match_attribute, attributes)):
        raise _refused(f"it may have {MAX_ATTRIBUTES} attributes with plain names of up to 40 characters")
    return {name: in_one_line(_word(value))[:MAX_ATTRIBUTE] for name, value in attributes.items()}


def _word(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
