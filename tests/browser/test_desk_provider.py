"""An operator connects an account at a real OpenID provider and signs in with it, in a real browser."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from support.browser import Kind
from support.oidc_provider import CLIENT_ID, CLIENT_SECRET, run_provider
from support.people import OLGA, seed_database
from support.ports import free_port
from support.scene import DEADLINE_MS
from support.server import ServerProcess


def _sign_in_at_provider(page: Page, account: str) -> None:
    page.locator('input[name="login"]').fill(account)
    page.locator('input[name="password"]').fill("any")
    page.locator('button[type="submit"]').click()


def test_account_is_connected_and_signs_in(tmp_path: Path, browser_of: Callable[[Kind], Browser]) -> None:
    database = tmp_path / "crumbless.db"
    seed_database(database)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with run_provider(f"{address}/desk/oidc/own") as issuer:
        provider = {
            "id": "own",
            "name": "Own",
            "issuer": issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        server = ServerProcess(database, port_wanted=port, oidc_providers=json.dumps([provider]))
        server.start()
        # The provider sets its own cookies, so this browser is not checked for cookies.
        context = browser_of("ordinary").new_context()
        context.set_default_timeout(DEADLINE_MS)
        page = context.new_page()
        try:
            page.goto(f"{address}/desk/")
            page.get_by_role("button", name="Continue with Own").click()
            _sign_in_at_provider(page, "olga")
            expect(page.get_by_role("alert").filter(has_text="not linked to an operator here")).to_be_visible()
            page.get_by_label("Email").fill(OLGA.email)
            page.get_by_label("Password").fill(OLGA.password)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("heading", name="Conversations")).to_be_visible()
            page.goto(f"{address}/desk/#/settings/security")
            page.get_by_role("button", name="Connect Own").click()
            _sign_in_at_provider(page, "olga")
            expect(page.locator("h1")).to_have_text("Security")
            assert page.url == f"{address}/desk/#/settings/security"
            expect(page.get_by_text("olga@provider.example")).to_be_visible()
            page.locator(".menu-button").click()
            page.get_by_role("button", name="Sign out", exact=True).click()
            page.get_by_role("button", name="Continue with Own").click()
            expect(page.get_by_role("button", name="Account")).to_be_visible()
            assert "code=" not in page.url
        finally:
            context.close()
            assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()
