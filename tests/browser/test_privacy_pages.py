"""Retention, deletion and requests of people at the desk, in a real browser on the real server."""

import json

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from crumbless.core.texts import FOLDER, languages_of, read_texts
from support.browser import faults_in_both_schemes
from support.scene import DEADLINE_MS, BrowserScenario, Desk, Visitor
from support.server import wait_until

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
CUTS_OFF = """(page) => [...page.querySelectorAll("*:not(svg, svg *, .hidden, .hidden *)")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
  .map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 60)}`)"""
"""Return the elements of the page that stick out of the window."""

PLACES = ("retention", "requests", "workspace")


def say(scenario: BrowserScenario, visitor: Visitor, text: str) -> None:
    """Send a message and wait until the server has stored it."""
    visitor.say(text)
    wait_until(lambda: text in scenario.timeline(), DEADLINE_MS / 1000, "the message is stored")


def make_older(scenario: BrowserScenario, days: int) -> None:
    """Close all conversations of the site, and move them into the past."""
    back = days * 86_400_000
    mine = "(SELECT no FROM conversation WHERE site_id = (SELECT id FROM site WHERE key = ?))"
    scenario.server.change(
        f"UPDATE entry SET at = at - ? WHERE conversation_no IN {mine}",
        back,
        scenario.site,
    )
    scenario.server.change(
        f"UPDATE conversation SET status = 'closed', started_at = started_at - ? WHERE no IN {mine}",
        back,
        scenario.site,
    )


def open_page(desk: Desk, place: str) -> Page:
    """Open a settings page and wait for its data."""
    desk.page.goto(f"{desk.address}#/settings/{place}")
    expect(desk.page.locator(".page-title")).to_be_visible()
    expect(desk.page.locator(".page-section").first).to_be_visible()
    expect(desk.page.locator(".page-loading")).to_have_count(0)
    return desk.page


def is_accessible(page: Page, view: str) -> None:
    """Assert that axe-core finds no fault and that nothing overflows at the side."""
    assert faults_in_both_schemes(page, page.main_frame) == [], view
    assert not page.evaluate(TOO_WIDE), f"{view} scrolls sideways"


def test_consequence_of_a_rule_is_shown_before_it_is_saved(scenario: BrowserScenario) -> None:
    visitor, desk = scenario.visitor(), scenario.desk(viewport=WIDE)
    visitor.open()
    say(scenario, visitor, "An old question")
    make_older(scenario, 400)
    desk.sign_in()
    page = open_page(desk, "retention")
    counts = page.locator(".counts").first
    expect(counts).to_contain_text("Conversations0")
    rule = page.get_by_label("Closed conversations")
    expect(rule).to_have_value("never")
    rule.select_option("365")
    consequence = page.locator(".consequence")
    expect(consequence).to_contain_text("Conversations1")
    is_accessible(page, "a changed rule")
    consequence.get_by_role("button", name="Discard").click()
    expect(consequence).to_have_count(0)
    expect(rule).to_have_value("never")
    rule.select_option("365")
    consequence.get_by_role("button", name="Confirm and save").click()
    expect(consequence).to_have_count(0)
    expect(counts).to_contain_text("Conversations1")
    page.reload()
    expect(page.get_by_label("Closed conversations")).to_have_value("365")


def test_rule_is_changed_by_keyboard(scenario: BrowserScenario) -> None:
    desk = scenario.desk(viewport=WIDE)
    desk.sign_in()
    page = open_page(desk, "retention")
    page.get_by_label("Closed conversations").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".consequence")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Confirm and save")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".consequence")).to_have_count(0)
    rows = scenario.server.rows(
        "SELECT conversation_days FROM retention_rule JOIN site ON site.workspace_id = retention_rule.workspace_id "
        "WHERE site.key = ?",
        scenario.site,
    )
    assert rows == [(30,)]


def test_conversation_and_visitor_are_deleted_from_the_details(scenario: BrowserScenario) -> None:
    visitor, desk = scenario.visitor(), scenario.desk(viewport=WIDE)
    visitor.open()
    visitor.say("Forget this")
    desk.sign_in()
    desk.open("Forget this")
    desk.page.get_by_role("button", name="Delete visitor").click()
    dialog = desk.page.get_by_role("dialog", name="Delete everything about this visitor?")
    is_accessible(desk.page, "the dialog")
    with desk.page.expect_download() as download:
        dialog.get_by_role("button", name="Export", exact=True).click()
    assert "Forget this" in download.value.path().read_text(encoding="utf-8")
    dialog.get_by_role("button", name="Delete visitor").click()
    expect(dialog).to_have_count(0)
    expect(desk.page.locator(".empty-title")).to_have_text("This conversation has been deleted.")
    expect(desk.page.get_by_role("button", name="Delete conversation")).to_have_count(0)
    assert scenario.timeline() == []
    page = open_page(desk, "retention")
    expect(page.get_by_role("table", name="Deletions")).to_contain_text("Conversations: 1, Messages: 1")


def test_site_and_workspace_deletion_can_be_undone(scenario: BrowserScenario) -> None:
    desk = scenario.desk(viewport=WIDE)
    desk.sign_in()
    page = open_page(desk, f"sites/{scenario.site}")
    for place, button in ((f"sites/{scenario.site}", "Delete site"), ("workspace", "Delete workspace")):
        page = open_page(desk, place)
        page.get_by_role("button", name=button).click()
        dialog = page.get_by_role("dialog")
        if place == "workspace":
            dialog.get_by_role("button", name=button).click()
            expect(dialog.get_by_role("alert")).not_to_be_empty()
            dialog.get_by_label("Type the name").fill(f"Workspace of {scenario.site}")
        dialog.get_by_role("button", name=button).click()
        expect(page.get_by_text("Closed for visitors. It will be deleted on")).to_be_visible()
        is_accessible(page, place)
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("It is open again.")).to_be_visible()
        expect(page.get_by_role("button", name=button)).to_be_visible()


def test_request_of_a_person_is_erased(scenario: BrowserScenario) -> None:
    visitor, desk = scenario.visitor(), scenario.desk(viewport=WIDE)
    visitor.open()
    say(scenario, visitor, "My secret")
    scenario.server.change(
        "UPDATE visitor SET email = 'layla@example.com' WHERE site_id = (SELECT id FROM site WHERE key = ?)",
        scenario.site,
    )
    desk.sign_in()
    page = open_page(desk, "requests")
    page.get_by_label("Email of the person").fill("Layla@example.com")
    page.get_by_role("button", name="Add a request").click()
    expect(page.get_by_role("heading", name="Found on the server")).to_be_visible()
    expect(page.locator(".counts")).to_contain_text("Messages1")
    is_accessible(page, "a request")
    page.get_by_role("button", name="Erase…").click()
    dialog = page.get_by_role("dialog", name="Erase everything about Layla@example.com?")
    expect(dialog).to_contain_text("1 conversation")
    dialog.get_by_role("button", name="Confirm and erase").click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    expect(page.get_by_text("Address deleted")).to_be_visible()
    page.get_by_role("link", name="All requests").click()
    expect(page.locator(".page-list")).to_contain_text("Done")
    assert scenario.timeline() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_in_every_language(scenario: BrowserScenario, scheme: str) -> None:
    desk = scenario.desk(viewport=NARROW, color_scheme=scheme)
    desk.sign_in()
    languages = languages_of("desk") if scheme == "light" else ("ar",)
    for language in languages:
        choose_language(desk, language)
        texts = read_texts(language, "desk_pages")
        for place in PLACES:
            page = open_page(desk, place)
            expect(page.locator(".page-title")).to_have_text(texts["pages"][place])
            view = f"{place} in {language}, {scheme}"
            assert page.locator(".page-scroll").evaluate(CUTS_OFF) == [], view
            if language in {"en", "ar"}:
                is_accessible(page, view)


def choose_language(desk: Desk, language: str) -> None:
    """Select the language in the desk's settings."""
    page = desk.page
    own_name = json.loads((FOLDER / language / "language.json").read_text(encoding="utf-8"))["name"]
    page.goto(f"{desk.address}#/")
    page.locator(".menu-button").click()
    page.locator(".menu-panel button").first.wait_for()
    page.locator(".menu-panel").get_by_role("button").filter(
        has_text=read_texts(lang_of(page), "desk")["settings"]
    ).click()
    page.locator("dialog select").nth(1).select_option(label=own_name)
    expect(page.locator("dialog h2")).to_have_text(read_texts(language, "desk")["settings"])
    page.keyboard.press("Escape")


def lang_of(page: Page) -> str:
    """Return the language that the desk shows now."""
    return str(page.evaluate("document.documentElement.lang")) or "en"
