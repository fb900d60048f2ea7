"""Passwords: Argon2id, and no word on who exists."""

import time

from crumbless.domain.password import hash_password, verify_password


def test_the_right_password_is_right_and_others_are_wrong() -> None:
    kept = hash_password("correct horse")
    assert verify_password(kept, "correct horse")
    for wrong in ("correct horse ", "Correct horse", "", "x" * 128):
        assert not verify_password(kept, wrong)


def test_a_hash_is_argon2id_and_salted() -> None:
    one, two = hash_password("correct horse"), hash_password("correct horse")
    assert one.startswith("$argon2id$")
    assert one != two
    assert "correct" not in one


def test_nobody_is_never_right() -> None:
    assert not verify_password(None, "nobody")
    assert not verify_password(None, "")


def test_a_broken_hash_lets_nobody_in() -> None:
    for broken in ("", "plain", "$argon2id$broken"):
        assert not verify_password(broken, "plain")


def test_nobody_takes_as_long_as_somebody() -> None:
    kept = hash_password("correct horse")
    verify_password(None, "warm")

    def seconds(password_hash: str | None) -> float:
        best = 60.0
        for _ in range(3):
            began = time.process_time()
            verify_password(password_hash, "wrong")
            best = min(best, time.process_time() - began)
        return best

    assert seconds(None) > seconds(kept) / 3
