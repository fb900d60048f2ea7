"""Codes of an authenticator app (TOTP, RFC 6238, over HOTP, RFC 4226): 6 digits, 30 seconds, SHA-1 as apps expect."""

import base64
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20

CODES = 10
"""Number of recovery codes that are generated at a time."""

# Crockford's base 32, without letters that resemble other letters or digits.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_CODE_LENGTH = 10


def new_totp_secret() -> bytes:
    """Return 160 random bits (RFC 4226, section 4)."""
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a step, which is the number of half minutes since 1970."""
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: bytes, code: str, now: float) -> int | None:
    """Return the step of this code: the current one or the one before, else None. `now` is in seconds."""
    current = int(now // STEP_SECONDS)
    found = None
    for step in (current - 1, current):
        # Both are always compared, in constant time.
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def totp_uri(secret: bytes, issuer: str, account: str) -> str:
    """Return the content of the QR code for an authenticator app (the de facto Key URI format)."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?" + urlencode({"secret": secret_text(secret), "issuer": issuer}, quote_via=quote)


def secret_text(secret: bytes) -> str:
    """Return the secret for typing (base 32)."""
    return base64.b32encode(secret).decode().rstrip("=")


def new_recovery_codes() -> list[str]:
    """Return ten codes of 50 random bits each, such as "3f8km-q0w7z"."""
    return [_group("".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))) for _ in range(CODES)]


def read_recovery_code(text: str) -> str | None:
    """Return a typed recovery code in its normal form, or None if it cannot be one."""
    plain = "".join(text.split()).replace("-", "").lower().translate(str.maketrans("oil", "011"))
    return _group(plain) if len(plain) == _CODE_LENGTH and all(c in _ALPHABET for c in plain) else None


def _group(plain: str) -> str:
    return f"{plain[:5]}-{plain[5:]}"
