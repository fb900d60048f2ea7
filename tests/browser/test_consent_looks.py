"""The consent banner: accept and reject look the same, and the banner is accessible."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import ViewportSize, expect

from support.browser import SCHEMES, faults_in_both_schemes
from support.shopper import VisitorBrowser

LOOKS = """(button) => {
  const style = getComputedStyle(button);
  const { width, height } = button.getBoundingClientRect();
  const names = ["color", "backgroundColor", "borderColor", "borderWidth", "fontSize", "fontWeight", "fontFamily",
    "opacity", "textDecorationLine", "boxShadow", "padding"];
  return [button.tagName, width, height, ...names.map((name) => style[name])];
}"""


SIZES: tuple[ViewportSize, ...] = (
    {"width": 1280, "height": 800},
    {"width": 360, "height": 700},
    {"width": 640, "height": 400},
    {"width": 320, "height": 256},
)


def each_look(shopper: VisitorBrowser) -> Iterator[str]:
    """Show the page narrow and wide, dark and light."""
    for width in (360, 1280):
        shopper.page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            shopper.page.emulate_media(color_scheme=scheme)
            yield f"{scheme}, {width} pixels"


def test_accept_and_reject_look_the_same(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of(reduced_motion="reduce")
    buttons = shopper.banner.get_by_role("button")
    expect(buttons).to_have_text(["Accept all", "Reject all", "Choose"])
    for look in each_look(shopper):
        looks = [button.evaluate(LOOKS) for button in buttons.all()]
        assert looks[0] == looks[1] == looks[2], look
        assert looks[0][1] >= 44
        assert looks[0][2] >= 44
    shopper.press("Choose")
    shopper.page.mouse.move(0, 0)
    buttons = shopper.choices.locator(".answers button")
    expect(buttons).to_have_text(["Save choice", "Accept all", "Reject all"])
    for look in each_look(shopper):
        looks = [button.evaluate(LOOKS) for button in buttons.all()]
        assert looks[0] == looks[1] == looks[2], look


@pytest.mark.parametrize(("size", "distance"), [(SIZES[0], 20), (SIZES[1], 88)], ids=["wide", "narrow"])
def test_banner_is_at_the_bottom_of_the_window_and_moves_no_content(
    shopper_of: Callable[..., VisitorBrowser], size: ViewportSize, distance: int
) -> None:
    shopper = shopper_of(viewport=size, reduced_motion="reduce")
    banner = shopper.page.locator("crumbless-consent section")
    expect(banner).to_be_visible()
    heading = shopper.page.get_by_role("heading", name="Shop")
    place = "(one) => one.getBoundingClientRect().toJSON()"
    assert size["height"] - banner.evaluate(place)["bottom"] == pytest.approx(distance, abs=1)
    before = heading.evaluate(place)["top"]
    shopper.press("Reject all")
    expect(banner).to_have_count(0)
    assert heading.evaluate(place)["top"] == before


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_both_layers_are_accessible(shopper_of: Callable[..., VisitorBrowser], lang: str) -> None:
    # The style sheet alone depends on size and scheme, so a page that is open may change them.
    shopper = shopper_of(lang=lang, viewport=SIZES[0], reduced_motion="reduce")
    frame = shopper.page.main_frame
    banner, dialog = (shopper.page.locator(f"crumbless-consent {name}") for name in ("section", "dialog"))
    expect(banner).to_be_visible()
    direction = "rtl" if lang == "ar" else "ltr"
    assert banner.evaluate("element => getComputedStyle(element).direction") == direction
    for size in SIZES:
        shopper.page.set_viewport_size(size)
        assert faults_in_both_schemes(shopper.page) == [], size
    banner.locator("button").last.click()
    expect(dialog).to_be_visible()
    for summary in dialog.locator("summary").all():
        summary.click()
    for size in SIZES:
        shopper.page.set_viewport_size(size)
        assert faults_in_both_schemes(shopper.page) == [], size
        assert not dialog.evaluate("element => element.scrollWidth > element.clientWidth"), size
        assert not frame.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), size
