"""Two real pages over one storage: simultaneous writes, one clears what the other uses, the browser deletes all."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.browser import wait_in_page
from support.scene import BrowserScenario
from support.storage_refuse import FULL
from support.store_page import give_store

WRITES = 200

WRITE_AT_ONCE = """(own) => {
  const isTheme = (value) => value === "dark" || value === "light";
  const isInbox = (value) => value.rows?.length === 100 && new Set(value.rows).size === 1;
  const seen = { odd: 0, read: 0 };
  const note = (value) => { seen.read += 1; if (value === null) seen.odd += 1; };
  globalThis.writing = (async () => {
    for (let round = 0; round < WRITES; round += 1) {
      store.set("theme", {}, own);
      note(store.get("theme", {}, isTheme));
      await store.setValue("deskInbox", {}, { rows: Array(100).fill(`${own} ${round}`) });
      note(await store.getValue("deskInbox", {}, isInbox));
    }
    return seen;
  })();
}""".replace("WRITES", str(WRITES))

READ = """async () => [
  store.get("theme", {}, (value) => true),
  (await store.getValue("deskInbox", {}, (value) => true)).rows[0],
]"""

WATCH = """() => {
  globalThis.changes = 0;
  store.watch("deskSession", {}, () => { globalThis.changes += 1 });
  store.watch("theme", {}, () => { globalThis.changes += 1 });
}"""

LIST = "async () => (await store.list()).map(({ name, where }) => `${name} in ${where}`).sort()"

KEEP = """async () => {
  store.set("theme", {}, "dark");
  store.set("deskDraft", { conversation: "1" }, "Half a reply");
  await store.setValue("deskInbox", {}, { rows: [] });
}"""

KEPT = ["deskDraft in sessionStorage", "deskInbox in IndexedDB", "theme in localStorage"]

EMPTY_BY_HAND = """async () => {
  localStorage.clear();
  sessionStorage.clear();
  await new Promise((done, fail) => {
    const asked = indexedDB.deleteDatabase("crumbless");
    asked.onsuccess = done;
    asked.onerror = fail;
  });
}"""


def open_pages(scenario: BrowserScenario) -> tuple[Page, Page]:
    """Open two tabs of one browser at the desk with the store available. Their writes count as the operator's."""
    first = scenario.desk()
    second = first.page.context.new_page()
    for act in ("sign-in", "arrange", "prefer"):
        first.watch.storage.note(act)
    for page in (first.page, second):
        page.goto(first.address)
        expect(page.get_by_label("Email")).to_be_visible()
        give_store(page)
    return first.page, second


def read(page: Page) -> list[Any]:
    return page.evaluate(READ)


def test_simultaneous_writes_of_two_tabs_leave_one_complete_value(scenario: BrowserScenario) -> None:
    pages = open_pages(scenario)
    for page, own in zip(pages, ("dark", "light"), strict=True):
        page.evaluate(WRITE_AT_ONCE, own)
    for page in pages:
        assert page.evaluate("() => writing") == {"odd": 0, "read": 2 * WRITES}
    one, other = (read(page) for page in pages)
    assert one == other
    assert one[0] in ("dark", "light")
    assert one[1] in (f"dark {WRITES - 1}", f"light {WRITES - 1}"), "the last write has not won"


def test_item_deleted_in_one_tab_is_deleted_in_the_other(scenario: BrowserScenario) -> None:
    one, other = open_pages(scenario)
    other.evaluate(WATCH)
    one.evaluate(KEEP)
    wait_in_page(other, "() => changes > 0")
    assert other.evaluate(LIST) == ["deskInbox in IndexedDB", "theme in localStorage"]
    assert one.evaluate(LIST) == KEPT
    one.evaluate("() => store.clearAll()")
    wait_in_page(other, "() => store.get('theme', {}, () => true) === null")
    assert one.evaluate(LIST) == other.evaluate(LIST) == []


Clear = Callable[[Page, Page], None]


def clear_by_another_tab(page: Page, other: Page) -> None:
    other.evaluate(EMPTY_BY_HAND)
    page.evaluate("sessionStorage.clear()")


def clear_by_browser(page: Page, _: Page) -> None:
    """As "Clear site data" in the browser's settings or its developer tools."""
    session: Any = page.context.new_cdp_session(page)
    origin = page.evaluate("location.origin")
    everything = {"origin": origin, "storageTypes": "all"}
    session.send("Storage.clearDataForOrigin", everything)
    page.evaluate("sessionStorage.clear()")


@pytest.mark.parametrize("clear", [clear_by_another_tab, clear_by_browser])
def test_external_deletion_is_detected_and_the_store_can_be_written_again(
    scenario: BrowserScenario, clear: Clear
) -> None:
    one, other = open_pages(scenario)
    one.evaluate(KEEP)
    assert one.evaluate(LIST) == KEPT
    one.evaluate(WATCH)
    clear(one, other)
    wait_in_page(one, "() => changes > 0")
    assert one.evaluate(LIST) == []
    assert one.evaluate("() => store.get('theme', {}, () => true)") is None
    one.evaluate(KEEP)
    assert one.evaluate(LIST) == KEPT, "after it, the browser stores as before"


def test_value_that_a_full_browser_refuses_stays_in_memory(scenario: BrowserScenario) -> None:
    page, _ = open_pages(scenario)
    page.evaluate(KEEP)
    page.evaluate(FULL)
    stored = page.evaluate("""async () => [
      store.set("theme", {}, "light"),
      await store.setValue("deskInbox", {}, { rows: Array(1000).fill("x".repeat(1000)) }),
      store.get("theme", {}, () => true),
      (await store.getValue("deskInbox", {}, () => true)).rows.length,
    ]""")
    assert stored == ["memory", "memory", "light", 1000]
    assert page.evaluate(LIST) == ["deskDraft in sessionStorage", "deskInbox in memory", "theme in memory"]
