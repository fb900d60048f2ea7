"""A page with the chat does nothing until the visitor acts; after that it keeps only what the registry declares."""

import re

from playwright.sync_api import expect

from support.browser import Kind
from support.scene import SENT, BrowserScenario, Visitor
from support.storage_watch import KEPT

MAX_REQUESTS = 4
"""From the click to a text box that can be typed into."""

TABLES = ("visitor", "conversation", "entry", "session")


def rows(scenario: BrowserScenario) -> dict[str, int]:
    """How many rows each table about people has."""
    return {table: scenario.server.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def asked_of_platform(scenario: BrowserScenario, visitor: Visitor) -> list[str]:
    """Every request of this browser to the platform, as method and path."""
    address = scenario.server.address
    return [
        f"{method} {url.removeprefix(address)}"
        for method, url in (request.split(" ", 1) for request in visitor.watch.requests)
        if url.startswith(address)
    ]


def kept_by_platform(scenario: BrowserScenario, visitor: Visitor) -> list[tuple[str, str]]:
    """What the platform's own origin keeps in this browser, outside of any frame."""
    page = visitor.page.context.new_page()
    page.goto(f"{scenario.server.address}/healthz")
    kept = [(mechanism, key) for mechanism, key, _ in page.evaluate(KEPT)]
    databases = page.evaluate("async () => (await indexedDB.databases()).length")
    page.close()
    return [*kept, *[("IndexedDB", "a database")] * databases]


def test_loading_a_page_asks_for_its_scripts_and_writes_nothing(scenario: BrowserScenario, kind: Kind) -> None:
    before = rows(scenario)
    visitor = scenario.visitor(kind)
    visitor.arrive()
    expect(visitor.launcher).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    # The shop asks for the consent manager too, which finds nothing to ask for.
    assert sorted(asked_of_platform(scenario, visitor)) == [
        f"GET /consent.js?site={scenario.site}",
        f"GET /w/{scenario.site}.js",
    ]
    assert len(visitor.page.frames) == 1
    assert visitor.watch.writes == []
    assert visitor.watch.kept() == []
    assert visitor.page.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert visitor.page.evaluate("async () => (await navigator.storage.estimate()).usage") == 0
    assert kept_by_platform(scenario, visitor) == []
    assert rows(scenario) == before


def test_the_loader_is_the_same_for_everybody(scenario: BrowserScenario, kind: Kind) -> None:
    bodies: set[bytes] = set()
    for language in ("en-GB", "de-DE"):
        visitor = scenario.visitor(kind, locale=language, color_scheme="dark")
        with visitor.page.expect_response(re.compile(r"/w/.*\.js")) as answered:
            visitor.arrive()
        bodies.add(answered.value.body())
        assert "set-cookie" not in answered.value.headers
        assert "vary" not in answered.value.headers or answered.value.headers["vary"] == "accept-encoding"
    assert len(bodies) == 1


def test_a_chat_closed_without_a_word_leaves_nothing(scenario: BrowserScenario, kind: Kind) -> None:
    before = rows(scenario)
    visitor = scenario.visitor(kind)
    visitor.open()
    flag = ("sessionStorage", f"crumbless.open.{scenario.site}")
    assert visitor.watch.kept() == [flag]
    visitor.box.press("Escape")
    expect(visitor.dialog).to_be_hidden()
    assert visitor.watch.kept() == []
    assert set(visitor.watch.writes) == {flag}
    # Where storage is blocked even the list of databases is. WebKit's list is always empty in a frame of another site:
    # test_engines.py opens the database instead.
    listed = "async () => (await indexedDB.databases().catch(() => [])).length"
    assert [frame.evaluate(listed) for frame in visitor.page.frames] == [0, 0], "an empty database is a trace too"
    assert rows(scenario) == before
    assert [request for request in asked_of_platform(scenario, visitor) if " /v1/" in request] == []


def test_few_requests_lie_between_the_click_and_the_text_box(scenario: BrowserScenario, kind: Kind) -> None:
    visitor = scenario.visitor(kind)
    visitor.arrive()
    visitor.page.wait_for_load_state("networkidle")
    before = len(visitor.watch.requests)
    visitor.launcher.click()
    expect(visitor.box).to_be_focused()
    asked = visitor.watch.requests[before:]
    assert 0 < len(asked) <= MAX_REQUESTS, asked


def test_a_message_keeps_only_what_is_declared(scenario: BrowserScenario, kind: Kind) -> None:
    before = rows(scenario)
    visitor = scenario.visitor(kind)
    visitor.open()
    visitor.say("Hello")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    visitor.box.press_sequentially("and")
    assert {table: count - before[table] for table, count in rows(scenario).items()} == dict.fromkeys(TABLES, 1)
    names = {key.split(".")[1] for _, key in visitor.watch.writes}
    expected = {"open", "chat", "key", "outbox", "draft"} if kind == "ordinary" else {"open", "tab", "held"}
    assert expected <= names
    assert visitor.watch.undeclared() == []
