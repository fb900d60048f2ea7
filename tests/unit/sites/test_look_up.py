"""A network with too many requests for unknown names is refused before any read."""

import time

import pytest

from crumbless.core.errors import ApiError
from crumbless.core.rate_limit import KeyedBuckets, Rate
from crumbless.http.look_up import look_up
from crumbless.sites import known_sites
from crumbless.sites.known_sites import KnownSites


class Reader:
    """Counts its reads."""

    def __init__(self, found: str | None) -> None:
        self.found = found
        self.asked = 0

    async def __call__(self) -> str | None:
        self.asked += 1
        return self.found


async def test_unknown_names_are_refused_after_the_burst_without_a_read() -> None:
    buckets, reader = KeyedBuckets(Rate(1 / 3_600, 3)), Reader(None)
    for _ in range(3):
        assert await look_up(buckets, "192.0.2.1", reader) is None
    for _ in range(5):
        with pytest.raises(ApiError, match="slow_down") as refused:
            await look_up(buckets, "192.0.2.1", reader)
        assert refused.value.retry_after > 0
    assert reader.asked == 3
    assert await look_up(buckets, "192.0.2.2", reader) is None
    assert reader.asked == 4


async def test_known_names_are_not_counted() -> None:
    buckets, reader = KeyedBuckets(Rate(1 / 3_600, 3)), Reader("tea")
    for _ in range(20):
        assert await look_up(buckets, "192.0.2.1", reader) == "tea"
    assert buckets.wait("192.0.2.1", time.monotonic()) == 0.0


def test_cache_of_known_sites_is_bounded_and_drops_deleted_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_sites, "MAX_ITEMS", 3)
    known = KnownSites()
    for key in ("a", "b", "c", "a", "d"):
        known.note(key, known=True)
    assert [key in known for key in "abcd"] == [True, False, True, True]
    known.note("a", known=False)
    known.note("unknown", known=False)
    assert ("a" in known, "unknown" in known, len(known)) == (False, False, 2)
