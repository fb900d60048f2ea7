"""Origins whose pages may show a site's chat."""

import pytest

from crumbless.core.errors import ApiError
from crumbless.core.origin import check_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://www.example.com", "https://www.example.com"),
        (" https://www.example.com/ ", "https://www.example.com"),
        ("HTTPS://WWW.Example.COM", "https://www.example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:80", "http://example.com"),
        ("http://localhost:8001", "http://localhost:8001"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_origin_is_normalised_as_browsers_send_it(text: str, origin: str) -> None:
    assert check_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "*",
        "https://*.example.com",
        "www.example.com",
        "ftp://example.com",
        "https://example.com/shop",
        "https://example.com?x=1",
        "https://example.com#x",
        "https://user@example.com",
        "https://example.com:port",
        "https://example.com:99999",
        "javascript:alert(1)",
        "https://[::1",
    ],
)
def test_invalid_origin_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_origin(text)
    assert caught.value.code == "invalid"
