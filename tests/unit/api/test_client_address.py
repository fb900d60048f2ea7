"""Threat 62: whose word about the client's address is believed."""

import pytest

from crumbless.api.client_address import network_of

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
    ],
)
def test_the_last_hop_that_is_no_proxy_of_ours_counts(peer: str, forwarded: str, network: str) -> None:
    assert network_of(peer, forwarded, PROXIES) == network


def test_nobody_is_believed_by_default() -> None:
    assert network_of("127.0.0.1", "198.51.100.1", []) == "127.0.0.1"
