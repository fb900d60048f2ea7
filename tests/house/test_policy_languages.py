"""The policy page's texts have the markup of English in every language, valid links, and no unused note."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast, get_args

import pytest

from crumbless.core.texts import Texts, languages_of, read_texts
from crumbless.device_storage.registry_read import read_registry
from crumbless.device_storage.storage_registry import Category
from crumbless.pages.policy_render import read_browsers, read_links

TEXTS = {language: read_texts(language, "policy") for language in languages_of("policy")}
REGISTRY = read_registry()
MADE_BY_THE_PAGE = {"browsers", "third", "off", "disclosure", "general"}

MARK = re.compile(r"`[^`]+`|\]\(([a-z-]+)\)|'?\{\w+\}'?")


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with its path."""
    match value:
        case str():
            yield path, value
        case dict():
            for name, one in cast(Texts, value).items():
                yield from texts(one, f"{path}.{name}")
        case _:
            for number, one in enumerate(value):
                yield from texts(one, f"{path}.{number}")


def marks(text: str) -> Counter[str]:
    """Return code, links and values of a text. Each language may use other strong text."""
    return Counter(found[0] for found in MARK.finditer(text))


def test_english_texts_exist() -> None:
    assert next(iter(TEXTS)) == "en"
    assert len(dict(texts(TEXTS["en"]))) > 200


@pytest.mark.parametrize("language", TEXTS)
def test_language_has_the_markup_of_english_and_no_empty_text(language: str) -> None:
    english = dict(texts(TEXTS["en"]))
    own = dict(texts(TEXTS[language]))
    assert {path: text for path, text in own.items() if marks(text) != marks(english[path])} == {}
    assert [path for path, text in own.items() if not text.strip() or text.count("**") % 2] == []


@pytest.mark.parametrize("language", TEXTS)
def test_language_has_twelve_months(language: str) -> None:
    assert len(set(TEXTS[language]["page"]["months"])) == 12


def test_every_link_has_a_target() -> None:
    named = {found[1] for _, text in texts(TEXTS["en"]) for found in MARK.finditer(text) if found[1]}
    links = read_links()
    assert named == set(links) | MADE_BY_THE_PAGE
    assert all(address.startswith("https://") for address in links.values())


def test_texts_know_every_value_of_the_registry() -> None:
    english = TEXTS["en"]
    assert set(english["storage"]["about"]) == set(get_args(Category))
    assert {item.service for item in REGISTRY.item if item.service} <= set(english["third"])


def test_every_note_on_a_browser_has_a_text_and_is_used() -> None:
    browsers = read_browsers()
    assert {"Chrome", "Edge", "Firefox", "Safari", "Samsung Internet"} == {browser.name for browser in browsers}
    assert {note for browser in browsers for note in browser.notes} == set(TEXTS["en"]["browsers"]["note"])
    assert all(browser.version for browser in browsers if browser.last_checked)
    assert all(browser.look_in for browser in browsers if browser.look_checked)
    assert all(browser.look_address.startswith("https://") for browser in browsers if browser.look_documented)


def test_short_points_have_titles() -> None:
    for language, one in TEXTS.items():
        assert len(one["short"]["titles"]) == len(one["short"]["points"]) == 4, language
