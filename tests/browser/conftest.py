"""Platforms, shops and browsers. A test fails if a browser reports a script error, a policy violation or an undeclared
write."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from crumbless.database.schema import migrate
from support.browser import KINDS, Kind, launch
from support.kit import KitPage, build_states
from support.scene import BrowserScenario
from support.server import ServerProcess
from support.shop import ShopServer
from support.shopper import SCRIPTS, WAITING, VisitorBrowser, use_tags


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Run for this folder only: its event loop would conflict with asynchronous tests of other folders. A test here
    runs a coroutine by `run_apart`."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def browser_of(playwright: Playwright) -> Iterator[Callable[[Kind], Browser]]:
    """Return the browser of a kind. It starts at the first request."""
    browsers: dict[Kind, Browser] = {}

    def find(kind: Kind) -> Browser:
        if kind not in browsers:
            browsers[kind] = launch(playwright.chromium, kind)
        return browsers[kind]

    yield find
    for browser in browsers.values():
        browser.close()


def _serve(folder: Path) -> ServerProcess:
    database = folder / "crumbless.db"
    migrate(f"sqlite:///{database}")
    server = ServerProcess(database)
    server.start()
    return server


@pytest.fixture(scope="package")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start one platform for all tests that do not stop it. Each test has a separate workspace."""
    server = _serve(tmp_path_factory.mktemp("platform"))
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Start a platform that a test may kill."""
    server = _serve(tmp_path)
    yield server
    server.dispose()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture(scope="package")
def shop_servers() -> Iterator[tuple[ShopServer, ShopServer]]:
    """Start the servers of both shops."""
    servers = ShopServer(), ShopServer()
    yield servers
    for server in servers:
        server.close()


@pytest.fixture
def shops(shop_servers: tuple[ShopServer, ShopServer]) -> tuple[ShopServer, ShopServer]:
    """Return a shop, and another one that is not a site of the platform. Neither has pages of an earlier test."""
    for server in shop_servers:
        server.clear()
    return shop_servers


def _play(scenario: BrowserScenario) -> Iterator[BrowserScenario]:
    yield scenario
    try:
        scenario.check()
    finally:
        scenario.close()


@pytest.fixture
def scenario(
    shared_server: ServerProcess, shops: tuple[ShopServer, ShopServer], browser_of: Callable[[Kind], Browser]
) -> Iterator[BrowserScenario]:
    """Return a separate workspace on the shared platform."""
    yield from _play(BrowserScenario(shared_server, *shops, browser_of))


@pytest.fixture
def mortal_scene(
    own_server: ServerProcess, shops: tuple[ShopServer, ShopServer], browser_of: Callable[[Kind], Browser]
) -> Iterator[BrowserScenario]:
    """Return a workspace on a platform that the test may kill."""
    yield from _play(BrowserScenario(own_server, *shops, browser_of))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Run the test with each treatment of a frame's storage by browsers."""
    return request.param


@pytest.fixture
def shopper_of(scenario: BrowserScenario) -> Iterator[Callable[..., VisitorBrowser]]:
    """Return a function that opens a page of a site with both tags in a visitor's browser."""
    use_tags(scenario, "ga4", "tiktok")
    shoppers: list[VisitorBrowser] = []
    scenario.shop.scripts.update({path: text.encode() for path, text in SCRIPTS.items()})

    def come(
        body: str = WAITING, head: str = "", lang: str = "en", arrive: bool = True, **settings: Any
    ) -> VisitorBrowser:
        embed = f'<script src="{scenario.server.address}/consent.js?site={scenario.site}"></script>'
        page = (
            f'<!doctype html><html lang="{lang}"><head><title>Shop</title>{head}{embed}'
            f'<meta name="viewport" content="width=device-width"></head>'
            f'<body><main><h1>Shop</h1><a href="/2">More</a>{body}</main></body></html>'
        )
        scenario.shop.pages["/"] = scenario.shop.pages["/2"] = scenario.shop.pages["/shelf/tea"] = page.encode()
        shopper = VisitorBrowser(scenario.visitor(**settings), scenario.site)
        shoppers.append(shopper)
        if arrive:
            shopper.visitor.arrive()
        return shopper

    yield come
    for shopper in shoppers:
        shopper.leave_clean()


@pytest.fixture(scope="package")
def states_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the built states page of web/ui/kit."""
    folder = tmp_path_factory.mktemp("states")
    build_states(folder)
    return folder


@pytest.fixture
def kit(browser_of: Callable[[Kind], Browser], states_folder: Path) -> Iterator[KitPage]:
    """Return the states page of web/ui/kit. The test fails if a script of it fails."""
    page = KitPage(browser_of("ordinary"), states_folder)
    yield page
    page.close()
    assert page.errors == []
