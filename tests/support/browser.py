"""A real Chromium, and a watch over every page of it: what it writes on the device, and what its policies refuse."""

import os
import re
import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, BrowserType, Frame, Page

ROOT = Path(__file__).parents[2]

Kind = Literal["ordinary", "private"]
KINDS: tuple[Kind, ...] = ("ordinary", "private")
"""Whether the browser gives a frame of another site storage of its own, or none, as private windows do."""

# Playwright's contexts give such frames none. Its list of features to turn off includes partitioned storage; another
# list takes its place, and the browser behaves as it does for most people.
ARGUMENTS: dict[Kind, list[str]] = {"ordinary": ["--disable-features=Translate"], "private": []}

QUIET = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]

STORAGE_WORKS = """() => {
  try { return sessionStorage.length >= 0 } catch { return false }
}"""

# Wraps every door to the device in every frame, before the page's own scripts run. Writes that go past the methods (a
# property set on the store) are found by reading the stores at the end.
RECORDER = """(() => {
  const tell = window.crumblessTestTell;
  const wrap = (type, name, mechanism, key) => {
    const real = type.prototype[name];
    type.prototype[name] = function (...given) {
      tell("write", typeof mechanism === "string" ? mechanism : mechanism(this), String(key(this, given)));
      return real.apply(this, given);
    };
  };
  const textStore = (store) => {
    try { return store === sessionStorage ? "sessionStorage" : "localStorage"; } catch { return "localStorage"; }
  };
  wrap(Storage, "setItem", textStore, (_, [key]) => key);
  wrap(IDBObjectStore, "put", "IndexedDB", (_, [, key]) => key);
  wrap(IDBObjectStore, "add", "IndexedDB", (_, [, key]) => key);
  if (window.Cache) wrap(Cache, "put", "cache", (_, [asked]) => asked.url ?? asked);
  if (window.CookieStore) wrap(CookieStore, "set", "cookie", (_, [given]) => given.name ?? given);
  const jar = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(Document.prototype, "cookie", {
    ...jar,
    set(text) { tell("write", "cookie", text); jar.set.call(this, text); },
  });
  document.addEventListener("securitypolicyviolation", (event) =>
    tell("violation", event.effectiveDirective, `${event.blockedURI} ${event.sample} at ${event.sourceFile}`));
})()"""

KEPT = """async () => {
  const kept = [];
  for (const name of ["sessionStorage", "localStorage"]) {
    try { kept.push(...Object.keys(window[name]).map((key) => [name, key])) } catch { /* None: nothing is kept. */ }
  }
  let databases = [];
  try { databases = await indexedDB.databases() } catch { /* As above. */ }
  for (const { name, version } of databases) {
    const opened = await new Promise((done, fail) => {
      const asked = indexedDB.open(name, version);
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => fail(asked.error);
    });
    for (const store of opened.objectStoreNames) {
      const keys = await new Promise((done, fail) => {
        const asked = opened.transaction(store).objectStore(store).getAllKeys();
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => fail(asked.error);
      });
      kept.push(...keys.map((key) => ["IndexedDB", String(key)]));
    }
    opened.close();
  }
  try { kept.push(...(await caches.keys()).map((key) => ["cache", key])) } catch { /* As above. */ }
  return kept;
}"""

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def find_chromium() -> str:
    """The path of the browser. Raises RuntimeError when there is none."""
    named = os.environ.get("CRUMBLESS_TEST_CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("google-chrome")
    if not found or not Path(found).exists():
        raise RuntimeError(
            f"The browser tests need Chromium (found: {found}). Install it, or name it in CRUMBLESS_TEST_CHROMIUM."
        )
    return found


def launch(chromium: BrowserType, kind: Kind) -> Browser:
    """Start a browser. As root it cannot have its sandbox."""
    sandbox = [] if os.getuid() else ["--no-sandbox"]
    return chromium.launch(executable_path=find_chromium(), args=[*QUIET, *ARGUMENTS[kind], *sandbox])


def declared_items() -> list[tuple[str, re.Pattern[str]]]:
    """Mechanism and key of everything that storage.toml declares."""
    items = tomllib.loads((ROOT / "storage.toml").read_text(encoding="utf-8"))["item"]
    return [
        (item["mechanism"], re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(item["key"])) + r"\Z")) for item in items
    ]


def is_declared(mechanism: str, key: str) -> bool:
    """Whether the registry lets this key be written there."""
    return any(mechanism == where and pattern.match(key) for where, pattern in declared_items())


@dataclass
class Watch:
    """What was seen in every page and frame of one browser context."""

    context: BrowserContext
    writes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    violations: list[str] = field(default_factory=list[str])
    faults: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])

    def begin(self) -> None:
        """Watch every page from now on."""
        self.context.expose_binding("crumblessTestTell", self._hear)  # pyright: ignore[reportUnknownMemberType]
        self.context.add_init_script(RECORDER)
        self.context.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        self.context.on("page", self._watch_page)

    def _watch_page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))

        def dismiss(dialog: Any) -> None:
            self.faults.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", dismiss)

    def _hear(self, source: Any, kind: str, what: str, more: str) -> None:
        if kind == "write":
            self.writes.append((what, more))
        else:
            self.violations.append(f"{source['frame'].url}: {what} {more}")

    def undeclared(self) -> list[tuple[str, str]]:
        """What was written, or is kept, that storage.toml does not declare."""
        return [item for item in [*self.writes, *self.kept()] if not is_declared(*item)]

    def kept(self) -> list[tuple[str, str]]:
        """What the stores of all frames hold now: mechanism and key."""
        return [(mechanism, key) for frame in self.frames() for mechanism, key in frame.evaluate(KEPT)]

    def frames(self) -> list[Frame]:
        """Every frame that shows something of ours."""
        frames = [frame for page in self.context.pages for frame in page.frames]
        return [frame for frame in frames if frame.url.startswith("http")]

    def cookies(self) -> list[str]:
        """Every cookie in the browser, and every one that a page can see."""
        seen = [str(frame.evaluate("document.cookie")) for frame in self.frames()]
        return [str(cookie) for cookie in self.context.cookies()] + [text for text in seen if text]

    def check(self) -> None:
        """Fail on whatever no test may ever see."""
        assert self.undeclared() == []
        assert self.cookies() == []
        assert self.faults == []


def accessibility_faults(frame: Frame) -> list[str]:
    """What axe-core finds in one frame, one line each: rule and element."""
    frame.evaluate(AXE)
    found = frame.evaluate("async () => (await axe.run(document, { iframes: false })).violations")
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
