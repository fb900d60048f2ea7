"""The registry of everything kept on a device: its form, what may not contradict itself, and what follows from it.

storage.toml is the one place where items are declared; storage.schema.json is made from the types here. Sources:
ePrivacy Directive 2002/58/EC, article 5(3), for the legal bases; IAB Tech Lab, "Vendor Device Storage & Operational
Disclosures", for `disclosure`.
"""

import datetime
import hashlib
import re
import tomllib
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

import msgspec

from crumbless.errors import CrumblessError

Mechanism = Literal["localStorage", "sessionStorage", "IndexedDB", "Cache Storage", "cookie"]
Surface = Literal["loader", "frame", "desk", "pages", "consent", "tag"]
Category = Literal["preferences", "session", "interface", "performance", "consent", "analytics", "marketing"]
Basis = Literal["requested", "choice", "consent"]
Written = Literal["open", "type", "send", "keep", "prefer", "sign-in", "arrange", "work", "choose", "grant"]
Cleared = Literal["tab", "fold", "sent", "end", "untick", "reset", "sign-out", "withdraw", "erase", "replace"]
Fallback = Literal["sessionStorage"]
Service = Literal["ga4", "tiktok"]

OPTIONAL_CATEGORIES: tuple[Category, ...] = ("analytics", "marketing")
"""What nobody needs who asked for the chat: kept only after consent."""

LONGEST_LIFETIME = 400 * 86_400
"""Seconds; browsers keep no cookie longer (RFC 6265bis, section 5.5)."""

_UNIT_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][A-Za-z0-9]*$")]
Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.{}-]+$")]
Lifetime = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,4}[mhd]$")]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2}$")]
Texts = dict[Language, Words]


class RegistryError(CrumblessError):
    """storage.toml is wrong. The message names the line, the entry and what to do about it."""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing that may be kept.

    `{…}` in `key` stands for a part that differs. `fallback` is where it stands when the browser refuses it its
    mechanism; without one it then lives in memory, as long as the page. `version` counts the forms of the value: one of
    another version is dropped. `service` and `domain` belong to tags of others.
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
    contains: Texts
    purpose: Texts
    fallback: Fallback | None = None
    version: Annotated[int, msgspec.Meta(ge=1)] = 1
    service: Service | None = None
    domain: str | None = None

    @property
    def lifetime_seconds(self) -> int:
        """How long a value lasts at most."""
        return int(self.lifetime[:-1]) * _UNIT_SECONDS[self.lifetime[-1]]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches the whole of every key that this item declares."""
        return re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(self.key)) + r"\Z")


class Revision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One state of the registry: its number, its date, the digest of its items, and what changed for people."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    date: datetime.date
    digest: str
    changes: Texts


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """storage.toml as a whole: items, revisions (newest first), and what each value of a field is called."""

    languages: Annotated[list[Language], msgspec.Meta(min_length=1)]
    revision: Annotated[list[Revision], msgspec.Meta(min_length=1)]
    item: Annotated[list[Item], msgspec.Meta(min_length=1)]
    category: dict[Category, Texts]
    basis: dict[Basis, Texts]
    surface: dict[Surface, Texts]
    written: dict[Written, Texts]
    cleared: dict[Cleared, Texts]

    def named(self, name: str) -> Item:
        """The item with this name. Raises KeyError when there is none."""
        return next((one for one in self.item if one.name == name), None) or _missing(name)

    def find(self, mechanism: str, key: str) -> Item | None:
        """The item that declares this key there, be it as a fallback, if any."""
        return next(
            (one for one in self.item if mechanism in (one.mechanism, one.fallback) and one.pattern.match(key)), None
        )

    def of_services(self, services: frozenset[str]) -> list[Item]:
        """Our own items, and those of the tags in use."""
        return [one for one in self.item if one.service is None or one.service in services]


def _missing(name: str) -> Item:
    raise KeyError(name)


def parse_registry(source: str) -> Registry:
    """The registry in a storage.toml.

    Raises:
        RegistryError: when it is not TOML, breaks its schema, lacks a language or contradicts itself.
    """
    try:
        registry = msgspec.convert(tomllib.loads(source), Registry)
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"storage.toml is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise RegistryError(_place_schema_fault(source, str(error))) from None
    for number, fault in faults(registry):
        raise RegistryError(f"storage.toml, line {_line_of_item(source, number)}: {fault}")
    return registry


def digest_of(registry: Registry) -> str:
    """Names the items' state: changes with every field of every item except texts, which may be mended freely."""
    bare = [{**msgspec.to_builtins(one), "contains": None, "purpose": None} for one in registry.item]
    return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()[:16]


def disclosure(
    registry: Registry, domain: str, services: frozenset[str], language: str | None = None
) -> dict[str, Any]:
    """The registry in the IAB's "device storage" shape; what that cannot say stands under `x-crumbless`.

    Args:
        domain: the host of this installation.
        services: the tags in use.
        language: texts in this language alone; in all when None.
    """
    return {
        "disclosures": [_disclosed(one, domain, language) for one in registry.of_services(services)],
        "domains": [{"domain": domain, "use": "Live chat"}],
        "x-crumbless": {
            "revision": registry.revision[0].number,
            "updated": registry.revision[0].date.isoformat(),
            "digest": digest_of(registry),
            **{
                group: {name: _said(texts, language) for name, texts in getattr(registry, group).items()}
                for group in ("category", "basis", "surface", "written", "cleared")
            },
        },
    }


def _disclosed(item: Item, domain: str, language: str | None) -> dict[str, Any]:
    is_cookie = item.mechanism == "cookie"
    return {
        "identifier": re.sub(r"\{\w+\}", "*", item.key),
        "type": "cookie" if is_cookie else "web",
        "maxAgeSeconds": item.lifetime_seconds if is_cookie else None,
        **({"cookieRefresh": True} if is_cookie else {}),
        "domains": [item.domain or ("*" if item.service else domain)],
        # Purpose 1 stands for "subject to consent"; without it an item is exempt. 8 measures content, 7 advertising.
        "purposes": {"analytics": [1, 8], "marketing": [1, 7]}.get(item.category, []),
        "description": item.purpose["en"],
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
            "contains": _said(item.contains, language),
            "purpose": _said(item.purpose, language),
        },
    }


def _said(texts: Texts, language: str | None) -> Texts | str:
    return texts if language is None else texts.get(language, texts["en"])


def faults(registry: Registry) -> Iterator[tuple[int | None, str]]:
    """Every way in which the registry contradicts itself: index of the item (None: not an item's) and what is wrong."""
    numbers = [one.number for one in registry.revision]
    if numbers != list(range(len(numbers), 0, -1)):
        yield None, f"revisions are numbered from 1 without gaps, newest first (they are {numbers})"
    for name, texts in _texts_beside_items(registry):
        yield from ((None, fault) for fault in _text_faults(name, texts, registry.languages))
    seen: dict[tuple[str, ...], str] = {}
    for index, item in enumerate(registry.item):
        for what in (("name", item.name), ("key", item.mechanism, item.key, item.domain or "")):
            if what in seen:
                yield index, f"{item.name}: its {what[0]} is taken by {seen[what]}"
            seen[what] = item.name
        for fault in _item_faults(item):
            yield index, f"{item.name}: {fault}"
        for field, texts in (("contains", item.contains), ("purpose", item.purpose)):
            yield from ((index, fault) for fault in _text_faults(f"{item.name}.{field}", texts, registry.languages))
    if registry.revision[0].digest != digest_of(registry):
        yield None, f"the items have changed: add a [[revision]] on top whose digest is {digest_of(registry)}"


def _texts_beside_items(registry: Registry) -> Iterator[tuple[str, Texts]]:
    groups: dict[str, tuple[Any, Any]] = {
        "category": (registry.category, Category),
        "basis": (registry.basis, Basis),
        "surface": (registry.surface, Surface),
        "written": (registry.written, Written),
        "cleared": (registry.cleared, Cleared),
    }
    for group, (texts, names) in groups.items():
        yield from ((f"{group}.{name}", texts.get(name, {})) for name in get_args(names))
    yield from ((f"revision {one.number}", one.changes) for one in registry.revision)


def _text_faults(name: str, texts: Texts, languages: list[str]) -> Iterator[str]:
    if missing := [language for language in languages if language not in texts]:
        yield f"{name} lacks a text in {', '.join(missing)}"
    if unknown := [language for language in texts if language not in languages]:
        yield f"{name} has a text in {', '.join(unknown)}, which `languages` does not list"


def _item_faults(item: Item) -> Iterator[str]:
    """What contradicts itself in one item."""
    of_others = "tag" in item.surfaces
    optional = item.category in OPTIONAL_CATEGORIES
    rules = (
        (item.lifetime_seconds > LONGEST_LIFETIME, "nothing is kept for more than 400 days"),
        (item.mechanism == "cookie" and not of_others, "Crumbless keeps no cookie; only tags of others do"),
        (of_others != (item.service is not None), 'the surface "tag" and a `service` belong together'),
        (of_others and len(item.surfaces) > 1, 'the surface "tag" stands alone'),
        (item.domain is not None and not of_others, "only tags of others keep something elsewhere"),
        (of_others == item.key.startswith("crumbless."), 'our keys, and only ours, begin with "crumbless."'),
        (optional != (item.basis == "consent"), "analytics and marketing, and only they, rest on consent"),
        (optional != (item.written == "grant"), 'what rests on consent, and only that, is written after the "grant"'),
        (
            (item.mechanism == "sessionStorage") != ("tab" in item.cleared),
            'sessionStorage, and only it, is cleared with the "tab"',
        ),
        (
            optional and item.domain is None and "withdraw" not in item.cleared,
            'what rests on consent is cleared on "withdraw"',
        ),
        ("desk" in item.surfaces and "sign-out" not in item.cleared, 'what the desk keeps is cleared by "sign-out"'),
        (not item.cleared and item.domain is None, "say what clears it"),
        (
            item.fallback is not None and (of_others or item.mechanism not in ("localStorage", "IndexedDB")),
            "only our items of localStorage and IndexedDB have a `fallback`",
        ),
        (
            item.fallback is not None and item.category == "performance",
            "a cache has no `fallback`: sessionStorage is small, and what fills it serves nobody",
        ),
        (bool(re.search("[{}]", re.sub(r"\{[a-z]+\}", "", item.key))), "its key has a stray brace"),
    )
    yield from (fault for broken, fault in rules if broken)


_PLACE = re.compile(r" - at `\$(.*)`\Z")
_STEP = re.compile(r"\.?([\w-]+|\[\.\.\.\]|\[\d+\])")


def _place_schema_fault(source: str, message: str) -> str:
    """msgspec's message with the line it speaks of, as near as the source tells."""
    found = _PLACE.search(message)
    path = found[1] if found else ""
    number = int(at[1]) if (at := re.match(r"\.item\[(\d+)\]", path)) else None
    field = path.rpartition(".")[2].partition("[")[0] if "." in path else ""
    line = _line_of_item(source, number, field) if number is not None else _line_of(source, path)
    return f"storage.toml, line {line}: {_PLACE.sub('', message)}{f' (in {path.lstrip(chr(46))})' if path else ''}"


def _line_of_item(source: str, number: int | None, field: str = "") -> int:
    """The line where an item begins, or where it sets `field`; line 1 for what belongs to no item."""
    if number is None:
        return 1
    lines = source.splitlines()
    begins = [index for index, line in enumerate(lines) if line.strip() == "[[item]]"]
    begin, end = begins[number], [*begins[1:], len(lines)][number]
    field_at = re.compile(rf"\s*(?:{re.escape(field)}\s*=|\[item\.{re.escape(field)}\])")
    found = (index for index in range(begin, end) if field and field_at.match(lines[index]))
    return next(found, begin) + 1


def _line_of(source: str, path: str) -> int:
    head = path.lstrip(".").partition("[")[0].partition(".")[0]
    begins = re.compile(rf"\s*(?:{re.escape(head)}\s*=|\[\[?{re.escape(head)}\b)")
    lines = enumerate(source.splitlines(), 1)
    return next((number for number, line in lines if head and begins.match(line)), 1)
