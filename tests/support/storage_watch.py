"""Checks a browser's writes against storage.toml: key, place, the person's action before it, and lifetime."""

import re
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crumbless.core.time_units import DAY_MS, HOUR_MS, MINUTE_MS

ROOT = Path(__file__).parents[2]

# Wraps every storage API in every frame before the page's own scripts run, and records the person's actions.
# Writes that bypass the methods (a property set on the store) are found by reading the stores at the end.
RECORDER = """(() => {
  const told = window.crumblessTestTell;
  const tell = (...words) => told(...words, location.pathname);
  /** Milliseconds that an envelope of ours has left to live; null when it is none. */
  const left = (value) => {
    try {
      const { until } = typeof value === "string" ? JSON.parse(value) : value;
      return typeof until === "number" ? until - Date.now() : null;
    } catch { return null; }
  };
  const wrap = (type, name, mechanism, read) => {
    const real = type.prototype[name];
    type.prototype[name] = function (...given) {
      const [key, value] = read(this, given);
      tell("write", typeof mechanism === "string" ? mechanism : mechanism(this), String(key), left(value));
      return real.apply(this, given);
    };
  };
  const textStore = (store) => {
    try { return store === sessionStorage ? "sessionStorage" : "localStorage"; } catch { return "localStorage"; }
  };
  wrap(Storage, "setItem", textStore, (_, given) => given);
  wrap(IDBObjectStore, "put", "IndexedDB", (_, [value, key]) => [key, value]);
  wrap(IDBObjectStore, "add", "IndexedDB", (_, [value, key]) => [key, value]);
  wrap(IDBCursor, "update", "IndexedDB", (cursor, [value]) => [cursor.primaryKey, value]);
  if (window.Cache) wrap(Cache, "put", "Cache Storage", (_, [asked]) => [asked.url ?? asked]);
  if (window.CookieStore) wrap(CookieStore, "set", "cookie", (_, [given]) => [given.name ?? given]);
  if (window.ServiceWorkerContainer) wrap(ServiceWorkerContainer, "register", "service worker", (_, given) => given);
  const jar = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(Document.prototype, "cookie", {
    ...jar,
    set(text) {
      if (!/max-age=0/i.test(text)) tell("write", "cookie", text.split("=")[0], null);
      jar.set.call(this, text);
    },
  });
  document.addEventListener("securitypolicyviolation", (event) =>
    tell("violation", event.effectiveDirective, `${event.blockedURI} ${event.sample} at ${event.sourceFile}`, null));

  const surface = ["chat", "desk", "policy"].find((one) => location.pathname.startsWith(`/${one}`)) ?? "page";
  const act = (name) => tell("act", name, "", null);
  /** A control that shows which of several is chosen. The tick that keeps a chat is none of them. */
  const isPreference = (at) => !at.closest(".chat-keep") && at.closest(
    "[data-act=prefer], select, input[type=radio], input[type=checkbox], [aria-pressed], [role=switch], [role$=radio]");
  document.addEventListener("crumbless:consent", ({ detail }) => {
    if (detail.analytics || detail.marketing) act("grant");
  });
  const seen = {
    click(at) {
      if (surface === "page" && at.closest("crumbless-chat")) act("open");
      if (at.closest("crumbless-consent")) act("choose");
      if (surface === "chat" && at.closest(".composer-send, .thread-meta button")) act("send");
      if (surface === "desk" && at.closest(".sign-in-others button")) act("sign-in");
    },
    keydown(at, event) {
      if (surface === "chat" && at.localName === "textarea" && event.key === "Enter") act("send");
    },
    input(at) {
      if (surface === "chat" && at.localName === "textarea") act("type");
    },
    change(at) {
      if (at.closest(".chat-keep")) act("keep");
    },
    submit(at) {
      if (surface === "desk" && at.querySelector("input[type=password]")) act("sign-in");
    },
    pointerup() {},
  };
  for (const [kind, see] of Object.entries(seen)) {
    window.addEventListener(kind, (event) => {
      const at = event.target;
      // Playwright chooses from a list without the person's hand.
      if (!(at instanceof Element) || !(event.isTrusted || (at.localName === "select" && kind === "change"))) return;
      see(at, event);
      if (surface !== "page" && isPreference(at)) act("prefer");
      if (surface === "desk" && kind !== "submit") act("arrange");
    }, true);
  }
})()"""

KEPT = """async () => {
  // A sandbox without an origin has no stores; asking Chromium for its databases throws past every catch.
  if (self.origin === "null") return [];
  const kept = [];
  for (const name of ["sessionStorage", "localStorage"]) {
    try { kept.push(...Object.entries(window[name]).map((entry) => [name, ...entry])) } catch { /* None is kept. */ }
  }
  let databases = [];
  try { databases = await indexedDB.databases() } catch { /* As above. */ }
  const answer = (asked) => new Promise((done, fail) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  for (const { name, version } of databases) {
    const opened = await answer(indexedDB.open(name, version));
    for (const store of opened.objectStoreNames) {
      const keys = await answer(opened.transaction(store).objectStore(store).getAllKeys());
      const values = await answer(opened.transaction(store).objectStore(store).getAll());
      kept.push(...keys.map((key, at) => ["IndexedDB", String(key), values[at]]));
    }
    opened.close();
  }
  try { kept.push(...(await caches.keys()).map((key) => ["Cache Storage", key, ""])) } catch { /* As above. */ }
  return kept.map(([mechanism, key, value]) => {
    try {
      const { until } = typeof value === "string" ? JSON.parse(value) : value;
      return [mechanism, key, typeof until === "number" ? until - Date.now() : null];
    } catch { return [mechanism, key, null]; }
  });
}"""
"""Reads everything that a frame's stores hold: mechanism, key, milliseconds left (null: no end is written in it).

For Chromium: in a frame of another site WebKit lists no databases, whatever is stored. See STORED in engine_people.py.
"""

UNIT_MS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}

LATE_ACT_SECONDS = 1.0
"""An action in the chat may be recorded after the write that it causes in the host page: they are two processes."""


@dataclass(frozen=True)
class Item:
    """The rules of storage.toml for an item that a write can violate."""

    name: str
    mechanisms: tuple[str, ...]
    pattern: re.Pattern[str]
    surfaces: frozenset[str]
    written: str
    lifetime_ms: int


def read_items() -> list[Item]:
    """All items of storage.toml, read without the code that is under test."""
    items: list[dict[str, Any]] = tomllib.loads((ROOT / "storage.toml").read_text(encoding="utf-8"))["item"]
    return [
        Item(
            name=item["name"],
            mechanisms=tuple(item[one] for one in ("mechanism", "fallback") if one in item),
            pattern=re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(item["key"])) + r"\Z"),
            surfaces=frozenset(item["surfaces"]),
            written=item["written"],
            lifetime_ms=int(item["lifetime"][:-1]) * UNIT_MS[item["lifetime"][-1]],
        )
        for item in items
    ]


ITEMS = read_items()


def find_item(mechanism: str, key: str) -> Item | None:
    """The item that lets this key be written there."""
    return next((one for one in ITEMS if mechanism in one.mechanisms and one.pattern.match(key)), None)


def is_declared(mechanism: str, key: str) -> bool:
    """Whether the registry lets this key be written there."""
    return find_item(mechanism, key) is not None


def surfaces_at(path: str) -> frozenset[str]:
    """The surfaces that may write in a document at this path."""
    for begin, surface in (("/chat/", "frame"), ("/desk", "desk"), ("/policy", "pages")):
        if path.startswith(begin):
            return frozenset({surface})
    return frozenset({"loader", "consent", "tag"})


def lifetime_fault(mechanism: str, key: str, left: float | None) -> str | None:
    """Return the errors in the expiry of a stored value."""
    item = find_item(mechanism, key)
    if item is None or "tag" in item.surfaces:
        return None
    if left is None:
        return f"{key} in {mechanism} says nowhere when it ends"
    if left > item.lifetime_ms:
        return f"{key} in {mechanism} outlives its {item.lifetime_ms} ms by {left - item.lifetime_ms:.0f} ms"
    return None


@dataclass
class StorageWatch:
    """The writes of one browser's frames, and the violations among them."""

    writes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    misdeeds: list[str] = field(default_factory=list[str])
    acts: set[str] = field(default_factory=set[str])
    _early: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])

    def note(self, act: str) -> None:
        """The person has done this, which is one of storage.toml's `written`."""
        if act == "arrange" and "sign-in" not in self.acts:
            return
        self.acts |= {act, "work"} if act == "sign-in" else {act}
        now = time.monotonic()
        self._early = [one for one in self._early if one[1] != act or now - one[0] > LATE_ACT_SECONDS]

    def hear_write(self, mechanism: str, key: str, left: float | None, path: str) -> None:
        """A document at `path` writes a value with this many milliseconds left."""
        self.writes.append((mechanism, key))
        item = find_item(mechanism, key)
        if item is None:
            self.misdeeds.append(f"{path} writes {key} to {mechanism}, which storage.toml does not declare")
            return
        if not item.surfaces & surfaces_at(path):
            self.misdeeds.append(f"{path} writes {key}, which belongs to {', '.join(sorted(item.surfaces))}")
        if fault := lifetime_fault(mechanism, key, left):
            self.misdeeds.append(f"{path} writes too long: {fault}")
        if item.written not in self.acts:
            fault = f'{path} writes {key} in the wrong phase: before "{item.written}"'
            if item.written == "type" and "loader" in item.surfaces:
                self._early.append((time.monotonic(), item.written, fault))
            else:
                self.misdeeds.append(fault)

    def complaints(self) -> list[str]:
        """Every write that broke the registry."""
        return [*self.misdeeds, *(fault for _, _, fault in self._early)]

    def forget(self) -> None:
        """Forget the writes so far. The actions stay."""
        self.writes.clear()
        self.misdeeds.clear()
        self._early.clear()
