"""The desk's view of a conversation that its visitor erases."""

import httpx
from playwright.sync_api import expect

from support.browser import accessibility_faults
from support.scene import BrowserScenario

A_SECOND = 1_000
"""Milliseconds within which a desk removes erased messages."""

ERASED = "The visitor has erased this conversation."


def erase(scenario: BrowserScenario, visitor: dict[str, str]) -> None:
    answer = httpx.post(f"{scenario.server.address}/v1/visitor/erase", headers=visitor, trust_env=False)
    assert answer.status_code == 200, answer.text


def test_open_thread_and_its_row_are_emptied_at_once(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(), scenario.start_conversation("My number is 555 0100")
    scenario.start_conversation("I stay")
    desk.sign_in()
    desk.open("My number is 555 0100")
    desk.say("Is 555 0100 right?")
    expect(desk.bubbles()).to_have_count(2)
    desk.reply.fill("I will call 555 0100")
    page = desk.page
    expect(page.locator("body")).to_contain_text("555 0100")

    erase(scenario, visitor)
    expect(page.locator(".talk").get_by_text(ERASED)).to_be_visible(timeout=A_SECOND)
    expect(page.locator("body")).not_to_contain_text("555 0100")
    expect(desk.row(ERASED)).to_have_count(1)
    expect(desk.row(ERASED)).to_contain_text("Closed")
    expect(desk.row("I stay")).to_have_count(1)
    expect(desk.reply).to_have_count(0)
    expect(page.get_by_role("button", name="Close conversation")).to_have_count(0)
    assert page.evaluate("document.activeElement?.id") == "talk-heading"
    stored = page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }])")
    assert "555" not in stored
    assert accessibility_faults(page.main_frame) == []

    page.reload()
    expect(page.locator(".talk").get_by_text(ERASED)).to_be_visible()
    expect(desk.row(ERASED)).to_have_count(1)


def test_offline_desk_removes_erased_messages_after_reconnecting(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(), scenario.start_conversation("Please forget me")
    desk.sign_in()
    desk.open("Please forget me")
    expect(desk.bubbles()).to_have_text(["Please forget me"])
    desk.page.context.set_offline(True)
    erase(scenario, visitor)
    expect(desk.bubbles()).to_have_text(["Please forget me"])
    desk.page.context.set_offline(False)
    expect(desk.page.locator(".talk").get_by_text(ERASED)).to_be_visible()
    expect(desk.page.locator("body")).not_to_contain_text("Please forget me")
