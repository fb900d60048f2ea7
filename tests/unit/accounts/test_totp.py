"""Codes of authenticator apps: the RFC's vectors, another implementation, and the validity of each code."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyotp.totp import TOTP

from crumbless.accounts.totp import (
    CODES,
    STEP_SECONDS,
    code_at,
    new_recovery_codes,
    new_totp_secret,
    read_recovery_code,
    secret_text,
    step_of,
    totp_uri,
)

RFC_SECRET = b"12345678901234567890"

# RFC 6238, appendix B. An app shows the last six of these eight digits.
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("at", "code"), VECTORS)
def test_vectors_of_the_rfc_are_reproduced(at: int, code: str) -> None:
    assert code_at(RFC_SECRET, at // STEP_SECONDS) == code
    assert step_of(RFC_SECRET, code, at) == at // STEP_SECONDS


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**40))
def test_pyotp_shows_the_same_code(secret: bytes, at: int) -> None:
    app = TOTP(base64.b32encode(secret).decode())
    assert code_at(secret, at // STEP_SECONDS) == app.generate_otp(at // STEP_SECONDS)


def test_current_and_previous_codes_are_accepted() -> None:
    secret, now = new_totp_secret(), time.time()
    step = int(now // STEP_SECONDS)
    assert len(secret) == 20
    assert step_of(secret, code_at(secret, step), now) == step
    assert step_of(secret, code_at(secret, step - 1), now) in {step - 1, step}
    others = {code_at(secret, other) for other in (step - 2, step + 1)} - {
        code_at(secret, good) for good in (step - 1, step)
    }
    assert [step_of(secret, code, now) for code in others] == [None] * len(others)


@pytest.mark.parametrize("junk", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\u0000" * 6])
def test_invalid_recovery_code_is_rejected(junk: str) -> None:
    assert step_of(RFC_SECRET, junk, 59) is None


def test_app_reads_the_uri_as_intended() -> None:
    secret = new_totp_secret()
    app = TOTP(secret_text(secret), name="olga@tea.example", issuer="Crumbless")
    assert totp_uri(secret, "Crumbless", "olga@tea.example").partition("?")[0] in {
        app.provisioning_uri().partition("?")[0],
        app.provisioning_uri().partition("?")[0].replace("Crumbless:", "Crumbless%3A"),
    }


def test_recovery_codes_are_normalised() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == CODES
    for code in codes:
        for typed in (
            code,
            code.upper(),
            code.replace("-", " "),
            f" {code} ",
            code.replace("0", "O").replace("1", "l"),
        ):
            assert read_recovery_code(typed) == code
    for junk in ("", "12345", "uuuuu-uuuuu", codes[0] + "0", codes[0][:-1]):
        assert read_recovery_code(junk) is None
