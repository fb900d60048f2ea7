"""Visitors and operators in separate browsers, in a separate workspace."""

import itertools
import json
import re
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect
from sqlalchemy import Connection

from crumbless.accounts.operator_store import add_operator
from crumbless.accounts.password import hash_password
from crumbless.database.database import write_once
from crumbless.sites.workspace_set_up import add_site, workspace_for
from support.browser import STORAGE_WORKS, Kind, Watch, wait_in_page
from support.server import ServerProcess
from support.shop import ShopServer

PASSWORD = "correct horse battery"
DEADLINE_MS = 20_000
"""How long a test waits for an element."""

IS_HELD = """async (text) => {
  const database = await new Promise((done) => {
    const asked = indexedDB.open("crumbless");
    asked.onsuccess = () => done(asked.result);
  });
  const held = await new Promise((done) => {
    const asked = database.transaction("items").objectStore("items").getAll();
    asked.onsuccess = () => done(asked.result);
  });
  database.close();
  return held.some(({ v }) => [...v.values()].some((kept) => kept.v === text));
}"""
"""Returns whether the host page stores this text for the frame."""

expect.set_options(timeout=DEADLINE_MS)

SENT = re.compile("Sent")
"""The text below an acknowledged message. The capital letter distinguishes it from "Will be sent …"."""

_numbers = itertools.count(1)


@cache
def password_hash() -> str:
    """Return the hash of PASSWORD. It takes 0.15 s, so all operators of this process have the same."""
    return hash_password(PASSWORD)


class Visitor:
    """A visitor in a tab of the shop."""

    def __init__(self, page: Page, shop: str, watch: Watch) -> None:
        self.page = page
        self.shop = shop
        self.watch = watch
        self.launcher: Locator = page.get_by_role("button", name="Chat with us")
        self.dialog: Locator = page.get_by_role("dialog", name="Chat")
        self.chat: FrameLocator = page.frame_locator("iframe")
        self.waiting: Locator = self.chat.locator(".thread-meta", has_text="Will be sent when you are back online")
        self.box: Locator = self.chat.get_by_role("textbox", name="Message")

    def arrive(self, path: str = "/") -> None:
        """Open a page of the shop."""
        self.page.goto(self.shop + path)

    def open(self, path: str = "/") -> None:
        """Open the shop and the chat."""
        self.arrive(path)
        self.launcher.click()
        expect(self.box).to_be_visible()

    def wait_until_kept(self, text: str) -> None:
        """Return once the text is stored. A host page that stores data for its frame does so after a short delay."""
        if not self.page.frames[1].evaluate(STORAGE_WORKS):
            wait_in_page(self.page, IS_HELD, text)

    def say(self, text: str) -> None:
        """Send a message."""
        self.box.fill(text)
        self.box.press("Enter")

    def bubbles(self) -> Locator:
        """Return all messages of the thread."""
        return self.chat.locator(".bubble")


class Desk:
    """An operator in a tab of the desk."""

    def __init__(self, page: Page, address: str, email: str, watch: Watch) -> None:
        self.page = page
        self.address = f"{address}/desk/"
        self.email = email
        self.watch = watch
        self.heading: Locator = page.get_by_role("heading", name="Conversations")
        self.reply: Locator = page.get_by_role("textbox", name="Reply")
        self.rows: Locator = page.locator("a.row")

    def sign_in(self) -> None:
        """Open the desk and sign in."""
        self.page.goto(self.address)
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.heading).to_be_visible()

    def row(self, text: str) -> Locator:
        """Return the conversation in the list whose last message contains this text."""
        return self.rows.filter(has_text=text)

    def open(self, text: str) -> None:
        """Open the conversation whose last message contains this text."""
        self.row(text).click()
        expect(self.reply).to_be_visible()

    def say(self, text: str) -> None:
        """Send a reply."""
        self.reply.fill(text)
        self.page.get_by_role("button", name="Send").click()

    def bubbles(self) -> Locator:
        """Return all messages of the thread."""
        return self.page.locator(".bubble")


class BrowserScenario:
    """A separate workspace for the test, with its shop and people."""

    def __init__(
        self,
        server: ServerProcess,
        shop: ShopServer,
        foreign_shop: ShopServer,
        browser_of: Callable[[Kind], Browser],
    ) -> None:
        self.server = server
        self.shop = shop
        self.foreign_shop = foreign_shop
        self.expects_violations = False
        self.site = f"shop-{next(_numbers)}"
        self._browser_of = browser_of
        self._watches: list[Watch] = []
        self.emails = {name: f"{name.lower()}@{self.site}.example" for name in ("Olga", "Otto")}
        write_once(server.database_url, self._seed_database)
        shop.embed(server.address, self.site)

    def _seed_database(self, connection: Connection) -> None:
        workspace = workspace_for(connection, f"Workspace of {self.site}")
        add_site(connection, workspace, self.site, "Kornblume Tea", [self.shop.origin])
        for name, email in self.emails.items():
            add_operator(connection, workspace, email, name, password_hash(), "owner")

    def context(self, kind: Kind = "ordinary", script: str = "", **settings: Any) -> tuple[BrowserContext, Watch]:
        """Return a person's browser and its watch. `script` runs in every frame before the page's scripts."""
        return self.adopt(self._browser_of(kind).new_context(**settings), script)

    def adopt(self, context: BrowserContext, script: str = "") -> tuple[BrowserContext, Watch]:
        """Return the context and its watch, for a browser that the test has started itself."""
        context.set_default_timeout(DEADLINE_MS)
        watch = Watch(context)
        self._watches.append(watch)
        watch.begin()
        if script:
            context.add_init_script(script)
        return context, watch

    def visitor(self, kind: Kind = "ordinary", script: str = "", **settings: Any) -> Visitor:
        """Return a visitor with a separate browser."""
        context, watch = self.context(kind, script, **settings)
        return Visitor(context.new_page(), self.shop.origin, watch)

    def desk(self, name: str = "Olga", script: str = "", **settings: Any) -> Desk:
        """Return an operator with a separate browser, not yet signed in."""
        context, watch = self.context("ordinary", script, **settings)
        return Desk(context.new_page(), self.server.address, self.emails[name], watch)

    def start_conversation(self, text: str) -> dict[str, str]:
        """Start a conversation of a visitor who has no browser. Return the headers of the visitor's further requests.

        For tests of the desk: it takes a second less than a browser with the shop and the chat.
        """
        body = {"site": self.site, "id": str(uuid.uuid4()), "text": text, "page_origin": self.shop.origin}
        answer = httpx.post(f"{self.server.address}/v1/visitor/start", json=body, trust_env=False)
        assert answer.status_code == 201, answer.text
        return {"authorization": f"Bearer {answer.json()['token']}"}

    def timeline(self) -> list[str]:
        """Return the texts of all messages of this site in the database."""
        rows = self.server.rows(
            "SELECT entry.data FROM entry JOIN conversation ON conversation.no = entry.conversation_no "
            "JOIN site ON site.id = conversation.site_id "
            "WHERE site.key = ? AND entry.kind = 'message' AND entry.data IS NOT NULL ORDER BY entry.position",
            self.site,
        )
        return [json.loads(data)["text"] for (data,) in rows]

    def check(self) -> None:
        """Fail if a browser recorded a fault, or if the recorded CSP violations are not as expected."""
        for watch in self._watches:
            watch.check()
        violations = [line for watch in self._watches for line in watch.violations]
        assert bool(violations) == self.expects_violations, violations

    def close(self) -> None:
        """Close all browsers."""
        for watch in self._watches:
            watch.context.close()
