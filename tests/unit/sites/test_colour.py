"""The launcher's icon is readable on every accent."""

from itertools import product

from crumbless.sites.colour import ACCENT, ink_on


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2, with the exact transfer function."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


def test_ink_on_any_accent_has_the_contrast_that_icons_need() -> None:
    accents = [
        ACCENT,
        *(f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in product(range(0, 256, 17), repeat=3)),
    ]
    inks = {"#000": "#000000", "#fff": "#ffffff"}
    # Icons need 3 to 1.
    assert min(contrast(accent, inks[ink_on(accent)]) for accent in accents) >= 4.4
