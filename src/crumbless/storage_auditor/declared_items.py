"""Reads a site's declaration of stored items: a storage.toml or the disclosure /storage.json, in one form."""

import json
import re
from pathlib import Path
from typing import Any, cast

import msgspec

from crumbless.core.errors import CrumblessError
from crumbless.device_storage.storage_registry import Item, RegistryError, parse_registry
from crumbless.storage_auditor.audit_report import StorageItem

WEB_MECHANISMS = frozenset({"localStorage", "sessionStorage", "IndexedDB", "Cache Storage", "service worker"})


class DeclarationError(CrumblessError):
    """A declaration cannot be read. The message names it and the error."""


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One declared item.

    Args:
        key: as declared, for people.
        pattern: a regular expression that matches the whole of each of its keys.
        mechanisms: where it may be stored.
        domains: the hosts that may store it, if it is a cookie. Empty for any.
        written: the visitor's action before which it must not exist. Empty: at any time.
        lifetime: seconds. None: not declared.
        cleared: the actions after which it must be gone.
    """

    key: str
    pattern: str
    mechanisms: frozenset[str]
    domains: tuple[str, ...] = ()
    written: str = ""
    lifetime: float | None = None
    cleared: tuple[str, ...] = ()

    def covers(self, entry: StorageItem) -> bool:
        """Whether this item declares that entry."""
        return (
            entry.mechanism in self.mechanisms
            and any(re.fullmatch(self.pattern, name) for name in _names_of(entry))
            and (entry.mechanism != "cookie" or self._is_at(entry.where))
        )

    def _is_at(self, host: str) -> bool:
        host = host.lstrip(".")
        return not self.domains or any(host == one or host.endswith(f".{one}") for one in self.domains)


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """All that is declared, and the hosts that it names as its own."""

    items: tuple[Declared, ...] = ()
    hosts: tuple[str, ...] = ()

    def find(self, entry: StorageItem) -> Declared | None:
        """The item that declares an entry; one whose key is spelt exactly goes before one with a wildcard."""
        found = [one for one in self.items if one.covers(entry)]
        return min(found, key=lambda one: one.key != entry.key, default=None)

    def joined(self, other: "Declaration") -> "Declaration":
        """Both together."""
        return Declaration(items=self.items + other.items, hosts=self.hosts + other.hosts)


def _names_of(entry: StorageItem) -> set[str]:
    """Return the names by which a declaration may refer to an item: its key, or its container."""
    parts = [part for part in entry.container.split("/") if part]
    return {entry.key, *parts[:1], entry.container, "/".join([*parts, entry.key])} - {""}


def read_declaration(path: Path) -> Declaration:
    """The declaration in a file.

    Raises:
        DeclarationError: when it cannot be read, or is neither a storage.toml nor a /storage.json.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise DeclarationError(f"--registry: cannot read {path}: {reason}") from None
    if text.lstrip().startswith("{"):
        return parse_disclosure(text, str(path))
    try:
        return Declaration(items=tuple(_from_item(one) for one in parse_registry(text).item))
    except RegistryError as error:
        raise DeclarationError(f"--registry: {path}: {error}") from None


def _from_item(item: Item) -> Declared:
    return Declared(
        key=item.key,
        pattern=re.sub(r"\\\{\w+\\\}", ".+", re.escape(item.key)),
        mechanisms=_standing(item.mechanism),
        domains=_hosts([item.domain] if item.domain else []),
        written=item.written,
        lifetime=item.lifetime_seconds,
        cleared=tuple(item.cleared),
    )


def _standing(mechanism: str) -> frozenset[str]:
    """Return the mechanisms that a declared one permits. sessionStorage is shorter-lived and less shared."""
    return frozenset({mechanism, "sessionStorage"} if mechanism == "localStorage" else {mechanism})


def parse_disclosure(text: str, source: str) -> Declaration:
    """The declaration in a /storage.json, with or without our own fields.

    Args:
        text: the file.
        source: its path or address, for the error.

    Raises:
        DeclarationError: when it has not the shape of the IAB's device storage disclosure.
    """
    try:
        found = json.loads(text)
        rows, domains = found["disclosures"], found.get("domains", [])
        return Declaration(
            items=tuple(_from_row(row) for row in rows), hosts=_hosts([one["domain"] for one in domains])
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DeclarationError(f"{source} is not a device storage disclosure: {error!r}") from None


def _from_row(row: dict[str, Any]) -> Declared:
    own = cast("dict[str, Any]", row.get("x-crumbless") or {})
    is_cookie = row["type"] == "cookie"
    # Purpose 1 of the IAB's framework: to store on a device what is subject to consent.
    optional = 1 in row.get("purposes", [])
    key = str(row["identifier"])
    lifetime = own.get("lifetimeSeconds", row.get("maxAgeSeconds"))
    return Declared(
        key=str(own.get("key", key)),
        pattern=re.escape(key).replace(r"\*", ".+"),
        mechanisms=_mechanisms(is_cookie, own.get("mechanism")),
        domains=_hosts(row.get("domains") or []) if is_cookie else (),
        written=str(own.get("written", "grant" if optional else "")),
        lifetime=None if lifetime is None else float(lifetime),
        cleared=tuple(own.get("cleared", ["withdraw"] if optional else [])),
    )


def _mechanisms(is_cookie: bool, named: object) -> frozenset[str]:
    if isinstance(named, str):
        return _standing(named)
    return frozenset({"cookie"}) if is_cookie else WEB_MECHANISMS


def _hosts(domains: list[str]) -> tuple[str, ...]:
    """Hosts without port and leading wildcard; none when any host will do."""
    hosts = [re.sub(r":\d+$", "", one.removeprefix("*.").lstrip(".").lower()) for one in domains]
    return () if "*" in hosts else tuple(hosts)
