"""An invalid setting is reported with the values that it accepts, in words."""

from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

from crumbless.core.errors import SettingsError
from crumbless.core.settings import PREFIX, SECTIONS, OidcProviderSettings, read_settings
from crumbless.core.settings_error import accepted_values


def complaint(name: str, value: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings({f"{PREFIX}{name}": value})
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "http", "a whole number from 0 to 65,535"),
        ("STARTS_PER_HOUR", "0", "a number above 0, at most 10,000,000"),
        ("UNREAD_SECONDS", "0", "a number from 0.1 to 600"),
        ("ACCESS_LOG", "maybe", "true or false"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("LOG_FORMAT", "xml", "text or json"),
        ("MAIL_FROM", "postmaster", "an email address, such as name@example.org"),
        ("BACKUP_TIME", "25:00", "a time such as 02:30, in UTC"),
        ("CONTACT_PHONE", "call me", "a phone number of digits, spaces and + ( ) . / -"),
    ],
)
def test_accepted_values_are_named_in_words(name: str, value: str, expected: str) -> None:
    assert complaint(name, value) == f"{PREFIX}{name}: expected {expected} (it is {value!r})"


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ({"id": "A b"}, "`id`: expected 1 to 32 lower-case letters, digits or hyphens"),
        ({"issuer": "ftp:"}, "`issuer`: expected an https address without query or fragment"),
        ({"name": ""}, "`name`: expected text of 1 to 60 characters"),
        ({"scopes": [1]}, "expected text"),
        ({"colour": "red"}, "contains unknown field `colour`"),
    ],
)
def test_invalid_field_of_a_provider_is_named(provider: dict[str, object], expected: str) -> None:
    valid = {"id": "tea", "name": "Tea", "issuer": "https://id.example", "client_id": "c"}
    text = msgspec.json.encode([valid | provider]).decode()
    assert complaint("OIDC_PROVIDERS", text) == f"{PREFIX}OIDC_PROVIDERS: {expected}"


def test_missing_field_of_a_provider_is_named() -> None:
    assert complaint("OIDC_PROVIDERS", '[{"id":"tea"}]').endswith("missing required field `name`")
    assert complaint("OIDC_PROVIDERS", "{}").endswith("expected a list")


def hints() -> dict[str, Any]:
    structs = [*SECTIONS.values(), OidcProviderSettings]
    return {name: hint for one in structs for name, hint in get_type_hints(one, include_extras=True).items()}


def test_each_pattern_is_described_in_words() -> None:
    patterns = {
        name: meta
        for name, hint in hints().items()
        if get_origin(hint) is Annotated
        for meta in get_args(hint)[1:]
        if isinstance(meta, msgspec.Meta) and meta.pattern
    }
    assert len(patterns) > 8, "the premise: there are settings with a pattern"
    assert [name for name, meta in patterns.items() if not meta.description] == []


def test_each_setting_has_an_explanation() -> None:
    assert len(hints()) > 60
    for name, hint in hints().items():
        assert accepted_values(hint).strip(), name
        assert "None" not in accepted_values(hint), name


def test_single_choice_is_named_alone() -> None:
    assert accepted_values(Literal["one"]) == "one"
