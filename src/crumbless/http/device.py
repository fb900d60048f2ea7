"""Names the device of a session coarsely, without its address or full User-Agent."""

import re
import zoneinfo
from dataclasses import dataclass
from functools import cache

from crumbless.http.request import AnyRequest, client_network, services_of
from crumbless.security.encryption import SecretBox
from crumbless.security.network_hash import network_hash

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_match_zone = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2}").fullmatch


@dataclass(frozen=True, slots=True)
class Device:
    """The device of a session.

    Args:
        thumbprint: the key that the session is bound to.
        name: the coarse name that the list of sessions shows.
        network: a keyed hash of the client's network.
    """

    thumbprint: str
    name: str = ""
    time_zone_name: str = ""
    network: str = ""


def read_device(request: AnyRequest, thumbprint: str, time_zone: str) -> Device:
    """Return the device of the request, with this key and time zone."""
    network = operator_network_hash(services_of(request).secret_box, client_network(request))
    return Device(thumbprint, device_name(request.headers.get("user-agent", "")), place_name(time_zone), network)


def operator_network_hash(secret_box: SecretBox, network: str) -> str:
    """Return what is stored of an operator's network. Its key differs from the one for bans, so the two never match."""
    return network_hash(secret_box.derive("operator networks"), network)


def device_name(user_agent: str) -> str:
    """Return a name such as "Firefox on Linux", or an empty text if nothing is recognised."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system


def place_name(time_zone: str) -> str:
    """Return a place such as "Europe, Berlin" from the name of a time zone, or an empty text if the name is invalid."""
    if not _match_zone(time_zone) or time_zone not in _zones() or "/" not in time_zone:
        return ""
    region, *places = time_zone.split("/")
    return f"{region}, {places[-1]}".replace("_", " ") if region != "Etc" else ""


@cache
def _zones() -> set[str]:
    return zoneinfo.available_timezones()
