"""The sample shop on a separate origin and server: it survives a platform that a test kills."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NoReturn, cast

from litestar.types import HTTPScope, Message

from crumbless.demo.seed import SITE_KEY
from crumbless.demo.shop import Shop

Answer = tuple[int, list[tuple[str, str]], bytes]


class ShopServer:
    """The demo's shop, policy and all, with another site key in its embed line.

    `localhost` beside the platform's 127.0.0.1 is another site for browsers, as real customers' pages are.
    """

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.scripts: dict[str, bytes] = {}
        self._shop: Shop | None = None
        self._site = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        """Where it is served."""
        return f"http://localhost:{self._server.server_port}"

    def embed(self, platform: str, site: str) -> None:
        """Show the chat of this site on the shop's pages."""
        self.show(Shop(platform), site)

    def show(self, shop: Shop, site: str) -> None:
        """Serve this shop, for this site."""
        self._shop, self._site = shop, site

    def clear(self) -> None:
        """Remove the shop and all pages and scripts."""
        self.pages.clear()
        self.scripts.clear()
        self._shop, self._site = None, ""

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str) -> Answer:
        """A page or script of the test's own, which has no policy, else the shop's."""
        if path in self.pages:
            return 200, [("content-type", "text/html; charset=utf-8")], self.pages[path]
        if path in self.scripts:
            open_to_all = ("access-control-allow-origin", "*")
            return 200, [("content-type", "text/javascript"), open_to_all], self.scripts[path]
        if self._shop is None:
            return 404, [], b""
        status, headers, body = asyncio.run(_ask(self._shop, path))
        for around in ("/w/{}.js", "/consent.js?site={}", "/policy/{}", "/tags/{}/"):
            body = body.replace(around.format(SITE_KEY).encode(), around.format(self._site).encode())
        return status, headers, body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = shop.answer(self.path)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                pass

        return Handler


async def _ask(shop: Shop, path: str) -> Answer:
    said: list[Message] = []

    async def receive() -> NoReturn:
        raise AssertionError("a GET has no body")

    async def send(message: Message) -> None:
        said.append(message)

    # The part of a scope that the shop reads.
    scope = cast(HTTPScope, {"type": "http", "path": path})
    await shop(scope, receive, send)
    start, body = said
    assert start["type"] == "http.response.start"
    assert body["type"] == "http.response.body"
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    return start["status"], headers, body["body"]
