"""An invalid value stops the start with one clear line."""

import re
from pathlib import Path

import msgspec
import pytest

from crumbless.core.errors import SettingsError
from crumbless.core.settings import SECRET_SETTINGS, SECTION_OF, SECTIONS, read_settings, setting


def complaint(**environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings({f"CRUMBLESS_{name}": value for name, value in environment.items()})
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_are_valid() -> None:
    settings = read_settings({})
    assert settings.server.address == "http://127.0.0.1:8000"
    assert settings.server.hosts == {"127.0.0.1:8000"}


def test_environment_is_read(tmp_path: Path) -> None:
    file = tmp_path / "crumbless.toml"
    file.write_text('port = 9000\nallowed_hosts = ["a.example"]\nlog_level = "error"\n')
    settings = read_settings(
        {"CRUMBLESS_CONFIG": str(file), "CRUMBLESS_PORT": "9001", "CRUMBLESS_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2"}
    )
    assert (settings.server.port, settings.logging.log_level) == (9001, "error"), "the environment wins over the file"
    assert settings.server.trusted_proxies == ["10.0.0.1", "10.0.0.2"]
    assert "a.example" in settings.server.hosts


def test_override_is_used_and_none_is_no_override() -> None:
    assert read_settings({"CRUMBLESS_PORT": "1"}, port=2).server.port == 2
    assert read_settings({"CRUMBLESS_PORT": "1"}, port=None).server.port == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("LOG_LEVEL", "loud"),
        ("FRAME_BURST", "0"),
        ("STARTS_PER_HOUR", "0"),
        ("PUBLIC_URL", "chat.example.com"),
        ("PUBLIC_URL", "https://chat.example.com/path"),
        ("PUBLIC_URL", "https://Chat.example.com"),
        ("PUBLIC_URL", "https://chat.example.com:443"),
        ("PUBLIC_URL", "http://chat.example.com:99999"),
        ("PUBLIC_URL", "https://me@chat.example.com"),
        ("PUBLIC_URL", "https://chat.example.com; script-src *"),
        ("PUBLIC_URL", "https://chat.example.com#desk"),
        ("SECURITY_CONTACT", "somebody"),
        ("SECURITY_CONTACT", "http://example.com/report"),
        ("SECURITY_CONTACT", "https://example.com/a b"),
        ("GA4_URL", ""),
        ("GA4_SCRIPT_URL", "https://www.googletagmanager.com/gtag"),
        ("TIKTOK_URL", "business-api.tiktok.com"),
        ("TIKTOK_SCRIPT_URL", "https://analytics.tiktok.com; script-src *"),
    ],
)
def test_invalid_value_is_named(name: str, value: str) -> None:
    line = complaint(**{name: value})
    assert line.startswith(f"CRUMBLESS_{name}:")
    assert value in line


@pytest.mark.parametrize("contact", ["a@b.example", "https://b.example"])
def test_contact_with_a_line_break_is_invalid(contact: str) -> None:
    assert read_settings({"CRUMBLESS_SECURITY_CONTACT": contact}).company.security_contact == contact
    assert complaint(SECURITY_CONTACT=f"{contact}\nContact: mailto:c@d.example").startswith(
        "CRUMBLESS_SECURITY_CONTACT:"
    )


@pytest.mark.parametrize(
    "url", ["mysql://me:hidden@h/x", "postgresql://me:hidden@h", "postgresql://me:hidden@h:x/y", "sqlite:///", "x"]
)
def test_invalid_database_is_reported_without_its_password(url: str) -> None:
    line = complaint(DATABASE_URL=url)
    assert line.startswith("CRUMBLESS_DATABASE_URL: expected sqlite:///PATH or postgresql://USER")
    assert "hidden" not in line


@pytest.mark.parametrize("url", ["sqlite:///x", "postgresql://me:p%40@h:5432/x?sslmode=require", "postgresql:///x"])
def test_both_databases_are_accepted(url: str) -> None:
    assert read_settings({"CRUMBLESS_DATABASE_URL": url}).database.database_url == url


@pytest.mark.parametrize("address", ["https://chat.example.com", "http://localhost:8000", "http://[::1]:8000"])
def test_address_in_the_form_of_browsers_is_accepted(address: str) -> None:
    assert read_settings({"CRUMBLESS_PUBLIC_URL": f"{address}/"}).server.address == address


def test_ipv6_host_is_in_brackets_in_the_address() -> None:
    assert read_settings({}, host="::1", port=8000).server.address == "http://[::1]:8000"


def test_unknown_setting_is_named() -> None:
    assert complaint(PROT="1") == "CRUMBLESS_PROT: there is no such setting; see docs/settings.md"


def test_a_section_has_no_name_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "crumbless.toml"
    file.write_text("[server]\nport = 9000\n")
    assert complaint(CONFIG=str(file)) == "CRUMBLESS_SERVER: there is no such setting; see docs/settings.md"


def test_each_setting_has_one_section() -> None:
    names = [field.name for section in SECTIONS.values() for field in msgspec.structs.fields(section)]
    assert len(names) == len(SECTION_OF) > 60
    assert {*names} & {*SECTIONS} == set()


@pytest.mark.parametrize("name", sorted(SECRET_SETTINGS))
def test_invalid_secret_is_not_shown(tmp_path: Path, name: str) -> None:
    file = tmp_path / "crumbless.toml"
    for given, shown in ((name, False), ("mail_from", True)):
        file.write_text(f'{given} = {{ value = "hidden-value" }}\n')
        with pytest.raises(SettingsError) as caught:
            read_settings({"CRUMBLESS_CONFIG": str(file)})
        assert f"CRUMBLESS_{given.upper()}" in str(caught.value)
        assert ("hidden-value" in str(caught.value)) == shown


def test_settings_that_hold_a_secret_are_never_shown() -> None:
    secret = {name for name in SECTION_OF if re.search(r"secret|token|password|smtp_url|database_url|bus_url", name)}
    assert secret - {"one_time_token_days"} <= SECRET_SETTINGS


def test_wrong_provider_is_named_without_its_secret() -> None:
    providers = [
        {"id": "tea", "name": "Tea", "issuer": "https://id.example", "client_id": "", "client_secret": "hidden"}
    ]
    line = complaint(OIDC_PROVIDERS=msgspec.json.encode(providers).decode())
    assert line == "CRUMBLESS_OIDC_PROVIDERS: `client_id`: expected an ID that is not empty"


def test_settings_of_the_tests_are_ignored() -> None:
    assert read_settings({"CRUMBLESS_TEST_CHROMIUM": "x", "PATH": "y"})


@pytest.mark.parametrize("text", [None, "port = ", "ünport = 1"])
def test_unreadable_file_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "crumbless.toml"
    if text is not None:
        file.write_text(text)
    assert complaint(CONFIG=str(file)).startswith("CRUMBLESS_CONFIG:")


@pytest.mark.parametrize(
    ("name", "good", "wrong"),
    [
        ("CONTACT_EMAIL", "privacy@example.org", "privacy"),
        ("CONTACT_EMAIL", "päivi@exämple.org", "a@b.example?subject=x"),
        ("CONTACT_EMAIL", "", "a@b@c.example"),
        ("CONTACT_PHONE", "+44 (0)20 7946-0958", "call us"),
        ("CONTACT_PHONE", "112", "javascript:1"),
        ("CONTACT_ADDRESS", "1 Example Street, London", "1 Example Street\nLondon"),
        ("ORGANISATION", "Tea & <Sons>", "Tea\u2028"),
        ("COMPANY_NUMBER", "HRB 1234 B", "1" * 201),
    ],
)
def test_contact_is_one_line_of_its_kind(name: str, good: str, wrong: str) -> None:
    assert setting(read_settings({f"CRUMBLESS_{name}": good}), name.lower()) == good
    assert complaint(**{name: wrong}).startswith(f"CRUMBLESS_{name}: ")


def test_sqlite_has_one_node() -> None:
    assert read_settings({"CRUMBLESS_BUS_URL": "memory"}).bus.bus_url == "memory"
    for bus in ("postgresql", "nats://127.0.0.1:4222,tls://one.example"):
        with pytest.raises(SettingsError, match="CRUMBLESS_BUS_URL: expected memory: SQLite supports one node only"):
            read_settings({"CRUMBLESS_BUS_URL": bus})


@pytest.mark.parametrize("url", ["redis://x", "nats://", "nats://a,http://b", "nats://a:99999", "nats://a/path", ""])
def test_invalid_bus_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="CRUMBLESS_BUS_URL: expected memory, postgresql, or nats://"):
        read_settings({"CRUMBLESS_BUS_URL": url})


def test_password_of_the_bus_is_not_printed() -> None:
    for url in ("nats://me:secret-word@", "nats://me:secret-word@h,what"):
        with pytest.raises(SettingsError) as caught:
            read_settings({"CRUMBLESS_BUS_URL": url})
        assert "secret-word" not in str(caught.value)
