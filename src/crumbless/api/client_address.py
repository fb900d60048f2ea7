"""Where a client is, for limits: never stored, never logged."""

import functools
import ipaddress
from collections.abc import Sequence

from crumbless.api.platform import Platform
from crumbless.errors import Refused

STRANGERS_RETRY_SECONDS = 5.0


def network_of(address: str, forwarded: str, trusted_proxies: Sequence[str]) -> str:
    """The client's network: an IPv4 address, or the /64 of an IPv6 one, which is what one subscriber has.

    Args:
        address: the peer of the connection; empty for a Unix socket.
        forwarded: its X-Forwarded-For, believed only when the peer is a trusted proxy. The last hop that is none
            itself counts: what stands before it, the client may have written.
        trusted_proxies: addresses and networks (see Settings).
    """
    for hop in reversed(forwarded.split(",")):
        if not is_trusted(address, trusted_proxies):
            break
        address = hop.strip() or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def is_trusted(address: str, trusted_proxies: Sequence[str]) -> bool:
    """Whether the headers of this peer are believed."""
    return bool(trusted_proxies) and _lies_in(address, tuple(trusted_proxies))


@functools.lru_cache(1024)
def _lies_in(address: str, networks: tuple[str, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)


def check_strangers(platform: Platform, network: str) -> None:
    """Raises Refused `slow_down` when too many streams of this network have not authenticated yet."""
    if platform.streams.strangers_from(network) >= platform.settings.strangers_per_address:
        raise Refused("slow_down", retry_after=STRANGERS_RETRY_SECONDS)
