"""A visitor and an operator in Firefox and WebKit, each in a separate browser."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from support.display import virtual_display
from support.scene import PASSWORD, BrowserScenario
from support.webdriver import ENTER, Browser, Firefox, WebKit

Engine = Literal["firefox", "webkit"]
ENGINES: tuple[Engine, ...] = ("firefox", "webkit")

LAUNCHER = "document.querySelector('crumbless-chat')?.shadowRoot.querySelector('button')"
CHAT = "document.querySelector('crumbless-chat')?.shadowRoot.querySelector('iframe')"
BOX = "document.querySelector('textarea')"
SHOWS = "document.body.innerText.includes(arguments[0])"
NAMED = "[...document.querySelectorAll('button, a')].find((one) => one.innerText.trim() === arguments[0])"
"""The button or link with this text."""

DATABASES = "(await indexedDB.databases()).map(({ name }) => name)"
"""On a page of the origin's own. In a frame of another site WebKit returns an empty list, whatever is stored."""

STORED = """
const stored = [];
for (const place of ["localStorage", "sessionStorage"]) {
  try { stored.push(...Object.keys(window[place]).map((key) => `${place} ${key}`)) } catch { /* Nothing is stored. */ }
}
const settled = (asked) => new Promise((resolve, reject) => {
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = (event) => { event.preventDefault(); resolve(null) };
  asked.onblocked = () => reject(new Error("blocked"));
});
let asked = null;
try { asked = indexedDB.open("crumbless") } catch { /* Nothing is stored. */ }
if (asked) {
  // A database that does not exist must not be created by looking for it; WebKit keeps one whose creation was aborted.
  asked.onupgradeneeded = () => asked.transaction.abort();
  const database = await settled(asked);
  if (database === null) await settled(indexedDB.deleteDatabase("crumbless"));
  else {
    const keys = await settled(database.transaction("items").objectStore("items").getAllKeys());
    stored.push(...keys.map((key) => `IndexedDB ${key}`));
    database.close();
  }
}
try { stored.push(...(await caches.keys()).map((key) => `caches ${key}`)) } catch { /* Nothing is stored. */ }
try {
  stored.push(...(await navigator.serviceWorker.getRegistrations()).map(({ scope }) => `worker ${scope}`));
} catch { /* Nothing is stored. */ }
try { if (document.cookie) stored.push(`cookie ${document.cookie}`) } catch { /* Nothing is stored. */ }
return stored.sort();
"""
"""Lists the items of the document's origin: mechanism and key. It opens the database, which works in every frame."""

EXPORTED_KEYS = """
const settled = (asked) => new Promise((resolve, reject) => {
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});
const database = await settled(indexedDB.open("crumbless"));
const values = await settled(database.transaction("items").objectStore("items").getAll());
database.close();
const keys = values.flatMap(({ v }) => Object.values(v)).filter((one) => one?.privateKey);
const outcomes = [];
for (const { privateKey } of keys) {
  for (const format of ["jwk", "pkcs8"]) {
    outcomes.push(await crypto.subtle.exportKey(format, privateKey).then(() => "exported", ({ name }) => name));
  }
}
return outcomes;
"""
"""Try to export every private key that the page stores: the name of the error, or "exported"."""


@dataclass
class EngineVisitor:
    """A visitor in a tab of the shop."""

    browser: Browser
    shop: str

    def arrive(self) -> None:
        """Open the shop's first page."""
        self.browser.open(self.shop)
        self.browser.wait_for(LAUNCHER)

    def open(self) -> None:
        """Open the shop and the chat in it."""
        self.arrive()
        self.browser.click(LAUNCHER)
        self.wait_for_box()

    def wait_for_box(self) -> None:
        """Return once the chat has a message box."""
        self.browser.wait_for(BOX, frame=CHAT)

    def send(self, text: str) -> None:
        """Click the message box, type a text and press Enter."""
        self.browser.click(BOX, frame=CHAT)
        self.browser.type(text + ENTER, frame=CHAT)

    def wait_for_text(self, text: str) -> None:
        """Return once the chat shows a text."""
        self.browser.wait_for(SHOWS, text, frame=CHAT)

    def stored_by_chat(self) -> list[str]:
        """Return what the chat's frame stores."""
        return self.browser.run(STORED, frame=CHAT)


@dataclass
class EngineOperator:
    """An operator in a tab of the desk."""

    browser: Browser
    address: str
    email: str

    def sign_in(self) -> None:
        """Open the desk and sign in."""
        self.browser.open(self.address)
        for name, text in (("email", self.email), ("password", PASSWORD)):
            self.browser.click("document.querySelector(`input[name=${arguments[0]}]`)", name)
            self.browser.type(text)
        self.browser.type(ENTER)
        self.wait_for_inbox()

    def wait_for_inbox(self) -> None:
        """Return once the desk shows the list of conversations."""
        self.browser.wait_for("document.title.includes('Conversations')")

    def open_conversation(self, text: str) -> None:
        """Open the conversation in the list whose last message is this."""
        self.browser.click(
            "[...document.querySelectorAll('a.row')].find((one) => one.innerText.includes(arguments[0]))", text
        )
        self.browser.wait_for(BOX)

    def send(self, text: str) -> None:
        """Send a reply."""
        self.browser.click(BOX)
        self.browser.type(text + ENTER)

    def sign_out(self) -> None:
        """Sign out through the menu, and return once the desk asks to sign in."""
        self.browser.click("document.querySelector('.menu-button')")
        self.browser.click(NAMED, "Sign out")
        self.browser.wait_for("document.querySelector('input[name=email]')")


class EngineSession:
    """The browsers of one engine. Each is started once, and cleared for each test."""

    def __init__(self, folder: Path, display: str, engine: Engine) -> None:
        self._folder = folder
        self._display = display
        self._engine = engine
        self._browsers: dict[str, Browser] = {}

    def browser(self, name: str) -> Browser:
        """Return the browser of this name, with nothing stored in it."""
        if name in self._browsers:
            self._browsers[name].clear()
        else:
            folder = self._folder / name
            folder.mkdir()
            self._browsers[name] = Firefox(folder) if self._engine == "firefox" else WebKit(folder, self._display)
        return self._browsers[name]

    def visitor(self, scenario: BrowserScenario) -> EngineVisitor:
        """Return a visitor of the scene's shop."""
        return EngineVisitor(self.browser("visitor"), scenario.shop.origin)

    def operator(self, scenario: BrowserScenario) -> EngineOperator:
        """Return an operator of the scene, not yet signed in."""
        return EngineOperator(self.browser("operator"), f"{scenario.server.address}/desk/", scenario.emails["Olga"])

    def close(self) -> None:
        """End all browsers."""
        for browser in self._browsers.values():
            browser.close()


@contextmanager
def engine_stage(folder: Path, engine: Engine) -> Generator[EngineSession]:
    """Yield the stage of an engine. WebKit's has a separate display."""
    with ExitStack() as opened:
        display = opened.enter_context(virtual_display()) if engine == "webkit" else ""
        stage = EngineSession(folder, display, engine)
        opened.callback(stage.close)
        yield stage
