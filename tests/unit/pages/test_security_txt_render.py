"""The contact for reports of vulnerabilities in the format of RFC 9116."""

from datetime import UTC, datetime, timedelta

import pytest

from crumbless.pages.security_txt import render_security_txt

NOW = datetime(2026, 11, 29, 13, 30, tzinfo=UTC)
MILLISECONDS = int(NOW.timestamp() * 1000)


def fields(contact: str, now: int = MILLISECONDS) -> dict[str, str]:
    lines = render_security_txt(contact, "https://chat.example", now).splitlines()
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ("security@shop.example", "mailto:security@shop.example"),
        ("https://shop.example/report", "https://shop.example/report"),
    ],
)
def test_contact_is_an_address_with_a_scheme(contact: str, field: str) -> None:
    assert fields(contact) == {
        "Contact": field,
        "Expires": "2027-02-27T00:00:00Z",
        "Canonical": "https://chat.example/.well-known/security.txt",
    }


def test_file_is_valid_for_less_than_a_year_and_equal_for_a_day() -> None:
    expires = datetime.fromisoformat(fields("a@b.example")["Expires"])
    assert timedelta(days=30) < expires - NOW < timedelta(days=365)
    assert fields("a@b.example", MILLISECONDS + 60_000) == fields("a@b.example")
    assert fields("a@b.example", MILLISECONDS + 86_400_000) != fields("a@b.example")
