"""Signs consent receipts, so that a copy can be verified: JWS compact serialization (RFC 7515), Ed25519 (RFC 8037)."""

import warnings
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crumbless.core.deferred_import import deferred_module

if TYPE_CHECKING:
    from joserfc import jwk, jws
else:
    # 75 ms, and an installation without vendor tags never signs a receipt.
    jwk = deferred_module("joserfc.jwk")
    jws = deferred_module("joserfc.jws")

ALGORITHM = "EdDSA"
"""RFC 9864 renames it to Ed25519. Receipts of earlier versions and most libraries use this name."""


class ReceiptKey:
    """The installation's key for receipts.

    Args:
        secret: 32 random bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._serialize = jws.serialize_compact
        self._key = jwk.OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(secret))
        self._kid = self._key.thumbprint()
        self.public: dict[str, Any] = self._key.as_dict(private=False, kid=self._kid, alg=ALGORITHM, use="sig")

    def sign(self, payload: bytes) -> str:
        """Return HEADER.PAYLOAD.SIGNATURE."""
        header = {"alg": ALGORITHM, "kid": self._kid, "typ": "consent-record+jws"}
        # joserfc warns on every use of the old name. Not `catch_warnings`: this runs in the ledger's thread.
        warnings.filterwarnings("ignore", "EdDSA is deprecated")
        return self._serialize(header, payload, self._key, [ALGORITHM])
