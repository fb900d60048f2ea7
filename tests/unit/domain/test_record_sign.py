"""A signature proves its record, and only that."""

import json
from base64 import urlsafe_b64decode

import pytest

from crumbless.domain.record_sign import RecordKey, verify

# RFC 8037, appendix A: the key pair, its thumbprint.
SECRET = urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_key_is_published_as_the_standard_says() -> None:
    assert RecordKey(SECRET).public == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": PUBLIC,
        "kid": THUMBPRINT,
        "alg": "EdDSA",
        "use": "sig",
    }


def test_a_signature_gives_its_record_back() -> None:
    key = RecordKey(SECRET)
    signature = key.sign(b'{"a":1}')
    assert verify(signature, [key.public]) == {"a": 1}
    header = json.loads(urlsafe_b64decode(signature.partition(".")[0] + "=="))
    assert header == {"alg": "EdDSA", "kid": THUMBPRINT, "typ": "consent-record+jws"}


def test_another_record_or_key_is_refused() -> None:
    key, other = RecordKey(SECRET), RecordKey(b"\x01" * 32)
    head, payload, mark = key.sign(b'{"a":1}').split(".")
    assert verify(f"{head}.{payload}.{mark}", [other.public, key.public]) == {"a": 1}
    with pytest.raises(ValueError, match="no key"):
        verify(f"{head}.{payload}.{mark}", [other.public])
    with pytest.raises(ValueError, match="does not fit"):
        verify(f"{head}.{payload[:-1]}R.{mark}", [key.public])
    with pytest.raises(ValueError, match="does not fit"):
        verify(f"{head}.{payload}.{'A' * len(mark)}", [key.public])
