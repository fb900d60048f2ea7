"""The registry of everything stored on a device: its form, and checks against contradictions.

Items are declared only in storage.toml. storage.schema.json is generated from the types here. The texts about the items
are in the translations (storage_texts.py). Source of the legal bases: ePrivacy Directive 2002/58/EC, article 5(3).
"""

import datetime
import functools
import hashlib
import re
import tomllib
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from crumbless.core.errors import CrumblessError
from crumbless.core.time_units import DAY_SECONDS, HOUR_SECONDS
from crumbless.core.toml_place import Place, line_at, place_of_error

Mechanism = Literal["localStorage", "sessionStorage", "IndexedDB", "Cache Storage", "cookie"]
Surface = Literal["loader", "frame", "desk", "pages", "consent", "tag"]
Category = Literal["preferences", "session", "interface", "performance", "consent", "analytics", "marketing"]
Basis = Literal["requested", "choice", "consent"]
Written = Literal["type", "send", "keep", "prefer", "sign-in", "arrange", "work", "choose", "grant"]
Cleared = Literal["tab", "fold", "sent", "end", "untick", "reset", "sign-out", "withdraw", "erase", "replace"]
Fallback = Literal["sessionStorage"]
Service = Literal["ga4", "tiktok"]

OPTIONAL_CATEGORIES: tuple[Category, ...] = ("analytics", "marketing")
"""Categories that the chat does not need. Their items are stored only after consent."""

LONGEST_LIFETIME = 400 * DAY_SECONDS
"""In seconds; browsers store no cookie longer (RFC 6265bis, section 5.5)."""

_UNIT_SECONDS = {"m": 60, "h": HOUR_SECONDS, "d": DAY_SECONDS}

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][A-Za-z0-9]*$")]
Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.{}-]+$")]
Lifetime = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,4}[mhd]$")]


class RegistryError(CrumblessError):
    """storage.toml is invalid. The message names the line, the entry and the correction."""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One item that may be stored.

    `{…}` in `key` is a variable part. `fallback` is the mechanism to use if the browser blocks the first. Without one,
    the item is then stored in memory until the page closes. `version` counts the formats of the value: a value of
    another version is dropped. `service` and `domain` are set for vendors' items.
    """

    name: Name
    key: Key
    mechanism: Mechanism
    surfaces: Annotated[list[Surface], msgspec.Meta(min_length=1)]
    category: Category
    basis: Basis
    written: Written
    lifetime: Lifetime
    cleared: list[Cleared]
    fallback: Fallback | None = None
    version: Annotated[int, msgspec.Meta(ge=1)] = 1
    service: Service | None = None
    domain: str | None = None

    @property
    def lifetime_seconds(self) -> int:
        """Return the maximum lifetime of a value in seconds."""
        return int(self.lifetime[:-1]) * _UNIT_SECONDS[self.lifetime[-1]]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Return a pattern that matches every key of this item completely."""
        return re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(self.key)) + r"\Z")


class Revision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A version of the registry: its number, its date and the digest of its items."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    date: datetime.date
    digest: str


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of storage.toml: items and revisions, newest first."""

    revision: Annotated[list[Revision], msgspec.Meta(min_length=1)]
    item: Annotated[list[Item], msgspec.Meta(min_length=1)]

    def named(self, name: str) -> Item:
        """Return the item with this name. Raises KeyError if it does not exist."""
        return next((one for one in self.item if one.name == name), None) or _missing(name)

    def find(self, mechanism: str, key: str) -> Item | None:
        """Return the item that declares this key in this mechanism or as its fallback, or None."""
        return next(
            (one for one in self.item if mechanism in (one.mechanism, one.fallback) and one.pattern.match(key)), None
        )

    def of_services(self, services: frozenset[str]) -> list[Item]:
        """Return the items of Crumbless, and those of the vendor scripts in use."""
        return [one for one in self.item if one.service is None or one.service in services]


def _missing(name: str) -> Item:
    raise KeyError(name)


def parse_registry(source: str) -> Registry:
    """Return the registry in a storage.toml.

    Raises:
        RegistryError: if it is not TOML, violates its schema or contradicts itself.
    """
    try:
        registry = msgspec.convert(tomllib.loads(source), Registry)
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"storage.toml is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        place, fault = place_of_error(str(error))
        raise RegistryError(f"storage.toml, line {line_at(source, place)}: {fault}") from None
    for place, fault in faults(registry):
        raise RegistryError(f"storage.toml, line {line_at(source, place)}: {fault}")
    return registry


def digest_of(registry: Registry) -> str:
    """Return a digest of the items. It changes with every field of every item."""
    return hashlib.sha256(msgspec.json.encode(registry.item, order="deterministic")).hexdigest()[:16]


def faults(registry: Registry) -> Iterator[tuple[Place, str]]:
    """Yield all contradictions in the registry: place and message."""
    numbers = [one.number for one in registry.revision]
    if numbers != list(range(len(numbers), 0, -1)):
        yield (
            Place("revision", 0, "number"),
            f"revisions are numbered from 1 without gaps, newest first (they are {numbers})",
        )
    for index, item in enumerate(registry.item):
        before = registry.item[:index]
        for field, fault in (*_clashes(item, before), *_item_faults(item)):
            yield Place("item", index, field), f"{item.name}: {fault}"
    if registry.revision[0].digest != digest_of(registry):
        fault = f"the items have changed: add a [[revision]] on top whose digest is {digest_of(registry)}"
        yield Place("revision", 0, "digest"), fault


def _clashes(item: Item, others: list[Item]) -> Iterator[tuple[str, str]]:
    """Yield the fields in which an item conflicts with an earlier one: its name, or a key that matches both."""
    for other in others:
        if item.name == other.name:
            yield "name", f"its name is taken by the {other.key} before it"
        # A key of Crumbless names one item in every mechanism, because it may be stored in its fallback.
        both_ours = item.service is None and other.service is None
        same_store = (item.mechanism, item.domain) == (other.mechanism, other.domain)
        if (both_ours or same_store) and _overlap(item.key, other.key):
            yield "key", f"its key is taken by {other.name}: a key may match both"


def _overlap(one: str, other: str) -> bool:
    """Return whether some key matches both patterns, in which `{…}` is any text of at least one character."""
    any_one, any_more = "\x00", "\x01"
    left, right = (re.sub(r"\{\w+\}", any_one + any_more, key) for key in (one, other))

    @functools.cache
    def meet(i: int, j: int) -> bool:
        a, b = left[i : i + 1], right[j : j + 1]
        if not a and not b:
            return True
        if a == any_more:
            return meet(i + 1, j) or (bool(b) and meet(i, j + 1))
        if b == any_more:
            return meet(i, j + 1) or (bool(a) and meet(i + 1, j))
        return bool(a and b) and (a == b or any_one in (a, b)) and meet(i + 1, j + 1)

    return meet(0, 0)


def _item_faults(item: Item) -> Iterator[tuple[str, str]]:
    """Yield the contradictions in one item: field and message."""
    of_others = "tag" in item.surfaces
    optional = item.category in OPTIONAL_CATEGORIES
    of_tab = item.mechanism == "sessionStorage"
    may_fall_back = item.mechanism in ("localStorage", "IndexedDB") and not of_others
    braces = re.sub(r"\{[a-z]+\}", "", item.key)
    small = "a cache must have no `fallback`: sessionStorage is small, and other items need it"
    rules = (
        ("lifetime", item.lifetime_seconds > LONGEST_LIFETIME, "the lifetime must be at most 400 days"),
        (
            "mechanism",
            item.mechanism == "cookie" and not of_others,
            "only vendors' items can be cookies",
        ),
        ("surfaces", of_others != (item.service is not None), 'the surface "tag" and a `service` belong together'),
        ("surfaces", of_others and len(item.surfaces) > 1, 'the surface "tag" must be the only one'),
        ("domain", item.domain is not None and not of_others, "only vendors' items can have a `domain`"),
        (
            "key",
            of_others == item.key.startswith("crumbless."),
            'keys of our items, and only these, begin with "crumbless."',
        ),
        ("key", bool(re.search("[{}]", braces)), "its key has a stray brace"),
        (
            "basis",
            optional != (item.basis == "consent"),
            'analytics and marketing, and only these, have the basis "consent"',
        ),
        (
            "written",
            optional != (item.written == "grant"),
            'items that need consent, and only these, are written after the "grant"',
        ),
        ("cleared", of_tab != ("tab" in item.cleared), 'sessionStorage, and only it, is cleared with the "tab"'),
        (
            "cleared",
            optional and item.domain is None and "withdraw" not in item.cleared,
            'items that need consent are cleared on "withdraw"',
        ),
        (
            "cleared",
            "desk" in item.surfaces and "sign-out" not in item.cleared,
            'items of the desk are cleared on "sign-out"',
        ),
        ("cleared", not item.cleared and item.domain is None, "`cleared` must not be empty"),
        (
            "fallback",
            item.fallback is not None and not may_fall_back,
            "only our items of localStorage and IndexedDB have a `fallback`",
        ),
        ("fallback", item.fallback is not None and item.category == "performance", small),
    )
    yield from ((field, fault) for field, broken, fault in rules if broken)
