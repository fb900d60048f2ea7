"""The remaining lifetime of stored items, by their own declaration."""

import json

import pytest

from crumbless.core.ids import now_ms
from crumbless.storage_auditor.audit_report import StorageItem
from crumbless.storage_auditor.browser_watch import cookie_lasting, value_lasting, with_fate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("a=1", None),
        ("a=1; Max-Age=60; Path=/", 60),
        ("a=1; max-age=60; expires=Thu, 01 Jan 2099 00:00:00 GMT", 60),
        ("a=1; max-age=soon", None),
        ("a=1; expires=soon", None),
        ('a={"b": 1, "c": 2}; max-age=7; SameSite=Lax', 7),
    ],
)
def test_lifetime_of_a_cookie_is_read(text: str, seconds: float | None) -> None:
    assert cookie_lasting(text) == seconds


def test_lifetime_of_a_deleted_cookie_is_negative() -> None:
    lasts = cookie_lasting("a=; expires=Thu, 01 Jan 1970 00:00:00 GMT")
    assert lasts is not None
    assert lasts < 0


@pytest.mark.parametrize("unit", [1, 1000])
@pytest.mark.parametrize("name", ["until", "exp", "expires", "expiresAt"])
def test_expiry_of_a_value_is_read_in_seconds_or_milliseconds(name: str, unit: int) -> None:
    lasts = value_lasting(json.dumps({"v": 1, name: (now_ms() / 1000 + 3600) * unit}))
    assert lasts is not None
    assert abs(lasts - 3600) < 5


@pytest.mark.parametrize(
    "text", ["", "{", "7", "[]", "{}", '{"until": "soon"}', '{"until": true}', '{"until": -1}', '{"exp": Infinity}']
)
def test_value_without_an_expiry_has_no_lifetime(text: str) -> None:
    assert value_lasting(text) is None


def test_cookie_that_was_not_stored_is_blocked() -> None:
    asked = StorageItem(mechanism="cookie", key="a", where="t.example", how="header")
    stored = StorageItem(mechanism="cookie", key="b", where="t.example", partition="shop.example")
    asked_too = StorageItem(mechanism="cookie", key="b", where="t.example", how="header")
    blocked, _, fine = with_fate([asked, stored, asked_too])
    assert blocked.blocked
    assert (fine.blocked, fine.partition) == (False, "shop.example")
