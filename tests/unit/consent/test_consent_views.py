"""The banner's texts are complete in every language, and cannot end the script that contains them."""

import msgspec
import pytest

from crumbless.consent.consent_views import SURFACE, script_value
from crumbless.core.texts import languages_of, read_texts

LANGUAGES = ["ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "sv", "tr", "uk"]


def test_banner_and_registry_have_twelve_languages() -> None:
    assert sorted(languages_of(SURFACE)) == LANGUAGES
    assert set(languages_of("storage")) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_has_every_text_of_english(language: str) -> None:
    english, words = read_texts("en", SURFACE), read_texts(language, SURFACE)
    assert list(words) == list(english)
    for key, text in words.items():
        assert language == "en" or key == "marketing" or text != english[key], f"{key} is still English"


def test_value_cannot_end_its_script() -> None:
    text = script_value({"title": "</script><!--"})
    assert "<" not in text
    assert msgspec.json.decode(text) == {"title": "</script><!--"}
