"""Passwords: hashed with Argon2id (RFC 9106), compared without telling whether the person exists."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 128

_hasher = PasswordHasher()

# Verified when there is nobody to verify: an unknown address must take as long as a known one.
_nobody: list[str] = []


def hash_password(password: str) -> str:
    """The hash to keep. Takes about 0.15 s and 64 MiB: call it off the loop."""
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; for None (nobody) it takes as long and is wrong. Call it off the loop."""
    if password_hash is None and not _nobody:
        _nobody.append(_hasher.hash("nobody"))
    try:
        _hasher.verify(password_hash or _nobody[0], password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
