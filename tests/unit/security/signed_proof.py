"""Makes valid proofs for the tests of security/dpop.py, with independent code, and ways to spoil them."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from crumbless.security.dpop import NonceClock, ProofRejected, VerifiedProof, verify_proof

ADDRESS = "https://chat.example/v1/desk/me"
TOKEN = "cos_a-token-of-an-operator"
SECRET = b"s" * 32
NOW = 1_700_000_030.0
# NOW is 50 seconds into its minute.
NEXT_MINUTE = NOW + 10

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
CLOCK = NonceClock(SECRET, lambda: NOW)

Claims = dict[str, Any]
Header = dict[str, Any]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def pack(value: object) -> str:
    return encode(json.dumps(value).encode())


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    size = (key.curve.key_size + 7) // 8
    crv = {"secp256r1": "P-256", "secp384r1": "P-384", "secp256k1": "secp256k1"}[key.curve.name]
    return {
        "kty": "EC",
        "crv": crv,
        "x": encode(numbers.x.to_bytes(size, "big")),
        "y": encode(numbers.y.to_bytes(size, "big")),
    }


def thumbprint_of(jwk: dict[str, Any]) -> str:
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return encode(hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest())


def good_header() -> Header:
    return {"typ": "dpop+jwt", "alg": "ES256", "jwk": public_jwk(KEY)}


def good_claims() -> Claims:
    return {
        "htm": "GET",
        "htu": ADDRESS,
        "jti": "0123456789abcdef",
        "iat": 1_700_000_000,
        "nonce": CLOCK.current(),
        "ath": encode(hashlib.sha256(TOKEN.encode()).digest()),
    }


def sign(header: str, claims: str, key: ec.EllipticCurvePrivateKey = KEY) -> str:
    r, s = decode_dss_signature(key.sign(f"{header}.{claims}".encode(), ec.ECDSA(SHA256())))
    size = (key.curve.key_size + 7) // 8
    return f"{header}.{claims}.{encode(r.to_bytes(size, 'big') + s.to_bytes(size, 'big'))}"


def verify(proof: str, *, method: str = "GET", address: str = ADDRESS, token: str | None = TOKEN) -> VerifiedProof:
    return verify_proof(proof, method=method, address=address, nonce_ok=CLOCK.accepts, token=token)


def refused(proof: str, **request: Any) -> ProofRejected:
    with pytest.raises(ProofRejected) as refusal:
        verify(proof, **request)
    return refusal.value
