"""Reads storage.toml, from the installed package or from the checkout."""

import functools
from pathlib import Path

import msgspec

from crumbless.core.texts import languages_of, read_texts
from crumbless.device_storage.storage_registry import Registry, parse_registry
from crumbless.device_storage.storage_texts import StorageTexts

_PATHS = (Path(__file__).parents[1] / "storage.toml", Path(__file__).parents[3] / "storage.toml")


def read_registry() -> Registry:
    """Return the storage registry of this version.

    Raises:
        RegistryError: if it is invalid. A build fails in this case.
    """
    return parse_registry(next(path for path in _PATHS if path.exists()).read_text(encoding="utf-8"))


@functools.cache
def read_storage_texts() -> dict[str, StorageTexts]:
    """Return the texts about the registry by language, English first."""
    return {one: msgspec.convert(read_texts(one, "storage"), StorageTexts) for one in languages_of("storage")}
