"""Photograph every screen in both colour schemes and several widths, on contact sheets to look at: `bin/screens`."""

import argparse
import html
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from playwright.sync_api import Page, expect, sync_playwright

from crumbless.database.schema import migrate
from support.browser import Kind, launch
from support.kit import build_states
from support.scene import BrowserScenario, Desk, Visitor
from support.server import ServerProcess
from support.shop import ShopServer
from support.shopper import use_tags

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WHOLE = "states"
"""These screens are photographed as a whole."""
WIDTHS = (360, 768, 1440)
HEIGHT = 800

SETTINGS = (
    *("profile", "security", "people", "sites", "sites/new", "workspace", "bans", "server"),
    *("retention", "requests", "audit"),
)
FIRST_MESSAGES = (
    "Do you deliver to Portugal, and what does it cost?",
    "My order 1042 has arrived, but one cup is broken. Can you send another one?",
    "هل يمكنني تغيير عنوان التوصيل؟",
)

SHEET = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Screens</title>
<style>body { font: 14px/1.5 system-ui; margin: 24px; color-scheme: light dark }
section { display: flex; flex-wrap: wrap; gap: 16px; align-items: start; margin-block-end: 40px }
h2 { inline-size: 100%; margin: 0; font-size: 16px } figure { margin: 0 }
img { display: block; block-size: 480px; border: 1px solid #8888 } figcaption { color: GrayText }</style>
"""

CONSENT_PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Shop</title>
<script src="{platform}/consent.js?site={site}"></script><main><h1>Shop</h1></main></html>"""

Shown = tuple[str, Page]


class Album:
    """The pictures of a run, in a folder."""

    def __init__(self, folder: Path, only: str) -> None:
        self.folder = folder
        self._only = only
        self._files: dict[str, list[str]] = {}

    def take(self, name: str, page: Page, scheme: Scheme) -> None:
        """Photograph a page in all widths."""
        if self._only not in name:
            return
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.wait_for_timeout(150)  # Preact renders layouts that depend on the width in the next frames.
            file = f"{name.replace('/', '-').replace(' ', '-')}_{width}_{scheme}.png"
            page.screenshot(path=self.folder / file, full_page=name.startswith(WHOLE))
            self._files.setdefault(name, []).append(file)

    def write_sheet(self) -> Path:
        """Write one page with all pictures, one row for each screen. Return its path."""
        rows = [
            f"<section><h2>{html.escape(name)}</h2>{''.join(map(_figure, files))}</section>"
            for name, files in self._files.items()
        ]
        sheet = self.folder / "index.html"
        sheet.write_text(SHEET + "\n".join(rows), encoding="utf-8")
        return sheet


def _figure(file: str) -> str:
    caption = file.removesuffix(".png").partition("_")[2].replace("_", " px, ")
    picture = f'<a href="{file}"><img src="{file}" alt="" loading="lazy"></a>'
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def visitor_screens(visitor: Visitor, scenario: BrowserScenario) -> Iterator[Shown]:
    """Show the shop, the consent manager, the chat and the policy page."""
    page = visitor.page
    scenario.shop.pages["/"] = CONSENT_PAGE.format(platform=scenario.server.address, site=scenario.site).encode()
    visitor.arrive()
    expect(page.locator("crumbless-consent section")).to_be_visible()
    yield "consent banner", page
    page.get_by_role("button", name="Choose").click()
    yield "consent choices", page
    del scenario.shop.pages["/"]
    visitor.arrive()
    expect(visitor.launcher).to_be_visible()
    yield "shop", page
    visitor.launcher.click()
    expect(visitor.chat.get_by_role("heading", name="Ask us anything")).to_be_visible()
    yield "chat empty", page
    visitor.say(FIRST_MESSAGES[0])
    expect(visitor.chat.locator(".thread-meta", has_text="Sent")).to_be_visible()
    yield "chat", page
    for item, name in ((0, "chat settings"), (1, "chat data")):
        visitor.chat.locator(".chat-menu-button").click()
        if item == 0:
            yield "chat menu", page
        visitor.chat.locator(".chat-menu-item").nth(item).click()
        expect(visitor.chat.locator(".layer-head button")).to_be_visible()
        yield name, page
        visitor.chat.locator(".layer-head button").click()
    for language in ("en", "ar"):
        page.goto(f"{scenario.server.address}/policy/{scenario.site}?lang={language}")
        expect(page.locator("main")).to_be_visible()
        yield f"policy {language}", page


def desk_screens(desk: Desk) -> Iterator[Shown]:
    """Show the sign-in, the conversations, the menu and the settings pages."""
    page = desk.page
    page.goto(desk.address)
    expect(page.get_by_label("Email")).to_be_focused()
    yield "sign-in", page
    desk.sign_in()
    expect(desk.rows).not_to_have_count(0)
    yield "inbox", page
    desk.open("deliver to Portugal")
    desk.say("Yes, in four days. It costs 6 EUR.")
    expect(desk.bubbles().filter(has_text="four days")).to_be_visible()
    yield "conversation", page
    page.goto(f"{desk.address}#/")
    page.locator(".menu-button").click()
    yield "menu", page
    page.locator(".menu-item", has_text="Settings").first.click()
    yield "user settings", page
    page.keyboard.press("Escape")
    for place in SETTINGS:
        page.goto(f"{desk.address}#/settings/{place}")
        expect(page.locator(".page-title")).to_be_visible()
        expect(page.locator(".page-loading")).to_have_count(0)
        yield f"settings {place}", page
    page.add_init_script("Object.defineProperty(navigator, 'language', { value: 'ar' })")
    page.goto(f"{desk.address}#/")
    page.reload()
    expect(page.locator("html[dir=rtl]")).to_be_attached()
    expect(desk.rows).not_to_have_count(0)
    yield "inbox ar", page


def kit_screens(page: Page, folder: Path) -> Iterator[Shown]:
    """Show the states of the parts, from both directions."""
    if not folder.exists():
        build_states(folder.resolve())
    for direction in ("ltr", "rtl"):
        page.goto(f"{(folder / 'index.html').resolve().as_uri()}?dir={direction}")
        yield f"states {direction}", page


def take_all(scenario: BrowserScenario, album: Album, scheme: Scheme) -> None:
    """Photograph all screens in one scheme."""
    looks: dict[str, Any] = {"color_scheme": scheme, "reduced_motion": "reduce"}
    use_tags(scenario, "ga4", "tiktok")
    for text in FIRST_MESSAGES[1:]:
        scenario.start_conversation(text)
    for name, page in visitor_screens(scenario.visitor(**looks), scenario):
        album.take(name, page, scheme)
    for name, page in desk_screens(scenario.desk(**looks)):
        album.take(name, page, scheme)
    for name, page in kit_screens(scenario.context(**looks)[0].new_page(), album.folder / "states"):
        album.take(name, page, scheme)


def main() -> None:
    """Photograph the screens of the built browser code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("var/screens"), help="folder for the pictures")
    parser.add_argument("--only", default="", help="only the screens whose names contain this text")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    album = Album(options.out, options.only)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright.chromium, "ordinary")
        find: Callable[[Kind], Any] = lambda _: browser  # noqa: E731
        database = Path(folder) / "crumbless.db"
        migrate(f"sqlite:///{database}")
        server, shops = ServerProcess(database), (ShopServer(), ShopServer())
        server.start()
        try:
            for scheme in SCHEMES:
                scenario = BrowserScenario(server, *shops, find)
                take_all(scenario, album, scheme)
                scenario.close()
        finally:
            server.dispose()
            for shop in shops:
                shop.close()
            browser.close()
    print(album.write_sheet())  # noqa: T201 - for the developer


if __name__ == "__main__":
    main()
