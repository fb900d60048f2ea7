"""The texts about the storage registry: for its items, its revisions, and all values of their fields."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

import msgspec

from crumbless.core.message_format import format_message
from crumbless.device_storage.storage_registry import Basis, Category, Cleared, Registry, Surface, Written

GROUPS: dict[str, Any] = {
    "category": Category,
    "basis": Basis,
    "surface": Surface,
    "written": Written,
    "cleared": Cleared,
}
"""The groups of texts that explain a field's values, with the values of each."""

LIFETIME_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class ItemTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content and the purpose of an item."""

    contains: Text
    purpose: Text


class StorageTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The texts of the surface "storage" in one language."""

    category: dict[Category, Text]
    basis: dict[Basis, Text]
    surface: dict[Surface, Text]
    written: dict[Written, Text]
    cleared: dict[Cleared, Text]
    item: dict[str, ItemTexts]
    revision: dict[str, Text]
    lifetime: dict[str, Text]

    def lifetime_text(self, language: str, lifetime: str) -> str:
        """Return a lifetime of the registry, such as `30d`, as a text."""
        message = self.lifetime[LIFETIME_UNITS[lifetime[-1]]]
        return format_message(message, language, {"count": int(lifetime[:-1])})


def text_faults(registry: Registry, texts: Mapping[str, StorageTexts]) -> Iterator[str]:
    """Yield missing and superfluous texts, one line each."""
    expected: dict[str, set[str]] = {group: set(get_args(values)) for group, values in GROUPS.items()} | {
        "item": {one.name for one in registry.item},
        "revision": {str(one.number) for one in registry.revision},
        "lifetime": set(LIFETIME_UNITS.values()),
    }
    for language, one in texts.items():
        for group, names in expected.items():
            found: set[str] = set(getattr(one, group))
            for name in sorted(names ^ found):
                yield f"{language}/storage.json: {group}.{name} {'is missing' if name in names else 'is not used'}"
