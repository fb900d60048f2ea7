"""Which hosts belong together: a site is a registrable domain (HTML Standard, "site"; publicsuffix.org)."""

from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList


def host_of(url: str) -> str:
    """The host of an address, without its port; empty when it has none (`data:`, `blob:`)."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@cache
def site_of(host: str) -> str:
    """The registrable domain of a host; an IP address and a bare name stand for themselves."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return _suffixes().privatesuffix(host.lower()) or host.lower()
    return host


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
