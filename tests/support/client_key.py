"""A client's key and the proofs it signs (RFC 9449), written apart from the server's verifier."""

import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


class ClientKey:
    """An ES256 key pair."""

    def __init__(self) -> None:
        self._private = generate_private_key(SECP256R1())
        numbers = self._private.public_key().public_numbers()
        self._jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": _base64url(numbers.x.to_bytes(32, "big")),
            "y": _base64url(numbers.y.to_bytes(32, "big")),
        }

    @property
    def thumbprint(self) -> str:
        """The key's name (RFC 7638)."""
        return _base64url(
            hashlib.sha256(json.dumps(self._jwk, separators=(",", ":"), sort_keys=True).encode()).digest()
        )

    def prove(self, method: str, url: str, nonce: str, token: str | None = None, **claims: Any) -> str:
        """A proof for one request; `claims` replace or add to what a good one holds."""
        good: dict[str, Any] = {
            "htm": method,
            "htu": url,
            "jti": secrets.token_urlsafe(16),
            "iat": int(time.time()),
            "nonce": nonce,
        }
        if token is not None:
            good["ath"] = _base64url(hashlib.sha256(token.encode()).digest())
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self._jwk}
        signed = f"{_pack(header)}.{_pack(good | claims)}"
        r, s = decode_dss_signature(self._private.sign(signed.encode(), ECDSA(SHA256())))
        return f"{signed}.{_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _pack(value: object) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
