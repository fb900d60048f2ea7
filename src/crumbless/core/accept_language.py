"""Chooses the language of a page: the one in its address, else the one that the browser prefers."""

import re
from collections.abc import Iterator, Sequence

DEFAULT_LANGUAGE = "en"
"""Used if none of the requested languages is available."""

LONGEST_HEADER = 1_000
"""Maximum of characters of Accept-Language that are read; browsers send far fewer."""

_TAG = re.compile(r"([A-Za-z]{2,8})(?:-[A-Za-z0-9]{1,8})*")
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def choose_language(requested: str | None, accepted: str | None, available: Sequence[str]) -> str:
    """Return the language for a page.

    Args:
        requested: `lang` of the page's address. If that language is not available, the result is English.
        accepted: the Accept-Language header (RFC 9110, section 12.5.4).
        available: the languages without region, including English.

    Returns:
        One of `available`. Regions are ignored: "pt-BR" selects "pt".
    """
    if requested is not None:
        return _available(requested, available) or DEFAULT_LANGUAGE
    ranges = sorted(_ranges((accepted or "")[:LONGEST_HEADER]), key=lambda one: -one[1])
    found = (DEFAULT_LANGUAGE if tag == "*" else _available(tag, available) for tag, weight in ranges if weight > 0)
    return next((language for language in found if language), DEFAULT_LANGUAGE)


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """Yield tag and weight of each well-formed language range, in the header's order."""
    for part in header.split(","):
        tag, _, weight = (piece.strip() for piece in part.partition(";"))
        found = _WEIGHT.fullmatch(weight)
        if found or not weight:
            yield tag, float(found[1]) if found else 1.0


def _available(tag: str, available: Sequence[str]) -> str | None:
    found = _TAG.fullmatch(tag)
    language = found[1].lower() if found else ""
    return language if language in available else None
