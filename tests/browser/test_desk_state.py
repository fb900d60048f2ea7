"""The desk restores its operator's layout. Only differences from the default are stored, and they can be deleted any
time."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import accessibility_faults
from support.scene import BrowserScenario, Desk
from support.server import wait_until

SECONDS = 10.0
TEXTS = ("First question", "Second question")


def local(page: Page) -> dict[str, Any]:
    """Return the values of localStorage, by key, without their expiry."""
    found: dict[str, str] = page.evaluate("() => ({ ...localStorage })")
    return {key: json.loads(text)["v"] for key, text in found.items()}


def work(scenario: BrowserScenario, script: str = "") -> Desk:
    """Open a desk with a waiting conversation and an open one, which is shown."""
    desk = scenario.desk(script=script, viewport={"width": 1280, "height": 800})
    desk.sign_in()
    for text in TEXTS:
        scenario.start_conversation(text)
        expect(desk.row(text)).to_be_visible()
    desk.open("First question")
    desk.say("An answer")
    expect(desk.bubbles()).to_have_text(["First question", "An answer"])
    return desk


def press(desk: Desk, name: str) -> None:
    """Press a button of the desk."""
    desk.page.get_by_role("button", name=name).click()


def open_settings(desk: Desk) -> None:
    """Open the preferences."""
    press(desk, "Account")
    press(desk, "Settings")
    expect(desk.page.get_by_role("dialog", name="Settings")).to_be_visible()


def list_width(desk: Desk) -> int:
    """Return the list's width in CSS pixels."""
    return round(desk.page.locator(".inbox").evaluate("(list) => list.getBoundingClientRect().width"))


def test_layout_survives_a_reload_and_is_deleted_by_the_reset(scenario: BrowserScenario) -> None:
    desk = work(scenario)
    assert local(desk.page) == {}
    standard = list_width(desk)
    edge = desk.page.get_by_role("separator", name="Width of the list")
    edge.focus()
    desk.page.keyboard.press("ArrowLeft")
    press(desk, "Details")
    press(desk, "Compact rows")
    desk.page.get_by_role("button", name=re.compile(r"^Needs a reply 1")).click()
    expect(desk.rows).to_have_count(1)
    stored = {
        "crumbless.desk.widths": {"list": standard - 16},
        "crumbless.desk.panels": ["details"],
        "crumbless.desk.list": {"filter": "waiting", "density": "compact"},
    }
    assert local(desk.page) == stored
    press(desk, "Hide the list")
    expect(desk.heading).to_be_hidden()
    assert local(desk.page) == stored | {"crumbless.desk.layout": {"focus": True}}

    desk.page.reload()
    expect(desk.bubbles()).to_have_count(2)
    expect(desk.heading).to_be_hidden()
    press(desk, "Show the list")
    expect(desk.rows).to_have_count(1)
    expect(desk.page.get_by_role("complementary", name="Details")).to_be_hidden()
    assert list_width(desk) == standard - 16
    assert desk.page.locator(".inbox-compact").count() == 1

    press(desk, "Account")
    press(desk, "Reset layout")
    expect(desk.rows).to_have_count(2)
    expect(desk.page.get_by_role("complementary", name="Details")).to_be_visible()
    assert list_width(desk) == standard
    assert local(desk.page) == {}
    press(desk, "Account")
    expect(desk.page.get_by_role("button", name="Settings")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Reset layout")).to_have_count(0)


def test_list_edge_follows_the_pointer_and_status_filters_have_counts(scenario: BrowserScenario) -> None:
    desk = work(scenario)
    standard = list_width(desk)
    edge = desk.page.get_by_role("separator", name="Width of the list")
    box = edge.bounding_box()
    assert box is not None
    desk.page.mouse.move(box["x"] + 4, 400)
    desk.page.mouse.down()
    desk.page.mouse.move(430, 400, steps=4)
    assert local(desk.page) == {}, "nothing is written while the edge is dragged"
    desk.page.mouse.up()
    assert list_width(desk) == 430
    expect(edge).to_have_attribute("aria-valuenow", "430")
    assert local(desk.page) == {"crumbless.desk.widths": {"list": 430}}
    edge.dblclick()
    assert list_width(desk) == standard
    assert local(desk.page) == {}

    closed = desk.page.get_by_role("button", name=re.compile("^Closed"))
    expect(closed).to_have_text("Closed 0")
    closed.click()
    expect(desk.page.get_by_text("No conversation here")).to_be_visible()
    press(desk, "Close conversation")
    expect(closed).to_have_text("Closed 1")
    expect(desk.row("An answer")).to_be_visible()


def test_layout_is_synchronised_between_tabs_and_clearing_resets_both(scenario: BrowserScenario) -> None:
    desk = work(scenario)
    other = Desk(desk.page.context.new_page(), scenario.server.address, desk.email, desk.watch)
    other.page.goto(other.address)
    expect(other.rows).to_have_count(2)
    press(desk, "Compact rows")
    expect(other.page.locator(".inbox-compact")).to_have_count(1)
    open_settings(desk)
    desk.page.get_by_label("Colours").select_option(label="Dark")
    expect(other.page.locator("html[data-theme=dark]")).to_have_count(1)
    # As the browser's own tools do it: without our code, from another page of the origin.
    other.page.evaluate("localStorage.clear()")
    expect(desk.page.locator(".inbox-compact")).to_have_count(0)
    expect(desk.page.locator("html[data-theme]")).to_have_count(0)
    expect(desk.page.get_by_label("Colours")).to_have_value("0")


def test_preferences_are_stored_by_choice_and_deleted_at_sign_out(scenario: BrowserScenario) -> None:
    desk = work(scenario)
    open_settings(desk)
    desk.page.get_by_label("Text size").select_option(label="Large")
    desk.page.get_by_label("Sound for new messages").uncheck()
    desk.page.get_by_label("Language").select_option(label="Deutsch")
    expect(desk.page.get_by_role("heading", name="Einstellungen")).to_be_visible()
    expect(desk.page.locator("html")).to_have_attribute("lang", "de")
    chosen = {"crumbless.text-size": "large", "crumbless.sound": False, "crumbless.language": "de"}
    assert local(desk.page) == chosen
    desk.page.reload()
    expect(desk.page.get_by_role("heading", name="Unterhaltungen")).to_be_visible()
    press(desk, "Konto")
    press(desk, "Abmelden")
    expect(desk.page.get_by_label("Email")).to_be_visible()
    assert local(desk.page) == {}


@pytest.mark.parametrize("answer", ["granted", "denied"])
def test_notifications_need_the_setting_and_contain_no_text(scenario: BrowserScenario, answer: str) -> None:
    script = f"""
      window.shown = [];
      window.asked = 0;
      window.Notification = class {{
        static permission = "default";
        static async requestPermission() {{ asked += 1; return Notification.permission = "{answer}"; }}
        constructor(title, more) {{ shown.push([title, more.body ?? ""]); }}
        close() {{}}
      }};
    """
    desk = work(scenario, script=script)
    assert desk.page.evaluate("asked") == 0
    open_settings(desk)
    # The checkbox shows the browser's response afterwards, so checking its state would test too little.
    desk.page.get_by_label("Notifications for new messages").click()
    granted = answer == "granted"
    expect(desk.page.get_by_text("Your browser blocks notifications")).to_be_visible(visible=not granted)
    expect(desk.page.get_by_label("Notifications for new messages")).to_be_checked(checked=granted)
    assert desk.page.evaluate("asked") == 1
    assert local(desk.page) == ({"crumbless.notifications": True} if granted else {})
    desk.page.evaluate("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })")
    scenario.start_conversation("My secret words")
    expect(desk.row("My secret words")).to_be_visible()
    shown = [["New message from Visitor", ""]] if granted else []
    wait_until(lambda: desk.page.evaluate("shown") == shown, SECONDS, "the notification")


def test_changed_layout_is_accessible_and_ignored_on_a_narrow_screen(
    scenario: BrowserScenario,
) -> None:
    desk = work(scenario)
    press(desk, "Compact rows")
    assert accessibility_faults(desk.page.main_frame) == []
    open_settings(desk)
    assert accessibility_faults(desk.page.main_frame) == []
    desk.page.keyboard.press("Escape")
    press(desk, "Hide the list")
    desk.page.set_viewport_size({"width": 360, "height": 700})
    expect(desk.page.get_by_role("button", name="Show the list")).to_be_hidden()
    expect(desk.page.get_by_role("complementary", name="Details")).to_be_hidden()
    desk.page.get_by_role("link", name="Back to the conversations").click()
    expect(desk.rows).to_have_count(2)
    expect(desk.page.get_by_role("separator")).to_be_hidden()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 360
    assert accessibility_faults(desk.page.main_frame) == []


def open_storage_dialog(desk: Desk) -> Locator:
    """Open the dialog with everything that is stored in this browser."""
    press(desk, "Account")
    press(desk, "Stored in this browser")
    dialog = desk.page.get_by_role("dialog", name="Stored in this browser")
    expect(dialog.get_by_text("crumbless.desk.session")).to_be_visible()
    return dialog


def delete(dialog: Locator, key: str) -> None:
    """Press the button that deletes the item of this key."""
    dialog.get_by_role("button", name=re.compile(rf"{re.escape(key)}$")).click()


def test_dialog_lists_the_stored_items_and_deleting_one_takes_effect_at_once(scenario: BrowserScenario) -> None:
    desk = work(scenario)
    press(desk, "Compact rows")
    dialog = open_storage_dialog(desk)
    expect(dialog.get_by_text("crumbless.desk.list", exact=True)).to_be_visible()
    expect(
        dialog.get_by_text(f"Data that your browser stores for {scenario.server.address.partition('//')[2]}")
    ).to_be_visible()
    expect(dialog.get_by_text("shows what it stores inside a website")).to_be_visible()
    assert accessibility_faults(desk.page.main_frame) == []
    delete(dialog, "crumbless.desk.list")
    expect(desk.page.locator(".inbox-compact")).to_have_count(0)
    assert local(desk.page) == {}
    expect(dialog).to_be_visible()

    desk.page.keyboard.press("Escape")
    desk.reply.press_sequentially("Half a thought")
    dialog = open_storage_dialog(desk)
    draft = dialog.get_by_text(re.compile(r"^crumbless\.desk\.draft\."))
    expect(draft).to_be_visible()
    delete(dialog, draft.inner_text())
    expect(draft).to_have_count(0)
    desk.page.keyboard.press("Escape")
    expect(desk.reply).to_have_value("")


def test_deleting_the_session_signs_every_tab_out(scenario: BrowserScenario) -> None:
    desk = work(scenario)
    other = Desk(desk.page.context.new_page(), scenario.server.address, desk.email, desk.watch)
    other.page.goto(other.address)
    expect(other.rows).to_have_count(2)
    delete(open_storage_dialog(desk), "crumbless.desk.session")
    for page in (desk.page, other.page):
        expect(page.get_by_label("Email")).to_be_visible()
        expect(page.get_by_text("Your session has expired")).to_be_visible()
    desk.sign_in()
    expect(desk.rows).to_have_count(2)
