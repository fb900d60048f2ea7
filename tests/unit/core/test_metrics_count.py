"""Counters of a running node."""

from crumbless.core.metrics import OTHER_METHOD, Histogram, HttpMetrics


def test_histogram_counts_values_up_to_each_bound() -> None:
    histogram = Histogram((1, 2.5))
    for value in (0, 1, 1.5, 2.5, 2.6, 1000):
        histogram.add(value)
    assert histogram.buckets() == [("1", 2), ("2.5", 4), ("+Inf", 6)]
    assert histogram.total == 1007.6


def test_empty_histogram_has_its_bounds() -> None:
    assert Histogram((1,)).buckets() == [("1", 0), ("+Inf", 0)]


def test_uncommon_methods_share_one_label() -> None:
    metrics = HttpMetrics()
    for method in ("GET", "POST", "PROPFIND", "MKCOL", "x" * 1_000):
        metrics.count_response(method, "/v1/check", 405)
    assert metrics.responses == {
        ("GET", "/v1/check", 405): 1,
        ("POST", "/v1/check", 405): 1,
        (OTHER_METHOD, "/v1/check", 405): 3,
    }
