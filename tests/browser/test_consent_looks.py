"""The consent banner: accept and reject look the same, and the banner is accessible."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from support.browser import accessibility_faults
from support.shopper import VisitorBrowser

LOOKS = """(button) => {
  const style = getComputedStyle(button);
  const { width, height } = button.getBoundingClientRect();
  const names = ["color", "backgroundColor", "borderColor", "borderWidth", "fontSize", "fontWeight", "fontFamily",
    "opacity", "textDecorationLine", "boxShadow", "padding"];
  return [button.tagName, width, height, ...names.map((name) => style[name])];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_accept_and_reject_look_the_same(shopper_of: Callable[..., VisitorBrowser], scheme: str, width: int) -> None:
    shopper = shopper_of(color_scheme=scheme, viewport={"width": width, "height": 800})
    buttons = shopper.banner.get_by_role("button")
    expect(buttons).to_have_text(["Accept all", "Reject all", "Choose"])
    looks = [button.evaluate(LOOKS) for button in buttons.all()]
    assert looks[0] == looks[1] == looks[2]
    assert looks[0][1] >= 44
    assert looks[0][2] >= 44
    shopper.press("Choose")
    shopper.page.mouse.move(0, 0)
    buttons = shopper.choices.locator(".answers button")
    expect(buttons).to_have_text(["Save choice", "Accept all", "Reject all"])
    looks = [button.evaluate(LOOKS) for button in buttons.all()]
    assert looks[0] == looks[1] == looks[2]


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (360, 700), (640, 400), (320, 256)], ids=str)
def test_both_layers_are_accessible(
    shopper_of: Callable[..., VisitorBrowser], scheme: str, size: tuple[int, int], lang: str
) -> None:
    shopper = shopper_of(
        lang=lang, color_scheme=scheme, viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce"
    )
    frame = shopper.page.main_frame
    banner = shopper.page.locator("crumbless-consent section")
    expect(banner).to_be_visible()
    direction = "rtl" if lang == "ar" else "ltr"
    assert banner.evaluate("element => getComputedStyle(element).direction") == direction
    assert accessibility_faults(frame) == []
    banner.locator("button").last.click()
    dialog = shopper.page.locator("crumbless-consent dialog")
    expect(dialog).to_be_visible()
    for summary in dialog.locator("summary").all():
        summary.click()
    assert accessibility_faults(frame) == []
    assert not dialog.evaluate("element => element.scrollWidth > element.clientWidth")
    assert not frame.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
