"""Passwords: Argon2id, and the same work for unknown accounts."""

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from crumbless.accounts.password import (
    COMMON_FILE,
    MIN_LENGTH,
    check_new_password,
    hash_password,
    needs_rehash,
    verify_password,
)
from crumbless.core.errors import ApiError

OLGA = ("olga.tee@tea.example", "Olga Tee", "Kornblume")


def test_right_password_matches_and_others_do_not() -> None:
    stored = hash_password("correct horse")
    assert verify_password(stored, "correct horse")
    for wrong in ("correct horse ", "Correct horse", "", "x" * 128):
        assert not verify_password(stored, wrong)


def test_hash_is_argon2id_and_salted() -> None:
    one, two = hash_password("correct horse"), hash_password("correct horse")
    assert one.startswith("$argon2id$")
    assert one != two
    assert "correct" not in one


def test_missing_hash_never_matches() -> None:
    assert not verify_password(None, "nobody")
    assert not verify_password(None, "")


def test_broken_hash_never_matches() -> None:
    for broken in ("", "plain", "$argon2id$broken"):
        assert not verify_password(broken, "plain")


def test_missing_hash_takes_the_same_work_as_a_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Parameters] = []
    verify = PasswordHasher.verify

    def watched(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        done.append(extract_parameters(password_hash))
        return verify(hasher, password_hash, password)

    stored = hash_password("correct horse")
    monkeypatch.setattr(PasswordHasher, "verify", watched)
    for password_hash in (stored, None, ""):
        assert not verify_password(password_hash, "wrong")
    assert done == [extract_parameters(stored)] * 3
    assert done[0].memory_cost >= 64 * 1024


def test_list_of_common_passwords_has_thousands() -> None:
    common = COMMON_FILE.read_text(encoding="utf-8").splitlines()
    assert len(common) >= 3000
    assert common == sorted(set(common))
    assert min(map(len, common)) >= MIN_LENGTH


@pytest.mark.parametrize(
    "weak",
    [
        "",
        "seven77",
        "x" * 129,
        "password1",
        "PASSWORD1",
        "Qwertyuiop",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "olga.tee@tea.example",
        "Kornblume2026!",
        "olga tee",
        "12345678",
    ],
)
def test_common_password_is_refused_with_advice(weak: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_new_password(weak, OLGA)
    assert caught.value.code == "weak_password"
    assert "hoose" in caught.value.detail
    assert not weak or weak not in caught.value.detail


@pytest.mark.parametrize(
    "good",
    ["correct horse battery", "12 apples & pears", "ÄÖÜß日本語であ", "        . ,", "x7" * 4 + "!", "y1z" * 42 + "ab"],
)
def test_long_uncommon_password_is_accepted(good: str) -> None:
    check_new_password(good, OLGA)


def test_weaker_hash_needs_rehash() -> None:
    assert not needs_rehash(hash_password("correct horse"))
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8 * 1024).hash("correct horse"))
