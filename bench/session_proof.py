"""A client's key and the proof it signs over a stream's challenge (RFC 9449; docs/protocol.md, "Sessions").

Written apart from the server's verifier, on `cryptography` alone, so that a fault in it cannot hide here.
"""

import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

_COORDINATE_BYTES = 32


class ClientKey:
    """An ES256 key pair."""

    def __init__(self) -> None:
        self._private = generate_private_key(SECP256R1())
        numbers = self._private.public_key().public_numbers()
        x = _base64url(numbers.x.to_bytes(_COORDINATE_BYTES))
        y = _base64url(numbers.y.to_bytes(_COORDINATE_BYTES))
        self._jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        canonical = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
        self.thumbprint = _base64url(hashlib.sha256(canonical.encode()).digest())

    def prove_stream(self, address: str, nonce: str, token: str) -> str:
        """A proof for the stream of the server at `address`, over its challenge and for this token."""
        return self.prove("GET", f"{address}/v1/stream", nonce, token)

    def prove(self, method: str, address: str, nonce: str, token: str) -> str:
        """A proof for one request."""
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self._jwk}
        claims = {
            "htm": method,
            "htu": address,
            "jti": secrets.token_urlsafe(16),
            "iat": int(time.time()),
            "nonce": nonce,
            "ath": _base64url(hashlib.sha256(token.encode()).digest()),
        }
        signed = f"{_json(header)}.{_json(claims)}"
        r, s = decode_dss_signature(self._private.sign(signed.encode(), ECDSA(SHA256())))
        signature = r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)
        return f"{signed}.{_base64url(signature)}"


def _json(value: object) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
