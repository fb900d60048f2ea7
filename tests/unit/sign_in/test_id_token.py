"""An ID token is accepted only if this provider issued it for us, now, in response to this request (threat 17).

The tokens are signed by PyJWT, a different library from the one that checks them.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from crumbless.sign_in.id_token import IdTokenRejected, read_id_token

NOW = 1_800_000_000
ISSUER = "https://provider.example"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
KEYS = {
    "keys": [
        RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True) | {"kid": "rsa", "use": "sig"},
        ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True) | {"kid": "ec", "use": "sig"},
        OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True) | {"kid": "ed"},
        # A symmetric key that a provider publishes would let every client sign, so it is not used.
        {"kty": "oct", "kid": "oct", "k": base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")},
    ]
}
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "olga",
    "aud": "crumbless",
    "exp": NOW + 300,
    "iat": NOW,
    "nonce": "nonce-1",
    "email": "olga@provider.example",
}


def signed(claims: dict[str, Any], algorithm: str = "RS256", key: Any = RSA_KEY, kid: str = "rsa") -> str:
    return jwt.encode(claims, key, algorithm, headers={"kid": kid})


def read(token: str, since: int = 0) -> str:
    return read_id_token(token, KEYS, issuer=ISSUER, client_id="crumbless", nonce="nonce-1", now=NOW, since=since).sub


def refusal(token: str, since: int = 0) -> str:
    with pytest.raises(IdTokenRejected) as caught:
        read(token, since)
    return str(caught.value)


@pytest.mark.parametrize(
    ("algorithm", "key", "kid"), [("RS256", RSA_KEY, "rsa"), ("ES256", EC_KEY, "ec"), ("EdDSA", ED_KEY, "ed")]
)
def test_valid_token_is_accepted(algorithm: str, key: Any, kid: str) -> None:
    assert read(signed(GOOD, algorithm, key, kid)) == "olga"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"iss": "https://other.example"}, "another issuer"),
        ({"iss": ISSUER + "/"}, "another issuer"),
        ({"aud": "somebody else"}, "another audience"),
        ({"aud": ["crumbless", "other"]}, "another authorized party"),
        ({"azp": "other"}, "another authorized party"),
        ({"exp": NOW - 61}, "it has expired"),
        ({"iat": NOW + 120}, "it is from the future"),
        ({"nonce": "nonce-2"}, "another nonce"),
        ({"nonce": ""}, "another nonce"),
        ({"sub": ""}, "no subject"),
        ({"sub": "x" * 256}, "no subject"),
        ({"exp": "soon"}, "a claim is missing or of the wrong type"),
    ],
)
def test_threat_17_wrong_claim_is_refused(changed: dict[str, Any], reason: str) -> None:
    assert read(signed(GOOD)) == "olga"
    claims = GOOD | changed
    # PyJWT would not sign such a subject or time, so the test replaces the payload.
    assert refusal(_sign_raw(claims)) == reason


def test_several_audiences_are_accepted_if_we_are_the_authorized_party() -> None:
    assert read(signed(GOOD | {"aud": ["crumbless", "other"], "azp": "crumbless"})) == "olga"


def test_required_recent_authentication_is_checked() -> None:
    assert read(signed(GOOD | {"auth_time": NOW}), since=NOW - 5) == "olga"
    assert refusal(signed(GOOD | {"auth_time": NOW - 600}), since=NOW - 5) == "no recent sign-in"
    assert refusal(signed(GOOD), since=NOW - 5) == "no recent sign-in"


def test_threat_17_another_key_with_the_same_id_is_refused() -> None:
    assert "signature" in refusal(signed(GOOD, key=rsa.generate_private_key(65537, 2048)))


def test_unknown_key_is_distinguished_from_other_errors() -> None:
    with pytest.raises(IdTokenRejected) as caught:
        read(signed(GOOD, kid="newer"))
    assert caught.value.key_unknown


def test_threat_17_alg_none_is_refused() -> None:
    assert "signature" in refusal(_pack({"alg": "none", "kid": "rsa"}, GOOD) + ".")


@pytest.mark.parametrize("kid", ["rsa", "oct"])
def test_threat_17_shared_secret_is_refused(kid: str) -> None:
    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = public if kid == "rsa" else b"k" * 32
    unsigned = _pack({"alg": "HS256", "kid": kid}, GOOD)
    mac = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
    with pytest.raises(IdTokenRejected):
        read(f"{unsigned}.{_base64url(mac)}")


@pytest.mark.parametrize("token", ["", "a.b.c", "a.b", "é.é.é", "x" * 20_000])
def test_malformed_token_is_rejected(token: str) -> None:
    with pytest.raises(IdTokenRejected):
        read(token)


def _sign_raw(claims: dict[str, Any]) -> str:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    unsigned = _pack({"alg": "RS256", "kid": "rsa"}, claims)
    return f"{unsigned}.{_base64url(RSA_KEY.sign(unsigned.encode(), PKCS1v15(), SHA256()))}"


def _pack(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{_base64url(json.dumps(header).encode())}.{_base64url(json.dumps(claims).encode())}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
