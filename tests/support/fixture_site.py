"""Websites that keep too much, made to be caught: pages at localhost, and 127.0.0.1, another site that they use."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec


class FixturePage(msgspec.Struct, kw_only=True):
    """The response of one path. `{other}` in the body is the other site's origin."""

    body: str = ""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: list[tuple[str, str]] = []
    waits: float = 0


def declared(
    key: str, mechanism: str, written: str, lifetime: int = 86_400, cleared: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A row of a /storage.json."""
    own = {
        "key": key,
        "mechanism": mechanism,
        "written": written,
        "lifetimeSeconds": lifetime,
        "cleared": list(cleared),
    }
    kind = "cookie" if mechanism == "cookie" else "web"
    return {
        "identifier": key,
        "type": kind,
        "maxAgeSeconds": None,
        "domains": ["*"],
        "purposes": [],
        "x-crumbless": own,
    }


REGISTRY = json.dumps(
    {
        "disclosures": [
            declared("chat.open", "sessionStorage", "open", cleared=("end", "tab")),
            declared("chat.session", "sessionStorage", "send", cleared=("end", "tab")),
            declared("chat.key", "IndexedDB", "send", cleared=("end",)),
            declared("choice", "localStorage", "choose"),
            declared("_stats", "cookie", "grant", cleared=("withdraw",)),
            declared("stats", "localStorage", "grant", cleared=("withdraw",)),
            declared("stats.db", "IndexedDB", "grant", cleared=("withdraw",)),
            declared("theme", "localStorage", "", 3600),
            declared("_theme", "cookie", "", 3600),
            declared("_looks", "cookie", "", 3600),
            declared("theme.tab", "sessionStorage", "", 3600),
            declared("theme.db", "IndexedDB", "", 3600),
        ],
        "domains": [{"domain": "localhost"}],
    }
)

KEEP_RECORD = """
  const keepRecord = (key, value) => new Promise((done) => {
    const asked = indexedDB.open("fixture", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("items");
    asked.onsuccess = () => {
      const writing = asked.result.transaction("items", "readwrite");
      if (value === null) writing.objectStore("items").delete(key); else writing.objectStore("items").put(value, key);
      writing.oncomplete = () => { asked.result.close(); done(); };
    };
  });
"""

SHOP = (
    (Path(__file__).parent / "fixture_shop.html").read_text(encoding="utf-8").replace("/* keepRecord */", KEEP_RECORD)
)
"""A look-alike of other vendors' chats and banners. `...on` contains the faults that a test adds at each action."""


def shop_page(on: str = "{}") -> FixturePage:
    """Return the shop with faults: a JavaScript object of functions by action."""
    return FixturePage(body=SHOP.replace("...on", f"...({on})"))


def plain_page(script: str = "", *headers: str, html: str = "") -> FixturePage:
    """A page that runs this when it is loaded, and asks for these cookies by header."""
    title = f"<!doctype html><title>Plain</title><h1>Plain</h1>{html}"
    body = f"{title}<script>{KEEP_RECORD} const other = '{{other}}'; {script}</script>"
    return FixturePage(body=body, headers=[("set-cookie", one) for one in headers])


class FixtureSite:
    """One server for both sites. Each case has a separate path, so that all tests share it."""

    def __init__(self) -> None:
        self.pages: dict[str, FixturePage] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Its port."""
        return self._server.server_port

    def url(self, path: str) -> str:
        """A page of the website."""
        return f"http://localhost:{self.port}{path}"

    @property
    def other(self) -> str:
        """The origin of the other site."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = site.pages.get(self.path.partition("?")[0], FixturePage(status=404, body="nothing"))
                # A server that never answers: until the client has gone.
                time.sleep(page.waits)
                body = page.body.replace("{other}", site.other).encode()
                self.send_response(page.status)
                for name, value in [("content-type", page.kind), *page.headers]:
                    self.send_header(name, value.replace("{other}", site.other))
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                pass

        return Handler
