"""Wrong guesses cause growing waits with an upper bound."""

import pytest

from crumbless.core import guess_throttle as throttle_module
from crumbless.core.guess_throttle import FORGET_SECONDS, LONGEST_SECONDS, GuessThrottle


def guess(throttle: GuessThrottle, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        throttle.count("olga", now)


def test_first_guesses_are_free_and_each_further_one_doubles_the_wait() -> None:
    throttle, waits = GuessThrottle(3), list[float]()
    for _ in range(7):
        throttle.count("olga", 100.0)
        waits.append(throttle.wait("olga", 100.0))
    assert waits == [0, 0, 0, 5, 10, 20, 40]
    assert throttle.wait("olga", 105.0) == 35
    assert throttle.wait("olga", 140.0) == 0
    assert throttle.wait("otto", 100.0) == 0


def test_wait_and_memory_of_failures_are_bounded() -> None:
    throttle = GuessThrottle(1)
    guess(throttle, 5000)
    assert throttle.wait("olga", 0.0) == LONGEST_SECONDS
    assert throttle.wait("olga", LONGEST_SECONDS) == 0
    guess(throttle, 1, FORGET_SECONDS + 1)
    assert throttle.wait("olga", FORGET_SECONDS + 1) == 0


def test_success_resets_the_failures() -> None:
    throttle = GuessThrottle(1)
    guess(throttle, 9)
    assert throttle.wait("olga", 0.0) > 0
    throttle.succeed("olga")
    throttle.succeed("nobody")
    assert throttle.wait("olga", 0.0) == 0


def test_cancelled_attempt_is_not_counted() -> None:
    throttle = GuessThrottle(1)
    guess(throttle, 2)
    assert throttle.wait("olga", 0.0) == 5
    throttle.take_back("olga")
    assert throttle.wait("olga", 0.0) == 0
    for _ in range(3):
        throttle.take_back("olga")
    guess(throttle, 1)
    assert throttle.wait("olga", 0.0) == 0
    guess(throttle, 1)
    assert throttle.wait("olga", 0.0) == 5


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle_module, "MAX_KEYS", 2)
    throttle = GuessThrottle(0)
    for key in ("a", "b", "c"):
        throttle.count(key, 0.0)
    assert [throttle.wait(key, 0.0) > 0 for key in ("a", "b", "c")] == [False, True, True]


def test_expired_records_are_removed_as_others_are_counted() -> None:
    throttle = GuessThrottle(0)
    for number in range(4):
        throttle.count(f"early {number}", 0.0)
    assert len(throttle) == 4

    throttle.count("later", FORGET_SECONDS + 1)
    assert len(throttle) == 3
    throttle.count("later", FORGET_SECONDS + 2)
    assert len(throttle) == 1
    assert throttle.wait("later", FORGET_SECONDS + 2) > 0


def test_longest_wait_can_be_set() -> None:
    throttle = GuessThrottle(20, 30.0)
    guess(throttle, 10_000)
    assert throttle.wait("olga", 0.0) == 30
    assert throttle.wait("olga", 30.0) == 0
