"""How the desk starts in Chromium: without stored data, and with the data of the previous visit."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Connection

from crumbless.database.database import write_once
from crumbless.sites.workspace_set_up import add_operator, workspace_for
from loader_rows import find_chromium
from seed_crumbless import Layout
from server_process import RunningServer
from socket_open import OpenSocket
from stack_crumbless import CrumblessStack
from support.network_count import NetworkCount

CONVERSATIONS = 300
_EMAIL, _PASSWORD = "olga@bench.example", "correct horse battery"
_SETTLED_MS = 1_500
"""By then a started desk has sent all requests and received all responses."""

# The time of the frame in which the first row is on the screen, from the start of the navigation.
_WATCH_PAINT = """
globalThis.benchPaint = new Promise((done) => {
  const look = () => document.querySelector("a.row")
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now())))
    : requestAnimationFrame(look);
  look();
});
"""

_DROP_KEPT = """async () => {
  const database = await new Promise((done) => {
    const asked = indexedDB.open("crumbless");
    asked.onsuccess = () => done(asked.result);
  });
  const transaction = database.transaction("items", "readwrite");
  const store = transaction.objectStore("items");
  const keys = await new Promise((done) => {
    const asked = store.getAllKeys();
    asked.onsuccess = () => done(asked.result);
  });
  for (const key of keys) if (/^crumbless\\.desk\\.(inbox|thread)/.test(key)) store.delete(key);
  await new Promise((done) => { transaction.oncomplete = done; });
  database.close();
}"""

_IS_KEPT = """async () => {
  const database = await new Promise((done) => {
    const asked = indexedDB.open("crumbless");
    asked.onsuccess = () => done(asked.result);
  });
  const kept = await new Promise((done) => {
    const asked = database.transaction("items").objectStore("items").get("crumbless.desk.inbox");
    asked.onsuccess = () => done(asked.result);
  });
  database.close();
  return kept !== undefined;
}"""

Start = Literal["cold", "warm"]


class DeskStart(msgspec.Struct, frozen=True):
    """One start: requests to /v1/ and their bytes in both directions, and the time to the first paint of the list."""

    kind: Start
    requests: int
    bytes: int
    paint_ms: float


@dataclass
class _Desk:
    page: Page
    count: NetworkCount

    def start(self, kind: Start) -> DeskStart:
        """Starts the desk once; the page's own files come from the browser's cache both times."""
        origin = self.page.url.partition("/desk/")[0]
        while not self.page.evaluate(_IS_KEPT):
            self.page.wait_for_timeout(100)
        # Away from the desk, so that nothing is written again before a cold start.
        self.page.goto(f"{origin}/healthz")
        if kind == "cold":
            self.page.evaluate(_DROP_KEPT)
        self.count.reset()
        self.page.goto(f"{origin}/desk/")
        paint: float = self.page.evaluate("benchPaint")
        self.page.wait_for_timeout(_SETTLED_MS)
        return DeskStart(kind, len(self.count.requests), self.count.bytes, paint)


def watch_desk(rounds: int) -> list[DeskStart]:
    """Starts the desk of a workspace with 300 conversations `rounds` times cold and warm, in turn."""
    with tempfile.TemporaryDirectory() as name:
        stack = CrumblessStack(Layout(1, CONVERSATIONS, 1))
        server = stack.start(Path(name))
        try:
            write_once(f"sqlite:///{Path(name) / 'crumbless.db'}", _add_operator)
            _talk(stack, server)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
                desk = _sign_in(browser.new_page(), server)
                seen = [desk.start(kind) for _ in range(rounds) for kind in ("cold", "warm")]
                browser.close()
                return seen
        finally:
            server.stop()


def _add_operator(connection: Connection) -> None:
    add_operator(connection, workspace_for(connection, "Shop 0"), _EMAIL, "Olga", _PASSWORD)


def _talk(stack: CrumblessStack, server: RunningServer) -> None:
    """Every visitor writes once."""
    for number, opened in enumerate(stack.open_idle(server, CONVERSATIONS)):
        visitor = stack.seeded.visitors[number]
        entry = f"00000000-0000-4000-8000-{number:012}"
        text = f"Question {number}: when will my parcel come, and may I change the address while it is on its way?"
        opened.send_text(json.dumps({"op": "send", "id": entry, "conversation": visitor.conversation, "text": text}))
        _until_acknowledged(opened)


def _until_acknowledged(opened: OpenSocket) -> None:
    while not opened.read_text().startswith('{"op":"ack"'):
        pass


def _sign_in(page: Page, server: RunningServer) -> _Desk:
    page.add_init_script(_WATCH_PAINT)
    page.goto(f"http://127.0.0.1:{server.port}/desk/")
    page.get_by_label("Email").fill(_EMAIL)
    page.get_by_label("Password").fill(_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("a.row").first.wait_for()
    return _Desk(page, NetworkCount(page).begin())
