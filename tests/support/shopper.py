"""A visitor on a page that asks for consent, with scripts that keep what the vendors' keep."""

import json
from typing import Any

from playwright.sync_api import Locator, Page
from sqlalchemy import Connection

from crumbless.consent.tag_store import VendorTag, drop_vendor_tag, set_vendor_tag
from crumbless.database.database import write_once
from crumbless.device_storage.storage_registry import Service
from crumbless.sites.site_store import find_site
from support.browser import wait_in_page
from support.scene import BrowserScenario, Visitor

GA4, TIKTOK = "/vendor/ga4.js", "/vendor/tiktok.js"

# The items that the vendors' scripts write, as storage.toml declares them.
SCRIPTS = {
    GA4: """window.loaded = [...(window.loaded ?? []), "ga4"];
      document.cookie = "_ga=GA1.1.7; Path=/; Max-Age=9999"; document.cookie = "_ga_X1=s7; Path=/; Max-Age=9999";
      if (location.pathname.startsWith("/shelf")) document.cookie = "_ga_X2=s8; Path=/shelf; Max-Age=9999";
      window.gtag = (...said) => sessionStorage.setItem("tt_sessionId", JSON.stringify(said));""",
    TIKTOK: """window.loaded = [...(window.loaded ?? []), "tiktok"];
      document.cookie = "_ttp=1; Path=/; Max-Age=9999"; document.cookie = "ttcsid_C7=1; Path=/; Max-Age=9999";
      sessionStorage.setItem("tt_sessionId", "7");""",
}

WAITING = (
    f'<script type="text/plain" data-category="analytics" data-service="ga4" data-src="{GA4}" id="first"></script>'
    f'<script type="text/plain" data-category="marketing" data-service="tiktok" data-src="{TIKTOK}"></script>'
)


class VisitorBrowser:
    """A visitor on a page that asks for consent."""

    def __init__(self, visitor: Visitor, site: str) -> None:
        self.visitor = visitor
        self.page: Page = visitor.page
        self.key = f"crumbless.consent.{site}"
        self.loads: list[str] = []
        self.page.on("load", lambda page: self.loads.append(page.url))
        self.banner: Locator = self.page.get_by_role("region", name="Your privacy")
        self.choices: Locator = self.page.get_by_role("dialog", name="Privacy choices")
        self.opener: Locator = self.page.get_by_role("button", name="Privacy choices")

    def press(self, name: str) -> None:
        """Press a button of the banner."""
        self.banner.get_by_role("button", name=name).click()

    def get(self) -> dict[str, Any]:
        """Return the result of `Crumbless.consent.get()`."""
        return self.page.evaluate("Crumbless.consent.get()")

    def grants(self) -> dict[str, bool]:
        choice = self.get()
        return {"analytics": choice["analytics"], "marketing": choice["marketing"]}

    def record(self) -> dict[str, Any] | None:
        """Return the stored consent."""
        return json.loads(self.page.evaluate("key => localStorage.getItem(key) ?? 'null'", self.key))

    def loaded(self) -> list[str]:
        return self.page.evaluate("window.loaded ?? []")

    def wait_loaded(self, *names: str) -> None:
        wait_in_page(self.page, "names => String(window.loaded ?? []) === names", ",".join(names))

    def vendor_requests(self) -> list[str]:
        return [request for request in self.visitor.watch.requests if "/vendor/" in request]

    def kept(self) -> set[str]:
        """Return the names of all items on the device."""
        cookies = {cookie["name"] for cookie in self.page.context.cookies() if "name" in cookie}
        return cookies | {key for _, key in self.visitor.watch.kept()}

    def leave_clean(self) -> None:
        """The vendors' cookies, which a test grants on purpose, are no fault of the page's."""
        self.page.context.clear_cookies()


def use_tags(scenario: BrowserScenario, *services: Service) -> None:
    """Give the test's site these tags."""

    def write(connection: Connection) -> None:
        site = find_site(connection, scenario.site)
        assert site
        for service in services:
            set_vendor_tag(connection, site, VendorTag(service, "browser", "X", ""))

    write_once(scenario.server.database_url, write)


def drop_tags(scenario: BrowserScenario, *services: Service) -> None:
    """Take these tags from it."""

    def write(connection: Connection) -> None:
        site = find_site(connection, scenario.site)
        assert site
        for service in services:
            drop_vendor_tag(connection, site, service)

    write_once(scenario.server.database_url, write)
