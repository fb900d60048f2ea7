"""Threat 62: which X-Forwarded-For headers are trusted."""

import tracemalloc

import pytest

from crumbless.http.client_address import network_of, peer_network

PROXIES = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("192.0.2.8", "198.51.100.1", "192.0.2.8"),
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("192.0.2.7", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.1.2.3", "10.5.5.5, 10.9.9.9", "10.5.5.5"),
        ("10.1.2.3", "6.6.6.6, junk", "unknown"),
        ("", "198.51.100.1", "unknown"),
        ("10.1.2.3", "198.51.100.1, " + "9" * 46, "unknown"),
        ("::ffff:203.0.113.5", "", "203.0.113.5"),
        ("::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "2001:0db8:0001:0002:0003:0004:255.255.255.255", "2001:db8:1:2::/64"),
    ],
)
def test_last_hop_that_is_no_trusted_proxy_is_the_client(peer: str, forwarded: str, network: str) -> None:
    assert network_of(peer, forwarded, PROXIES) == network


def test_no_proxy_is_trusted_by_default() -> None:
    assert network_of("127.0.0.1", "198.51.100.1", []) == "127.0.0.1"


def test_long_hops_do_not_grow_memory() -> None:
    """An address is the key of a cache: 2000 hops of 60 kB would be 120 MB."""
    tracemalloc.start()
    try:
        for number in range(2000):
            assert network_of("10.1.2.3", f"198.51.100.1, {number:060000}", PROXIES) == "unknown"
        for number in range(2000):
            assert network_of("10.1.2.3", f"198.51.100.1, {number:045}", PROXIES) == "unknown"
        assert tracemalloc.get_traced_memory()[0] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("peer", "network"),
    [("203.0.113.5", "203.0.113.5"), ("2001:db8:1:2::5", "2001:db8:1:2::/64"), ("10.1.2.3", ""), ("", "")],
)
def test_proxy_has_no_network(peer: str, network: str) -> None:
    assert peer_network(peer, PROXIES) == network
