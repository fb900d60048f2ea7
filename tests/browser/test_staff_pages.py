"""Settings about operators at the desk, and their own export, in a real browser."""

import json

from playwright.sync_api import Page, ViewportSize, expect

from support.browser import faults_in_both_schemes
from support.scene import BrowserScenario, Desk

WIDE: ViewportSize = {"width": 1280, "height": 900}


def open_page(desk: Desk, place: str) -> Page:
    """Open a settings page and wait for its data."""
    desk.page.goto(f"{desk.address}#/settings/{place}")
    expect(desk.page.locator(".page-section").first).to_be_visible()
    expect(desk.page.locator(".page-loading")).to_have_count(0)
    return desk.page


def test_admin_turns_off_what_is_shown_about_operators(scenario: BrowserScenario) -> None:
    desk = scenario.desk(viewport=WIDE)
    desk.sign_in()
    page = open_page(desk, "workspace")
    section = page.locator(".page-section").filter(
        has=page.get_by_role("heading", name="What is shown about operators")
    )
    reading = section.get_by_role("checkbox", name="Show colleagues who is reading a conversation")
    reports = section.get_by_role("checkbox", name="Reports about single operators")
    expect(reading).to_be_checked()
    expect(reports).to_be_checked()
    assert faults_in_both_schemes(page, page.main_frame) == []
    reports.uncheck()
    section.get_by_role("button", name="Save").click()
    expect(section.get_by_text("Saved.", exact=True)).to_be_visible()
    page.reload()
    expect(reports).not_to_be_checked()
    expect(reading).to_be_checked()
    reports.check()
    section.get_by_role("button", name="Save").click()
    expect(section.get_by_text("Saved.", exact=True)).to_be_visible()


def test_operator_downloads_their_own_data(scenario: BrowserScenario) -> None:
    desk = scenario.desk(viewport=WIDE)
    desk.sign_in()
    page = open_page(desk, "profile")
    button = page.get_by_role("button", name="Download your data")
    expect(button).to_be_visible()
    assert faults_in_both_schemes(page, page.main_frame) == []
    with page.expect_download() as waiting:
        button.click()
    lines = [json.loads(line) for line in waiting.value.path().read_text("utf-8").splitlines()]
    assert lines[0]["type"] == "profile"
    assert lines[-1] == {"type": "end", "lines": len(lines)}
