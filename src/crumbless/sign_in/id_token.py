"""Verifies the ID token of an OpenID provider (OpenID Connect Core 1.0, section 3.1.3.7).

Only asymmetric algorithms are accepted, independent of the token's header. With a symmetric algorithm, an attacker
could sign with the public key.
"""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from crumbless.core.deferred_import import deferred_module

if TYPE_CHECKING:
    from joserfc import errors, jwk, jws, jwt
else:
    # 27 ms, for installations with a provider only.
    errors = deferred_module("joserfc.errors")
    jwk = deferred_module("joserfc.jwk")
    jws = deferred_module("joserfc.jws")
    jwt = deferred_module("joserfc.jwt")

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")

CLOCK_SECONDS = 60
"""How much the provider's clock may differ from ours."""

MAX_TOKEN = 16_384


class IdTokenRejected(Exception):
    """The token is invalid. The message contains the reason, and nothing from the token.

    `key_unknown`: it names an unknown key. The provider may have new keys.
    """

    def __init__(self, reason: str, key_unknown: bool = False) -> None:
        super().__init__(reason)
        self.key_unknown = key_unknown


class IdToken(msgspec.Struct, frozen=True):
    """The claims that are used. `aud` is a text or a list of texts."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: int
    iat: int
    nonce: str = ""
    azp: str = ""
    auth_time: int = 0
    email: str = ""


def read_id_token(
    token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: int, since: int = 0
) -> IdToken:
    """Return the claims of a token that this provider issued to us for our request.

    Args:
        keys: the provider's JWK set.
        nonce: of the request.
        now: seconds since 1970.
        since: earliest time of the authentication at the provider; 0 for any time.

    Raises:
        IdTokenRejected: for every other token.
    """
    claims = _convert(_verified(token, keys))
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    faults = {
        "another issuer": claims.iss != issuer,
        "another audience": client_id not in audience,
        "another authorized party": claims.azp != client_id if claims.azp else len(audience) > 1,
        "it has expired": claims.exp + CLOCK_SECONDS <= now,
        "it is from the future": claims.iat - CLOCK_SECONDS > now,
        "another nonce": claims.nonce != nonce,
        "no subject": not 0 < len(claims.sub) <= 255,
        "no recent sign-in": claims.auth_time + CLOCK_SECONDS < since,
    }
    for reason, found in faults.items():
        if found:
            raise IdTokenRejected(reason)
    return claims


def _verified(token: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    if len(token) > MAX_TOKEN:
        raise IdTokenRejected("it is too large")
    try:
        # All algorithms that joserfc knows are registered, so that only ALGORITHMS decides which ones are rejected.
        registry = jws.JWSRegistry(algorithms=[*ALGORITHMS])
        signing = [key for key in msgspec.convert(keys.get("keys", []), list[dict[str, Any]]) if _may_verify(key)]
        key_set = jwk.KeySet.import_key_set({"keys": signing})
        with warnings.catch_warnings():
            # RFC 9864 renames EdDSA to Ed25519. Providers still use EdDSA.
            warnings.simplefilter("ignore")
            return jwt.decode(token, key_set, algorithms=[*ALGORITHMS], registry=registry).claims
    except errors.InvalidKeyIdError:
        raise IdTokenRejected("an unknown key", key_unknown=True) from None
    except (errors.JoseError, msgspec.ValidationError, ValueError, TypeError, KeyError):
        raise IdTokenRejected("the signature is not the provider's") from None


def _may_verify(key: Mapping[str, Any]) -> bool:
    # With a symmetric key in a public set, any client could sign.
    return key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"


def _convert(claims: dict[str, Any]) -> IdToken:
    try:
        return msgspec.convert(claims, IdToken)
    except msgspec.ValidationError:
        raise IdTokenRejected("a claim is missing or of the wrong type") from None
