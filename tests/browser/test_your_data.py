"""The panel "Stored in this browser now" in the chat and on the policy page: complete, and able to delete each item."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Download, Locator, expect

from support.browser import KEPT, STORAGE_WORKS, Kind, faults_in_both_schemes
from support.scene import SENT, BrowserScenario, Visitor

TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


def open_data(visitor: Visitor) -> Locator:
    """Open the panel through the menu."""
    visitor.chat.get_by_role("button", name="Menu").click()
    visitor.chat.get_by_role("button", name="Your data").click()
    panel = visitor.chat.get_by_role("dialog", name="Your data")
    expect(panel.get_by_role("button", name="Export as JSON")).to_be_visible()
    return panel


def listed(panel: Locator) -> list[str]:
    """Return the keys that the panel names."""
    return sorted(panel.locator("code").all_inner_texts())


def stored_keys(visitor: Visitor) -> list[str]:
    """Return the keys that are in the frame's own stores."""
    return sorted(row[1] for row in visitor.page.frames[1].evaluate(KEPT))


def exported(download: Download) -> dict[str, Any]:
    """Return the JSON document in a downloaded file."""
    return json.loads(Path(download.path()).read_text(encoding="utf-8"))


def start_chat(scenario: BrowserScenario, kind: Kind = "ordinary", **settings: Any) -> Visitor:
    """Return a visitor with a conversation and unsent text."""
    visitor = scenario.visitor(kind, **settings)
    visitor.open()
    visitor.say("Hello")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    visitor.box.press_sequentially("Half a thou")
    return visitor


def test_panel_lists_and_exports_exactly_the_stored_items(scenario: BrowserScenario) -> None:
    visitor = start_chat(scenario)
    panel = open_data(visitor)
    keys = stored_keys(visitor)
    assert len(keys) == 3, keys
    assert listed(panel) == keys
    expect(panel.get_by_text("A key whose value cannot be read or exported")).to_be_visible()
    expect(panel.get_by_text("Text you have typed but not sent")).to_be_visible()
    expect(panel.get_by_text("the chat on Kornblume Tea")).to_be_visible()
    with visitor.page.expect_download() as download:
        panel.get_by_role("button", name="Export as JSON").click()
    items = exported(download.value)["items"]
    assert [item["key"] for item in items] == listed(panel)
    (key,) = [item for item in items if item["key"].startswith("crumbless.key.")]
    assert key["note"] == "holds a key that cannot be exported"
    assert key["value"]["privateKey"]["extractable"] is False
    assert all(item["bytes"] > 0 and item["since"] < item["until"] and item["purpose"] for item in items)
    # Another page of the origin deletes what it can.
    visitor.page.frames[1].evaluate("() => sessionStorage.clear()")
    expect(panel.locator("code")).to_have_count(1)


def test_panel_in_a_private_window_lists_the_items_that_the_page_stores_for_the_frame(
    scenario: BrowserScenario,
) -> None:
    visitor = start_chat(scenario, "private")
    assert not visitor.page.frames[1].evaluate(STORAGE_WORKS), "the browser is not of the kind that this test is about"
    panel = open_data(visitor)
    assert [key.rpartition(".")[0] for key in listed(panel)] == ["crumbless.chat", "crumbless.draft", "crumbless.key"]
    expect(panel.get_by_text("In the website’s own storage").first).to_be_visible()
    panel.get_by_role("button", name="Delete everything").click()
    panel.get_by_role("button", name="Delete everything").click()
    expect(panel.get_by_text("Nothing is stored here.")).to_be_visible()
    visitor.page.reload()
    visitor.launcher.click()
    expect(visitor.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()
    expect(visitor.box).to_have_value("")


def test_each_item_can_be_deleted_and_the_chat_continues(scenario: BrowserScenario) -> None:
    visitor = start_chat(scenario)
    panel = open_data(visitor)
    panel.get_by_role("button", name=f"Delete crumbless.draft.{scenario.site}").click()
    expect(panel.get_by_text(f"Deleted: crumbless.draft.{scenario.site}")).to_be_focused()
    expect(panel.locator("code")).to_have_count(2)
    visitor.page.keyboard.press("Escape")
    expect(visitor.box).to_have_value("")
    expect(visitor.bubbles()).to_have_text(["Hello"])
    visitor.say("Still here")
    expect(visitor.bubbles()).to_have_text(["Hello", "Still here"])


@pytest.mark.parametrize("item", ["chat", "key"])
def test_deleted_session_ends_in_this_tab_cleanly(scenario: BrowserScenario, item: str) -> None:
    visitor = start_chat(scenario)
    panel = open_data(visitor)
    panel.get_by_role("button", name=re.compile(rf"^Delete crumbless\.{item}\.")).click()
    expect(panel.get_by_text(re.compile(rf"Deleted: crumbless\.{item}\."))).to_be_visible()
    expect(panel.get_by_role("button", name="Erase my conversations")).to_be_hidden()
    visitor.page.keyboard.press("Escape")
    expect(visitor.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()
    visitor.say("Anew")
    expect(visitor.bubbles()).to_have_text(["Anew"])
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    assert scenario.timeline() == ["Hello", "Anew"]


def test_everything_can_be_deleted_at_once(scenario: BrowserScenario) -> None:
    visitor = start_chat(scenario)
    panel = open_data(visitor)
    panel.get_by_role("button", name="Delete everything").click()
    expect(panel.get_by_role("button", name="Cancel")).to_be_focused()
    assert stored_keys(visitor) != []
    panel.get_by_role("button", name="Delete everything").click()
    expect(panel.get_by_text("Everything was deleted.")).to_be_visible()
    expect(panel.get_by_text("Nothing is stored here.")).to_be_visible()
    assert stored_keys(visitor) == []
    visitor.page.keyboard.press("Escape")
    expect(visitor.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()


def test_conversations_are_exported_and_erased(scenario: BrowserScenario, kind: Kind) -> None:
    visitor = start_chat(scenario, kind)
    panel = open_data(visitor)
    with visitor.page.expect_download() as download:
        panel.get_by_role("button", name="Export my conversations").click()
    (conversation,) = exported(download.value)["conversations"]
    assert [entry["data"]["text"] for entry in conversation["entries"]] == ["Hello"]

    panel.get_by_role("button", name="Erase my conversations").click()
    expect(panel.get_by_text("Erase all your conversations on this website?")).to_be_visible()
    panel.get_by_role("button", name="Cancel").click()
    expect(panel.get_by_role("button", name="Erase my conversations")).to_be_focused()
    assert scenario.timeline() == ["Hello"]
    panel.get_by_role("button", name="Erase my conversations").click()
    panel.get_by_role("button", name="Erase them").click()
    expect(panel.get_by_text("Erased: 1 conversation with 1 message.")).to_be_visible()
    assert scenario.timeline() == []
    expect(panel.get_by_text("Nothing is stored here.")).to_be_visible()
    assert stored_keys(visitor) == []
    visitor.page.keyboard.press("Escape")
    expect(visitor.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()
    visitor.say("Anew")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    assert scenario.timeline() == ["Anew"]


def test_failed_erasure_and_a_panel_that_cannot_be_loaded_are_reported(scenario: BrowserScenario) -> None:
    visitor = start_chat(scenario)
    visitor.page.context.route("**/assets/frame.your_data_view-*", lambda route: route.abort())
    visitor.chat.get_by_role("button", name="Menu").click()
    visitor.chat.get_by_role("button", name="Your data").click()
    expect(visitor.chat.get_by_role("alert")).to_contain_text("could not be loaded")
    visitor.page.keyboard.press("Escape")
    expect(visitor.bubbles()).to_have_text(["Hello"])
    visitor.page.context.unroute("**/assets/frame.your_data_view-*")

    panel = open_data(visitor)
    visitor.page.context.route("**/v1/visitor/erase", lambda route: route.abort())
    panel.get_by_role("button", name="Erase my conversations").click()
    panel.get_by_role("button", name="Erase them").click()
    expect(panel.get_by_text("That did not work.")).to_be_visible()
    assert scenario.timeline() == ["Hello"]
    visitor.page.keyboard.press("Escape")
    expect(visitor.bubbles()).to_have_text(["Hello"])


def test_menu_and_panel_work_by_keyboard_alone(scenario: BrowserScenario) -> None:
    visitor = start_chat(scenario)
    keyboard = visitor.page.keyboard
    menu = visitor.chat.get_by_role("button", name="Menu")
    menu.focus()
    keyboard.press("Enter")
    expect(visitor.chat.get_by_role("button", name="Settings")).to_be_focused()
    keyboard.press("Escape")
    expect(visitor.chat.get_by_role("button", name="Settings")).to_be_hidden()
    expect(menu).to_be_focused()
    expect(visitor.dialog).to_be_visible()
    keyboard.press("Enter")
    expect(visitor.chat.get_by_role("button", name="Settings")).to_be_focused()
    keyboard.press("Tab")
    expect(visitor.chat.get_by_role("button", name="Your data")).to_be_focused()
    keyboard.press("Enter")
    expect(visitor.chat.get_by_role("dialog", name="Your data")).to_be_visible()
    keyboard.press("Escape")
    expect(visitor.chat.get_by_role("dialog", name="Your data")).to_be_hidden()
    expect(menu).to_be_focused()
    keyboard.press("Escape")
    expect(visitor.dialog).to_be_hidden()


def test_each_panel_shows_its_part_and_links_to_the_other(scenario: BrowserScenario) -> None:
    visitor = start_chat(scenario)
    panel = open_data(visitor)
    with visitor.page.expect_popup() as opened:
        panel.get_by_role("link", name=re.compile("on its own page")).click()
    page = opened.value
    assert page.evaluate("window.opener") is None
    place = page.locator("#kept")
    expect(place.get_by_text("Nothing is stored here.")).to_be_visible()
    expect(place.get_by_role("link", name=scenario.shop.origin)).to_have_attribute("href", scenario.shop.origin)
    alone = Visitor(visitor.page.context.new_page(), scenario.server.address, visitor.watch)
    alone.arrive(f"/chat/{scenario.site}")
    alone.page.get_by_role("button", name="Menu").click()
    alone.page.get_by_role("button", name="Settings").click()
    alone.page.get_by_role("radio", name="Dark").check()
    expect(place.locator("code")).to_have_text(["crumbless.theme"])
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    place.get_by_role("button", name="Delete crumbless.theme").click()
    expect(place.get_by_text("Nothing is stored here.")).to_be_visible()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_panel_settings_and_menu_are_accessible(scenario: BrowserScenario) -> None:
    visitor = start_chat(scenario, viewport={"width": 360, "height": 700}, reduced_motion="reduce")
    frame = visitor.page.frames[1]
    visitor.chat.get_by_role("button", name="Menu").click()
    expect(visitor.chat.get_by_role("button", name="Settings")).to_be_visible()
    assert faults_in_both_schemes(visitor.page, frame) == []
    visitor.chat.get_by_role("button", name="Settings").click()
    expect(visitor.chat.get_by_role("radio", name="Dark")).to_be_visible()
    assert faults_in_both_schemes(visitor.page, frame) == []
    assert not frame.evaluate(TOO_WIDE)
    visitor.page.keyboard.press("Escape")
    panel = open_data(visitor)
    panel.get_by_role("button", name="Delete everything").click()
    assert faults_in_both_schemes(visitor.page, frame) == []
    assert not frame.evaluate(TOO_WIDE)
