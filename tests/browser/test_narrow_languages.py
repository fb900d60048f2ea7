"""On a phone, the texts of every language fit into the chat, its settings, the desk and its menu."""

import json

from playwright.sync_api import Frame, Page, ViewportSize, expect

from crumbless.core.texts import FOLDER, languages_of, read_texts
from support.scene import SENT, BrowserScenario, Desk, Visitor

NARROW: ViewportSize = {"width": 360, "height": 740}

OVERFLOWING = """() => {
  const isClipped = (element) => {
    const style = getComputedStyle(element);
    return style.overflowX !== "visible" || style.clipPath !== "none";
  };
  const sticksOut = (element) => {
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) return false;
    return box.left < -1 || box.right > innerWidth + 1 || element.scrollWidth > element.clientWidth + 1;
  };
  return [...document.body.querySelectorAll("*:not(svg, svg *, span, strong, bdi, code)")]
    .filter((element) => !isClipped(element) && sticksOut(element))
    .map((element) => `${element.tagName} ${element.className} ${element.textContent.slice(0, 60)}`);
}"""
"""Return the elements outside the window or narrower than their contents, unless they cut their contents off."""


def assert_fits(frame: Page | Frame, place: str) -> None:
    """Assert that nothing in the frame sticks out of its element or of the window."""
    assert frame.evaluate("innerWidth") == NARROW["width"], "the premise: the window is narrow"
    assert frame.evaluate(OVERFLOWING) == [], place


def test_overflow_is_found(scenario: BrowserScenario) -> None:
    page = scenario.visitor(viewport=NARROW).page
    page.set_content(f'<meta name="viewport" content="width=device-width"><p>{"long " * 40}</p>')
    assert page.evaluate(OVERFLOWING) == []
    page.set_content(f'<meta name="viewport" content="width=device-width"><p>{"long" * 40}</p>')
    assert len(page.evaluate(OVERFLOWING)) == 1


def check_chat(visitor: Visitor, language: str) -> None:
    """Select the language in the open settings of the chat, and look at every screen of its menu."""
    chat, frame = visitor.chat, visitor.page.frames[1]
    frame_texts, settings = read_texts(language, "frame"), read_texts(language, "settings")
    chat.locator("#language").select_option(language)
    expect(chat.locator(".settings-hint")).to_have_text(settings["hint"])
    assert_fits(frame, f"settings of the chat in {language}")
    chat.locator(".layer-head button").click()
    expect(chat.get_by_role("textbox", name=frame_texts["message"])).to_be_visible()
    assert_fits(frame, f"chat in {language}")
    chat.locator(".chat-menu-button").click()
    expect(chat.locator(".chat-menu-item")).to_have_count(4)
    assert_fits(frame, f"menu of the chat in {language}")
    chat.get_by_role("button", name=frame_texts["sendTransfer"]).click()
    expect(chat.locator(".kept-button")).to_have_count(2)
    assert_fits(frame, f"device transfer in {language}")
    chat.locator(".layer-head button").click()
    chat.locator(".chat-menu-button").click()
    chat.get_by_role("button", name=frame_texts["settings"], exact=True).click()


def check_desk(desk: Desk, language: str) -> None:
    """Select the language in the open settings of the desk, and look at the list, the menu and a thread."""
    page, texts = desk.page, read_texts(language, "desk")
    own_name = json.loads((FOLDER / language / "language.json").read_text(encoding="utf-8"))["name"]
    page.locator("dialog select").nth(1).select_option(label=own_name)
    expect(page.locator("dialog h2")).to_have_text(texts["settings"])
    assert_fits(page, f"settings of the desk in {language}")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert_fits(page, f"list in {language}")
    page.locator(".menu-button").click()
    expect(page.locator(".menu-panel")).to_be_visible()
    assert_fits(page, f"menu of the desk in {language}")
    page.locator(".menu-panel").get_by_role("button", name=texts["settings"], exact=True).click()


def test_texts_of_every_language_fit_a_phone(scenario: BrowserScenario) -> None:
    languages = languages_of("frame")
    assert len(languages) >= 5, "the premise: there are languages to compare"
    visitor, desk = scenario.visitor(viewport=NARROW), scenario.desk(viewport=NARROW)
    visitor.open()
    visitor.say("Hello")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    visitor.chat.locator(".chat-menu-button").click()
    visitor.chat.get_by_role("button", name="Settings").click()
    for language in languages:
        check_chat(visitor, language)
    desk.sign_in()
    expect(desk.rows).to_have_count(1)
    desk.page.locator(".menu-button").click()
    desk.page.get_by_role("button", name="Settings", exact=True).click()
    for language in languages:
        check_desk(desk, language)
