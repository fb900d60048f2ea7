import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.guess_throttle import MAX_KEYS as MAX_RECORDS
from crumbless.core.guess_throttle import GuessThrottle
from crumbless.core.rate_limit import ENTRY_BYTES, KEY_BYTES, MAX_KEYS, Bucket, KeyedBuckets, Rate, limit_key, take

rates = st.builds(Rate, st.floats(0.01, 2_000), st.floats(1, 500))
pauses = st.lists(st.floats(0, 20) | st.floats(0, 0.01), min_size=1, max_size=80)
starts = st.sampled_from([0.0, 12_345.678, 1_700_000_000.25])

FIVE_AT_ONCE = Rate(per_second=2, burst=5)


def test_new_bucket_allows_its_burst_and_then_returns_a_wait() -> None:
    bucket = Bucket()

    assert [take(bucket, FIVE_AT_ONCE, 100.0) for _ in range(5)] == [0.0] * 5
    assert take(bucket, FIVE_AT_ONCE, 100.0) == pytest.approx(0.5, abs=0.002)


def test_bucket_refills_at_its_rate_up_to_its_burst() -> None:
    bucket = Bucket()
    for _ in range(5):
        take(bucket, FIVE_AT_ONCE, 100.0)

    taken_after_a_second = [take(bucket, FIVE_AT_ONCE, 101.0) for _ in range(3)]
    assert taken_after_a_second[:2] == [0.0, 0.0]
    assert taken_after_a_second[2] > 0

    taken_after_an_hour = [take(bucket, FIVE_AT_ONCE, 3_701.0) for _ in range(6)]
    assert taken_after_an_hour[:5] == [0.0] * 5
    assert taken_after_an_hour[5] > 0


def test_repeated_requests_do_not_lengthen_the_wait() -> None:
    bucket = Bucket()
    for _ in range(5):
        take(bucket, FIVE_AT_ONCE, 100.0)

    first_wait = take(bucket, FIVE_AT_ONCE, 100.0)
    for _ in range(1_000):
        assert take(bucket, FIVE_AT_ONCE, 100.1) > 0

    assert take(bucket, FIVE_AT_ONCE, 100.0 + first_wait) == 0.0


def test_clock_that_is_set_back_gives_no_free_tokens() -> None:
    bucket = Bucket()
    for _ in range(5):
        take(bucket, FIVE_AT_ONCE, 100.0)

    wait = take(bucket, FIVE_AT_ONCE, 90.0)

    assert wait == pytest.approx(10.5, abs=0.002)
    assert take(bucket, FIVE_AT_ONCE, 90.0 + wait) == 0.0
    assert take(bucket, FIVE_AT_ONCE, 90.0 + wait) > 0


def test_token_taken_while_the_clock_is_back_refills_nothing() -> None:
    bucket = Bucket()
    assert take(bucket, FIVE_AT_ONCE, 100.0) == 0.0
    assert take(bucket, FIVE_AT_ONCE, 90.0) == 0.0

    assert [take(bucket, FIVE_AT_ONCE, 100.0) for _ in range(3)] == [0.0] * 3
    assert take(bucket, FIVE_AT_ONCE, 100.0) > 0


@given(rates, starts, pauses)
def test_any_window_of_time_gives_at_most_the_burst_and_the_rate(rate: Rate, start: float, pauses: list[float]) -> None:
    bucket, now, taken_at = Bucket(), start, list[float]()
    for pause in pauses:
        now += pause
        for _ in range(3):
            if take(bucket, rate, now) == 0.0:
                taken_at.append(now)

    assert taken_at
    for first, since in enumerate(taken_at):
        for last in range(first, len(taken_at)):
            window = taken_at[last] - since
            assert last - first + 1 <= rate.burst + rate.per_second * window + 0.01


@given(rates, starts, pauses)
def test_wait_is_sufficient_and_not_longer_than_needed(rate: Rate, start: float, pauses: list[float]) -> None:
    bucket, now = Bucket(), start
    for pause in pauses:
        now += pause
        while not (wait := take(bucket, rate, now)):
            pass
        assert take(bucket, rate, now + max(wait - 0.002, 0)) > 0
        assert take(bucket, rate, now + wait) == 0.0
        now += wait


@pytest.mark.parametrize(("per_second", "burst"), [(0, 5), (-1, 5), (1, 0.5), (float("nan"), 5), (1, float("nan"))])
def test_rate_of_zero_is_refused(per_second: float, burst: float) -> None:
    with pytest.raises(ValueError, match="per_second > 0 and burst >= 1"):
        Rate(per_second, burst)


def test_each_key_has_a_separate_bucket() -> None:
    buckets = KeyedBuckets(FIVE_AT_ONCE)
    for _ in range(5):
        assert buckets.take("a", 100.0) == 0.0

    assert buckets.take("a", 100.0) > 0
    assert buckets.take("b", 100.0) == 0.0


def test_full_buckets_are_dropped_and_used_ones_stay() -> None:
    buckets = KeyedBuckets(FIVE_AT_ONCE, limit=100)
    for number in range(50):
        buckets.take(number, 100.0)
    for _ in range(5):
        buckets.take("used", 102.4)
    assert len(buckets) == 51

    # 2.5 seconds fill a bucket of five.
    for number in range(30):
        buckets.take(f"later {number}", 102.5)

    assert len(buckets) == 31
    assert buckets.take("used", 102.5) > 0


def test_number_of_buckets_is_bounded() -> None:
    buckets = KeyedBuckets(FIVE_AT_ONCE, limit=10)
    for number in range(1_000):
        assert buckets.take(number, 100.0) == 0.0
        assert len(buckets) <= 10


def test_bucket_with_the_oldest_use_is_dropped_first() -> None:
    buckets = KeyedBuckets(Rate(per_second=0.1, burst=1), limit=3)
    buckets.take("a", 100.0)
    buckets.take("b", 101.0)
    buckets.take("c", 102.0)
    # A refusal takes no token, so it does not save a bucket either.
    assert buckets.take("a", 103.0) > 0

    buckets.take("d", 104.0)

    assert buckets.take("b", 104.0) > 0
    assert buckets.take("c", 104.0) > 0
    assert buckets.take("a", 104.0) == 0.0


def test_recently_used_bucket_is_dropped_later() -> None:
    buckets = KeyedBuckets(Rate(per_second=0.1, burst=2), limit=2)
    for key, at in (("a", 100.0), ("b", 101.0), ("a", 102.0), ("c", 103.0)):
        assert buckets.take(key, at) == 0.0

    assert buckets.take("a", 103.0) > 0


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1)), max_size=200))
def test_dropping_full_buckets_changes_no_result(steps: list[tuple[int, float]]) -> None:
    keyed, lasting, now = KeyedBuckets(FIVE_AT_ONCE), [Bucket() for _ in range(31)], 50.0
    for key, pause in steps:
        now += pause
        assert keyed.take(key, now) == pytest.approx(take(lasting[key], FIVE_AT_ONCE, now), abs=1e-9)


def test_limit_keys_have_a_fixed_size_and_differ() -> None:
    keys = [limit_key(key) for key in ("", "a", "b", "x" * 100_000, "y" * 100_000, 1, 2, "\ud800")]

    assert {len(key) for key in keys} == {KEY_BYTES}
    assert len({*keys}) == len(keys)
    assert limit_key("x" * 100_000) == limit_key("x" * 100_000)


def memory_of(fill: Callable[[], object]) -> int:
    """Return the bytes that are still allocated after `fill`, while its result exists."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        made = fill()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert made is not None
    return after - before


def flood_buckets() -> KeyedBuckets:
    buckets = KeyedBuckets(Rate(1 / 60, 20))
    for number in range(2 * MAX_KEYS):
        buckets.take(f"{number} {'x' * 1_000}", 1_000.0 + number / 1_000)
    return buckets


def flood_throttle() -> GuessThrottle:
    throttle = GuessThrottle(5)
    for number in range(MAX_RECORDS + 1_000):
        throttle.count(f"{number} {'x' * 1_000}", 1_000.0 + number / 1_000)
    return throttle


@pytest.mark.parametrize(
    ("flood", "most"), [(flood_buckets, MAX_KEYS), (flood_throttle, MAX_RECORDS)], ids=["buckets", "throttle"]
)
def test_flood_of_long_keys_stays_below_the_limit_in_bytes(flood: Callable[[], object], most: int) -> None:
    assert memory_of(flood) < most * ENTRY_BYTES


def test_waiting_time_is_returned_without_taking_a_token() -> None:
    buckets = KeyedBuckets(FIVE_AT_ONCE)
    assert buckets.wait("a", 100.0) == 0.0
    assert len(buckets) == 0
    for _ in range(5):
        assert buckets.wait("a", 100.0) == 0.0
        buckets.take("a", 100.0)

    assert buckets.wait("a", 100.0) == pytest.approx(0.5, abs=0.002)
    assert buckets.wait("a", 101.0) == 0.0
