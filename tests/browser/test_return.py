"""Another page, a reload, another tab: the conversation returns with any treatment of a frame's storage."""

import re

import pytest
from playwright.sync_api import expect

from support.browser import STORAGE_WORKS, Kind
from support.scene import SENT, BrowserScenario, Visitor


def frame_has_storage(visitor: Visitor) -> bool:
    """Return whether the browser gives the chat's frame storage."""
    return bool(visitor.page.frames[1].evaluate(STORAGE_WORKS))


def test_next_page_shows_the_conversation_and_a_closed_chat_counts_new_messages(
    scenario: BrowserScenario, kind: Kind
) -> None:
    desk, visitor = scenario.desk(), scenario.visitor(kind)
    desk.sign_in()
    visitor.open()
    assert frame_has_storage(visitor) == (kind == "ordinary"), "the browser is not of the kind that this test is about"
    visitor.say("Hello")
    desk.open("Hello")
    desk.say("Good morning")
    expect(visitor.bubbles()).to_have_text(["Hello", "Good morning"])

    visitor.arrive("/delivery")
    expect(visitor.dialog).to_be_visible()
    expect(visitor.bubbles()).to_have_text(["Hello", "Good morning"])
    visitor.page.reload()
    expect(visitor.bubbles()).to_have_text(["Hello", "Good morning"])

    visitor.say("Still me")
    expect(desk.bubbles()).to_have_text(["Hello", "Good morning", "Still me"])
    desk.say("So I see")
    expect(visitor.bubbles()).to_have_count(4)
    expect(desk.rows).to_have_count(1)

    expect(desk.page.get_by_text("Seen")).to_be_visible()
    visitor.box.press("Escape")
    expect(visitor.dialog).to_be_hidden()
    visitor.arrive("/delivery")
    expect(visitor.launcher).to_be_visible()
    expect(visitor.dialog).to_be_hidden()
    desk.say("Are you there?")
    expect(visitor.page.get_by_role("button", name="Chat with us, 1 new message")).to_be_visible()


def test_tab_opened_from_another_has_a_separate_draft(scenario: BrowserScenario, kind: Kind) -> None:
    first = scenario.visitor(kind)
    first.open()
    first.say("Hello")
    expect(first.chat.get_by_text(SENT)).to_be_visible()
    with first.page.expect_popup() as opened:
        first.page.evaluate("() => void window.open(location.href)")
    second = Visitor(opened.value, first.shop, first.watch)
    expect(second.bubbles()).to_have_text(["Hello"])
    tabs = {"Words of one": first, "Words of two": second}
    for words, tab in tabs.items():
        tab.box.fill(words)
        tab.wait_until_kept(words)
    for words, tab in tabs.items():
        tab.page.reload()
        expect(tab.box).to_have_value(words)
        expect(tab.bubbles()).to_have_text(["Hello"])


def test_unsent_text_returns_and_an_unsaved_chat_is_not_in_another_tab(scenario: BrowserScenario, kind: Kind) -> None:
    visitor = scenario.visitor(kind)
    visitor.open()
    visitor.box.press_sequentially("Half a thou")
    visitor.wait_until_kept("Half a thou")
    visitor.arrive("/delivery")
    expect(visitor.box).to_have_value("Half a thou")
    assert scenario.timeline() == []
    visitor.say("Forget me")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    other = Visitor(visitor.page.context.new_page(), scenario.shop.origin, visitor.watch)
    other.open()
    expect(other.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()
    expect(other.box).to_have_value("")


def test_saved_chat_is_in_another_tab_and_deleted_when_unticked(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    visitor.open()
    visitor.say("Remember me")
    tick = visitor.chat.get_by_role("checkbox", name=re.compile("Keep this chat on this device for 30 days"))
    tick.check()
    expect(visitor.chat.get_by_text("Saved on this device until")).to_be_visible()

    other = Visitor(visitor.page.context.new_page(), scenario.shop.origin, visitor.watch)
    other.open()
    expect(other.bubbles()).to_have_text(["Remember me"])
    tick.uncheck()
    expect(visitor.chat.get_by_text("Saved on this device until")).to_be_hidden()
    third = Visitor(visitor.page.context.new_page(), scenario.shop.origin, visitor.watch)
    third.open()
    expect(third.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()


def test_desk_stays_signed_in_until_sign_out(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(), scenario.visitor()
    desk.sign_in()
    visitor.open()
    visitor.say("Hello")
    desk.open("Hello")
    desk.reply.press_sequentially("A reply that was not se")
    desk.page.reload()
    expect(desk.reply).to_have_value("A reply that was not se")
    expect(desk.bubbles()).to_have_text(["Hello"])
    stored = {key for _, key in desk.watch.kept()}
    assert "crumbless.desk.session" in stored
    assert any(key.startswith("crumbless.desk.draft.") for key in stored)

    desk.page.get_by_role("button", name=re.compile("Account")).click()
    desk.page.get_by_role("button", name="Sign out").click()
    expect(desk.page.get_by_text("You have signed out")).to_be_visible()
    assert desk.watch.kept() == []
    desk.page.reload()
    expect(desk.page.get_by_label("Email")).to_be_visible()


@pytest.mark.parametrize("password", ["wrong", ""])
def test_wrong_password_is_reported_and_refused(scenario: BrowserScenario, password: str) -> None:
    desk = scenario.desk()
    desk.page.goto(desk.address)
    desk.page.get_by_label("Email").fill(desk.email)
    desk.page.get_by_label("Password").fill(password)
    desk.page.get_by_role("button", name="Sign in").click()
    expect(desk.page.get_by_role("alert")).to_contain_text("password")
    expect(desk.heading).to_be_hidden()
    assert desk.watch.kept() == []
