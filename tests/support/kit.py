"""The states page of web/ui/kit, built for the tests and opened from its file."""

import subprocess
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from support.browser import ROOT

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}


def build_states(folder: Path) -> None:
    """Build the page into a folder."""
    subprocess.run(["node", "web/build.mjs", "--states", str(folder)], cwd=ROOT, check=True, capture_output=True)


class KitPage:
    """Opens the page. Each page has its own browser context."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def open(self, viewport: ViewportSize, **query: str) -> Page:
        """Open the page without motion. `query`: `theme` and `dir`."""
        context = self._browser.new_context(viewport=viewport, reduced_motion="reduce")
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{(self._folder / 'index.html').as_uri()}?{urlencode(query)}")
        page.locator(".states").wait_for()
        return page

    def close(self) -> None:
        """Close all pages."""
        for context in self._contexts:
            context.close()
