"""The desk's connection check behind real proxies that misbehave, and its layout."""

import socket
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from crumbless.database.schema import migrate
from support.bad_proxy import BadProxy, Fault
from support.browser import Kind, faults_in_both_schemes
from support.scene import PASSWORD, BrowserScenario, Desk
from support.server import ServerProcess
from support.shop import ShopServer

WIDE: ViewportSize = {"width": 1200, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}

FAULTS: tuple[tuple[Fault, str], ...] = (
    ("strip_upgrade", "WebSocket"),
    ("buffer", "Streaming"),
    ("cache", "Caching"),
    ("small_bodies", "Long messages"),
    ("forward", "Proxy of the server"),
)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BadProxy, ServerProcess]]:
    """Start a proxy that can misbehave, and the server that has the proxy's address as its public URL."""
    database = tmp_path_factory.mktemp("proxied") / "crumbless.db"
    migrate(f"sqlite:///{database}")
    with BadProxy() as made:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            made.target = int(taken.getsockname()[1])
        server = ServerProcess(database, public_url=f"http://127.0.0.1:{made.port}", trusted_proxies="10.0.0.1")
        server.port = made.target
        server.start()
        # From here on the server's public URL is the proxy's.
        server.port = made.port
        yield made, server
        assert server.stop() == 0
        assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def proxied(
    proxy: tuple[BadProxy, ServerProcess],
    shops: tuple[ShopServer, ShopServer],
    browser_of: Callable[[Kind], Browser],
) -> Iterator[BrowserScenario]:
    made, server = proxy
    made.fault = "none"
    scenario = BrowserScenario(server, *shops, browser_of)
    yield scenario
    made.fault = "none"
    scenario.check()
    scenario.close()


def open_check(desk: Desk, menu: str = "Connection check") -> Locator:
    """Open the dialog and return it once it has a result."""
    desk.page.locator(".menu-button").click()
    desk.page.get_by_role("button", name=menu).click()
    dialog = desk.page.get_by_role("dialog", name=menu)
    expect(dialog.locator(".check-list")).to_be_visible()
    expect(dialog.locator(".check-none")).to_have_count(0)
    return dialog


def test_fault_of_a_proxy_is_shown(proxied: BrowserScenario, proxy: tuple[BadProxy, ServerProcess]) -> None:
    desk = proxied.desk()
    desk.sign_in()
    dialog = open_check(desk)
    expect(dialog.get_by_role("status")).to_have_text("Everything works.")
    expect(dialog.locator(".check-row.check-good")).to_have_count(9)
    for fault, name in FAULTS:
        proxy[0].fault = fault
        again = dialog.get_by_role("button", name="Check again")
        again.click()
        expect(again).to_be_enabled()
        amiss = dialog.locator(".check-warn, .check-bad").filter(has=desk.page.locator(".check-name"))
        expect(amiss).to_have_count(1)
        expect(amiss.locator(".check-name")).to_have_text(name)
        expect(amiss.locator(".check-advice")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize(("language", "menu"), [("en", "Connection check"), ("ar", "فحص الاتصال")])
def test_dialog_fits_every_language_and_screen(
    proxied: BrowserScenario, proxy: tuple[BadProxy, ServerProcess], language: str, menu: str
) -> None:
    desk = proxied.desk(locale=language, reduced_motion="reduce")
    desk.page.goto(desk.address)
    for kind, text in (("email", desk.email), ("password", PASSWORD)):
        desk.page.locator(f"input[type={kind}]").fill(text)
    desk.page.locator("form button[type=submit]").click()
    expect(desk.page.locator(".menu-button")).to_be_visible()
    proxy[0].fault = "strip_upgrade"
    dialog = open_check(desk, menu)
    expect(dialog.locator(".check-row.check-warn")).to_have_count(1)
    for size in (WIDE, PHONE):
        desk.page.set_viewport_size(size)
        assert faults_in_both_schemes(desk.page) == []
        assert dialog.evaluate("(one) => one.scrollWidth <= one.clientWidth"), "the dialog is cut off at the side"
