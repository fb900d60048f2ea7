"""The desk's settings pages and the ways to sign in, in a real browser on the real server."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, expect
from pyotp.totp import TOTP
from sqlalchemy import Connection

from crumbless.accounts.one_time_token_store import new_one_time_token
from crumbless.database.database import write_once
from crumbless.database.schema import migrate
from crumbless.security.access import OperatorRole
from crumbless.sites.workspace_set_up import add_operator, add_site, workspace_for
from support.browser import Kind, Watch, faults_in_both_schemes
from support.ports import free_port
from support.scene import DEADLINE_MS, PASSWORD
from support.server import ServerProcess, wait_until

PAGES = (
    *("profile", "security", "people", "sites", "sites/tea-shop", "sites/new", "workspace", "bans", "server"),
    *("retention", "requests", "audit"),
)
ROLES: tuple[OperatorRole, ...] = ("owner", "admin", "operator", "analyst")
WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 700}
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def _seed_database(connection: Connection) -> None:
    workspace = workspace_for(connection, "Tea")
    add_site(connection, workspace, "tea-shop", "Kornblume Tea", ["https://tea.example"])
    for role in ROLES:
        add_operator(connection, workspace, f"{role}@tea.example", role.capitalize(), PASSWORD, role)
    for name in ("totp", "passkey", "session", "mail", "leaver"):
        add_operator(connection, workspace, f"{name}@tea.example", name.capitalize(), PASSWORD, "operator")


def _serve(folder: Path) -> ServerProcess:
    """Start a platform under a host name, because browsers bind no passkey to an IP address."""
    database = folder / "crumbless.db"
    migrate(f"sqlite:///{database}")
    port = free_port()
    address = f"http://localhost:{port}"
    server = ServerProcess(database, port_wanted=port, public_url=address, allowed_hosts=f"127.0.0.1:{port}")
    server.start()
    return server


@pytest.fixture(scope="module")
def tea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start the platform of a workspace with operators of every role."""
    server = _serve(tmp_path_factory.mktemp("pages"))
    write_once(f"sqlite:///{server.database}", _seed_database)
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()


class Person:
    """An operator at the desk, in a separate browser."""

    def __init__(self, server: ServerProcess, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch
        self.address = f"http://localhost:{server.port}/desk/"

    def enter(self, name: str, password: str = PASSWORD) -> None:
        """Type email address and password."""
        self.page.goto(self.address)
        self.page.get_by_label("Email").fill(f"{name}@tea.example")
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def sign_in(self, name: str) -> None:
        """Open the desk and sign in."""
        self.enter(name)
        expect(self.page.get_by_role("heading", name="Conversations")).to_be_visible()

    def open(self, page: str) -> None:
        """Open a settings page."""
        self.page.goto(f"{self.address}#/settings/{page}")
        expect(self.page.locator(".page-title")).to_be_visible()
        expect(self.page.locator(".page-loading")).to_have_count(0)

    def click(self, name: str) -> None:
        """Press a button of this name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def shows(self, text: str) -> None:
        """Wait for this text."""
        expect(self.page.get_by_text(text)).to_be_visible()

    def authenticator(self) -> CDPSession:
        """Add a virtual authenticator to the browser."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")  # pyright: ignore[reportUnknownMemberType]
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})  # pyright: ignore[reportUnknownMemberType]
        return session

    def is_accessible(self, view: str) -> None:
        """Assert that axe-core finds no fault and that nothing overflows at the side."""
        assert faults_in_both_schemes(self.page) == [], view
        assert not self.page.evaluate(TOO_WIDE), f"{view} scrolls sideways"


@pytest.fixture
def person(tea: ServerProcess, browser_of: Callable[[Kind], Browser]) -> Iterator[Callable[..., Person]]:
    """Return a function that opens a watched browser for an operator."""
    watches: list[Watch] = []

    def come(server: ServerProcess = tea, **settings: Any) -> Person:
        context = browser_of("ordinary").new_context(**settings)
        context.set_default_timeout(DEADLINE_MS)
        watch = Watch(context)
        watch.begin()
        watches.append(watch)
        return Person(server, context.new_page(), watch)

    yield come
    for watch in watches:
        watch.check()
        assert watch.violations == []
        watch.context.close()


def test_authenticator_app_is_set_up_required_and_replaced_by_a_recovery_code(
    person: Callable[..., Person],
) -> None:
    olga = person()
    olga.sign_in("totp")
    olga.open("security")
    olga.click("Set up an app")
    secret = olga.page.locator(".secret code").inner_text().replace(" ", "")
    olga.page.get_by_label("2. Type the code").fill(TOTP(secret).now())
    olga.click("Turn on")
    expect(olga.page.locator(".codes code")).to_have_count(10)
    codes = olga.page.locator(".codes code").all_inner_texts()
    olga.click("I have saved them")
    olga.shows("10 of 10 are left.")
    other_browser = person()
    other_browser.enter("totp")
    other_browser.shows("One more step")
    other_browser.page.get_by_label("Code").fill("000000")
    other_browser.click("Continue")
    other_browser.shows("This code is wrong or has already been used.")
    other_browser.page.get_by_label("Code").fill(codes[0])
    other_browser.click("Continue")
    expect(other_browser.page.get_by_role("heading", name="Conversations")).to_be_visible()


def test_passkey_is_added_and_required_for_a_sensitive_change(
    tea: ServerProcess, person: Callable[..., Person]
) -> None:
    paula = person()
    paula.authenticator()
    paula.sign_in("passkey")
    paula.open("security")
    paula.click("Add a passkey")
    dialog = paula.page.get_by_role("dialog")
    paula.page.get_by_label("Name of the passkey").fill("Blue key")
    dialog.get_by_role("button", name="Add a passkey").click()
    paula.shows("The passkey is added.")
    expect(paula.page.locator(".page-list").first).to_contain_text("Blue key")
    # The session's last authentication is old, and the restarted server has no cached session.
    assert tea.stop() == 0
    tea.change("UPDATE session SET authenticated_at = 1")
    tea.start()
    paula.page.reload()
    paula.click("Set up an app")
    paula.shows("Confirm it’s you")
    paula.is_accessible("step-up")
    dialog.get_by_label("Password").fill("wrong horse battery")
    paula.click("Confirm")
    expect(dialog.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    paula.click("Use a passkey")
    paula.shows("1. Scan this with your app")
    paula.is_accessible("authenticator app")


def test_closing_the_step_up_cancels_the_change(tea: ServerProcess, person: Callable[..., Person]) -> None:
    olga = person()
    olga.sign_in("passkey")
    assert tea.stop() == 0
    tea.change("UPDATE session SET authenticated_at = 1")
    tea.start()
    olga.open("security")
    olga.click("Set up an app")
    olga.shows("Confirm it’s you")
    olga.page.keyboard.press("Escape")
    expect(olga.page.get_by_text("Confirm it’s you")).to_have_count(0)
    expect(olga.page.get_by_role("dialog")).to_have_count(0)
    olga.click("Set up an app")
    olga.page.get_by_role("dialog").get_by_label("Password").fill(PASSWORD)
    olga.click("Confirm")
    olga.shows("1. Scan this with your app")


def test_revoked_session_is_signed_out_within_a_second(person: Callable[..., Person]) -> None:
    here, there = person(), person()
    there.sign_in("session")
    here.sign_in("session")
    here.open("security")
    expect(here.page.get_by_text("This browser", exact=True)).to_have_count(1)
    here.page.get_by_role("button", name=re.compile("^Sign out everywhere else")).click()
    expect(there.page.get_by_text("Your session has expired.")).to_be_visible(timeout=2_000)
    here.shows("You are signed out everywhere else.")


def test_operators_are_invited_changed_and_disabled(person: Callable[..., Person]) -> None:
    owner, leaver = person(), person()
    leaver.sign_in("leaver")
    owner.sign_in("owner")
    owner.open("people")
    owner.click("Invite an operator")
    dialog = owner.page.get_by_role("dialog")
    dialog.get_by_label("Email", exact=True).fill("new@tea.example")
    dialog.get_by_label("Analyst").check()
    owner.click("Send the invitation")
    owner.shows("We have sent an invitation to new@tea.example.")
    expect(owner.page.locator(".page-list").first).to_contain_text("new@tea.example")
    owner.click("Add a team")
    dialog.get_by_label("Name of the team").fill("Orders")
    dialog.get_by_label("Admin").check()
    owner.click("Save")
    expect(owner.page.locator(".page-list").last).to_contain_text("Orders")
    owner.page.get_by_role("button", name="Disable Leaver").click()
    dialog.get_by_role("button", name="Disable").click()
    expect(leaver.page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=2_000)
    expect(owner.page.get_by_role("row").filter(has_text="leaver@tea.example")).to_contain_text("Disabled")
    owner.open("audit")
    expect(owner.page.get_by_role("table")).to_contain_text("Operator disabled")


def test_site_is_added_and_changed(person: Callable[..., Person]) -> None:
    admin = person()
    admin.sign_in("admin")
    admin.open("sites")
    admin.page.get_by_role("link", name="Add a site").click()
    admin.page.get_by_label("Name").fill("Second shop")
    admin.page.get_by_label("Addresses of the website").fill("shop.example")
    admin.click("Add a site")
    admin.shows("is not an address such as")
    admin.page.get_by_label("Addresses of the website").fill("https://shop.example/path\nhttps://www.shop.example")
    admin.click("Add a site")
    admin.shows("Settings of Second shop")
    expect(admin.page.locator(".embed code")).to_contain_text("<script async src=")
    expect(admin.page.get_by_label("Addresses of the website")).to_have_value(
        "https://shop.example\nhttps://www.shop.example"
    )


def test_settings_without_permission_are_not_shown(person: Callable[..., Person]) -> None:
    analyst = person()
    analyst.sign_in("analyst")
    analyst.open("people")
    links = analyst.page.get_by_role("navigation", name="Settings").get_by_role("link")
    expect(links).to_have_text(["Back to the conversations", "Profile", "Security", "People"])
    expect(analyst.page.get_by_role("table", name="People")).to_be_visible()
    expect(analyst.page.get_by_role("button", name="Invite an operator")).to_have_count(0)
    analyst.page.goto(f"{analyst.address}#/settings/audit")
    analyst.shows("Your role does not let you see this page.")


def test_ban_is_lifted_and_a_key_is_added_to_a_site(tea: ServerProcess, person: Callable[..., Person]) -> None:
    admin = person()
    admin.sign_in("admin")
    admin.open("bans")
    admin.shows("No visitor is banned.")
    admin.open("sites/tea-shop")
    admin.page.get_by_label("Optional").check()
    admin.shows("Saved.")
    admin.click("Add a key")
    dialog = admin.page.get_by_role("dialog")
    dialog.get_by_label("Name of the key").fill("Shop")
    dialog.get_by_label("Algorithm").select_option("HS256")
    dialog.get_by_role("button", name="Add a key").click()
    admin.shows("The secret of the key")
    expect(admin.page.locator(".secret code")).to_have_text(re.compile(r"^[A-Za-z0-9_-]{43}$"))
    admin.click("I have stored it")
    admin.page.get_by_role("button", name="Retire Shop").click()
    dialog.get_by_role("button", name="Retire").click()
    admin.shows("The key is retired.")


def test_first_run_sets_up_a_workspace(tmp_path: Path, person: Callable[..., Person]) -> None:
    server = _serve(tmp_path)
    try:
        wait_until(lambda: "#setup=" in server.log(), DEADLINE_MS / 1000, "the server prints the link")
        secret = server.log().partition("#setup=")[2].split()[0]
        owner = person(server)
        owner.page.goto(f"{owner.address}#setup={secret}")
        owner.shows("Set up Crumbless")
        assert "setup" not in owner.page.url
        owner.click("Set up")
        expect(owner.page.get_by_text("Please fill this in.")).to_have_count(6)
        expect(owner.page.get_by_label("Name of your workspace")).to_be_focused()
        for label, value in {
            "Name of your workspace": "North",
            "Your name": "Nora",
            "Email": "nora@north.example",
            "New password": "seven quiet otters",
            "Addresses of the website": "https://north.example",
        }.items():
            owner.page.get_by_label(label).fill(value)
        owner.page.get_by_label("Name", exact=True).fill("North shop")
        rule = owner.page.get_by_label("Delete closed conversations")
        expect(rule).to_have_value("never")
        rule.select_option("365")
        owner.is_accessible("set-up")
        owner.click("Set up")
        owner.shows("Your workspace is ready")
        owner.shows("Not detected yet.")
        assert server.rows("SELECT conversation_days FROM retention_rule") == [(365,)]
        owner.click("Open the desk")
        expect(owner.page.get_by_role("heading", name="Conversations")).to_be_visible()
        other = person(server)
        other.page.goto(f"{other.address}#setup={secret}")
        other.shows("This link no longer works")
    finally:
        assert server.stop() == 0


def test_forgotten_password_is_replaced_by_a_link(tea: ServerProcess, person: Callable[..., Person]) -> None:
    caller = person()
    caller.page.goto(caller.address)
    caller.click("Forgotten your password?")
    caller.page.get_by_label("Email").fill("nobody@tea.example")
    caller.click("Send the link")
    caller.shows("If there is an account for this address")
    ((operator, workspace),) = tea.rows("SELECT id, workspace_id FROM operator WHERE email = ?", "mail@tea.example")
    secrets: list[str] = []

    def offer(connection: Connection) -> None:
        made = new_one_time_token(connection, "reset", subject=operator, workspace=workspace, seconds=600)
        secrets.append(made[1])

    write_once(f"sqlite:///{tea.database}", offer)
    caller.page.goto(f"{caller.address}#reset={secrets[0]}")
    caller.shows("A new password")
    assert secrets[0] not in caller.page.url
    caller.page.get_by_label("New password").fill("password")
    caller.click("Set the password")
    caller.shows("This password is too easy to guess.")
    caller.page.get_by_label("New password").fill("nine quiet otters")
    caller.click("Set the password")
    caller.shows("Your password is changed. Sign in with it.")
    caller.enter("mail", "nine quiet otters")
    expect(caller.page.get_by_role("heading", name="Conversations")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_is_accessible(person: Callable[..., Person], size: ViewportSize) -> None:
    owner = person(viewport=size, reduced_motion="reduce")
    owner.sign_in("owner")
    for page in PAGES:
        owner.open(page)
        expect(owner.page.locator("h1")).to_be_focused()
        owner.is_accessible(page)
    owner.open("people")
    owner.click("Invite an operator")
    owner.is_accessible("invitation")
    owner.page.keyboard.press("Escape")
    owner.open("security")
    owner.click("Change password")
    owner.is_accessible("password")
