"""A device has a coarse name."""

import pytest

from crumbless.http.device import device_name, place_name

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (EDGE, "Edge on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("curl/8.0", ""),
        ("", ""),
        ("<script>alert(1)</script> Windows", "Windows"),
    ],
)
def test_device_is_named_by_browser_and_system(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


@pytest.mark.parametrize(
    ("time_zone", "name"),
    [
        ("Europe/Berlin", "Europe, Berlin"),
        ("America/Argentina/Buenos_Aires", "America, Buenos Aires"),
        ("Etc/UTC", ""),
        ("UTC", ""),
        ("Nowhere/Land", ""),
        ("../../etc/passwd", ""),
        ("", ""),
    ],
)
def test_place_follows_from_the_time_zone(time_zone: str, name: str) -> None:
    assert place_name(time_zone) == name
