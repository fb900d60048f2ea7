"""Which language a page speaks: the one that its address asks for, else the one that the browser likes best."""

import re
from collections.abc import Iterator, Sequence

DEFAULT_LANGUAGE = "en"
"""Used if none of the requested languages is available."""

LONGEST_HEADER = 1_000
"""Characters of Accept-Language that are read; browsers send far fewer."""

_TAG = re.compile(r"([A-Za-z]{2,8})(?:-[A-Za-z0-9]{1,8})*")
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def choose_language(asked: str | None, accepted: str | None, spoken: Sequence[str]) -> str:
    """The language for a page.

    Args:
        asked: `lang` of the page's address. When it is there but not spoken, the answer is English.
        accepted: the Accept-Language header (RFC 9110, section 12.5.4).
        spoken: languages without region, English among them.

    Returns:
        One of `spoken`. Regions do not matter: "pt-BR" is answered in "pt".
    """
    if asked is not None:
        return _spoken(asked, spoken) or DEFAULT_LANGUAGE
    wishes = sorted(_wishes((accepted or "")[:LONGEST_HEADER]), key=lambda wish: -wish[1])
    found = (DEFAULT_LANGUAGE if tag == "*" else _spoken(tag, spoken) for tag, weight in wishes if weight > 0)
    return next((language for language in found if language), DEFAULT_LANGUAGE)


def _wishes(header: str) -> Iterator[tuple[str, float]]:
    """Return tag and weight of each well-formed language range, in the header's order."""
    for wish in header.split(","):
        tag, _, weight = (part.strip() for part in wish.partition(";"))
        found = _WEIGHT.fullmatch(weight)
        if found or not weight:
            yield tag, float(found[1]) if found else 1.0


def _spoken(tag: str, spoken: Sequence[str]) -> str | None:
    found = _TAG.fullmatch(tag)
    language = found[1].lower() if found else ""
    return language if language in spoken else None
