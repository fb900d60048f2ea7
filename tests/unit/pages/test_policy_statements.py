"""The policy page makes every statement of a complete cookie policy, and has the same parts in every language."""

import html
import re

import pytest

from crumbless.consent.tag_store import VendorTag
from crumbless.core.settings import CompanySettings
from crumbless.core.texts import languages_of
from crumbless.device_storage.registry_read import read_registry
from crumbless.http.assets import Assets
from crumbless.pages.policy_view import PolicyPages, Subject

COMPANY = CompanySettings(
    organisation="Kornblume GmbH",
    contact_email="privacy@tea.example",
    contact_phone="+49 941 1",
    company_number="HRB 1",
)
SITE = Subject("tea", "Tea", ("https://tea.example",), (VendorTag("ga4", "relay", "G-1", ""),))
PAGES = PolicyPages(read_registry(), "https://chat.example", COMPANY, Assets())

STATEMENTS = {
    "title": ("", r"Cookie and storage policy: the chat on Tea"),
    "subtitle": ("", r"How this chat uses cookies \(it sets none\)"),
    "date": ("", r"Last updated \d+ \w+ 2026"),
    "definition on devices": ("cookies", r"on your device: a computer, tablet or phone"),
    "use for websites and their owners": ("cookies", r"work efficiently, and they tell the owners of websites"),
    "control": ("architecture", r"More control\..*see and delete each item"),
    "less tracking": ("architecture", r"Less tracking\..*from one website to another"),
    "more security": ("architecture", r"More security\..*useless without its key"),
    "law by name": ("architecture", r"The GDPR, the UK GDPR, the European ePrivacy Directive and, .* PECR"),
    "browser standards": ("architecture", r"uses only what browser standards provide"),
    "local storage is no safe": ("architecture", r"Local storage is not a safe"),
    "network hash": ("architecture", r"keyed hash of your network.*deleted at the latest when you erase"),
    "developer tools of Chrome": ("browsers", r"F12 \(on a Mac ⌥⌘I\) › Application › Storage › Local storage"),
    "developer tools of Edge": ("browsers", r"F12 \(on a Mac ⌥⌘I\) › Application › Local Storage"),
    "developer tools of Firefox": ("browsers", r"F12 \(on a Mac ⌥⌘I\) › Storage › Local Storage"),
    "developer tools of Safari": ("browsers", r"Develop › Show Web Inspector › Storage › Local Storage"),
    "Safari's menu": ("browsers", r"First switch on “Show features for web developers”"),
    "address to choose": ("browsers", r"Choose the address chat\.example"),
    "vendor's documentation": ("browsers", r"as documented by the vendor, read on 29 November 2026"),
    "honest about the others": ("browsers", r"have not been checked in the current version"),
    "protection against abuse": ("purposes", r"Protection against malicious activity"),
    "reported events": ("third", r"that a chat began, that a message was sent, or that a chat was closed"),
    "right to accept or reject": ("choices", r"Your right\. You may accept or reject"),
    "default of browsers": ("choices", r"Most browsers accept cookies automatically unless you change their settings"),
    "cleared": ("off", r"so does the layout of an operator’s desk: they have to be chosen again"),
    "storage off": ("off", r"The chat works in full for as long as the page is open"),
    "contact": ("contact", r"Kornblume GmbH.*privacy@tea\.example.*\+49 941 1.*HRB 1"),
}
"""For each statement the section of the page, and its text."""


def source_of(language: str) -> str:
    return PAGES.page(SITE, language).plain.decode()


def text_in(source: str, section: str) -> str:
    """Return the visible text of a section; without a name, of the page."""
    part = source.partition(f'<section id="{section}"')[2].partition("</section>")[0] if section else source
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", part)).split())


@pytest.mark.parametrize("name", STATEMENTS)
def test_page_makes_the_statement(name: str) -> None:
    section, pattern = STATEMENTS[name]
    assert re.search(pattern, text_in(source_of("en"), section))


def test_page_has_the_same_parts_in_every_language() -> None:
    def count_parts(language: str) -> list[int]:
        source = source_of(language)
        return [source.count(mark) for mark in ("<section", "<h3", "<li>", "<tr", 'class="callout"', 'class="menu"')]

    english = count_parts("en")
    assert all(english)
    assert {language: count_parts(language) for language in languages_of("policy")} == dict.fromkeys(
        languages_of("policy"), english
    )
