"""Where a client is, for limits: never stored, never logged."""

import functools
import ipaddress
from collections.abc import Sequence

from crumbless.api.platform import Services
from crumbless.errors import ApiError
from crumbless.live.tcp_connections import TcpConnections

UNAUTHENTICATED_RETRY_SECONDS = 5.0

MAX_ADDRESS = 45
"""Characters of the longest IP address: an IPv6 one that ends in an IPv4 one. A client may write longer ones."""


def network_of(address: str, forwarded: str, trusted_proxies: Sequence[str]) -> str:
    """The client's network: an IPv4 address, or the /64 of an IPv6 one, which is what one subscriber has.

    Args:
        address: the peer of the connection; empty for a Unix socket.
        forwarded: all lines of its X-Forwarded-For, joined in order (`join_lines`), believed only when the peer is a
            trusted proxy. The last hop that is none itself counts: what stands before it, the client may have written.
            The header Forwarded (RFC 7239) is ignored: the two may contradict one another.
        trusted_proxies: addresses and networks (see Settings).
    """
    for hop in reversed(forwarded.split(",")):
        if not is_trusted(address, trusted_proxies):
            break
        address = hop.strip() or address
    parsed = _parse(address)
    if parsed is None:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def peer_network(address: str, trusted_proxies: Sequence[str]) -> str:
    """Return the network whose limit a TCP connection counts against; empty for a trusted proxy, which carries many."""
    return "" if not address or is_trusted(address, trusted_proxies) else network_of(address, "", ())


def is_trusted(address: str, trusted_proxies: Sequence[str]) -> bool:
    """Whether the headers of this peer are believed."""
    # The length first: a longer address must not become a key of the cache.
    return bool(trusted_proxies) and len(address) <= MAX_ADDRESS and _lies_in(address, tuple(trusted_proxies))


@functools.lru_cache(1024)
def _lies_in(address: str, networks: tuple[str, ...]) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address; an IPv4 client of an IPv6 socket by its IPv4 address, or all of them were one network."""
    if len(address) > MAX_ADDRESS:
        return None
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if parsed.version == 6 else parsed


def check_unauthenticated(services: Services, network: str) -> None:
    """Refuse a stream that would be one too many before it has authenticated.

    Raises:
        ApiError: `slow_down` for too many of this network, `busy` while the node is crowded.
    """
    if services.of(TcpConnections).crowded:
        raise ApiError("busy", retry_after=UNAUTHENTICATED_RETRY_SECONDS)
    if services.streams.unauthenticated_from(network) >= services.settings.streams.unauthenticated_per_address:
        raise ApiError("slow_down", retry_after=UNAUTHENTICATED_RETRY_SECONDS)
