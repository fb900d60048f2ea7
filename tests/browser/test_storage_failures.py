"""Storage that is blocked, full, sandboxed or cleared during use: chat and desk keep working and report it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from support.browser import Kind, launch_lasting
from support.scene import SENT, BrowserScenario, Desk, Visitor
from support.storage_refuse import BLOCKED, FULL

TAB_ONLY = "this chat ends when you close this tab or leave this page"
SIGNED_IN_FOR_THE_TAB = "you will be signed out when you close this tab"

EMPTY_BY_HAND = """async () => {
  localStorage.clear();
  sessionStorage.clear();
  for (const { name } of await indexedDB.databases()) {
    await new Promise((done, fail) => {
      const asked = indexedDB.deleteDatabase(name);
      asked.onsuccess = done;
      asked.onerror = fail;
    });
  }
}"""


def converse(desk: Desk, visitor: Visitor) -> None:
    """Exchange a question, an answer and one more message, with the chat closed and opened in between."""
    visitor.say("Hello")
    desk.open("Hello")
    desk.say("Good morning")
    expect(visitor.chat.get_by_text("Good morning")).to_be_visible()
    visitor.say("It works")
    expect(desk.bubbles()).to_have_text(["Hello", "Good morning", "It works"])
    visitor.box.press("Escape")
    expect(visitor.dialog).to_be_hidden()
    visitor.launcher.click()
    expect(visitor.bubbles()).to_have_text(["Hello", "Good morning", "It works"])


@pytest.mark.parametrize("refusal", [BLOCKED, FULL], ids=["blocked", "full"])
def test_chat_and_desk_without_storage_work_for_the_life_of_the_page(scenario: BrowserScenario, refusal: str) -> None:
    desk, visitor = scenario.desk(script=refusal), scenario.visitor(script=refusal)
    desk.sign_in()
    expect(desk.page.get_by_text(SIGNED_IN_FOR_THE_TAB)).to_be_visible()
    visitor.open()
    converse(desk, visitor)
    expect(visitor.chat.get_by_text(TAB_ONLY)).to_be_visible()
    desk.reply.press_sequentially("Half a reply")
    assert visitor.watch.kept() == desk.watch.kept() == []

    desk.page.reload()
    expect(desk.page.get_by_label("Email")).to_be_visible()
    visitor.page.reload()
    expect(visitor.launcher).to_be_visible()
    visitor.launcher.click()
    expect(visitor.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()


def test_tick_that_a_full_browser_cannot_save_is_not_shown_as_saved(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    visitor.open()
    visitor.say("Remember me")
    tick = visitor.chat.get_by_role("checkbox", name="Keep this chat on this device")
    expect(tick).to_be_enabled()
    visitor.page.frames[1].evaluate(FULL)
    tick.click()
    expect(tick).not_to_be_checked()
    visitor.say("Still here")
    expect(visitor.bubbles()).to_have_text(["Remember me", "Still here"])


@pytest.fixture
def refusing_browser(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """Start a browser with the setting "Don't allow sites to save data on your device"."""
    settings = tmp_path / "profile" / "Default" / "Preferences"
    settings.parent.mkdir(parents=True)
    block = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    settings.write_text(json.dumps(block), encoding="utf-8")
    context = launch_lasting(playwright.chromium, tmp_path / "profile")
    yield context
    context.close()


def test_visitor_and_operator_exchange_messages_without_permission_to_save_data(
    refusing_browser: BrowserContext, scenario: BrowserScenario
) -> None:
    context, watch = scenario.adopt(refusing_browser)
    visitor = Visitor(context.new_page(), scenario.shop.origin, watch)
    desk = Desk(context.new_page(), scenario.server.address, scenario.emails["Olga"], watch)
    desk.sign_in()
    visitor.open()
    refused = "() => { try { return localStorage.length } catch (fault) { return fault.name } }"
    places = [visitor.page.main_frame, visitor.page.frames[1], desk.page.main_frame]
    assert [place.evaluate(refused) for place in places] == ["SecurityError"] * 3
    expect(desk.page.get_by_text(SIGNED_IN_FOR_THE_TAB)).to_be_visible()
    converse(desk, visitor)
    expect(visitor.chat.get_by_text(TAB_ONLY)).to_be_visible()


IMPATIENT = """
const realTimeout = window.setTimeout;
window.setTimeout = (act, delay, ...rest) => realTimeout(act, Math.min(delay, 100), ...rest);
"""
"""The page's timeout is short, because the frame never responds."""


def shop_in_a_sandbox(scenario: BrowserScenario, permissions: str, script: str = "") -> Visitor:
    """Open a page that contains another page with the chat in a sandboxed frame."""
    line = f'<script src="{scenario.server.address}/w/{scenario.site}.js" async></script>'
    scenario.shop.pages["/inner"] = f'<!doctype html><html lang="en"><title>Inner</title>{line}</html>'.encode()
    frame = f'<iframe sandbox="{permissions}" src="/inner" width="900" height="700" title="Inner"></iframe>'
    scenario.shop.pages["/outer"] = f'<!doctype html><html lang="en"><title>Outer</title>{frame}</html>'.encode()
    visitor = scenario.visitor(script=script)
    visitor.page.goto(f"{scenario.shop.origin}/outer")
    return visitor


def test_sandbox_without_an_origin_is_refused_and_reported(scenario: BrowserScenario) -> None:
    visitor = shop_in_a_sandbox(scenario, "allow-scripts", IMPATIENT)
    inner = visitor.page.frame_locator("iframe")
    with visitor.page.expect_request("**/chat/*"):
        inner.get_by_role("button", name="Chat with us").click()
    expect(inner.get_by_text("The chat did not load.")).to_be_visible()
    assert visitor.watch.kept() == []


def test_sandbox_with_its_origin_has_the_chat(scenario: BrowserScenario) -> None:
    visitor = shop_in_a_sandbox(scenario, "allow-scripts allow-same-origin")
    inner = visitor.page.frame_locator("iframe")
    inner.get_by_role("button", name="Chat with us").click()
    box = inner.frame_locator("iframe").get_by_role("textbox", name="Message")
    box.fill("Hello")
    box.press("Enter")
    expect(inner.frame_locator("iframe").locator(".bubble")).to_have_text(["Hello"])
    expect(inner.frame_locator("iframe").get_by_text(SENT)).to_be_visible()
    assert scenario.timeline() == ["Hello"]


Clear = Callable[[Page], None]


def clear_by_hand(page: Page) -> None:
    """As another tab does, or a user in the console of the developer tools."""
    for frame in page.frames:
        frame.evaluate(EMPTY_BY_HAND)


def clear_by_browser(page: Page) -> None:
    """As "Clear site data" does, for every frame of the page: each has a separate partition."""
    for frame in page.frames:
        devtools: Any = page.context.new_cdp_session(frame)
        tree = devtools.send("Page.getFrameTree")
        place = {"frameId": tree["frameTree"]["frame"]["id"]}
        found = devtools.send("Storage.getStorageKeyForFrame", place)
        everything = {**found, "storageTypes": "all"}
        devtools.send("Storage.clearDataForStorageKey", everything)
        # Data of a tab is not cleared with the site's data.
        frame.evaluate("sessionStorage.clear()")


WAYS_TO_CLEAR = pytest.mark.parametrize("clear", [clear_by_hand, clear_by_browser])


@WAYS_TO_CLEAR
def test_cleared_chat_starts_from_scratch_at_once(scenario: BrowserScenario, clear: Clear) -> None:
    desk, visitor = scenario.desk(), scenario.visitor()
    desk.sign_in()
    visitor.open()
    visitor.say("Hello")
    tick = visitor.chat.get_by_role("checkbox", name="Keep this chat on this device")
    tick.check()
    expect(visitor.chat.get_by_text("Saved on this device until")).to_be_visible()
    assert len(visitor.watch.kept()) >= 3
    clear(visitor.page)
    expect(visitor.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()
    visitor.say("Still here")
    desk.open("Still here")
    desk.say("So I see")
    expect(visitor.bubbles()).to_have_text(["Still here", "So I see"])
    expect(desk.rows).to_have_count(2)
    # The open flag had been cleared too.
    visitor.page.reload()
    visitor.launcher.click()
    expect(visitor.bubbles()).to_have_text(["Still here", "So I see"])


def test_tick_is_removed_when_another_tab_has_cleared_the_data(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    visitor.open()
    visitor.say("Remember me")
    tick = visitor.chat.get_by_role("checkbox", name="Keep this chat on this device")
    tick.check()
    expect(visitor.chat.get_by_text("Saved on this device until")).to_be_visible()
    other = Visitor(visitor.page.context.new_page(), scenario.shop.origin, visitor.watch)
    other.open()
    other.page.frames[1].evaluate("localStorage.clear()")
    expect(tick).not_to_be_checked()
    expect(visitor.chat.get_by_text("Saved on this device until")).to_be_hidden()


@WAYS_TO_CLEAR
def test_operator_whose_storage_is_cleared_is_asked_to_sign_in(scenario: BrowserScenario, clear: Clear) -> None:
    desk, visitor = scenario.desk(), scenario.visitor()
    desk.sign_in()
    visitor.open()
    visitor.say("Hello")
    desk.open("Hello")
    desk.reply.press_sequentially("Half a reply")
    clear(desk.page)
    expect(desk.page.get_by_label("Email")).to_be_visible()
    desk.page.reload()
    expect(desk.page.get_by_label("Email")).to_be_visible()
    assert desk.watch.kept() == []

    desk.sign_in()
    desk.open("Hello")
    expect(desk.reply).to_have_value("")
    desk.say("Good morning")
    expect(visitor.chat.get_by_text("Good morning")).to_be_visible()


def test_foreign_values_are_dropped(scenario: BrowserScenario, kind: Kind) -> None:
    """Corrupt, edited to expire later, of another version: chat and desk start as without stored data."""
    desk, visitor = scenario.desk(), scenario.visitor(kind)
    desk.sign_in()
    visitor.open()
    visitor.say("Hello")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    visitor.box.press_sequentially("Half a thou")
    visitor.wait_until_kept("Half a thou")
    spoil = """() => {
      const spoilt = ["nonsense{", '{"v":1}', '{"v":{},"until":9e15}', '{"v":"x","until":2e12,"n":7}', "null"];
      for (const store of ["localStorage", "sessionStorage"]) {
        try {
          Object.keys(window[store]).forEach((key, at) => Storage.prototype.setItem.call(
            window[store], key, spoilt[at % spoilt.length]));
        } catch { /* This frame has none. */ }
      }
    }"""
    for frame in visitor.page.frames:
        frame.evaluate(spoil)
    visitor.watch.storage.forget()
    visitor.page.reload()
    visitor.launcher.click()
    expect(visitor.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()
    expect(visitor.box).to_have_value("")
    visitor.say("A new beginning")
    expect(visitor.bubbles()).to_have_text(["A new beginning"])
