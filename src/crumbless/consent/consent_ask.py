"""The services for which a site needs its visitors' consent, with all items that each of them stores."""

import hashlib
from typing import Literal

import msgspec

from crumbless.device_storage.storage_registry import OPTIONAL_CATEGORIES, Category, Registry, Service
from crumbless.device_storage.storage_texts import StorageTexts

Row = tuple[str, str, str, str] | tuple[str, str, str, str, str]
"""Mechanism, key, lifetime as text, purpose, and the host if it is stored on another one."""

Names = tuple[str, str]

SERVICES: dict[Service, Names] = {
    "ga4": ("Google Analytics (GA4)", "https://policies.google.com/privacy"),
    "tiktok": ("TikTok Pixel", "https://www.tiktok.com/legal/privacy-policy"),
}
"""The public name of each service, and its vendor's privacy policy."""


class AskedService(msgspec.Struct, frozen=True, kw_only=True):
    """A service that needs consent, as the banner shows it."""

    name: Service
    title: str
    category: Category
    privacy: str
    rows: list[Row]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """All texts in one language. `text` is their digest, which receipts contain."""

    language: str
    direction: str
    text: str
    words: dict[str, str]
    categories: list[Category]
    services: list[AskedService]


class ConsentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of consent.js, the same for every visitor of a site (web/consent/consent_config.ts)."""

    site: str
    origin: str
    revision: int
    side: Literal["left", "right"]
    languages: list[str]
    said: Said


def ask_services(
    registry: Registry,
    services: frozenset[Service],
    in_browser: frozenset[Service],
    language: str,
    texts: StorageTexts,
) -> list[AskedService]:
    """Return the services that a site uses, with the items that each stores, in one language.

    Args:
        registry: contains the items of each service.
        services: all services that the site uses.
        in_browser: those whose script runs in the page. A service that gets its events from the server stores no items.
        language: of the texts.
        texts: of the registry.
    """
    return [
        AskedService(
            name=name,
            title=SERVICES[name][0],
            category=_category_of(registry, name),
            privacy=SERVICES[name][1],
            rows=[
                (one.mechanism, one.key, texts.lifetime_text(language, one.lifetime), texts.item[one.name].purpose)
                + (() if one.domain is None else (one.domain,))
                for one in registry.item
                if one.service == name and name in in_browser
            ],
        )
        for name in SERVICES
        if name in services
    ]


def say(words: dict[str, str], language: str, direction: str, services: list[AskedService]) -> Said:
    """Return the texts of one language with their digest."""
    digest = hashlib.sha256(msgspec.json.encode([words, services], order="deterministic")).hexdigest()[:32]
    used = {one.category for one in services}
    categories: list[Category] = [category for category in OPTIONAL_CATEGORIES if category in used]
    return Said(
        language=language, direction=direction, text=digest, words=words, categories=categories, services=services
    )


def _category_of(registry: Registry, service: Service) -> Category:
    """Return the optional category of a service's items. It has only one, so that one switch controls the service."""
    used = {one.category for one in registry.item if one.service == service}
    found: list[Category] = [category for category in OPTIONAL_CATEGORIES if category in used]
    (only,) = found
    return only
