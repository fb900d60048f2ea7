"""Keyboard alone, narrow screens, both colour schemes, right to left, and axe-core on every view."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from support.browser import accessibility_faults, faults_in_both_schemes
from support.scene import PASSWORD, SENT, BrowserScenario

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 700}
LOW: ViewportSize = {"width": 320, "height": 256}
"""1280 by 1024 at 400 %: the size that WCAG 2.2 requires (1.4.10, Reflow)."""

TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@contextmanager
def checked(page: Page, view: str) -> Generator[None]:
    """Assert on exit that axe-core finds no fault in any frame of the view, and that nothing overflows."""
    yield
    assert faults_in_both_schemes(page) == [], view
    for frame in page.frames:
        assert not frame.evaluate(TOO_WIDE), f"{view} scrolls sideways"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_view_is_accessible(scenario: BrowserScenario, size: ViewportSize) -> None:
    looks: dict[str, Any] = {"viewport": size, "reduced_motion": "reduce"}
    desk, visitor = scenario.desk(**looks), scenario.visitor(**looks)
    with checked(desk.page, "sign-in"):
        desk.page.goto(desk.address)
        expect(desk.page.get_by_label("Email")).to_be_focused()
    with checked(desk.page, "sign-in refused"):
        desk.page.get_by_role("button", name="Sign in").click()
        expect(desk.page.get_by_role("alert")).to_contain_text("Enter your email")
    with checked(desk.page, "empty desk"):
        desk.sign_in()
        expect(desk.page.get_by_text("No conversations yet")).to_be_visible()
    with checked(visitor.page, "shop"):
        visitor.arrive()
        expect(visitor.launcher).to_be_visible()
    with checked(visitor.page, "empty chat"):
        visitor.launcher.click()
        expect(visitor.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()
    visitor.say(
        "Do you deliver to Portugal, and what does it cost? https://example.com/a-rather-long-address-of-a-page"
    )
    with checked(desk.page, "list"):
        expect(desk.rows).to_have_count(1)
    with checked(desk.page, "thread"):
        desk.open("Do you deliver")
        desk.say("Yes.\nFour days.")
        expect(desk.bubbles()).to_have_count(2)
        expect(desk.page.get_by_text("Seen")).to_be_visible()
    with checked(visitor.page, "chat"):
        expect(visitor.bubbles()).to_have_count(2)
        expect(visitor.chat.get_by_role("checkbox")).to_be_visible()
    with checked(desk.page, "closed thread"):
        desk.page.get_by_role("button", name="Close conversation").click()
        expect(desk.page.get_by_text("This conversation is closed.")).to_be_visible()


def test_axe_finds_faults(scenario: BrowserScenario) -> None:
    scenario.shop.pages["/wrong"] = b"<!doctype html><title>Wrong</title><img src='data:,'><button></button>"
    visitor = scenario.visitor()
    visitor.arrive("/wrong")
    rules = {fault.partition(":")[0] for fault in accessibility_faults(visitor.page.main_frame)}
    assert {"html-has-lang", "image-alt", "button-name"} <= rules


def test_chat_works_by_keyboard_alone(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    visitor.arrive()
    expect(visitor.launcher).to_be_visible()
    keyboard = visitor.page.keyboard
    links = visitor.page.locator("a, button").count()
    for _ in range(links):
        keyboard.press("Tab")
    expect(visitor.launcher).to_be_focused()
    keyboard.press("Enter")
    expect(visitor.box).to_be_focused()
    keyboard.type("Hello")
    keyboard.press("Enter")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    expect(visitor.box).to_be_focused()
    keyboard.press("Escape")
    expect(visitor.dialog).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    keyboard.press("Enter")
    expect(visitor.box).to_be_focused()
    expect(visitor.bubbles()).to_have_text(["Hello"])


def test_chat_that_is_closed_and_opened_at_once_has_the_focus(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    visitor.open()
    for _ in range(30):
        expect(visitor.box).to_be_focused()
        visitor.page.keyboard.press("Escape")
        expect(visitor.launcher).to_be_focused()
        visitor.page.keyboard.press("Enter")
    expect(visitor.box).to_be_focused()


def test_desk_works_by_keyboard_alone(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(), scenario.visitor()
    visitor.open()
    visitor.say("Hello")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    keyboard = desk.page.keyboard
    desk.page.goto(desk.address)
    expect(desk.page.get_by_label("Email")).to_be_focused()
    keyboard.type(desk.email)
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    expect(desk.rows).to_have_count(1)
    for _ in range(10):
        keyboard.press("Tab")
        if desk.rows.first.evaluate("(row) => row === document.activeElement"):
            break
    expect(desk.rows.first).to_be_focused()
    keyboard.press("Enter")
    expect(desk.reply).to_be_focused()
    keyboard.type("Good morning")
    keyboard.press("Enter")
    expect(visitor.chat.get_by_text("Good morning")).to_be_visible()
    keyboard.press("Escape")
    expect(desk.rows.first).to_be_focused()


def test_chat_and_desk_fit_narrow_and_low_screens(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(viewport=NARROW), scenario.visitor(viewport=NARROW)
    visitor.open()
    assert visitor.dialog.bounding_box() == {"x": 0, "y": 0, **NARROW}
    visitor.chat.get_by_role("button", name="Close chat").click()
    expect(visitor.dialog).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    visitor.launcher.click()
    visitor.say("Hello")
    desk.sign_in()
    desk.open("Hello")
    expect(desk.heading).to_be_hidden()
    assert not desk.page.evaluate(TOO_WIDE)

    # Long text on a low screen does not cover the button.
    for page in (visitor.page, desk.page):
        page.set_viewport_size(LOW)
    visitor.box.fill("line\n" * 20)
    expect(visitor.chat.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    desk.reply.fill("line\n" * 20)
    expect(desk.page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)

    desk.page.set_viewport_size(NARROW)
    desk.page.get_by_role("link", name="Back to the conversations").click()
    expect(desk.heading).to_be_visible()
    expect(desk.reply).to_be_hidden()


def test_chat_on_an_arabic_page_runs_from_right_to_left(scenario: BrowserScenario) -> None:
    embed = f'<script async src="{scenario.server.address}/w/{scenario.site}.js"></script>'
    page = f'<!doctype html><html lang="ar" dir="rtl"><title>متجر</title><body><h1>متجر</h1>{embed}</body></html>'
    scenario.shop.pages["/ar"] = page.encode()
    visitor = scenario.visitor(reduced_motion="reduce")
    visitor.arrive("/ar")
    visitor.page.get_by_role("button", name="تحدث معنا").click()
    box = visitor.chat.get_by_role("textbox", name="الرسالة")
    expect(box).to_be_visible()
    frame = visitor.page.frames[1]
    assert frame.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    box.fill("مرحبا")
    box.press("Enter")
    expect(visitor.bubbles()).to_have_text(["مرحبا"])
    own, pane = visitor.bubbles().first.bounding_box(), visitor.page.get_by_role("dialog").bounding_box()
    assert own is not None
    assert pane is not None
    room_before, room_after = own["x"] - pane["x"], pane["x"] + pane["width"] - own["x"] - own["width"]
    assert room_before < room_after, "the visitor's own messages are at the end of the line, which is the left"
    assert accessibility_faults(frame) == []


WATCH_FOCUS = """new MutationObserver((_, watching) => {
  if (!document.querySelector("input[type=email]")) return;
  watching.disconnect();
  window.focusedAtFirst = document.activeElement?.getAttribute("type");
}).observe(document, { childList: true, subtree: true })"""


def test_form_has_the_focus_when_it_appears(scenario: BrowserScenario) -> None:
    """If the focus comes a frame later, the next typed letters go to the wrong field: a password was typed into the
    email field."""
    desk = scenario.desk()
    desk.page.add_init_script(WATCH_FOCUS)
    desk.page.goto(desk.address)
    expect(desk.page.get_by_label("Email")).to_be_visible()
    assert desk.page.evaluate("window.focusedAtFirst") == "email"
