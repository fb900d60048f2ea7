"""The catalogue of translations: one file for each language and surface, the same for server and browser."""

import functools
from pathlib import Path
from typing import Any

import msgspec

ENGLISH = "en"

FOLDER = next(
    folder
    for folder in (Path(__file__).parents[1] / "locales", Path(__file__).parents[3] / "web" / "locales")
    if folder.is_dir()
)
"""In the installed package, or in a checkout."""

Texts = dict[str, Any]
"""Messages (core/message_format.py), and lists and groups of them."""


@functools.cache
def read_texts(language: str, surface: str) -> Texts:
    """Return the texts of a surface.

    Raises:
        KeyError: if the surface does not have the language.
    """
    path = FOLDER / language / f"{surface}.json"
    if language not in languages_of(surface):
        raise KeyError(f"{surface} has no texts in {language!r}")
    return msgspec.json.decode(path.read_bytes(), type=Texts)


@functools.cache
def languages_of(surface: str) -> tuple[str, ...]:
    """Return the languages of a surface: English, then the others by their own names."""
    found = [path.parent.name for path in FOLDER.glob(f"*/{surface}.json")]
    return tuple(sorted(found, key=lambda one: (one != ENGLISH, _described(one)["name"].casefold())))


def direction_of(language: str) -> str:
    """Return "ltr" or "rtl"."""
    return _described(language)["direction"]


def name_of(language: str) -> str:
    """Return the language's own name."""
    return _described(language)["name"]


@functools.cache
def _described(language: str) -> dict[str, str]:
    return msgspec.json.decode((FOLDER / language / "language.json").read_bytes(), type=dict[str, str])
