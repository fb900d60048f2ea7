"""An encrypted value is decrypted with the same key for the same purpose only."""

import pytest

from crumbless.security.encryption import DecryptionFailed, SecretBox

SECRET = b"what nobody may read"


def test_secret_is_decrypted() -> None:
    sealed = SecretBox(bytes(32)).encrypt(SECRET, "totp:1")
    assert SecretBox(bytes(32)).decrypt(sealed, "totp:1") == SECRET
    assert SECRET not in sealed


def test_same_secret_is_never_encrypted_the_same() -> None:
    secret_box = SecretBox(bytes(32))
    assert secret_box.encrypt(SECRET, "totp:1") != secret_box.encrypt(SECRET, "totp:1")


@pytest.mark.parametrize("changed", ["key", "purpose", "content", "length"])
def test_another_key_purpose_or_text_is_refused(changed: str) -> None:
    sealed = SecretBox(bytes(32)).encrypt(SECRET, "totp:1")
    secret_box = SecretBox(b"\1" * 32 if changed == "key" else bytes(32))
    purpose = "totp:2" if changed == "purpose" else "totp:1"
    if changed == "content":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    if changed == "length":
        sealed = sealed[:5]
    with pytest.raises(DecryptionFailed):
        secret_box.decrypt(sealed, purpose)


def test_derived_keys_differ_by_purpose_and_from_the_key() -> None:
    secret_box = SecretBox(bytes(32))
    assert len({secret_box.derive("one"), secret_box.derive("two"), bytes(32)}) == 3
    assert secret_box.derive("one") == SecretBox(bytes(32)).derive("one")


def test_key_of_another_length_is_rejected() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretBox(b"short")
