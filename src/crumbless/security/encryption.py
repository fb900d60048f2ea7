"""Encrypts secrets in the database (AES-256-GCM) with a key that is stored outside of it."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12


class DecryptionFailed(Exception):
    """The ciphertext was changed, or was encrypted for another purpose or with another key."""


class SecretBox:
    """Encrypts and decrypts with the installation's key.

    Args:
        key: 32 secret bytes, the same on every node (see CRUMBLESS_SECRET_KEY).
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("the key has 32 bytes")
        self._key = key
        self._cipher = AESGCM(self.derive("seal"))

    def encrypt(self, secret: bytes, purpose: str) -> bytes:
        """Return the encrypted secret. It can be decrypted only with the same `purpose`, such as "totp:OPERATOR"."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, purpose.encode())

    def decrypt(self, encrypted: bytes, purpose: str) -> bytes:
        """Return the secret. Raises DecryptionFailed."""
        try:
            return self._cipher.decrypt(encrypted[:_NONCE_BYTES], encrypted[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError):
            raise DecryptionFailed from None

    def derive(self, purpose: str) -> bytes:
        """Derive a key of 32 bytes for another purpose, such as hashing network addresses (HKDF, RFC 5869)."""
        return HKDF(SHA256(), KEY_BYTES, None, f"crumbless {purpose}".encode()).derive(self._key)
