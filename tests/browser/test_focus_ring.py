"""The focus ring is shown for keyboard users. The policy page's contents scroll in the page's own colours."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from support.scene import BrowserScenario
from support.shopper import VisitorBrowser

OUTLINE = "(element) => [element.matches(':focus-visible'), getComputedStyle(element).outlineStyle]"
POINTER = "() => document.dispatchEvent(new PointerEvent('pointerdown'))"


def ring(element: Locator) -> list[object]:
    """Return whether the browser requests a ring, and the ring that is drawn."""
    expect(element).to_be_focused()
    return element.evaluate(OUTLINE)


def test_button_shows_no_ring_while_the_pointer_is_used(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    visitor.open()
    visitor.chat.get_by_role("button", name="Menu").click()
    visitor.chat.get_by_role("listitem").get_by_role("button", name="Settings").click()
    settings = visitor.chat.get_by_role("dialog", name="Settings")
    back = settings.get_by_role("button", name="Back")
    # The contents are loaded on demand. Without them the tab key leaves the frame.
    expect(settings.get_by_role("radio").first).to_be_visible()
    expect(back).to_be_focused()
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Shift+Tab")
    assert ring(back) == [True, "solid"]
    # WebKit requests a ring here after a click, Chromium only after a key.
    visitor.page.frames[1].evaluate(POINTER)
    assert ring(back) == [True, "none"]
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Shift+Tab")
    assert ring(back) == [True, "solid"]


def test_heading_that_a_script_focuses_shows_no_ring(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of()
    shopper.banner.get_by_role("button", name="Choose").press("Enter")
    assert ring(shopper.choices.get_by_role("heading", name="Privacy choices")) == [True, "none"]


def test_contents_of_the_dark_policy_page_have_no_white_scrollbar(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor(color_scheme="dark", viewport={"width": 1280, "height": 500})
    visitor.page.goto(f"{scenario.server.address}/policy/{scenario.site}")
    colour = visitor.page.locator(".contents").evaluate("(element) => getComputedStyle(element).scrollbarColor")
    assert colour.endswith("rgba(0, 0, 0, 0)")
