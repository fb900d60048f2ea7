"""The client's network, for limits. It is neither stored nor logged."""

import functools
import ipaddress
from collections.abc import Sequence

from crumbless.core.errors import ApiError
from crumbless.http.services import Services
from crumbless.http.tcp_connections import TcpConnections

UNAUTHENTICATED_RETRY_SECONDS = 5.0

MAX_ADDRESS = 45
"""Longest IP address in characters: IPv6 with an embedded IPv4 address. A client may send longer texts."""


def network_of(address: str, forwarded: str, trusted_proxies: Sequence[str]) -> str:
    """Return the client's network: an IPv4 address, or the /64 network of an IPv6 address, which one subscriber has.

    Args:
        address: the peer of the connection; empty for a Unix socket.
        forwarded: all lines of its X-Forwarded-For, joined in order (`join_lines`). Used only if the peer is a trusted
            proxy. The last hop that is not a trusted proxy counts, because the client may have written earlier ones.
            The header Forwarded (RFC 7239) is ignored, because the two may contradict each other.
        trusted_proxies: addresses and networks (see Settings).
    """
    for hop in reversed(forwarded.split(",")):
        if not is_trusted(address, trusted_proxies):
            break
        address = hop.strip() or address
    # Checks the length first, because a longer text must not become a key of the cache.
    return _network(address) if len(address) <= MAX_ADDRESS else "unknown"


# Every request asks for it, and reading an address took 5 % of an inbox read's time.
@functools.lru_cache(1024)
def _network(address: str) -> str:
    parsed = _parse(address)
    if parsed is None:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def peer_network(address: str, trusted_proxies: Sequence[str]) -> str:
    """Return the network whose limit a TCP connection counts against. Empty for a proxy, which carries many clients."""
    return "" if not address or is_trusted(address, trusted_proxies) else network_of(address, "", ())


def is_trusted(address: str, trusted_proxies: Sequence[str]) -> bool:
    """Return whether this peer is a trusted proxy."""
    # Checks the length first, because a longer text must not become a key of the cache.
    return bool(trusted_proxies) and len(address) <= MAX_ADDRESS and _is_in_networks(address, tuple(trusted_proxies))


@functools.lru_cache(1024)
def _is_in_networks(address: str, networks: tuple[str, ...]) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address. For an IPv4 client of an IPv6 socket return the IPv4 address: all share one /64 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if parsed.version == 6 else parsed


def check_unauthenticated(services: Services, network: str) -> None:
    """Reject a new unauthenticated stream if there are too many.

    Raises:
        ApiError: `slow_down` if the network has too many, `busy` if the node serves only authenticated clients.
    """
    if services.of(TcpConnections).crowded:
        raise ApiError("busy", retry_after=UNAUTHENTICATED_RETRY_SECONDS)
    if services.streams.unauthenticated_from(network) >= services.settings.streams.unauthenticated_per_address:
        raise ApiError("slow_down", retry_after=UNAUTHENTICATED_RETRY_SECONDS)
