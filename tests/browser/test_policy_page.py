"""The policy page in every language, light, dark, narrow, enlarged, printed, and without script."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Connection

from crumbless.consent.tag_store import VendorTag, set_vendor_tag
from crumbless.core.texts import direction_of, languages_of, read_texts
from crumbless.database.database import write_once
from crumbless.device_storage.storage_registry import Service
from crumbless.sites.site_store import find_site
from crumbless.sites.workspace_set_up import add_site, workspace_for
from support.browser import Kind, Watch, accessibility_faults, faults_in_both_schemes
from support.server import ServerProcess

SITE = "policy-shop"
WORDS = {language: read_texts(language, "policy") for language in languages_of("policy")}

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

CLIPPED = """() => {
  const unseen = matchMedia("(max-width: 58rem)").matches ? "thead, .hidden" : ".hidden";
  return [...document.querySelectorAll("main :is(p, li, td, th, dd, dt, h2, h3, code)")]
    .filter((one) => {
      const { left, right } = one.getBoundingClientRect();
      return !one.closest(unseen) && (left < -1 || right > document.documentElement.clientWidth + 1);
    })
    .map((one) => one.textContent.slice(0, 60));
}"""
"""Texts that overflow the screen. The heads of stacked tables are hidden on purpose."""


@pytest.fixture(scope="module")
def address(shared_server: ServerProcess) -> str:
    """Return the page of a site that uses both tags, so that every section exists."""

    def put_in(connection: Connection) -> None:
        add_site(connection, workspace_for(connection, "policy"), SITE, "Kornblume Tea", ["https://tea.example"])
        site = find_site(connection, SITE)
        assert site is not None
        services: tuple[Service, ...] = ("ga4", "tiktok")
        for service in services:
            set_vendor_tag(connection, site, VendorTag(service, "browser", "X-1", "s"))

    write_once(shared_server.database_url, put_in)
    return f"{shared_server.address}/policy/{SITE}"


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser_of: Callable[[Kind], Browser], address: str) -> Iterator[Open]:
    """Return a function that opens the page in a separate browser. An item or a policy violation fails it."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def open_in(language: str = "en", width: int = 1280, script: bool = True, **wishes: str) -> Page:
        context = browser_of("ordinary").new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=script,
            **wishes,  # pyright: ignore[reportArgumentType]
        )
        contexts.append(context)
        if script:
            watches.append(Watch(context))
            watches[-1].begin()
        page = context.new_page()
        answer = page.goto(f"{address}?lang={language}")
        assert answer is not None
        assert answer.status == 200
        return page

    yield open_in
    for watch in watches:
        watch.check()
        assert watch.violations == []
        assert watch.kept() == []
    for context in contexts:
        context.close()


def check_page(page: Page) -> None:
    assert faults_in_both_schemes(page, None, "target-size") == []
    check_width(page)


def check_width(page: Page) -> None:
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(CLIPPED) == []


OTHER_WIDTHS = {"en": (1280, 320), "ar": (1280, 700), "de": (1000,), "uk": (700,)}
"""The layout changes with the width in the same way in every language, but the texts differ in their length."""


@pytest.mark.parametrize("language", WORDS)
def test_every_language_is_accessible_on_every_screen(open_page: Open, language: str) -> None:
    page = open_page(language, width=360)
    assert page.evaluate("document.documentElement.dir") == direction_of(language)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    check_page(page)
    page.emulate_media(color_scheme="dark")
    for width in OTHER_WIDTHS.get(language, ()):
        page.set_viewport_size({"width": width, "height": 800})
        assert accessibility_faults(page.main_frame) == [], width
        check_width(page)


def test_enlarged_text_is_complete(open_page: Open) -> None:
    page = open_page(width=640)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("getComputedStyle(document.querySelector('#cookies p')).fontSize") == "32px"
    check_page(page)


def test_printed_page_is_dark_on_light_and_shows_link_targets(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) != "rgb(255, 255, 255)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('#cookies p')).color") == "rgb(0, 0, 0)"
    link = page.locator("#third a[href^='https://policies.google.com/privacy']")
    assert "policies.google.com/privacy" in link.evaluate("(one) => getComputedStyle(one, '::after').content")
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.set_viewport_size({"width": 680, "height": 900})
    assert page.locator("table.items").first.evaluate("(one) => getComputedStyle(one).display") == "table"
    assert page.evaluate(OVERFLOW) == 0
    assert accessibility_faults(page.main_frame) == []


def test_page_is_readable_without_script(open_page: Open) -> None:
    page = open_page(script=False)
    expect(page.get_by_role("heading", level=2)).to_have_count(17)
    expect(page.get_by_text("crumbless.chat.{site}", exact=True)).to_be_visible()
    expect(page.locator("#kept .notice")).to_be_visible()
    page.get_by_role("link", name="Third parties").first.click()
    expect(page.get_by_role("heading", name="Third parties")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Deutsch")).to_have_count(0)
    page.locator("summary", has_text="English").click()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_stacked_table_has_the_role_of_a_table(open_page: Open) -> None:
    page = open_page(width=360)
    table = page.locator("table.items").first
    assert table.evaluate("(one) => getComputedStyle(one).display") == "block"
    expect(page.get_by_role("table").first).to_be_visible()
    cells = table.get_by_role("row").nth(1).get_by_role("cell")
    expect(cells).to_have_count(6)
    label = cells.first.evaluate("(one) => getComputedStyle(one, '::before').content")
    assert label == '"What it contains"'


def test_skip_link_leads_to_the_content(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    way_in = page.get_by_role("link", name="Skip to the content")
    expect(way_in).to_be_focused()
    expect(way_in).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_language_follows_the_browser(open_page: Open, address: str) -> None:
    page = open_page(locale="ar-EG")
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_unknown_site_gets_a_page(open_page: Open, address: str, language: str) -> None:
    page = open_page(language, width=360)
    answer = page.goto(f"{address}-unknown?lang={language}")
    assert answer is not None
    assert answer.status == 404
    check_page(page)
    page.get_by_role("link", name=WORDS[language]["missing"]["lead"].strip("[").partition("]")[0]).click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[language]["page"]["title"])
