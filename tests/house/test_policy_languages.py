"""Every language of the policy page says all that English says, with the same marks; English knows the registry."""

import re
import string
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import pytest

from crumbless.api.policy_words import Words, read_browsers, read_links, read_words
from crumbless.api.registry_read import read_registry

WORDS = read_words()
REGISTRY = read_registry()
MADE_BY_THE_PAGE = {"browsers", "third", "off", "disclosure", "general"}

MARK = re.compile(r"`[^`]+`|\]\(([a-z-]+)\)|\{\w+\}")


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the way to it."""
    match value:
        case str():
            yield path, value
        case dict():
            for name, one in cast(Words, value).items():
                yield from texts(one, f"{path}.{name}")
        case _:
            for number, one in enumerate(value):
                yield from texts(one, f"{path}.{number}")


def marks(text: str) -> Counter[str]:
    """Code, links and values of a text; how much is strong is the language's own matter."""
    return Counter(found[0] for found in MARK.finditer(text))


def test_english_is_there_and_is_read() -> None:
    assert next(iter(WORDS)) == "en"
    assert set(WORDS) == set(REGISTRY.languages)
    assert len(dict(texts(WORDS["en"]))) > 200


@pytest.mark.parametrize("language", WORDS)
def test_a_language_has_the_keys_of_english(language: str) -> None:
    assert set(dict(texts(WORDS[language]))) == set(dict(texts(WORDS["en"])))


@pytest.mark.parametrize("language", WORDS)
def test_a_language_keeps_marks_and_leaves_no_text_empty(language: str) -> None:
    english = dict(texts(WORDS["en"]))
    own = dict(texts(WORDS[language]))
    assert {path: text for path, text in own.items() if marks(text) != marks(english[path])} == {}
    assert [path for path, text in own.items() if not text.strip() or text.count("**") % 2] == []


@pytest.mark.parametrize("language", WORDS)
def test_a_language_is_described_as_a_browser_needs_it(language: str) -> None:
    words: Words = WORDS[language]
    assert re.fullmatch(r"[a-z]{2}", language)
    assert words["direction"] == ("rtl" if language in {"ar", "fa", "he", "ur"} else "ltr")
    assert len(set(words["page"]["months"])) == 12
    assert {name for _, name, _, _ in string.Formatter().parse(words["page"]["date"]) if name} == {
        "day",
        "month",
        "year",
    }


def test_every_link_leads_somewhere() -> None:
    named = {found[1] for _, text in texts(WORDS["en"]) for found in MARK.finditer(text) if found[1]}
    links = read_links()
    assert named == set(links) | MADE_BY_THE_PAGE
    assert all(address.startswith("https://") for address in links.values())


def test_the_words_know_all_that_the_registry_holds() -> None:
    english = WORDS["en"]
    assert {item.lifetime for item in REGISTRY.item} - set(english["lifetime"]) == set()
    assert set(english["storage"]["about"]) == set(REGISTRY.category)
    assert {item.service for item in REGISTRY.item if item.service} <= set(english["third"])


def test_every_note_on_a_browser_has_words_and_is_used() -> None:
    browsers = read_browsers()
    assert {"Chrome", "Edge", "Firefox", "Safari", "Samsung Internet"} == {browser.name for browser in browsers}
    assert {note for browser in browsers for note in browser.notes} == set(WORDS["en"]["browsers"]["note"])
    assert all(browser.version for browser in browsers if browser.last_checked)
