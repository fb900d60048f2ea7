"""Changes on the desk's settings pages: photo, site, failed jobs. Sensitive changes need a step-up."""

from typing import Any

from playwright.sync_api import FilePayload, Locator, expect

from crumbless.accounts.operator_store import add_operator
from crumbless.database.database import write_once
from support.browser import accessibility_faults
from support.pictures import picture
from support.scene import DEADLINE_MS, PASSWORD, BrowserScenario, Desk
from support.server import wait_until


def _open(desk: Desk, page: str) -> None:
    desk.page.goto(f"{desk.address}#/settings/{page}")
    desk.page.reload()
    expect(desk.page.locator(".page-title")).to_be_visible()
    expect(desk.page.locator(".page-loading")).to_have_count(0)


def _button(desk: Desk, name: str) -> Locator:
    return desk.page.get_by_role("button", name=name)


def _signed_in(scenario: BrowserScenario) -> Desk:
    desk = scenario.desk()
    desk.sign_in()
    return desk


def _age_the_authentication(scenario: BrowserScenario, desk: Desk) -> None:
    """Make the last authentication old. The new name makes the server read the session from the database again."""
    own = "SELECT id FROM operator WHERE email = ?"
    scenario.server.change(f"UPDATE session SET authenticated_at = 1 WHERE operator_id = ({own})", desk.email)
    _open(desk, "profile")
    desk.page.get_by_label("Name", exact=True).fill("Olga Old")
    _button(desk, "Save").click()
    expect(desk.page.get_by_text("Saved.")).to_be_visible()


def _show_the_password(desk: Desk) -> None:
    dialog = desk.page.get_by_role("dialog", name="Confirm it’s you")
    expect(dialog).to_be_visible()
    assert accessibility_faults(desk.page.main_frame) == []
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Confirm").click()


def _file(name: str, media_type: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": media_type, "buffer": content}


def test_photo_is_chosen_shown_and_removed_and_an_invalid_one_refused(scenario: BrowserScenario) -> None:
    desk = _signed_in(scenario)
    _open(desk, "profile")
    chooser = desk.page.get_by_label("Choose a photo")
    photo, preview = desk.page.get_by_role("img", name="Photo", exact=True), desk.page.locator("canvas.photo")
    chooser.set_input_files(_file("cat.png", "image/png", b"<svg onload='alert(1)'/>"))
    expect(desk.page.get_by_text("Your browser cannot read this as a picture.")).to_be_visible()
    expect(preview).to_have_count(0)
    assert not any("/me/photo" in line for line in desk.watch.requests), "the invalid file is not sent"
    chooser.set_input_files(_file("me.png", "image/png", picture("PNG")))
    expect(preview).to_be_visible()
    expect(desk.page.get_by_text("Your browser cannot read this")).to_have_count(0)
    _button(desk, "Use this photo").click()
    expect(desk.page.get_by_text("Saved.")).to_be_visible()
    expect(desk.page.locator("img.photo")).to_have_js_property("naturalWidth", 256)
    assert accessibility_faults(desk.page.main_frame) == []
    _open(desk, "profile")
    expect(desk.page.locator("img.photo")).to_have_js_property("naturalWidth", 256)
    _button(desk, "Remove the photo").click()
    expect(desk.page.get_by_text("Saved.")).to_be_visible()
    expect(photo).to_have_count(0)
    _open(desk, "profile")
    expect(chooser).to_have_count(1)
    expect(photo).to_have_count(0)


def test_change_of_a_sites_origins_needs_a_step_up(scenario: BrowserScenario) -> None:
    desk = _signed_in(scenario)
    _age_the_authentication(scenario, desk)
    _open(desk, f"sites/{scenario.site}")
    addresses = desk.page.get_by_label("Addresses of the website")
    addresses.fill("https://elsewhere.example")
    _button(desk, "Save").click()
    expect(desk.page.get_by_role("dialog", name="Confirm it’s you")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)
    expect(addresses).to_have_value("https://elsewhere.example")
    assert "elsewhere" not in _origins(scenario), "closing the dialog cancels the change"
    _button(desk, "Save").click()
    _show_the_password(desk)
    expect(desk.page.get_by_text("Saved.")).to_be_visible()
    assert "https://elsewhere.example" in _origins(scenario)


def _origins(scenario: BrowserScenario) -> str:
    return str(scenario.server.rows("SELECT origins FROM site WHERE key = ?", scenario.site))


def _dead_letters(scenario: BrowserScenario) -> list[tuple[Any, ...]]:
    dead = (
        "SELECT dead_at FROM task JOIN site ON site.workspace_id = task.workspace_id "
        "WHERE site.key = ? AND task.kind = 'mail' AND dead_at > 0"
    )
    return scenario.server.rows(dead, scenario.site)


def test_failed_job_is_retried_and_deleted(scenario: BrowserScenario) -> None:
    desk = _signed_in(scenario)
    _open(desk, "people")
    _button(desk, "Invite an operator").click()
    desk.page.get_by_role("dialog").get_by_label("Email", exact=True).fill("new@tea.example")
    _button(desk, "Send the invitation").click()
    expect(desk.page.get_by_text("We have sent an invitation")).to_be_visible()
    # This platform has no mail server.
    wait_until(lambda: len(_dead_letters(scenario)) == 1, DEADLINE_MS / 1000, "the mail is given up")
    [(failed_at,)] = _dead_letters(scenario)
    _age_the_authentication(scenario, desk)
    _open(desk, "workspace")
    row = desk.page.get_by_role("table", name="Failed background jobs").get_by_role("row").nth(1)
    expect(row).to_contain_text("Email: invitation")
    expect(row).to_contain_text("new@tea.example")
    expect(row).to_contain_text("no mail server is set")
    row.get_by_role("button", name="Retry").click()
    expect(desk.page.get_by_text("Retrying now.")).to_be_visible()

    def has_failed_again() -> bool:
        return any(at > failed_at for (at,) in _dead_letters(scenario))

    wait_until(has_failed_again, DEADLINE_MS / 1000, "the mail is tried again")
    _open(desk, "workspace")
    row.get_by_role("button", name="Discard").click()
    desk.page.get_by_role("dialog", name="Discard this job?").get_by_role("button", name="Discard").click()
    _show_the_password(desk)
    expect(desk.page.get_by_text("Job discarded.")).to_be_visible()
    expect(desk.page.get_by_text("No failed jobs.")).to_be_visible()
    assert _dead_letters(scenario) == []


def test_scope_of_an_operator_is_set_on_the_people_page(scenario: BrowserScenario) -> None:
    desk = _signed_in(scenario)
    own = "SELECT workspace_id FROM operator WHERE email = ?"
    ((workspace,),) = scenario.server.rows(own, desk.email)
    ((site,),) = scenario.server.rows(f"SELECT name FROM site WHERE workspace_id = ({own})", desk.email)
    email = f"nora-{desk.email}"
    write_once(scenario.server.database_url, lambda db: add_operator(db, workspace, email, "Nora", "", "operator"))
    _open(desk, "people")
    row, dialog = desk.page.get_by_role("row").filter(has_text=email), desk.page.get_by_role("dialog")
    everything = dialog.get_by_role("radio", name="Everything", exact=True)
    _button(desk, "Change Nora").click()
    expect(everything).to_be_checked()
    expect(dialog.get_by_label(site)).to_have_count(0)
    dialog.get_by_label("Selected sites and teams").check()
    dialog.get_by_label(site).check()
    assert accessibility_faults(desk.page.main_frame) == []
    _button(desk, "Save").click()
    expect(row).to_contain_text(site)
    _button(desk, "Change Nora").click()
    expect(dialog.get_by_label("Selected sites and teams")).to_be_checked()
    expect(dialog.get_by_label(site)).to_be_checked()
    dialog.locator("input[value=admin]").check()
    expect(everything, "admins see everything").to_have_count(0)
    dialog.locator("input[value=operator]").check()
    everything.check()
    _button(desk, "Save").click()
    expect(row).not_to_contain_text(site)
    _open(desk, "audit")
    expect(desk.page.get_by_role("table")).to_contain_text("What an operator can see changed")


def test_record_of_processing_is_shown_and_downloaded(scenario: BrowserScenario) -> None:
    desk = _signed_in(scenario)
    _open(desk, "server")
    table = desk.page.get_by_role("table", name="Stored on the server")
    assert table.locator(".server-data-group").all_inner_texts() == ["Visitors", "Operators", "Operation"]
    hashes = table.get_by_role("row").filter(has_text="A keyed hash of the network that the visitor used last")
    expect(hashes).to_contain_text("24 hours after it was stored")
    own = "workspace_id = (SELECT workspace_id FROM operator WHERE email = ?)"
    [(operators,)] = scenario.server.rows(f"SELECT count(*) FROM operator WHERE {own}", desk.email)
    accounts = table.get_by_role("row").filter(has_text="Name, email, role and languages")
    expect(accounts).to_contain_text(f"Stored: {operators}")
    for name, ending in (("Download as CSV", "csv"), ("Download as JSON", "json")):
        with desk.page.expect_download() as download:
            _button(desk, name).click()
        assert download.value.suggested_filename == f"record-of-processing.{ending}"
        assert "Network hash" in download.value.path().read_text(encoding="utf-8")
