"""The banner's words are whole in every language, and stand in a script without ending it."""

import msgspec
import pytest

from crumbless.api.consent_views import SURFACE, script_value
from crumbless.texts import languages_of, read_texts

LANGUAGES = ["ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "sv", "tr", "uk"]


def test_there_are_twelve_languages_all_of_which_the_registry_speaks() -> None:
    assert sorted(languages_of(SURFACE)) == LANGUAGES
    assert set(languages_of("storage")) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_all_that_english_says(language: str) -> None:
    english, words = read_texts("en", SURFACE), read_texts(language, SURFACE)
    assert list(words) == list(english)
    for key, text in words.items():
        assert language == "en" or key == "marketing" or text != english[key], f"{key} is still English"


def test_a_value_cannot_end_the_script_that_it_stands_in() -> None:
    text = script_value({"title": "</script><!--"})
    assert "<" not in text
    assert msgspec.json.decode(text) == {"title": "</script><!--"}
