"""A page with the chat stores nothing until the visitor writes. Then it stores only declared items."""

import re

from playwright.sync_api import expect

from support.browser import Kind, wait_in_page
from support.scene import SENT, BrowserScenario, Visitor
from support.storage_watch import KEPT

MAX_REQUESTS = 4
"""Requests between the click and a text box that accepts text, besides the one for the texts."""

TABLES = ("visitor", "conversation", "entry", "session")


def rows(scenario: BrowserScenario) -> dict[str, int]:
    """Return how many rows each table about visitors has."""
    return {table: scenario.server.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def requests_to_platform(scenario: BrowserScenario, visitor: Visitor) -> list[str]:
    """Return every request of this browser to the platform, as method and path."""
    address = scenario.server.address
    return [
        f"{method} {url.removeprefix(address)}"
        for method, url in (request.split(" ", 1) for request in visitor.watch.requests)
        if url.startswith(address)
    ]


def stored_by_platform(scenario: BrowserScenario, visitor: Visitor) -> list[tuple[str, str]]:
    """Return what the platform's own origin stores in this browser, outside of any frame."""
    page = visitor.page.context.new_page()
    page.goto(f"{scenario.server.address}/healthz")
    stored = [(mechanism, key) for mechanism, key, _ in page.evaluate(KEPT)]
    databases = page.evaluate("async () => (await indexedDB.databases()).length")
    page.close()
    return [*stored, *[("IndexedDB", "a database")] * databases]


def test_page_load_requests_only_its_scripts_and_writes_nothing(scenario: BrowserScenario, kind: Kind) -> None:
    before = rows(scenario)
    visitor = scenario.visitor(kind)
    visitor.arrive()
    expect(visitor.launcher).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    # The shop also loads the consent manager, which shows no banner because there are no tags.
    assert sorted(requests_to_platform(scenario, visitor)) == [
        f"GET /consent.js?site={scenario.site}",
        f"GET /w/{scenario.site}.js",
    ]
    assert len(visitor.page.frames) == 1
    assert visitor.watch.writes == []
    assert visitor.watch.kept() == []
    assert visitor.page.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert visitor.page.evaluate("async () => (await navigator.storage.estimate()).usage") == 0
    assert stored_by_platform(scenario, visitor) == []
    assert rows(scenario) == before


def test_loader_is_the_same_for_every_visitor(scenario: BrowserScenario) -> None:
    bodies: set[bytes] = set()
    # The server cannot know how a browser treats the storage of frames, so one kind is enough.
    for language in ("en-GB", "de-DE"):
        visitor = scenario.visitor(locale=language, color_scheme="dark")
        with visitor.page.expect_response(re.compile(r"/w/.*\.js")) as answered:
            visitor.arrive()
        bodies.add(answered.value.body())
        assert "set-cookie" not in answered.value.headers
        assert "vary" not in answered.value.headers or answered.value.headers["vary"] == "accept-encoding"
    assert len(bodies) == 1


def test_chat_needs_few_requests_and_stores_data_only_after_a_message(scenario: BrowserScenario, kind: Kind) -> None:
    before = rows(scenario)
    visitor = scenario.visitor(kind)
    visitor.arrive()
    visitor.page.wait_for_load_state("networkidle")
    known = len(visitor.watch.requests)
    visitor.launcher.click()
    expect(visitor.box).to_be_focused()
    asked = visitor.watch.requests[known:]
    texts = [request for request in asked if "frame_texts" in request]
    assert len(texts) == 1, "one language, in parallel with the script, and only once"
    assert 0 < len(asked) - len(texts) <= MAX_REQUESTS, asked
    assert visitor.watch.kept() == []
    visitor.box.press("Escape")
    expect(visitor.dialog).to_be_hidden()
    assert visitor.watch.kept() == []
    assert visitor.watch.writes == []
    # Where storage is blocked, so is the list of databases. WebKit's list is always empty in a frame of another site,
    # so test_engines.py opens the database.
    listed = "async () => (await indexedDB.databases().catch(() => [])).length"
    assert [frame.evaluate(listed) for frame in visitor.page.frames] == [0, 0], "an empty database is a trace too"
    assert rows(scenario) == before
    assert [request for request in requests_to_platform(scenario, visitor) if " /v1/" in request] == []

    visitor.launcher.click()
    visitor.say("Hello")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    visitor.box.press_sequentially("and")
    assert {table: count - before[table] for table, count in rows(scenario).items()} == dict.fromkeys(TABLES, 1)
    names = {key.split(".")[1] for _, key in visitor.watch.writes}
    expected = {"open", "chat", "key", "outbox", "draft"} if kind == "ordinary" else {"open", "tab", "held"}
    assert expected <= names
    assert visitor.watch.undeclared() == []


def test_chat_opened_without_typing_is_closed_on_the_next_page(scenario: BrowserScenario, kind: Kind) -> None:
    visitor = scenario.visitor(kind)
    visitor.open()
    visitor.arrive("/delivery")
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")
    expect(visitor.dialog).to_be_hidden()
    assert len(visitor.page.frames) == 1
    assert visitor.watch.writes == []


def test_first_typed_character_stores_that_the_chat_is_open(scenario: BrowserScenario, kind: Kind) -> None:
    flag = ("sessionStorage", f"crumbless.open.{scenario.site}")
    visitor = scenario.visitor(kind)
    visitor.open()
    assert flag not in visitor.watch.writes
    visitor.box.press("H")
    visitor.wait_until_kept("H")
    wait_in_page(visitor.page, "key => sessionStorage.getItem(key) !== null", flag[1])
    visitor.arrive("/delivery")
    expect(visitor.dialog).to_be_visible()
    expect(visitor.box).to_have_value("H")
    visitor.box.press("Escape")
    expect(visitor.dialog).to_be_hidden()
    assert flag not in visitor.watch.kept(), "closed without a conversation"
    visitor.launcher.click()
    expect(visitor.box).to_be_visible()
    assert flag in visitor.watch.kept()
