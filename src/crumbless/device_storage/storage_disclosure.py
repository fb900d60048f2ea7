"""The registry as /storage.json, for programs, in the form of the IAB Tech Lab's "Vendor Device Storage & Operational
Disclosures"."""

import re
from collections.abc import Mapping
from typing import Any

from crumbless.device_storage.storage_registry import Item, Registry, digest_of
from crumbless.device_storage.storage_texts import GROUPS, StorageTexts


def disclosure(
    registry: Registry,
    texts: Mapping[str, StorageTexts],
    domain: str,
    services: frozenset[str],
    language: str | None = None,
) -> dict[str, Any]:
    """Return the registry in the IAB's "device storage" form. Fields that the IAB does not define are under
    `x-crumbless`.

    Args:
        texts: by language, including English.
        domain: the host of this installation.
        services: the vendor scripts in use.
        language: texts in this language only; in all languages if None.
    """
    return {
        "disclosures": [_disclosed(one, texts, domain, language) for one in registry.of_services(services)],
        "domains": [{"domain": domain, "use": "Live chat"}],
        "x-crumbless": {
            "revision": registry.revision[0].number,
            "updated": registry.revision[0].date.isoformat(),
            "digest": digest_of(registry),
            **{
                group: {name: _texts_of(texts, language, group, name) for name in getattr(texts["en"], group)}
                for group in GROUPS
            },
        },
    }


def _disclosed(item: Item, texts: Mapping[str, StorageTexts], domain: str, language: str | None) -> dict[str, Any]:
    is_cookie = item.mechanism == "cookie"
    by_language = {one: texts[one].item[item.name] for one in texts} if language is None else None
    own = texts[language or "en"].item[item.name]
    return {
        "identifier": re.sub(r"\{\w+\}", "*", item.key),
        "type": "cookie" if is_cookie else "web",
        "maxAgeSeconds": item.lifetime_seconds if is_cookie else None,
        **({"cookieRefresh": True} if is_cookie else {}),
        "domains": [item.domain or ("*" if item.service else domain)],
        # Purpose 1 means "subject to consent"; items without it are exempt. 8 measures content, 7 advertising
        # performance.
        "purposes": {"analytics": [1, 8], "marketing": [1, 7]}.get(item.category, []),
        "description": texts["en"].item[item.name].purpose,
        "x-crumbless": {
            "name": item.name,
            "key": item.key,
            "mechanism": item.mechanism,
            "fallback": item.fallback,
            "surfaces": item.surfaces,
            "category": item.category,
            "basis": item.basis,
            "written": item.written,
            "lifetimeSeconds": item.lifetime_seconds,
            "cleared": item.cleared,
            "version": item.version,
            "service": item.service,
            "contains": {one: text.contains for one, text in by_language.items()} if by_language else own.contains,
            "purpose": {one: text.purpose for one, text in by_language.items()} if by_language else own.purpose,
        },
    }


def _texts_of(texts: Mapping[str, StorageTexts], language: str | None, group: str, name: str) -> dict[str, str] | str:
    by_language = {one: str(getattr(texts[one], group)[name]) for one in texts}
    return by_language if language is None else by_language[language]
