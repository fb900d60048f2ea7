"""The policy page's texts: read once from the files in policy/, and rendered with the few marks that they may hold."""

import datetime
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup, escape

FOLDER = Path(__file__).parents[1] / "policy"

_MARK = re.compile(
    r"\*\*(?P<strong>.+?)\*\*|`(?P<code>[^`]+)`|\[(?P<words>[^\]]+)\]\((?P<link>[a-z-]+)\)|\{(?P<value>\w+)\}"
)

Words = dict[str, Any]
"""One language: texts, lists and tables of texts, by the names that words/en.toml explains."""


class BrowserSteps(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where one browser keeps its controls; policy/browsers.toml says what each field means."""

    name: str
    where: str
    version: str = ""
    last_checked: datetime.date | None = None
    one: list[str] = []
    all: list[str] = []
    block: list[str] = []
    tracking: list[str] = []
    look: list[str] = []
    notes: list[str] = []


def read_words(folder: Path = FOLDER) -> dict[str, Words]:
    """The words of every language that has a file, by its two letters: English, then by their own names."""
    words = {path.stem: _read(path) for path in (folder / "words").glob("*.toml")}
    return dict(sorted(words.items(), key=lambda pair: (pair[0] != "en", pair[1]["name"].casefold())))


def read_links(folder: Path = FOLDER) -> dict[str, str]:
    """The addresses of links to other people's pages."""
    return _read(folder / "links.toml")


def read_browsers(folder: Path = FOLDER) -> list[BrowserSteps]:
    """How each browser manages what is kept."""
    return msgspec.convert(_read(folder / "browsers.toml")["browser"], list[BrowserSteps])


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def render_text(text: str, links: Mapping[str, str], values: Mapping[str, object], leaving: str) -> Markup:
    """The text as HTML: **strong**, `code`, [words](link) and {value}; everything else is escaped.

    In `code` braces stand for themselves unless they name a value.

    Args:
        leaving: told to those who hear the page, behind a link to another website.

    Raises:
        KeyError: for a link or a value that the page does not have.
    """
    parts: list[Markup] = []
    end = 0
    for found in _MARK.finditer(text):
        parts.append(escape(text[end : found.start()]))
        end = found.end()
        if found["strong"]:
            parts.append(Markup("<strong>{}</strong>").format(render_text(found["strong"], links, values, leaving)))
        elif found["code"]:
            parts.append(render_code(_fill(found["code"], values)))
        elif found["link"]:
            parts.append(render_link(found["words"], links[found["link"]], leaving))
        else:
            parts.append(Markup("<bdi>{}</bdi>").format(values[found["value"]]))
    return Markup("").join([*parts, escape(text[end:])])


def _fill(code: str, values: Mapping[str, object]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), code)


def render_code(code: str) -> Markup:
    """A name from the world of programs: always from left to right, never translated, broken after its full stops."""
    pieces = Markup("<wbr>").join(escape(piece) for piece in re.split(r"(?<=[._-])", code))
    return Markup('<code dir="ltr" translate="no">{}</code>').format(pieces)


def render_link(words: str, address: str, leaving: str) -> Markup:
    """A link; one that leaves for another website says so."""
    if not address.startswith(("http:", "https:")):
        return Markup('<a href="{}">{}</a>').format(address, words)
    return Markup('<a class="away" href="{}" rel="noreferrer">{}<span class="hidden"> ({})</span></a>').format(
        address, words, leaving
    )
