"""A signature proves its record, and no other, to an independent library (PyJWT)."""

import json
from base64 import urlsafe_b64decode

import jwt
import pytest

from crumbless.consent.receipt_signing import ReceiptKey

# RFC 8037, appendix A: the key pair, its thumbprint.
SECRET = urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

# Made before joserfc signed the receipts. Installations store such receipts.
EARLIER_SIGNATURE = (
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhIQ1R3WEJ5Z3JTNGsiLCJ0eXAiOiJjb25zZW50LXJlY29yZCtqd3MifQ"
    ".eyJhIjoxfQ"
    ".RbTmGtp2uANMqypfkhbRdmtgdEwIss-jDPTkcFZ6xxsdULrfkJknLg83G0p7AZPCBvbQSjAF4s48TOsXM6roAw"
)


def test_public_key_is_published_in_jwk_form() -> None:
    assert ReceiptKey(SECRET).public == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": PUBLIC,
        "kid": THUMBPRINT,
        "alg": "EdDSA",
        "use": "sig",
    }


def read(signature: str, key: ReceiptKey) -> object:
    """Return the signed record as a reader with the published key sees it."""
    return jwt.decode(signature, jwt.PyJWK(key.public), algorithms=["EdDSA"])


def test_signature_contains_its_record() -> None:
    key = ReceiptKey(SECRET)
    signature = key.sign(b'{"a":1}')
    assert read(signature, key) == {"a": 1}
    header = json.loads(urlsafe_b64decode(signature.partition(".")[0] + "=="))
    assert header == {"alg": "EdDSA", "kid": THUMBPRINT, "typ": "consent-record+jws"}


def test_signature_of_an_earlier_version_is_valid_and_unchanged() -> None:
    key = ReceiptKey(SECRET)
    assert read(EARLIER_SIGNATURE, key) == {"a": 1}
    assert key.sign(b'{"a":1}') == EARLIER_SIGNATURE


def test_another_record_or_key_is_refused() -> None:
    key, other = ReceiptKey(SECRET), ReceiptKey(b"\x01" * 32)
    head, payload, mark = key.sign(b'{"a":1}').split(".")
    other_payload = key.sign(b'{"a":2}').split(".")[1]
    assert read(f"{head}.{payload}.{mark}", key) == {"a": 1}
    for forged, by in (
        (f"{head}.{payload}.{mark}", other),
        (f"{head}.{other_payload}.{mark}", key),
        (f"{head}.{payload}.{'A' * len(mark)}", key),
    ):
        with pytest.raises(jwt.InvalidSignatureError):
            read(forged, by)
