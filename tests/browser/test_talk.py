"""A visitor and an operator exchange messages, each in a separate browser."""

import re

from playwright.sync_api import expect

from support.scene import SENT, BrowserScenario

A_SECOND = 1_000
"""Milliseconds within which each side sees an action of the other."""

PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "<b>bold</b> &amp; <a href='javascript:alert(3)'>link</a>",
    "</textarea></p><svg onload=alert(4)>",
]


def test_message_is_sent_seen_and_answered_within_a_second(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(), scenario.visitor()
    desk.sign_in()
    expect(desk.rows).to_have_count(0)
    visitor.open()
    expect(visitor.dialog).to_be_visible()
    visitor.box.fill("Do you deliver to Portugal?")
    visitor.chat.get_by_role("button", name="Send").click()
    expect(desk.row("Do you deliver to Portugal?")).to_be_visible(timeout=A_SECOND)
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    expect(desk.page).to_have_title(re.compile(r"^\(1\) "))
    expect(desk.rows).to_contain_text("1 unread")
    expect(desk.rows).to_contain_text("Visitor")

    desk.open("Do you deliver to Portugal?")
    expect(desk.bubbles()).to_have_text(["Do you deliver to Portugal?"])
    expect(visitor.chat.get_by_text("Seen")).to_be_visible()
    expect(desk.page).to_have_title(re.compile(r"^Conversations"))
    desk.say("Yes, in four days.")
    expect(visitor.chat.get_by_text("Yes, in four days.")).to_be_visible(timeout=A_SECOND)
    expect(visitor.chat.get_by_text("Olga", exact=True)).to_be_visible()
    expect(desk.page.get_by_text("Seen")).to_be_visible()
    assert scenario.timeline() == ["Do you deliver to Portugal?", "Yes, in four days."]


def test_typing_new_replies_and_closing_are_shown_to_the_other_side(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(), scenario.visitor()
    desk.sign_in()
    visitor.open()
    visitor.say("Hello")
    desk.open("Hello")
    desk.reply.press_sequentially("Good")
    expect(visitor.chat.get_by_text("Olga is typing…")).to_be_visible()
    desk.reply.fill("")
    expect(visitor.chat.get_by_text("Olga is typing…")).to_be_hidden()
    visitor.box.press_sequentially("I wonder")
    expect(desk.page.get_by_text("Visitor is typing…")).to_be_visible()
    visitor.say("I wonder whether you have mint")
    expect(desk.bubbles().last).to_have_text("I wonder whether you have mint")
    expect(desk.page.get_by_text("Visitor is typing…")).to_be_hidden()

    # The launcher of a closed chat counts new replies.
    visitor.chat.get_by_role("button", name="Close chat").click()
    expect(visitor.dialog).to_be_hidden()
    desk.say("Good morning")
    expect(visitor.page.get_by_role("button", name="Chat with us, 1 new message")).to_be_visible()
    visitor.launcher.click()
    expect(visitor.chat.get_by_text("Good morning")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Chat with us", exact=True)).to_be_visible()

    # A message reopens a closed conversation.
    close = desk.page.get_by_role("button", name="Close conversation")
    close.click()
    expect(close).to_be_hidden()
    expect(desk.rows).to_contain_text("Closed")
    expect(visitor.chat.get_by_text("Conversation closed")).to_be_visible()
    visitor.say("One thing more")
    expect(desk.rows).to_contain_text("Needs a reply")
    expect(close).to_be_visible()
    texts = ["Hello", "I wonder whether you have mint", "Good morning", "One thing more"]
    expect(desk.bubbles()).to_have_text(texts)


def test_two_operators_and_their_tabs_see_the_same(scenario: BrowserScenario) -> None:
    olga, otto, visitor = scenario.desk("Olga"), scenario.desk("Otto"), scenario.visitor()
    olga.sign_in()
    otto.sign_in()
    second = olga.page.context.new_page()
    second.goto(olga.address)
    visitor.open()
    visitor.say("Hello, both of you")
    olga.open("Hello, both of you")
    otto.open("Hello, both of you")
    second.locator("a.row").filter(has_text="Hello, both of you").click()
    olga.say("Olga here")
    otto.say("And Otto")
    everything = ["Hello, both of you", "Olga here", "And Otto"]
    for thread in (olga.bubbles(), otto.bubbles(), second.locator(".bubble"), visitor.bubbles()):
        expect(thread).to_have_count(3)
    assert sorted(otto.bubbles().all_text_contents()) == sorted(everything)
    assert olga.bubbles().all_text_contents() == otto.bubbles().all_text_contents() == scenario.timeline()
    assert visitor.bubbles().all_text_contents() == second.locator(".bubble").all_text_contents() == scenario.timeline()
    expect(otto.page.locator(".talk-body").get_by_text("Olga", exact=True)).to_be_visible()


def test_newest_conversation_is_first(scenario: BrowserScenario) -> None:
    desk, first, second = scenario.desk(), scenario.visitor(), scenario.visitor()
    desk.sign_in()
    first.open()
    first.say("I was first")
    expect(desk.rows).to_have_count(1)
    second.open()
    second.say("I was second")
    expect(desk.rows).to_contain_text(["I was second", "I was first"])
    expect(desk.page).to_have_title(re.compile(r"^\(2\) "))
    first.say("First again")
    expect(desk.rows).to_contain_text(["First again", "I was second"])
    # A visitor never sees a message of another visitor.
    assert first.bubbles().all_text_contents() == ["I was first", "First again"]
    assert second.bubbles().all_text_contents() == ["I was second"]


def test_shift_enter_inserts_a_line_break(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    visitor.open()
    visitor.box.press_sequentially("one")
    visitor.box.press("Shift+Enter")
    visitor.box.press_sequentially("two")
    expect(visitor.box).to_have_value("one\ntwo")
    expect(visitor.bubbles()).to_have_count(0)
    visitor.box.press("Enter")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    expect(visitor.box).to_have_value("")
    assert scenario.timeline() == ["one\ntwo"]
    bubble = visitor.bubbles().first
    assert bubble.inner_text() == "one\ntwo", "the line break is shown"


def test_markup_is_shown_as_text(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(), scenario.visitor()
    desk.sign_in()
    visitor.open()
    shown: list[str] = []
    for payload in PAYLOADS:
        visitor.say(payload)
        desk.open(payload)
        desk.say(payload)
        shown += [payload, payload]
        for thread in (desk.bubbles(), visitor.bubbles()):
            expect(thread).to_have_text(shown)
            assert thread.locator("*").count() == 0
    # Dialogs and policy violations fail the test at its end.
