"""Passwords: hashed with Argon2id (RFC 9106), verified without revealing which users exist, rejected if common."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crumbless.core.errors import ApiError

MIN_LENGTH = 8
MAX_LENGTH = 128

COMMON_FILE = Path(__file__).with_name("frequent_passwords.txt")
"""Some thousand of the most common passwords, in normal form and sorted."""

# The second recommended option of RFC 9106 (section 4), but in one lane, so that one hash does not take all processors.
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)

# Verified if the user does not exist, so that an unknown address takes as long as a known one.
_dummy_hash: list[str] = []


def check_new_password(password: str, about: Iterable[str] = ()) -> None:
    """Accept a password unless it is too short or too long, common, or similar to data about its owner.

    Args:
        about: email address, names and the like.

    Raises:
        ApiError: `weak_password`.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise ApiError("weak_password", f"Choose a password of {MIN_LENGTH} to {MAX_LENGTH} characters.")
    normal = normal_form(password)
    if normal in _common() or len(set(normal)) < 3:
        raise ApiError("weak_password", "This password is on lists that attackers try first. Choose another one.")
    words = {normal_form(word) for text in about for word in (text, *text.replace("@", " ").replace(".", " ").split())}
    if any(normal.strip("0123456789!.?-_") == word for word in words if len(word) > 3):
        raise ApiError("weak_password", "This password is too similar to your name or email. Choose another one.")


def normal_form(password: str) -> str:
    """Return a form that is the same for passwords that differ only in case."""
    return password.strip().casefold()


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON_FILE.read_text(encoding="utf-8").splitlines())


def hash_password(password: str) -> str:
    """Return the hash to store. Takes about 0.15 s and 64 MiB: do not call it on the event loop."""
    return _hasher.hash(password)


def needs_rehash(password_hash: str) -> bool:
    """Return whether the hash was made with less effort than new ones."""
    return _hasher.check_needs_rehash(password_hash)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Return whether the password is right. Without a hash: False after the same time. Do not call on the event
    loop."""
    if not password_hash and not _dummy_hash:
        _dummy_hash.append(_hasher.hash("nobody"))
    try:
        _hasher.verify(password_hash or _dummy_hash[0], password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)
