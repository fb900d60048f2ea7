"""Nonces and the memory of used proofs, with a clock that is set by hand."""

import base64
import hashlib
import hmac
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from signed_proof import (
    CLOCK,
    NEXT_MINUTE,
    NOW,
    SECRET,
    TOKEN,
    encode,
)

from crumbless.security.dpop import MAX_PROOFS, PROOF_BYTES, NonceClock, ReplayCache, token_hash


def test_token_is_hashed_with_sha_256() -> None:
    assert token_hash(TOKEN) == hashlib.sha256(TOKEN.encode()).digest()
    assert token_hash("\ud800") != token_hash("")


class Clock:
    """A clock that does not advance until it is set."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_nonce_is_the_minute_and_its_mac() -> None:
    raw = base64.urlsafe_b64decode(NonceClock(SECRET, lambda: NOW).current())

    minute = int(NOW // 60).to_bytes(8, "big")
    assert raw == minute + hmac.digest(SECRET, minute, "sha256")[:16]


def test_nonce_is_valid_in_its_minute_and_the_two_that_follow() -> None:
    clock = Clock(NEXT_MINUTE - 60)
    nonces = NonceClock(SECRET, clock)
    nonce = nonces.current()

    clock.now = NEXT_MINUTE + 120 - 0.001
    assert nonces.accepts(nonce)
    clock.now = NEXT_MINUTE + 120
    assert not nonces.accepts(nonce)
    clock.now = NEXT_MINUTE - 60.001
    assert not nonces.accepts(nonce)


def test_nonce_changes_with_the_minute_only() -> None:
    clock = Clock(NEXT_MINUTE)
    nonces = NonceClock(SECRET, clock)
    first = nonces.current()

    clock.now = NEXT_MINUTE + 59.999
    assert nonces.current() == first
    clock.now = NEXT_MINUTE + 60
    assert nonces.current() != first


def test_nodes_with_the_same_secret_accept_each_others_nonces() -> None:
    mine, theirs = NonceClock(SECRET, lambda: NOW), NonceClock(SECRET, lambda: NOW + 60)
    foreign = NonceClock(b"t" * 32, lambda: NOW)

    assert theirs.accepts(mine.current())
    assert not foreign.accepts(mine.current())


@given(st.text(st.characters()) | st.binary(min_size=24, max_size=24).map(encode))
def test_garbage_is_no_nonce(text: str) -> None:
    assert not CLOCK.accepts(text)


@given(st.integers(0, 31), st.sampled_from("ABCabc019-_=?\u00e9"))
def test_nonce_with_any_character_changed_is_refused(at: int, other: str) -> None:
    nonce = CLOCK.current()
    assert CLOCK.accepts(nonce)
    changed = nonce[:at] + other + nonce[at + 1 :]

    assert CLOCK.accepts(changed) == (changed == nonce)


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 200)), max_size=60))
def test_replay_is_detected_for_three_minutes_and_then_forgotten(steps: list[tuple[int, float]]) -> None:
    clock = Clock(NOW)
    cache, first_at = ReplayCache(clock), dict[int, float]()
    for number, pause in steps:
        clock.now += pause
        new = cache.first_time(bytes([number]) * 16)
        if new:
            assert number not in first_at or clock.now - first_at[number] >= 180
            first_at[number] = clock.now
        else:
            # A generation that began late may last up to six minutes, and is stored for three more.
            assert clock.now - first_at[number] < 540


def test_proof_used_just_before_the_generations_change_is_known_for_three_minutes() -> None:
    clock = Clock(NOW)
    cache = ReplayCache(clock)
    for seconds, key in ((169.5, b"a"), (170, b"b"), (179.5, b"c"), (180, b"d"), (340, b"e")):
        clock.now = NOW + seconds
        assert cache.first_time(key * 16)

    for seconds, key in ((349.4, b"a"), (349.9, b"b"), (359.4, b"c"), (359.9, b"d")):
        clock.now = NOW + seconds
        assert not cache.first_time(key * 16)


def test_used_proofs_are_forgotten_in_time() -> None:
    clock = Clock(NOW)
    cache = ReplayCache(clock)
    for number in range(100):
        cache.first_time(number.to_bytes(16, "big"))
    assert len(cache) == 100

    clock.now += 360
    assert cache.first_time(b"n" * 16)

    assert len(cache) == 1


def test_flood_of_proofs_cannot_fill_the_memory() -> None:
    cache = ReplayCache(lambda: NOW, limit=50)
    for number in range(1_000):
        assert cache.first_time(number.to_bytes(16, "big"))
        assert len(cache) <= 100

    # The newest are known all the same.
    assert not any(cache.first_time(number.to_bytes(16, "big")) for number in range(950, 1_000))


def test_flood_of_proofs_stays_below_the_limit_in_bytes() -> None:
    cache = ReplayCache(Clock(NOW))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(2 * MAX_PROOFS + 10_000):
            assert cache.first_time(number.to_bytes(16, "big"))
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 2 * MAX_PROOFS * PROOF_BYTES
