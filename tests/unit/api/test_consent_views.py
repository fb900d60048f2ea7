"""The banner's words are whole in every language, and stand in a script without ending it."""

import re
from pathlib import Path

import msgspec
import pytest

from crumbless.api.consent_views import consent_words, script_value
from crumbless.api.registry_read import read_registry

ROOT = Path(__file__).parents[3]
LANGUAGES = ["ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "sv", "tr", "uk"]


def test_there_are_twelve_languages_all_of_which_the_registry_speaks() -> None:
    assert sorted(consent_words()) == LANGUAGES
    assert set(read_registry().languages) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_all_that_english_says(language: str) -> None:
    english, words = consent_words()["en"], consent_words()[language]
    assert list(words) == list(english)
    for key, text in words.items():
        assert text.strip() == text != "", key
        assert text.count("#") == english[key].count("#"), key
        assert language == "en" or key == "marketing" or text != english[key], f"{key} is still English"


def test_the_browser_knows_exactly_these_words() -> None:
    source = (ROOT / "web/consent/consent_config.ts").read_text(encoding="utf-8")
    body = source.partition("interface ConsentWords {")[2].partition("\n}")[0]
    assert set(re.findall(r"^  (\w+): string;", body, re.MULTILINE)) == set(consent_words()["en"])


def test_a_value_cannot_end_the_script_that_it_stands_in() -> None:
    text = script_value({"title": "</script><!--"})
    assert "<" not in text
    assert msgspec.json.decode(text) == {"title": "</script><!--"}
