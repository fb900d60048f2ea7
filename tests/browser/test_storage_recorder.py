"""The recorder that watches every browser test detects each write that violates the registry."""

import re

import pytest
from playwright.sync_api import Frame, expect

from crumbless.core.time_units import DAY_MS
from support.scene import SENT, BrowserScenario, Visitor
from support.storage_watch import is_declared

CLEAN = """async () => {
  sessionStorage.clear();
  localStorage.clear();
  await new Promise((done) => { indexedDB.deleteDatabase("other").onsuccess = () => done() });
}"""
"""Remove the items that a test planted."""

WRITE = """([store, key, life]) =>
  window[store].setItem(key, JSON.stringify({ v: "x", until: Date.now() + life, at: Date.now() }))"""

WRITE_RECORD = """([key, life]) => new Promise((done, fail) => {
  const asked = indexedDB.open("crumbless", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("items");
  asked.onsuccess = () => {
    const writing = asked.result.transaction("items", "readwrite");
    writing.objectStore("items").put({ v: "x", until: Date.now() + life }, key);
    writing.oncomplete = () => { asked.result.close(); done(); };
    writing.onabort = () => fail(writing.error);
  };
})"""


@pytest.fixture
def visitor(scenario: BrowserScenario) -> Visitor:
    """Return a visitor in the shop who has not opened the chat, without violations so far."""
    shopper = scenario.visitor()
    shopper.arrive()
    expect(shopper.launcher).to_be_visible()
    assert shopper.watch.complaints() == []
    return shopper


def open_chat(visitor: Visitor) -> Frame:
    """Return the frame after the visitor has opened the chat as the registry declares it."""
    visitor.launcher.click()
    expect(visitor.box).to_be_visible()
    assert visitor.watch.complaints() == []
    return visitor.page.frames[1]


def is_seen(visitor: Visitor, words: str) -> bool:
    """Return whether this is the only violation of the browser. It is forgiven for the rest of the test."""
    seen = visitor.watch.complaints()
    for frame in visitor.watch.frames():
        frame.evaluate(CLEAN)
    visitor.watch.context.clear_cookies()
    visitor.watch.storage.forget()
    assert visitor.watch.complaints() == []
    return bool(seen) and all(re.search(words, one) for one in seen)


UNDECLARED = (
    "sessionStorage.setItem('tracker', '1')",
    "localStorage.setItem('crumbless.visitor', '1')",
    "localStorage.setItem('crumbless.open.x', '1')",
    "sessionStorage.tracker = '1'",
    """new Promise((done) => {
         const asked = indexedDB.open('other', 1);
         asked.onupgradeneeded = () => asked.result.createObjectStore('things');
         asked.onsuccess = () => {
           const writing = asked.result.transaction('things', 'readwrite');
           writing.objectStore('things').put(1, 'tracker');
           writing.oncomplete = () => { asked.result.close(); done(); };
         };
       })""",
)


def test_undeclared_key_is_detected(visitor: Visitor) -> None:
    for place in (visitor.page.main_frame, open_chat(visitor)):
        for planted in UNDECLARED:
            place.evaluate(planted)
            assert is_seen(visitor, "undeclared|does not declare"), planted


def test_deleted_undeclared_key_is_detected(visitor: Visitor) -> None:
    visitor.page.evaluate("localStorage.setItem('probe', '1'); localStorage.removeItem('probe')")
    assert visitor.watch.kept() == []
    assert is_seen(visitor, "writes probe to localStorage, which storage.toml does not declare")


def test_cookie_is_detected(visitor: Visitor) -> None:
    for place in (visitor.page.main_frame, open_chat(visitor)):
        place.evaluate("document.cookie = 'visitor=1'")
        assert is_seen(visitor, "cookie")


def test_declared_key_in_the_wrong_phase_is_detected(visitor: Visitor) -> None:
    write = ["sessionStorage", "crumbless.open.x", DAY_MS]
    visitor.page.evaluate(WRITE, write)
    assert is_seen(visitor, 'in the wrong phase: before "type"')
    frame = open_chat(visitor)
    visitor.page.evaluate(WRITE, write)
    assert is_seen(visitor, 'in the wrong phase: before "type"'), "opening the chat is not typing"
    for key, store, act in (
        ("crumbless.draft.x", "sessionStorage", "type"),
        ("crumbless.chat.x", "sessionStorage", "send"),
        ("crumbless.keep.x", "localStorage", "keep"),
        ("crumbless.theme", "localStorage", "prefer"),
    ):
        frame.evaluate(WRITE, [store, key, DAY_MS])
        assert is_seen(visitor, f'in the wrong phase: before "{act}"')
    visitor.box.press_sequentially("typed by a person")
    visitor.page.evaluate(WRITE, write)
    assert visitor.watch.complaints() == [], "after typing it is the right phase"


def test_write_without_a_user_action_is_in_the_wrong_phase(visitor: Visitor) -> None:
    frame = open_chat(visitor)
    frame.evaluate("""() => {
      const box = document.querySelector("textarea");
      box.value = "typed by a script";
      box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }""")
    expect(visitor.box).to_have_value("typed by a script")
    assert is_seen(visitor, 'writes crumbless.(draft|open).* in the wrong phase: before "type"')
    visitor.box.fill("")
    visitor.box.press_sequentially("typed by a person")
    assert any(".draft." in key for _, key in visitor.watch.kept())
    assert visitor.watch.complaints() == []


def test_value_with_a_long_lifetime_is_detected(visitor: Visitor) -> None:
    frame = open_chat(visitor)
    visitor.box.press_sequentially("and")
    key = f"crumbless.draft.{visitor.watch.kept()[0][1].rpartition('.')[2]}"
    frame.evaluate(WRITE, ["sessionStorage", key, DAY_MS])
    assert visitor.watch.complaints() == []
    frame.evaluate(WRITE, ["sessionStorage", key, DAY_MS + 60_000])
    assert is_seen(visitor, "outlives its")
    frame.evaluate("key => sessionStorage.setItem(key, 'for ever')", key)
    assert is_seen(visitor, "says nowhere when it ends")
    visitor.box.press("Enter")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    visitor.watch.storage.forget()
    assert visitor.watch.complaints() == []
    frame.evaluate(WRITE_RECORD, ["crumbless.key.x", 31 * DAY_MS])
    seen = visitor.watch.complaints()
    assert len(seen) == 2, "as it was written, and as it is stored"
    assert all("outlives its" in one for one in seen)
    frame.evaluate(WRITE_RECORD, ["crumbless.key.x", DAY_MS])
    visitor.watch.storage.forget()


def test_key_of_another_surface_is_detected(visitor: Visitor, scenario: BrowserScenario) -> None:
    frame = open_chat(visitor)
    visitor.box.press_sequentially("and")
    assert visitor.watch.complaints() == []
    visitor.page.evaluate(WRITE, ["sessionStorage", "crumbless.draft.x", DAY_MS])
    assert is_seen(visitor, "writes crumbless.draft.x, which belongs to frame")
    frame.evaluate(WRITE, ["sessionStorage", "crumbless.open.x", DAY_MS])
    assert is_seen(visitor, "writes crumbless.open.x, which belongs to loader")


def test_desk_is_watched(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.page.goto(desk.address)
    expect(desk.page.get_by_label("Email")).to_be_visible()
    desk.page.evaluate(WRITE, ["sessionStorage", "crumbless.desk.outbox", DAY_MS])
    desk.page.evaluate(WRITE, ["localStorage", "crumbless.desk.layout", DAY_MS])
    phases = [one.rpartition(" ")[2] for one in desk.watch.complaints()]
    assert phases == ['"work"', '"arrange"']
    desk.page.evaluate(CLEAN)
    desk.watch.storage.forget()
    desk.sign_in()
    assert desk.watch.complaints() == []
    assert ("IndexedDB", "crumbless.desk.session") in desk.watch.writes


def test_registry_patterns_are_matched_exactly() -> None:
    assert is_declared("sessionStorage", "crumbless.open.demo-shop")
    assert is_declared("localStorage", "crumbless.theme")
    assert is_declared("sessionStorage", "crumbless.theme"), "its fallback"
    assert not is_declared("localStorage", "crumbless.open.demo-shop")
    assert not is_declared("sessionStorage", "crumbless.open.")
    assert not is_declared("sessionStorage", "xcrumbless.open.demo-shop")
    assert not is_declared("cookie", "crumbless.open.demo-shop")
