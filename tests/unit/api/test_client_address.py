"""Threat 62: whose word about the client's address is believed."""

import tracemalloc

import pytest

from crumbless.api.client_address import network_of, peer_network

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
def test_the_last_hop_that_is_no_proxy_of_ours_counts(peer: str, forwarded: str, network: str) -> None:
    assert network_of(peer, forwarded, PROXIES) == network


def test_nobody_is_believed_by_default() -> None:
    assert network_of("127.0.0.1", "198.51.100.1", []) == "127.0.0.1"


def test_long_hops_take_no_memory() -> None:
    """An address is a key of a cache: 2000 hops of 60 kB would be 120 MB."""
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
def test_a_proxy_has_no_network_of_its_own(peer: str, network: str) -> None:
    assert peer_network(peer, PROXIES) == network
