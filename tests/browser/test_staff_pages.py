"""Settings about operators at the desk, their own export, and an operator who leaves, in a real browser."""

import json

from playwright.sync_api import Page, ViewportSize, expect

from support.browser import faults_in_both_schemes
from support.scene import DEADLINE_MS, BrowserScenario, Desk
from support.server import wait_until

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


def test_leaving_operator_hands_over_and_is_made_anonymous(scenario: BrowserScenario) -> None:
    server = scenario.server
    ids = {
        name: server.rows("SELECT id FROM operator WHERE email = ?", email)[0][0]
        for name, email in scenario.emails.items()
    }
    request = f"request-of-{scenario.site}"
    server.change(
        "INSERT INTO person_request (id, workspace_id, kind, status, email, operator_id, asked_at, due_at, created_at) "
        "SELECT ?, workspace_id, 'export', 'open', 'vera@tea.example', id, 0, 0, 0 FROM operator WHERE id = ?",
        request,
        ids["Otto"],
    )
    desk = scenario.desk(viewport=WIDE)
    desk.sign_in()
    page = open_page(desk, "people")
    table = page.get_by_role("table", name="People")
    row = table.get_by_role("row").filter(has_text="Otto")
    row.get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog", name="Disable Otto?")
    expect(dialog).to_contain_text("1 request of a person")
    assert faults_in_both_schemes(page, page.main_frame) == []
    dialog.get_by_label("Hand over to").select_option(label="Olga")
    dialog.get_by_role("button", name="Disable").click()
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("Disabled")
    assert server.rows("SELECT operator_id FROM person_request WHERE id = ?", request) == [(ids["Olga"],)]
    row.get_by_role("button", name="Make anonymous").click()
    dialog = page.get_by_role("dialog", name="Make Otto anonymous?")
    expect(dialog).to_contain_text("The audit log contains the name until its entries expire.")
    expect(dialog).to_contain_text("There is nothing to hand over.")
    assert faults_in_both_schemes(page, page.main_frame) == []
    dialog.get_by_role("button", name="Make anonymous").click()
    expect(dialog).to_have_count(0)
    expect(table).not_to_contain_text("Otto")
    assert server.rows("SELECT name, status FROM operator WHERE id = ?", ids["Otto"]) == [("", "anonymous")]
    page = open_page(desk, "retention")
    expect(page.get_by_role("table", name="Deletions")).to_contain_text("Operator made anonymous")


def test_former_operator_is_named_so_in_the_inbox(scenario: BrowserScenario) -> None:
    scenario.start_conversation("Where is my order?")
    desk = scenario.desk("Otto", viewport=WIDE)
    desk.sign_in()
    desk.open("Where is my order?")
    desk.say("On its way")
    wait_until(lambda: "On its way" in scenario.timeline(), DEADLINE_MS / 1000, "the message is stored")
    other = scenario.desk(viewport=WIDE)
    other.sign_in()
    expect(other.row("On its way")).to_contain_text("Otto:")
    # As it is after the operator was made anonymous.
    scenario.server.change("UPDATE entry SET author_name = '' WHERE author_kind = 'operator' AND author_name = 'Otto'")
    later = scenario.desk(viewport=WIDE)
    later.sign_in()
    expect(later.row("On its way")).to_contain_text("Former operator:")
