"""Firefox and WebKit: the main steps of a visitor and an operator, and faults that occur in these engines only."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest

from crumbless.database.schema import migrate
from support.bad_proxy import BadProxy
from support.engine_people import (
    BOX,
    CHAT,
    DATABASES,
    ENGINES,
    EXPORTED_KEYS,
    LAUNCHER,
    NAMED,
    SHOWS,
    STORED,
    Engine,
    EngineSession,
    EngineVisitor,
    engine_stage,
)
from support.ports import free_port
from support.scene import BrowserScenario
from support.server import ServerProcess
from support.shop import ShopServer
from support.webdriver import Browser, Firefox, wait_for

ROOT = Path(__file__).parents[2]

ASKS_TO_SIGN_IN = "document.querySelector('input[name=email]')"


@pytest.fixture(scope="module")
def proxy() -> Iterator[BadProxy]:
    """Start a proxy in front of the platform."""
    with BadProxy() as made:
        made.target = free_port()
        yield made


@pytest.fixture(scope="module")
def proxied_server(proxy: BadProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start a platform that has the proxy's address as its public URL."""
    database = tmp_path_factory.mktemp("platform") / "crumbless.db"
    migrate(f"sqlite:///{database}")
    server = ServerProcess(database, port_wanted=proxy.target, public_url=f"http://127.0.0.1:{proxy.port}")
    server.start()
    server.port = proxy.port
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Run the test with each engine."""
    return request.param


@pytest.fixture(scope="module")
def stage(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineSession]:
    """Start the browsers of the engine."""
    with engine_stage(tmp_path_factory.mktemp(engine), engine) as made:
        yield made


@pytest.fixture
def scenario(proxy: BadProxy, proxied_server: ServerProcess) -> Iterator[BrowserScenario]:
    """Return a separate workspace and shop behind the proxy."""

    def no_chromium(_: object) -> NoReturn:
        raise AssertionError("these tests start their own browsers")

    proxy.fault = "none"
    with closing(ShopServer()) as shop, closing(ShopServer()) as foreign:
        yield BrowserScenario(proxied_server, shop, foreign, no_chromium)


def test_nothing_is_stored_before_the_click(stage: EngineSession, scenario: BrowserScenario) -> None:
    visitor = stage.visitor(scenario)
    visitor.arrive()
    assert visitor.browser.run(f"return {DATABASES}") == []
    assert visitor.browser.run(STORED) == []
    assert visitor.browser.run("return document.querySelectorAll('iframe').length") == 0
    visitor.browser.open(f"{scenario.server.address}/healthz")
    assert visitor.browser.run(f"return {DATABASES}") == []
    assert visitor.browser.run(STORED) == []


@pytest.mark.parametrize(
    ("page", "sign"),
    [("/policy/{}", "document.querySelector('.kept-empty')"), ("/desk/", ASKS_TO_SIGN_IN)],
    ids=["policy page", "sign-in page"],
)
def test_page_that_reads_stored_data_creates_no_database(
    stage: EngineSession, scenario: BrowserScenario, page: str, sign: str
) -> None:
    browser = stage.browser("visitor")
    browser.open(scenario.server.address + page.format(scenario.site))
    # The page shows this after it has read the storage.
    browser.wait_for(sign)
    browser.wait_for(f"{DATABASES}.length === 0")


def test_text_typed_right_after_the_click_is_received(stage: EngineSession, scenario: BrowserScenario) -> None:
    visitor = stage.visitor(scenario)
    visitor.arrive()
    visitor.browser.click(LAUNCHER)
    visitor.wait_for_box()
    visitor.browser.type("abc", frame=CHAT)
    visitor.browser.wait_for(f"{BOX}.value === 'abc'", frame=CHAT)


def test_visitor_and_operator_exchange_messages(stage: EngineSession, scenario: BrowserScenario) -> None:
    operator, visitor = stage.operator(scenario), stage.visitor(scenario)
    operator.sign_in()
    visitor.open()
    assert visitor.stored_by_chat() == []
    visitor.send("Do you deliver to Lisbon?")
    visitor.wait_for_text("Sent")
    operator.open_conversation("Do you deliver to Lisbon?")
    visitor.wait_for_text("Seen")
    operator.send("Yes, in four days.")
    visitor.wait_for_text("Yes, in four days.")
    assert scenario.timeline() == ["Do you deliver to Lisbon?", "Yes, in four days."]

    chat = f"crumbless.chat.{scenario.site}"
    stored = visitor.stored_by_chat()
    assert f"sessionStorage {chat}" in stored, stored
    assert [one.partition(" ")[0] for one in stored] == ["IndexedDB", "sessionStorage"], stored
    visitor.browser.reload()
    visitor.wait_for_text("Yes, in four days.")
    operator.browser.reload()
    operator.browser.wait_for(SHOWS, "Yes, in four days.")
    # Threat 8: a script of the page can use the session, but not copy its key.
    assert set(operator.browser.run(EXPORTED_KEYS)) == {"InvalidAccessError"}
    for browser in (operator.browser, visitor.browser):
        # WebKit's driver does not report script errors.
        if isinstance(browser, Firefox):
            assert browser.script_errors() == []


@pytest.mark.parametrize("engine", ["firefox"], indirect=True)
def test_script_error_is_reported(stage: EngineSession, scenario: BrowserScenario) -> None:
    scenario.shop.pages["/error"] = b"<!doctype html><title>Error</title><script>throw new Error('premise')</script>"
    browser = stage.browser("visitor")
    assert isinstance(browser, Firefox)
    browser.open(f"{scenario.shop.origin}/error")
    wait_for(browser.script_errors, "the error is reported")
    assert "premise" in browser.script_errors()[0]


def test_chat_reconnects_over_http_after_an_outage(
    stage: EngineSession, scenario: BrowserScenario, proxy: BadProxy
) -> None:
    visitor = stage.visitor(scenario)
    visitor.open()
    visitor.send("Before")
    visitor.wait_for_text("Sent")
    proxy.cut()
    visitor.send("During")
    visitor.wait_for_text("Will be sent when you are back online")
    # The chat has tried a WebSocket, and then another transport, both without success.
    wait_for(lambda: any("/v1/stream HTTP" not in line for line in proxy.refused), "another transport is tried")
    proxy.fault = "strip_upgrade"
    wait_for(lambda: scenario.timeline() == ["Before", "During"], "the message is sent")
    visitor.wait_for_text("Sent")


def test_sign_out_deletes_everything_after_another_page_in_the_tab(
    stage: EngineSession, scenario: BrowserScenario
) -> None:
    operator, visitor = stage.operator(scenario), stage.visitor(scenario)
    visitor.open()
    visitor.send("Good morning")
    operator.sign_in()
    operator.open_conversation("Good morning")
    assert operator.browser.run(STORED) != []
    operator.browser.open(f"{scenario.server.address}/policy/{scenario.site}")
    operator.browser.wait_for("document.querySelector('.kept-list')")
    operator.browser.open(operator.address)
    operator.wait_for_inbox()
    operator.sign_out()
    operator.browser.wait_for(SHOWS, "You have signed out, and your data has been removed from this browser.")
    assert operator.browser.run(STORED) == []


RECORDS = """
const { openValues } = await import("/storage_records.js");
const open = () => openValues(() => indexedDB, () => {});
const [reader, writer] = await Promise.all([open(), open()]);
// One looks for the database while the other creates it.
const [, stored] = await Promise.all([reader.keys(), writer.put("key", "value"), reader.get("key")]);
return [stored, await writer.get("key"), await (await open()).get("key")];
"""
"""Two connections, as of two tabs."""


@pytest.fixture
def records_browser(stage: EngineSession, scenario: BrowserScenario) -> Browser:
    """Return a browser on a page that can import the module that reads and writes the database."""
    scenario.shop.pages["/records"] = scenario.shop.pages["/next"] = b"<!doctype html><title>Records</title>"
    scenario.shop.scripts["/storage_records.js"] = compile_module(ROOT / "web/storage/storage_indexeddb.ts")
    browser = stage.browser("visitor")
    browser.open(f"{scenario.shop.origin}/records")
    return browser


def test_data_stored_while_another_tab_reads_is_not_lost(records_browser: Browser) -> None:
    assert records_browser.run(RECORDS) == [True, "value", "value"]


WRITE_WHEN_LEAVING = """
const { openValues } = await import("/storage_records.js");
const records = await openValues(() => indexedDB, () => {});
addEventListener("pagehide", () => void records.put("late", "value"));
return records.put("early", "value");
"""

READ = """
const { openValues } = await import("/storage_records.js");
const records = await openValues(() => indexedDB, () => {});
return records.get("early");
"""


def test_write_of_a_closed_page_does_not_block_the_next_page(
    records_browser: Browser, scenario: BrowserScenario
) -> None:
    assert records_browser.run(WRITE_WHEN_LEAVING)
    records_browser.open(f"{scenario.shop.origin}/next")
    assert records_browser.run(READ) == "value"


def compile_module(path: Path) -> bytes:
    """Return a TypeScript module as JavaScript."""
    compiler = ROOT / "tests/support/module_compile.mjs"
    return subprocess.run(["node", compiler, path], cwd=ROOT, capture_output=True, check=True).stdout


HOLDS_KEY = """await (async () => {
  const settled = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result) });
  const database = await settled(indexedDB.open("crumbless"));
  const held = await settled(database.transaction("items").objectStore("items").getAll());
  database.close();
  return held.some(({ v }) => [...v.keys()].some((key) => key.startsWith("crumbless.key")));
})()"""
"""Return whether the shop's page stores the key of the chat for its frame."""

STORAGE_IS_BLOCKED = "try { return localStorage.length < 0 } catch { return true }"


@pytest.fixture
def blocking_firefox(request: pytest.FixtureRequest, stage: EngineSession) -> Iterator[Browser]:
    """Return a Firefox with this value of `network.cookie.cookieBehavior`."""
    browser = stage.browser("visitor")
    assert isinstance(browser, Firefox)
    browser.set_preference("network.cookie.cookieBehavior", request.param)
    yield browser
    browser.set_preference("network.cookie.cookieBehavior", None)


@pytest.mark.parametrize("engine", ["firefox"], indirect=True)
@pytest.mark.parametrize("blocking_firefox", [1], indirect=True, ids=["third parties blocked"])
def test_chat_in_a_frame_without_storage_returns_after_a_reload(
    blocking_firefox: Browser, scenario: BrowserScenario
) -> None:
    visitor = EngineVisitor(blocking_firefox, scenario.shop.origin)
    visitor.open()
    assert visitor.browser.run(STORAGE_IS_BLOCKED, frame=CHAT)
    assert not visitor.browser.run(STORAGE_IS_BLOCKED)
    visitor.send("Hello")
    visitor.wait_for_text("Sent")
    visitor.browser.wait_for(HOLDS_KEY)
    visitor.browser.reload()
    visitor.wait_for_text("Hello")
    assert scenario.timeline() == ["Hello"]


@pytest.mark.parametrize("engine", ["firefox"], indirect=True)
@pytest.mark.parametrize("blocking_firefox", [2], indirect=True, ids=["all site data blocked"])
def test_chat_without_any_storage_works_until_the_page_is_left(
    blocking_firefox: Browser, scenario: BrowserScenario
) -> None:
    visitor = EngineVisitor(blocking_firefox, scenario.shop.origin)
    visitor.open()
    assert visitor.browser.run(STORAGE_IS_BLOCKED, frame=CHAT)
    assert visitor.browser.run(STORAGE_IS_BLOCKED)
    visitor.send("Hello")
    visitor.wait_for_text("Sent")
    visitor.wait_for_text("this chat ends when you close this tab or leave this page")
    assert scenario.timeline() == ["Hello"]
    visitor.browser.reload()
    visitor.browser.click(LAUNCHER)
    visitor.wait_for_text("Ask us anything")


MENU = "document.querySelector('.chat-menu-button')"


def open_settings(visitor: EngineVisitor) -> None:
    """Open the chat's settings through its menu."""
    visitor.browser.click(MENU, frame=CHAT)
    visitor.browser.click(NAMED, "Settings", frame=CHAT)


def test_module_that_failed_in_an_outage_loads_later(
    stage: EngineSession, scenario: BrowserScenario, proxy: BadProxy
) -> None:
    visitor = stage.visitor(scenario)
    visitor.open()
    proxy.cut()
    # The menu is loaded when it is opened.
    visitor.browser.click(MENU, frame=CHAT)
    visitor.wait_for_text("This could not be loaded.")
    proxy.fault = "none"
    open_settings(visitor)
    visitor.browser.wait_for("document.querySelector('.layer .settings')", frame=CHAT)
