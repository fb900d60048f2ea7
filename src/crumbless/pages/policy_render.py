"""Renders the policy page's texts with their markup as HTML, and reads its data about browsers and links."""

import datetime
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup, escape

from crumbless.core.message_format import format_message

FOLDER = Path(__file__).parent

_MARK = re.compile(
    r"\*\*(?P<strong>.+?)\*\*|`(?P<code>[^`]+)`|\[(?P<words>[^\]]+)\]\((?P<link>[a-z-]+)\)|\ue000(?P<value>\w+)\ue001"
)


class BrowserSteps(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The location of one browser's storage controls. pages/browsers.toml documents the fields."""

    name: str
    where: str
    version: str = ""
    last_checked: datetime.date | None = None
    one: list[str] = []
    all: list[str] = []
    block: list[str] = []
    tracking: list[str] = []
    look: list[str] = []
    look_checked: datetime.date | None = None
    look_in: str = ""
    look_documented: datetime.date | None = None
    look_address: str = ""
    notes: list[str] = []


def read_links(folder: Path = FOLDER) -> dict[str, str]:
    """Return the addresses of links to other websites."""
    return _read(folder / "links.toml")


def read_browsers(folder: Path = FOLDER) -> list[BrowserSteps]:
    """Return how each browser manages stored data."""
    return msgspec.convert(_read(folder / "browsers.toml")["browser"], list[BrowserSteps])


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def render_message(
    message: str, language: str, links: Mapping[str, str], values: Mapping[str, object], leaving: str
) -> Markup:
    """Return a message as HTML: **strong**, `code`, [words](link) and values; everything else is escaped.

    Args:
        leaving: a hint for screen readers after a link to another website.

    Raises:
        KeyError: if the page does not have a link.
        MessageError: if a value is missing.
    """
    # Values are inserted after the markup was parsed, so a value cannot contain markup.
    places = {name: f"\ue000{name}\ue001" for name in values}
    return _render_marks(format_message(message, language, places), links, values, leaving)


def _render_marks(text: str, links: Mapping[str, str], values: Mapping[str, object], leaving: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for found in _MARK.finditer(text):
        parts.append(escape(text[end : found.start()]))
        end = found.end()
        if found["strong"]:
            parts.append(Markup("<strong>{}</strong>").format(_render_marks(found["strong"], links, values, leaving)))
        elif found["code"]:
            parts.append(render_code(_fill(found["code"], values)))
        elif found["link"]:
            parts.append(render_link(_fill(found["words"], values), links[found["link"]], leaving))
        else:
            parts.append(Markup("<bdi>{}</bdi>").format(values[found["value"]]))
    return Markup("").join([*parts, escape(text[end:])])


def _fill(text: str, values: Mapping[str, object]) -> str:
    return re.sub("\ue000(\\w+)\ue001", lambda found: str(values[found[1]]), text)


def render_code(code: str) -> Markup:
    """Return a technical name as HTML: left to right, not translated, with line breaks allowed after punctuation."""
    pieces = Markup("<wbr>").join(escape(piece) for piece in re.split(r"(?<=[._-])", code))
    return Markup('<code dir="ltr" translate="no">{}</code>').format(pieces)


def render_link(words: str, address: str, leaving: str) -> Markup:
    """Return a link as HTML. A link to another website has the hint `leaving`."""
    if not address.startswith(("http:", "https:")):
        return Markup('<a href="{}">{}</a>').format(address, words)
    return Markup('<a class="away" href="{}" rel="noreferrer">{}<span class="hidden"> ({})</span></a>').format(
        address, words, leaving
    )
