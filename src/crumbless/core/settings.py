"""All settings, which are read once at the start from the environment and one optional TOML file.

`CRUMBLESS_PORT=9000` and `port = 9000` are equivalent. The environment wins. docs/settings.md lists all of them.
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from crumbless.core.errors import SettingsError
from crumbless.core.logging_setup import LogFormat
from crumbless.core.settings_error import explain_invalid
from crumbless.core.settings_types import (
    AuditDays,
    Contact,
    Count,
    Days,
    Email,
    Issuer,
    KeptDays,
    Line,
    Phone,
    Port,
    ProviderId,
    Rate,
    TimeOfDay,
    Token,
    TracingUrl,
)

PREFIX = "CRUMBLESS_"
CONFIG_FILE = "CRUMBLESS_CONFIG"
TEST_PREFIX = "CRUMBLESS_TEST_"

JSON_SETTINGS = {"oidc_providers"}  # Tables in the TOML file, JSON in the environment.

SECRET_SETTINGS = frozenset(  # Never shown, even if they are invalid.
    ("bus_url", "database_url", "files_secret_key", "metrics_token", "oidc_providers", "secret_key", "smtp_url")
)

_DEFAULT_PORTS = {"http": "80", "https": "443"}

# The form in which browsers send it in Origin, because origins are compared as text. CSPs contain it too.
_match_address = re.compile(
    r"(https?)://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?", re.ASCII
).fullmatch


class OidcProviderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An OpenID provider at which operators may sign in. `id` is part of addresses, and `name` is on the button."""

    id: ProviderId
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    issuer: Issuer
    client_id: Annotated[str, msgspec.Meta(min_length=1, description="an ID that is not empty")]
    client_secret: str = ""
    scopes: list[str] = msgspec.field(default_factory=lambda: ["email"])


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server listens, how browsers reach it, and requests without a session."""

    host: str = "127.0.0.1"
    port: Port = 8000
    public_url: str = ""
    allowed_hosts: list[str] = []
    trusted_proxies: list[str] = []
    requests_per_second: Rate = 200
    request_burst: Count = 10_000
    unknown_names_per_minute: Rate = 60
    unknown_name_burst: Count = 120
    drain_seconds: Annotated[float, msgspec.Meta(ge=0, le=300)] = 0

    @property
    def address(self) -> str:
        """Return the public address without a trailing slash, as proofs and pages contain it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """Return the values of the Host header that this server accepts."""
        return frozenset({urlsplit(self.address).netloc.lower(), *(host.lower() for host in self.allowed_hosts)})


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The database, the key that encrypts secrets in it, and the queue of writes."""

    database_url: str = "sqlite:///var/crumbless.db"
    secret_key: str = ""
    ledger_queue: Count = 8192


class BusSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How nodes notify each other."""

    bus_url: str = "memory"
    bus_credentials: str = ""
    bus_ca: str = ""


class LoggingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Log lines."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: LogFormat = "text"
    access_log: bool = False


class MonitoringSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Metrics, traces and the warning about disk space."""

    metrics_token: Token = ""
    tracing_url: TracingUrl = ""
    free_space_mb: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 500


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Streams, their rates, and TCP connections."""

    connections: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    unauthenticated_per_address: Count = 40
    streams_per_session: Count = 12
    unread_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=600)] = 30
    frames_per_second: Rate = 20
    frame_burst: Count = 80
    visitor_messages_per_minute: Rate = 30
    visitor_message_burst: Count = 12
    operator_messages_per_minute: Rate = 120
    operator_message_burst: Count = 30


class VisitorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Starts of conversations, requests of visitors about their data, and their sessions."""

    starts_per_hour: Rate = 60
    start_burst: Count = 20
    site_starts_per_minute: Rate = 120
    site_start_burst: Count = 240
    privacy_requests_per_hour: Rate = 60
    privacy_request_burst: Count = 20
    visitor_session_days: Days = 30
    visitor_idle_days: Days = 30


class SignInSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How operators sign in, and their sessions."""

    sign_ins_per_minute: Rate = 10
    sign_in_burst: Count = 10
    oidc_providers: list[OidcProviderSettings] = []
    operator_session_days: Days = 30
    operator_idle_days: Days = 7


class ConsentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Rates of consent records."""

    consents_per_hour: Rate = 60
    consent_burst: Count = 20
    site_consents_per_minute: Rate = 600
    site_consent_burst: Count = 300


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of the vendors to which events are relayed."""

    ga4_url: str = "https://www.google-analytics.com"
    ga4_script_url: str = "https://www.googletagmanager.com"
    tiktok_url: str = "https://business-api.tiktok.com"
    tiktok_script_url: str = "https://analytics.tiktok.com"


class FileSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Storage of files, and uploads."""

    files_url: str = ""
    files_endpoint: str = ""
    files_region: str = ""
    files_access_key: str = ""
    files_secret_key: str = ""
    uploads_per_hour: Rate = 30
    upload_burst: Count = 10


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Emails that the server sends."""

    smtp_url: str = ""
    mail_from: Email = ""


class TaskSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Background work."""

    task_poll_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 2


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long data is stored."""

    receipt_days: KeptDays = 3 * 365
    audit_days: AuditDays = 2 * 365
    ended_session_days: KeptDays = 30
    one_time_token_days: KeptDays = 2
    dead_task_days: KeptDays = 30
    retention_time: TimeOfDay = "03:00"


class BackupSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Nightly backups."""

    backup_folder: str = ""
    backup_time: TimeOfDay = "02:30"
    backup_keep: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 7


class CompanySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation that runs the server, for the policy page and emails."""

    organisation: Line = ""
    contact_email: Email = ""
    contact_phone: Phone = ""
    contact_address: Line = ""
    company_number: Line = ""
    security_contact: Contact = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, in the sections of docs/settings.md. A field's name is unique among all sections."""

    server: ServerSettings = msgspec.field(default_factory=ServerSettings)
    database: DatabaseSettings = msgspec.field(default_factory=DatabaseSettings)
    bus: BusSettings = msgspec.field(default_factory=BusSettings)
    logging: LoggingSettings = msgspec.field(default_factory=LoggingSettings)
    monitoring: MonitoringSettings = msgspec.field(default_factory=MonitoringSettings)
    streams: StreamSettings = msgspec.field(default_factory=StreamSettings)
    visitors: VisitorSettings = msgspec.field(default_factory=VisitorSettings)
    sign_in: SignInSettings = msgspec.field(default_factory=SignInSettings)
    consent: ConsentSettings = msgspec.field(default_factory=ConsentSettings)
    relays: RelaySettings = msgspec.field(default_factory=RelaySettings)
    files: FileSettings = msgspec.field(default_factory=FileSettings)
    mail: MailSettings = msgspec.field(default_factory=MailSettings)
    tasks: TaskSettings = msgspec.field(default_factory=TaskSettings)
    retention: RetentionSettings = msgspec.field(default_factory=RetentionSettings)
    backup: BackupSettings = msgspec.field(default_factory=BackupSettings)
    company: CompanySettings = msgspec.field(default_factory=CompanySettings)


SECTIONS: dict[str, type[msgspec.Struct]] = {one.name: one.type for one in msgspec.structs.fields(Settings)}

SECTION_OF = {one.name: name for name, section in SECTIONS.items() for one in msgspec.structs.fields(section)}
"""The section of each setting. The environment and the TOML file use the setting's name without the section."""


def setting(settings: Settings, name: str) -> Any:
    """Return the value of the setting with this name."""
    return getattr(getattr(settings, SECTION_OF[name]), name)


def read_settings(environment: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Return the settings from `overrides`, else the environment, else the TOML file, else the defaults.

    Raises:
        SettingsError: if a setting is invalid, with one line that names it and the accepted values.
    """
    values: dict[str, Any] = {}
    if path := environment.get(CONFIG_FILE):
        values |= _read_file(Path(path))
    values |= _read_environment(environment)
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = msgspec.convert(_in_sections(values), Settings, strict=False)
    except msgspec.ValidationError as error:
        name, expected = explain_invalid(error, Settings)
        shown = "" if name in SECRET_SETTINGS else f" (it is {values.get(name)!r})"
        raise SettingsError(f"{PREFIX}{name.upper()}: {expected}{shown}") from None
    _check_urls(settings)
    _check_proxies(settings)
    return settings


def _in_sections(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the values by section. Raises SettingsError for an unknown name."""
    sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for name, value in values.items():
        if name not in SECTION_OF:
            raise SettingsError(f"{PREFIX}{name.upper()}: there is no such setting; see docs/settings.md")
        sections[SECTION_OF[name]][name] = value
    return sections


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingsError(f"{CONFIG_FILE}: cannot read {path}: {reason}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{CONFIG_FILE}: {path} is not TOML: {error}") from None


def _read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    fields = (field for section in SECTIONS.values() for field in msgspec.structs.fields(section))
    lists = {field.name for field in fields if field.type == list[str]}
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name.startswith(TEST_PREFIX) or name == CONFIG_FILE:
            continue
        key = name.removeprefix(PREFIX).lower()
        values[key] = [part.strip() for part in text.split(",") if part.strip()] if key in lists else text
        if key in JSON_SETTINGS:
            values[key] = _read_json(name, text)
    return values


def _read_json(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        # The message omits the text, because it contains secrets.
        raise SettingsError(f"{name}: expected JSON") from None


def _check_proxies(settings: Settings) -> None:
    for network in settings.server.trusted_proxies:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            wanted = f"expected addresses or networks such as 10.0.0.0/8 (it has {network!r})"
            raise SettingsError(f"{PREFIX}TRUSTED_PROXIES: {wanted}") from None


def check_database_url(url: str) -> None:
    """Raise SettingsError unless the URL names a database. The URL contains a password, so it is never shown."""
    if url.startswith("sqlite:///") and url != "sqlite:///":
        return
    try:
        parts = urlsplit(url)
        names_database = parts.scheme == "postgresql" and len(parts.path) > 1 and (parts.port is None or parts.port > 0)
    except ValueError:
        names_database = False
    if not names_database:
        wanted = "expected sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME"
        raise SettingsError(f"{PREFIX}DATABASE_URL: {wanted}; percent-encode special characters of the password")


def _check_urls(settings: Settings) -> None:
    check_database_url(settings.database.database_url)
    _check_bus(settings)
    _check_providers(settings.sign_in.oidc_providers)
    wanted = "expected http://HOST or https://HOST, lower case, without a path or a default port"
    for name in ("public_url", "ga4_url", "ga4_script_url", "tiktok_url", "tiktok_script_url"):
        value: str = setting(settings, name)
        if not _is_address(value) and (value or name != "public_url"):
            raise SettingsError(f"{PREFIX}{name.upper()}: {wanted} (it is {value!r})")


def _check_bus(settings: Settings) -> None:
    """Raise SettingsError if the URL is invalid. It may contain a password, so it is never shown."""
    name = f"{PREFIX}BUS_URL"
    if settings.bus.bus_url not in {"memory", "postgresql"} and not all(
        _is_nats_url(url.strip()) for url in settings.bus.bus_url.split(",")
    ):
        wanted = "expected memory, postgresql, or nats://HOST:PORT (tls://HOST:PORT), several separated by commas"
        raise SettingsError(f"{name}: {wanted}")
    if settings.bus.bus_url != "memory" and settings.database.database_url.startswith("sqlite:"):
        raise SettingsError(f"{name}: expected memory: SQLite supports one node only; use PostgreSQL for several")


def _is_nats_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"nats", "tls"} and bool(parts.hostname) and parts.path in {"", "/"} and parts.port != 0
    except ValueError:
        return False


def _check_providers(providers: Sequence[OidcProviderSettings]) -> None:
    name = f"{PREFIX}OIDC_PROVIDERS"
    if len({one.id for one in providers}) != len(providers) or len({one.issuer for one in providers}) != len(providers):
        raise SettingsError(f"{name}: two providers have the same id or issuer; each needs its own")
    for one in providers:
        parts = urlsplit(one.issuer)
        if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            raise SettingsError(f"{name}: the issuer of {one.id} must be an https address")


def _is_address(text: str) -> bool:
    found = _match_address(text)
    return found is not None and found[2] != _DEFAULT_PORTS[found[1]] and int(found[2] or 0) <= 65535
