"""The accent colours of sites."""

ACCENT = "#0e6a5a"
"""The default colour."""


def ink_on(colour: str) -> str:
    """Return black or white, depending on the contrast to a `#rrggbb` colour (relative luminance, WCAG 2.2)."""
    red, green, blue = ((int(colour[start : start + 2], 16) / 255) ** 2.2 for start in (1, 3, 5))
    return "#000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else "#fff"
