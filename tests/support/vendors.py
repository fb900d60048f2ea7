"""Doubles of Google and TikTok: they record all requests, and serve scripts that write the same items as the real ones.

The doubles of gtag.js and events.js follow the vendors' documentation. They set the documented cookies and items, wait
for consent, and send to the documented addresses. All traffic of a test stays on this machine.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self, cast
from urllib.parse import parse_qs, urlsplit

Mood = Literal["fine", "failing", "refusing", "redirecting", "silent", "endless"]
"""A vendor's response to a relay: success, 500, 200 with an error in the body, 302, none, or an endless one."""

GTAG = """(() => {
  const tag = TAG_ID;
  const granted = {};
  let settings = null;
  let sent = false;
  const random = () => Math.floor(Math.random() * 2 ** 31);
  const seconds = () => Math.floor(Date.now() / 1000);
  function write(name, value) {
    if (document.cookie.split("; ").some((one) => one.startsWith(name + "="))) return;
    document.cookie = `${name}=${value}; path=/; max-age=${settings.cookie_expires ?? 63072000}`;
  }
  function run() {
    if (!settings || window["ga-disable-" + tag]) return;
    if (granted.analytics_storage === "granted") {
      write("_ga", `GA1.1.${random()}.${seconds()}`);
      write("_ga_" + tag.replace("G-", ""), `GS2.1.s${seconds()}$o1$g0$t${seconds()}$j60$l0$h0`);
    }
    if (sent || settings.send_page_view === false) return;
    sent = true;
    const flag = (name) => (granted[name] === "granted" ? 1 : 0);
    const client = /_ga=GA1\\.1\\.([^;]+)/.exec(document.cookie)?.[1] ?? `${random()}.${seconds()}`;
    const asked = new URLSearchParams({
      v: "2", tid: tag, cid: client, en: "page_view", dl: location.href, dr: document.referrer,
      gcs: `G1${flag("ad_storage")}${flag("analytics_storage")}`,
    });
    fetch(`ORIGIN/g/collect?${asked}`, { method: "POST", mode: "no-cors", keepalive: true });
  }
  function take([command, first, second]) {
    if (command === "consent") Object.assign(granted, second);
    if (command === "config" && first === tag) settings = second ?? {};
    if (command === "config" || command === "consent") run();
  }
  const layer = (window.dataLayer ??= []);
  for (const one of [...layer]) take(one);
  const push = layer.push.bind(layer);
  layer.push = (...more) => {
    for (const one of more) take(one);
    return push(...more);
  };
})();"""

PIXEL = """(() => {
  const pixel = TAG_ID;
  const queue = window[window.TiktokAnalyticsObject ?? "ttq"];
  let held = false;
  let ready = false;
  const waiting = [];
  const random = () => Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
  const year = 60 * 60 * 24 * 390;
  function write(name, value) {
    if (document.cookie.split("; ").some((one) => one.startsWith(name + "="))) return;
    document.cookie = `${name}=${value}; path=/; max-age=${year}`;
  }
  function keep() {
    write("_ttp", random());
    write("_tt_enable_cookie", "1");
    write("ttcsid", `${Date.now()}::${random()}.1.${Date.now()}`);
    write(`ttcsid_${pixel}`, `${Date.now()}::${random()}.1.${Date.now()}`);
    sessionStorage.setItem("tt_sessionId", random());
    sessionStorage.setItem("tt_pixel_session_index", JSON.stringify({ index: 1, main: 0 }));
    sessionStorage.setItem("tt_appInfo", JSON.stringify({ pixelCode: pixel }));
  }
  function send(event) {
    const body = JSON.stringify({ event, pixel, context: { page: { url: location.href } } });
    fetch("ORIGIN/api/v2/pixel", { method: "POST", mode: "no-cors", keepalive: true, body });
  }
  function flow() {
    if (held || !ready) return;
    keep();
    while (waiting.length) send(waiting.shift());
  }
  function take([command, name]) {
    if (command === "holdConsent" || command === "revokeConsent") held = true;
    if (command === "grantConsent") held = false;
    if (command === "page") waiting.push("Pageview");
    if (command === "track") waiting.push(name);
    flow();
  }
  for (const one of [...queue]) take(one);
  ready = true;
  queue.push = (...more) => {
    for (const one of more) take(one);
    return more.length;
  };
  for (const name of queue.methods ?? []) queue[name] = (...given) => take([name, ...given]);
  flow();
})();"""


@dataclass(frozen=True)
class Arrived:
    """A received request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body."""
        return json.loads(self.body)


@dataclass
class Vendor:
    """A vendor's server. `script` is the path of its script, and a relay posts to the paths in `relays`."""

    script: str
    source: str
    tag_parameter: str
    relays: tuple[str, ...]
    answer: Callable[[Arrived, Mood], bytes]
    mood: Mood = "fine"
    arrived: list[Arrived] = field(default_factory=list[Arrived])
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.let_go = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Return the address for `ga4_url`, `ga4_script_url`, `tiktok_url` and `tiktok_script_url`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def relayed(self) -> list[Arrived]:
        """Return the requests of a relay."""
        return [one for one in self.arrived if one.path in self.relays]

    def from_browsers(self) -> list[Arrived]:
        """Return the requests of browsers: all except those of relays."""
        return [one for one in self.arrived if one.path not in self.relays]

    def wait_for(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Return once the condition holds. It is checked after each request."""
        with self.changed:
            assert self.changed.wait_for(condition, seconds), f"not within {seconds} s; arrived: {self.arrived}"

    def close(self) -> None:
        """Stop serving, and disconnect clients that still wait for a response."""
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self, arrived: Arrived) -> Mood:
        with self.changed:
            self.arrived.append(arrived)
            self.changed.notify_all()
        return self.mood


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def vendor(self) -> Vendor:
        return cast(_Server, self.server).vendor

    def do_GET(self) -> None:
        asked, vendor = self._arrived(), self.vendor
        vendor.take(asked)
        if asked.path != vendor.script:
            self._answer(404, b"")
            return
        tag = json.dumps(asked.query.get(vendor.tag_parameter, ""))
        source = vendor.source.replace("TAG_ID", tag).replace("ORIGIN", vendor.address)
        self._answer(200, source.encode(), "text/javascript")

    def do_POST(self) -> None:
        asked, vendor = self._arrived(), self.vendor
        mood = vendor.take(asked)
        if asked.path not in vendor.relays:
            self._answer(204, b"")
        elif mood == "silent":
            vendor.let_go.wait(60)
            self.close_connection = True
        elif mood == "endless":
            self._answer_without_end()
        elif mood == "failing":
            self._answer(500, b"oops")
        elif mood == "redirecting":
            self._answer(302, b"", location=f"{vendor.address}/elsewhere")
        else:
            body = vendor.answer(asked, mood)
            self._answer(200 if body else 204, body, "application/json")

    def _arrived(self) -> Arrived:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Arrived(self.command, parts.path, query, headers, body)

    def _answer(self, status: int, body: bytes, kind: str = "text/plain", location: str = "") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("access-control-allow-origin", "*")
        if location:
            self.send_header("location", location)
        self.end_headers()
        self.wfile.write(body)

    def _answer_without_end(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while not self.vendor.let_go.is_set():
                self.wfile.write(b"x" * 65_536)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


def _google_says(asked: Arrived, mood: Mood) -> bytes:
    """Google only reports errors on its debug endpoint."""
    if not asked.path.startswith("/debug/"):
        return b""
    wrong = {
        "fieldPath": "events",
        "description": "Event at index: [0] has an invalid name.",
        "validationCode": "NAME_INVALID",
    }
    return json.dumps({"validationMessages": [wrong] if mood == "refusing" else []}).encode()


def _tiktok_says(_asked: Arrived, mood: Mood) -> bytes:
    if mood == "refusing":
        return json.dumps({"code": 40105, "message": "Access token is incorrect or has been revoked."}).encode()
    return json.dumps({"code": 0, "message": "OK", "request_id": "1", "data": {}}).encode()


def google() -> Vendor:
    """All of Google's hosts in one server: gtag.js, its collection endpoint, and the Measurement Protocol."""
    return Vendor("/gtag/js", GTAG, "id", ("/mp/collect", "/debug/mp/collect"), _google_says)


def tiktok() -> Vendor:
    """All of TikTok's hosts in one server: events.js, its collection endpoint, and the Events API."""
    return Vendor("/i18n/pixel/events.js", PIXEL, "sdkid", ("/open_api/v1.3/event/track/",), _tiktok_says)
