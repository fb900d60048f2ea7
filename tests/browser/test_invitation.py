"""An invited operator joins in a real browser by the email's link: with a password, a passkey, or at a provider."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from support.browser import Kind, Watch, faults_in_both_schemes
from support.invitations import invite
from support.oidc_provider import CLIENT_ID, CLIENT_SECRET, run_provider
from support.people import seed_database
from support.scene import DEADLINE_MS
from support.server import ServerProcess

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 700}
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def tea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start a platform under a host name, which passkeys need, with a provider."""
    database: Path = tmp_path_factory.mktemp("invited") / "crumbless.db"
    seed_database(database)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    address = f"http://localhost:{port}"
    with run_provider(f"{address}/desk/oidc/own") as issuer:
        provider = {"id": "own", "name": "Own", "issuer": issuer}
        provider |= {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        server = ServerProcess(
            database,
            port_wanted=port,
            public_url=address,
            allowed_hosts=f"127.0.0.1:{port}",
            oidc_providers=json.dumps([provider]),
        )
        server.start()
        yield server
        assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()


OpenLink = Callable[..., Page]


@pytest.fixture
def open_link(tea: ServerProcess, browser_of: Callable[[Kind], Browser]) -> Iterator[OpenLink]:
    """Return a function that opens the link of an invitation in a separate browser."""
    contexts: list[BrowserContext] = []

    def open_it(secret: str, watches: list[Watch] | None = None, **settings: Any) -> Page:
        context = browser_of("ordinary").new_context(**settings)
        context.set_default_timeout(DEADLINE_MS)
        contexts.append(context)
        if watches is not None:
            watches.append(Watch(context))
            watches[-1].begin()
        page = context.new_page()
        page.goto(f"http://localhost:{tea.port}/desk#invite={secret}")
        expect(page.locator("h1")).to_have_text("Join Tea")
        assert secret not in page.url
        return page

    yield open_it
    for context in contexts:
        context.close()


def is_in(page: Page, tea: ServerProcess, email: str) -> dict[str, Any]:
    """Return how the new operator joined, as stored in the database."""
    expect(page.get_by_role("heading", name="Conversations")).to_be_visible()
    expect(page.get_by_role("button", name="Account")).to_contain_text("Nora")
    query = """SELECT password_hash <> '' AS password, s.factors,
        (SELECT COUNT(*) FROM passkey p WHERE p.operator_id = o.id) AS passkeys,
        (SELECT COUNT(*) FROM oidc_account i WHERE i.operator_id = o.id) AS identities
        FROM operator o JOIN session s ON s.operator_id = o.id WHERE o.email = ?"""
    ((password, factors, passkeys, identities),) = tea.rows(query, email)
    return {"password": bool(password), "factors": factors, "passkeys": passkeys, "identities": identities}


def test_invited_operator_joins_with_a_password_by_keyboard_alone(tea: ServerProcess, open_link: OpenLink) -> None:
    email, secret = invite(tea)
    watches: list[Watch] = []
    page = open_link(secret, watches)
    expect(page.get_by_label("Email")).to_have_value(email)
    page.get_by_label("Email").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Please fill this in.")).to_have_count(2)
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("Nora")
    page.keyboard.press("Tab")
    page.keyboard.type("password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="too easy to guess")).to_be_visible()
    assert tea.rows("SELECT 1 FROM operator WHERE email = ?", email) == []
    for name in ("Join", "Use a passkey", "Continue with Own"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name, exact=True)).to_be_focused()
    page.get_by_label("New password").fill("nine quiet otters")
    page.keyboard.press("Enter")
    operator = is_in(page, tea, email)
    assert operator == {"password": True, "factors": "password", "passkeys": 0, "identities": 0}
    watches[0].check()
    assert watches[0].violations == []
    page.goto(f"http://localhost:{tea.port}/desk#invite={secret}")
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()


def test_invited_operator_joins_with_a_passkey_and_signs_in_with_it(tea: ServerProcess, open_link: OpenLink) -> None:
    email, secret = invite(tea)
    watches: list[Watch] = []
    page = open_link(secret, watches)
    device: Any = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    made = device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Please fill this in.")).to_have_count(1)
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("Nora")
    # A device that cannot verify its owner creates no passkey. No operator has joined, and the link stays valid.
    verified = {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
    device.send("WebAuthn.setUserVerified", verified)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="passkey")).to_be_visible()
    device.send("WebAuthn.setUserVerified", verified | {"isUserVerified": True})
    page.get_by_role("button", name="Use a passkey").click()
    operator = is_in(page, tea, email)
    assert operator == {"password": False, "factors": "passkey", "passkeys": 1, "identities": 0}
    watches[0].check()
    assert watches[0].violations == []
    page.locator(".menu-button").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    # The virtual authenticator accepts the suggestion of the email field without a press, which the watch expects.
    expect(page.get_by_role("button", name="Account")).to_contain_text("Nora")


def test_invited_operator_joins_at_a_provider_and_can_try_again_after_cancelling(
    tea: ServerProcess, open_link: OpenLink
) -> None:
    email, secret = invite(tea)
    # The provider sets its own cookies, so this browser is not checked for cookies.
    page = open_link(secret)
    page.get_by_label("Your name").fill("Nora")
    page.get_by_role("button", name="Continue with Own").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("alert").filter(has_text="open the link of your invitation again")).to_be_visible()
    page.goto(f"http://localhost:{tea.port}/desk#invite={secret}")
    page.get_by_label("Your name").fill("Nora")
    page.get_by_role("button", name="Continue with Own").click()
    page.locator('input[name="login"]').fill("private")
    page.locator('input[name="password"]').fill("any")
    page.locator('button[type="submit"]').click()
    operator = is_in(page, tea, email)
    assert operator == {"password": False, "factors": "oidc", "passkeys": 0, "identities": 1}
    assert "code=" not in page.url


def test_join_page_is_accessible(tea: ServerProcess, open_link: OpenLink) -> None:
    _, secret = invite(tea)
    page = open_link(secret, reduced_motion="reduce")
    expect(page.get_by_role("button", name="Continue with Own")).to_be_visible()
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_text("Please fill this in.")).to_have_count(2)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert faults_in_both_schemes(page) == []
        assert not page.evaluate(TOO_WIDE)
