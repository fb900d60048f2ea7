"""Where a client is, for limits: never stored, never logged."""

import ipaddress
from collections.abc import Sequence

from crumbless.api.platform import Platform
from crumbless.errors import Refused

STRANGERS_RETRY_SECONDS = 5.0


def network_of(address: str, forwarded: str, trusted_proxies: Sequence[str]) -> str:
    """The client's network: an IPv4 address, or the /64 of an IPv6 one, which is what one subscriber has.

    Args:
        address: the peer of the connection.
        forwarded: its X-Forwarded-For, believed only when the peer is a trusted proxy; the last hop counts.
    """
    if address in trusted_proxies:
        address = forwarded.rpartition(",")[2].strip() or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def check_strangers(platform: Platform, network: str) -> None:
    """Raises Refused `slow_down` when too many streams of this network have not authenticated yet."""
    if platform.streams.strangers_from(network) >= platform.settings.strangers_per_address:
        raise Refused("slow_down", retry_after=STRANGERS_RETRY_SECONDS)
