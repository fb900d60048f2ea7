"""Rate limits: token buckets that refill on use, so that they need no timer.

Times are seconds of any clock that does not jump, given by the caller.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from math import inf

MAX_KEYS = 10_000
"""Buckets of one limiter. A new network has its whole burst anyway, so more memory would stop no attacker."""

KEY_BYTES = 16

ENTRY_BYTES = 256
"""Upper bound of the memory of one entry of a limiter (measured: 196 bytes of a bucket, 204 of a failure record). A
limiter uses at most `MAX_KEYS * ENTRY_BYTES` bytes; tests/unit/core/test_rate_limit.py measures it."""

# Random per process: a client cannot choose two keys that collide, and a memory dump does not reveal the keys.
_SECRET = secrets.token_bytes(32)

_ROUNDING_SECONDS = 0.001
"""Added to every wait, so that a client that waited as long as required is not rejected for a rounding error."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` on average, `burst` at once.

    Raises ValueError if `per_second` is not positive or `burst` is under 1, because no token could ever be taken.
    """

    per_second: float
    burst: float

    def __post_init__(self) -> None:
        if not (self.per_second > 0 and self.burst >= 1):
            raise ValueError(f"a rate needs per_second > 0 and burst >= 1, not {self.per_second} and {self.burst}")


class Bucket:
    """The remaining `tokens` of a rate `at` a time. A new bucket is full for every rate."""

    __slots__ = ("at", "tokens")

    def __init__(self) -> None:
        self.tokens = inf
        self.at = -inf


def take(bucket: Bucket, rate: Rate, now: float) -> float:
    """Take one token from `bucket`.

    Returns 0.0 if it was taken, else the seconds until it can be. A rejection costs nothing: repeated requests do not
    lengthen the wait. In any t seconds, at most `burst + per_second * t` tokens are taken.
    """
    elapsed = now - bucket.at
    tokens = bucket.tokens
    if elapsed > 0:
        tokens += elapsed * rate.per_second
    tokens = min(tokens, rate.burst)
    if tokens < 1:
        return (1 - tokens) / rate.per_second + max(-elapsed, 0.0) + _ROUNDING_SECONDS
    bucket.tokens = tokens - 1
    bucket.at = max(now, bucket.at)
    return 0.0


def wait_of(bucket: Bucket, rate: Rate, now: float) -> float:
    """Return what `take` would return, without taking a token."""
    probe = Bucket()
    probe.tokens, probe.at = bucket.tokens, bucket.at
    return take(probe, rate, now)


def limit_key(key: str | int) -> bytes:
    """Return the keyed hash under which a limiter stores `key`: 16 bytes for a key of any length.

    Takes about 0.5 µs.
    """
    return blake2b(str(key).encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES, key=_SECRET).digest()


class KeyedBuckets:
    """One bucket for each key (an IP or email address), and never more than `limit` of them.

    Keys are stored as hashes of a fixed size (`limit_key`), so that long keys do not fill the memory.

    A bucket that is full again equals a new one and is dropped first. If all are in use, the least recently used one is
    dropped. A flood of keys may gain a burst, but cannot fill the server's memory.
    """

    __slots__ = ("_buckets", "_limit", "_rate", "_refill_seconds")

    def __init__(self, rate: Rate, limit: int = MAX_KEYS) -> None:
        self._rate = rate
        self._limit = limit
        self._refill_seconds = rate.burst / rate.per_second
        # Ordered by the time of the last taken token.
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    @property
    def rate(self) -> Rate:
        """Return the rate of each key."""
        return self._rate

    def take(self, key: str | int, now: float) -> float:
        """Take one token for `key`. Return 0.0 if it was taken, else the seconds to wait, as the function `take`
        does."""
        hashed = limit_key(key)
        bucket = self._buckets.get(hashed)
        if bucket is None:
            self._make_room(now)
            bucket = self._buckets[hashed] = Bucket()
        wait = take(bucket, self._rate, now)
        if not wait:
            self._buckets.move_to_end(hashed)
        return wait

    def wait(self, key: str | int, now: float) -> float:
        """Return the seconds until `take` could take a token for `key`; 0.0 if it could now. Takes no token."""
        bucket = self._buckets.get(limit_key(key))
        return 0.0 if bucket is None else wait_of(bucket, self._rate, now)

    def _make_room(self, now: float) -> None:
        # Up to two are deleted for each new one, so that full buckets disappear without a sweep.
        for _ in range(2):
            if not self._oldest_is_full(now):
                break
            self._buckets.popitem(last=False)
        if len(self._buckets) >= self._limit:
            self._buckets.popitem(last=False)

    def _oldest_is_full(self, now: float) -> bool:
        oldest = next(iter(self._buckets.values()), None)
        return oldest is not None and now - oldest.at >= self._refill_seconds
