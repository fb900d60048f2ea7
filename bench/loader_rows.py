"""Measures the loader's effect on a customer's page in Chromium: requests, writes to the device, main thread."""

import http.server
import os
import shutil
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from seed_crumbless import Layout
from server_process import free_port
from stack_crumbless import CrumblessStack

LAUNCHER = "Chat with us"

_COUNT_WRITES = """
globalThis.benchWrites = 0;
for (const [target, name] of [
  [Storage.prototype, "setItem"], [Storage.prototype, "removeItem"], [Storage.prototype, "clear"],
  [IDBFactory.prototype, "open"], [CacheStorage.prototype, "open"],
]) {
  const original = target[name];
  target[name] = function (...values) { globalThis.benchWrites += 1; return original.apply(this, values); };
}
const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
Object.defineProperty(Document.prototype, "cookie", {
  ...cookie, set(value) { globalThis.benchWrites += 1; cookie.set.call(this, value); },
});
"""

_READ_KEPT = "async () => localStorage.length + sessionStorage.length + (await indexedDB.databases()).length"


class LoaderSeen(msgspec.Struct, frozen=True):
    """One load of a page with the widget. Times in milliseconds; `frame_requests` are those up to a usable text box."""

    requests: int
    writes: int
    main_thread_ms: float
    frame_requests: int


class _TraceEvent(msgspec.Struct, frozen=True):
    name: str = ""
    ph: str = ""
    ts: float = 0
    dur: float = 0
    tid: int = 0
    args: dict[str, object] = {}


class _Trace(msgspec.Struct, frozen=True):
    traceEvents: list[_TraceEvent]  # noqa: N815 - the name in Chromium's format


def watch_loader(loads: int) -> list[LoaderSeen]:
    """Loads a page with the widget `loads` times, each in a fresh profile."""
    with tempfile.TemporaryDirectory() as name, _serve_page() as page_port:
        stack = CrumblessStack(Layout(1, 1, 1), page_origin=f"http://localhost:{page_port}")
        server = stack.start(Path(name))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
                seen = [_watch(browser, page_port, server.port) for _ in range(loads)]
                browser.close()
                return seen
        finally:
            server.stop()


def _watch(browser: Browser, page_port: int, server_port: int) -> LoaderSeen:
    origin = f"http://127.0.0.1:{server_port}"
    context = browser.new_context()
    context.add_init_script(_COUNT_WRITES)
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    browser.start_tracing(page=page, categories=["devtools.timeline", "v8", "disabled-by-default-v8.compile"])
    page.goto(f"http://localhost:{page_port}/?server={origin}")
    page.get_by_role("button", name=LAUNCHER).wait_for()
    page.wait_for_load_state("networkidle")
    trace = msgspec.json.decode(browser.stop_tracing(), type=_Trace)
    by_loader = [url for url in requested if url.startswith(origin)]
    kept: int = page.evaluate(_READ_KEPT)
    writes: int = page.evaluate("benchWrites")
    frame_requests = _open_chat(page, requested, len(by_loader), origin)
    context.close()
    return LoaderSeen(len(by_loader), kept + writes, _loader_milliseconds(trace, f"{origin}/w/"), frame_requests)


def _open_chat(page: Page, requested: list[str], before: int, origin: str) -> int:
    page.get_by_role("button", name=LAUNCHER).click()
    page.frame_locator("iframe").get_by_role("textbox", name="Message").wait_for()
    return len([url for url in requested if url.startswith(origin)]) - before


def _loader_milliseconds(trace: _Trace, script: str) -> float:
    """Time in which the loader was compiled or ran. Events inside one another are counted once."""
    spans = sorted(
        (event.tid, event.ts, event.ts + event.dur)
        for event in trace.traceEvents
        if event.ph == "X" and script in msgspec.json.encode(event.args).decode() and event.name in _SCRIPT_EVENTS
    )
    total, until, thread = 0.0, 0.0, -1
    for tid, start, end in spans:
        if tid != thread:
            thread, until = tid, 0.0
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total / 1000


_SCRIPT_EVENTS = frozenset({"EvaluateScript", "FunctionCall", "v8.compile", "v8.evaluateModule", "TimerFire"})


class _PageHandler(http.server.BaseHTTPRequestHandler):
    """A customer's page whose only script is the loader of the server named in its address."""

    def do_GET(self) -> None:
        """Answers the page; anything else it might ask for is not there."""
        path, _, query = self.path.partition("?server=")
        self.send_response(200 if path == "/" else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        script = f'<script async src="{query}/w/site0.js"></script>'
        body = f'<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>{script}'
        self.wfile.write(body.encode() if path == "/" else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Keeps quiet."""


@contextmanager
def _serve_page() -> Generator[int]:
    port = free_port()
    with http.server.ThreadingHTTPServer(("localhost", port), _PageHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield port
        finally:
            server.shutdown()
            thread.join()


def find_chromium() -> str | None:
    """Return the browser that is set in the environment or found on PATH. None: Playwright chooses."""
    return os.environ.get("CRUMBLESS_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
