"""An owner sets how operators sign in. An operator without a second factor is warned, then must set one up."""

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp.totp import TOTP
from sqlalchemy import Connection

from crumbless.database.database import write_once
from crumbless.database.schema import migrate
from crumbless.sites.workspace_set_up import add_operator, workspace_for
from support.browser import Kind, Watch, accessibility_faults
from support.scene import DEADLINE_MS, PASSWORD
from support.server import ServerProcess


def _seed_database(connection: Connection) -> None:
    workspace = workspace_for(connection, "Tea")
    for name in ("owner", "otto"):
        add_operator(connection, workspace, f"{name}@tea.example", name.capitalize(), PASSWORD, "owner")


@pytest.fixture(scope="module")
def tea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start a server with two owners."""
    database = tmp_path_factory.mktemp("policy") / "crumbless.db"
    migrate(f"sqlite:///{database}")
    write_once(f"sqlite:///{database}", _seed_database)
    server = ServerProcess(Path(database))
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def open_page(tea: ServerProcess, browser_of: Callable[[Kind], Browser]) -> Iterator[Callable[[], Page]]:
    """Return a function that opens the desk in a separate browser, which must violate no policy."""
    watches: list[Watch] = []

    def come() -> Page:
        context = browser_of("ordinary").new_context()
        context.set_default_timeout(DEADLINE_MS)
        watch = Watch(context)
        watch.begin()
        watches.append(watch)
        page = context.new_page()
        page.goto(f"{tea.address}/desk/")
        return page

    yield come
    for watch in watches:
        watch.check()
        assert watch.violations == []
        watch.context.close()


def enter(page: Page, name: str) -> None:
    page.get_by_label("Email").fill(f"{name}@tea.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def set_up_app(page: Page) -> None:
    page.get_by_role("button", name="Set up an app", exact=True).click()
    app = TOTP(page.locator(".secret code").inner_text().replace(" ", ""))
    page.get_by_label("2. Type the code").fill(app.now())
    page.get_by_role("button", name="Turn on", exact=True).click()
    page.get_by_role("button", name="I have saved them", exact=True).click()


def require_from(page: Page, date: datetime.date, outcome: str) -> None:
    page.get_by_label("Require a second factor from").fill(date.isoformat())
    page.locator("form", has=page.get_by_label("Require a second factor from")).get_by_role(
        "button", name="Save", exact=True
    ).click()
    expect(page.get_by_text(outcome)).to_be_visible()


def test_second_factor_is_required_after_a_warning(tea: ServerProcess, open_page: Callable[[], Page]) -> None:
    today = datetime.datetime.now(tz=datetime.UTC).date()
    owner, otto = open_page(), open_page()
    for page, name in ((owner, "owner"), (otto, "otto")):
        enter(page, name)
        expect(page.get_by_role("heading", name="Conversations")).to_be_visible()
    owner.goto(f"{tea.address}/desk/#/settings/workspace")
    expect(owner.get_by_text("2 active operators have no second factor.")).to_be_visible()
    assert accessibility_faults(owner.main_frame) == []
    # An owner without a second factor cannot require one at once.
    require_from(owner, today - datetime.timedelta(days=2), "This was refused.")
    require_from(owner, today + datetime.timedelta(days=30), "Saved.")
    expect(otto.get_by_text("your workspace requires a second factor.")).to_be_visible()
    assert accessibility_faults(otto.main_frame) == []

    owner.goto(f"{tea.address}/desk/#/settings/security")
    expect(owner.get_by_text("your workspace requires a second factor.")).to_be_visible()
    set_up_app(owner)
    expect(owner.get_by_text("your workspace requires a second factor.")).to_have_count(0)
    owner.goto(f"{tea.address}/desk/#/settings/workspace")
    require_from(owner, today - datetime.timedelta(days=2), "Saved.")

    expect(otto.get_by_text("Your session has expired.")).to_be_visible()
    enter(otto, "otto")
    expect(otto.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    expect(otto.get_by_role("button", name="Set up an app", exact=True)).to_be_visible()
    assert accessibility_faults(otto.main_frame) == []
    otto.reload()
    expect(otto.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    enter(otto, "otto")
    set_up_app(otto)
    expect(otto.get_by_role("heading", name="Conversations")).to_be_visible()
    otto.reload()
    expect(otto.get_by_role("heading", name="Conversations")).to_be_visible()
    assert tea.rows("SELECT count(*) FROM operator WHERE totp_secret IS NOT NULL") == [(2,)]
