"""Signs consent receipts, so that a copy can be verified: JWS compact serialization (RFC 7515), Ed25519 (RFC 8037)."""

import hashlib
from base64 import urlsafe_b64encode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class ReceiptKey:
    """The installation's key for receipts.

    Args:
        secret: 32 random bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        x = _text(self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        # RFC 7638 and RFC 8037, section 2: the required members in lexicographic order.
        thumbprint = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest()
        self.public: dict[str, str] = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": x,
            "kid": _text(thumbprint),
            "alg": "EdDSA",
            "use": "sig",
        }

    def sign(self, payload: bytes) -> str:
        """Return HEADER.PAYLOAD.SIGNATURE."""
        header = msgspec.json.encode({"alg": "EdDSA", "kid": self.public["kid"], "typ": "consent-record+jws"})
        signed = f"{_text(header)}.{_text(payload)}"
        return f"{signed}.{_text(self._private.sign(signed.encode()))}"


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
