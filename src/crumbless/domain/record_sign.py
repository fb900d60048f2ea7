"""Signs records so that a copy proves itself: JWS compact serialization (RFC 7515) with Ed25519 (RFC 8037)."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class RecordKey:
    """The installation's key.

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
        """HEADER.PAYLOAD.SIGNATURE."""
        header = msgspec.json.encode({"alg": "EdDSA", "kid": self.public["kid"], "typ": "consent-record+jws"})
        signed = f"{_text(header)}.{_text(payload)}"
        return f"{signed}.{_text(self._private.sign(signed.encode()))}"


def verify(signature: str, keys: list[dict[str, str]]) -> Any:
    """The payload of a signature made with one of these keys (a JWKS's `keys`). Raises ValueError for any other."""
    signed, _, mark = signature.rpartition(".")
    head, _, payload = signed.partition(".")
    header = msgspec.json.decode(_bytes(head))
    key = next((one for one in keys if one["kid"] == header.get("kid")), None)
    if key is None or header.get("alg") != "EdDSA":
        raise ValueError("signed with no key of this installation")
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(key["x"])).verify(_bytes(mark), signed.encode())
    except InvalidSignature:
        raise ValueError("the signature does not fit the record") from None
    return msgspec.json.decode(_bytes(payload))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
