"""The policy page contains the complete registry in every language, and facts of one site only."""

import html
import itertools
import re

import pytest
from markupsafe import escape

from crumbless.consent.tag_store import TagMode, VendorTag
from crumbless.core.settings import CompanySettings, read_settings
from crumbless.core.texts import direction_of, languages_of
from crumbless.device_storage.registry_read import read_registry, read_storage_texts
from crumbless.http.assets import Assets
from crumbless.pages.policy_view import PolicyPages, Subject
from crumbless.server_data.server_data_view import ServerDataView
from crumbless.server_data.server_registry_read import read_server_data_texts, read_server_registry

REGISTRY = read_registry()
LANGUAGES = languages_of("policy")
TEXTS = read_storage_texts()
GA4 = VendorTag("ga4", "browser", "G-1", "")
TIKTOK = VendorTag("tiktok", "browser", "C1", "")


def pages(**settings: str) -> PolicyPages:
    return PolicyPages(REGISTRY, "http://127.0.0.1:8000", CompanySettings(**settings), Assets())  # pyright: ignore[reportArgumentType]


PAGES = pages()


def page(subject: Subject | None = None, language: str = "en", among: PolicyPages = PAGES) -> str:
    return among.page(subject or Subject(), language).plain.decode()


def text_of(source: str) -> str:
    """Return the visible text of some HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", source)).split())


def row(source: str, identifier: str) -> str:
    """Return the visible text of one table row."""
    found = re.search(rf'<tr role="row" id="{identifier}">(.*?)</tr>', source, re.DOTALL)
    assert found, f"no row {identifier}"
    return text_of(found[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_item_has_a_row_in_every_language(language: str) -> None:
    subject = Subject("tea", "Tea", ("https://tea.example",), (GA4, TIKTOK))
    source = page(subject, language)
    texts = TEXTS[language]
    for item in REGISTRY.item:
        told_row = row(source, f"{'tag' if item.service else 'item'}-{item.name}")
        assert told_row.startswith(item.key + item.mechanism)
        own = texts.item[item.name]
        for text in (own.contains, own.purpose, texts.written[item.written], texts.basis[item.basis]):
            assert text_of(text) in told_row
        for name in item.cleared:
            assert text_of(texts.cleared[name]) in told_row
        assert texts.lifetime_text(language, item.lifetime) in told_row


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_has_the_attributes_of_its_language(language: str) -> None:
    source = page(language=language)
    direction = direction_of(language)
    assert f'<html lang="{language}" dir="{direction}">' in source
    assert source.count('aria-current="true"') == 1
    assert all(f'<a href="?lang={other}" hreflang="{other}"' in source for other in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_are_in_order_and_listed_in_the_contents(language: str) -> None:
    source = page(Subject("tea", "Tea", (), (GA4,)), language)
    levels = [int(level) for level in re.findall(r"<h([1-6])", source)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    identifiers = re.findall(r' id="([^"]+)"', source)
    assert len(identifiers) == len(set(identifiers))
    assert set(re.findall(r'href="#([^"]+)"', source)) <= set(identifiers)
    assert source.count('<li><a href="#') == len(re.findall(r"<section id=", source))


def test_every_table_has_a_caption_and_header_scopes() -> None:
    source = page(Subject("tea", "Tea", (), (GA4, TIKTOK)))
    tables = re.findall(r"<table.*?</table>", source, re.DOTALL)
    assert len(tables) > 10
    for table in tables:
        assert text_of(table.partition("<caption>")[2].partition("</caption>")[0])
        assert all(re.search(r'scope="(col|row)"', head) for head in re.findall(r"<th\b[^>]*>", table))


def test_names_from_settings_and_sites_are_escaped() -> None:
    attack = "<b>\"&'</b><script>x</script>"
    subject = Subject("tea", attack, ('https://tea.example/"><b>',), (GA4,))
    source = page(subject, among=pages(organisation=attack, contact_address=attack, company_number=attack))
    assert attack not in source
    assert "<b>" not in source
    assert source.count("<script") == 1
    assert source.count(html.escape(attack).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")) >= 4


def test_contact_shows_the_known_details() -> None:
    without_contact = text_of(page().partition('<section id="contact"')[2])
    assert "Please ask the owner of the website on which you used the chat." in without_contact
    assert "Please ask the owner of the website Tea" in text_of(page(Subject("tea", "Tea")))
    with_contact = page(among=pages(contact_email="a@b.example", contact_phone="+44 20 79"))
    assert '<a href="mailto:a@b.example">' in with_contact
    assert '<a href="tel:+442079">' in with_contact
    contact = text_of(with_contact.partition('<section id="contact"')[2])
    assert "Email" in contact
    assert "Organisation" not in contact
    assert "Company number" not in contact
    assert "Please ask the owner" not in contact


def test_third_parties_are_named_only_where_they_are_used() -> None:
    third = {
        name: page(Subject("tea", "Tea", (), tags)).partition('<section id="third"')[2].partition("</section>")[0]
        for name, tags in {
            "none": (),
            "browser": (GA4, TIKTOK),
            "relay": (VendorTag("ga4", "relay", "G-1", ""), VendorTag("tiktok", "relay", "C1", "")),
        }.items()
    }
    assert "policies.google.com" not in third["none"]
    assert "tiktok.com" not in third["none"]
    for mode in ("browser", "relay"):
        assert "https://policies.google.com/privacy" in third[mode]
        assert "https://www.tiktok.com/legal/" in third[mode]
    assert 'id="tag-ga"' in third["browser"]
    assert "is stored on tiktok.com" in text_of(third["browser"])
    assert "<table" not in third["relay"]
    assert "nothing is stored on your device" in text_of(third["relay"])
    types = text_of(
        page(Subject("tea", "Tea", (), (GA4,))).partition('<section id="types"')[2].partition("</section>")[0]
    )
    assert "_ga, _ga_{stream}, set by the script of Google Analytics (GA4)" in types


def test_missing_page_links_to_the_policy() -> None:
    for language in LANGUAGES:
        source = PAGES.missing(language).plain.decode()
        assert f'href="/policy?lang={language}"' in source
        assert source.count("<h1") == 1


def test_page_is_rendered_once() -> None:
    assert PAGES.page(Subject("tea", "Tea"), "en") is PAGES.page(Subject("tea", "Tea"), "en")
    assert PAGES.page(Subject("tea", "Tea"), "en") is not PAGES.page(Subject("tea", "Tea 2"), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_data_on_the_server_has_a_row_in_every_language(language: str) -> None:
    relay = Subject("tea", "Tea", (), (VendorTag("ga4", "relay", "G-1", ""),))
    shown = page(relay, language)
    about_visitors = {one.name for one in read_server_registry().data if "visitors" in one.subjects}
    assert set(re.findall(r'id="data-(\w+)"', shown)) == about_visitors
    texts = read_server_data_texts()[language]
    assert escape(texts.page.heading) in shown
    assert escape(texts.sent["start"].contains) in shown


def test_events_for_vendors_are_shown_only_if_the_server_sends_some() -> None:
    modes: tuple[TagMode, ...] = ("browser", "relay")
    tags = {mode: (VendorTag("ga4", mode, "G-1", ""),) for mode in modes}
    shown = {mode: 'id="data-vendorEvents"' in page(Subject("tea", "Tea", (), tags[mode])) for mode in modes}
    assert shown == {"browser": False, "relay": True}
    assert 'id="data-vendorEvents"' not in page(Subject())


def test_periods_are_those_of_the_settings() -> None:
    settings = read_settings({}, receipt_days=7)
    view = ServerDataView(read_server_registry(), settings)
    own = PolicyPages(REGISTRY, "http://127.0.0.1:8000", settings.company, Assets(), view)
    assert "7 days after it was stored" in page(among=own)
    assert "3 years after it was stored" in page()


def test_periods_that_the_site_has_set_are_shown() -> None:
    with_rule = page(Subject("tea", "Tea", periods=(("conversation_days", 365), ("receipt_days", 90))))
    assert with_rule.count("or 1 year after the last message of a closed conversation") == 3
    assert "90 days after it was stored" in with_rule
    assert "3 years after it was stored" not in with_rule
    assert "of a closed conversation" not in page(Subject("tea", "Tea"))
