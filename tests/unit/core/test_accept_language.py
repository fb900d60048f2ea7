"""The language of a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.accept_language import choose_language

SPOKEN = ("en", "de", "fr", "pt", "ar")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("pt-BR,pt;q=0.9", "pt"),
        ("fr;q=0.5, de;q=0.8", "de"),
        ("fr;q=0.5,de;q=0.5", "fr"),
        ("de;q=0,fr;q=0.1", "fr"),
        ("xx,ar;q=0.3", "ar"),
        ("*", "en"),
        ("xx;q=1,*;q=0.5,de;q=0.4", "en"),
        ("de;Q=0.4 , fr ; q=0.3", "de"),
        ("zh-Hant-TW,zh;q=0.9", "en"),
        ("", "en"),
        (None, "en"),
        ("de;q=2", "en"),
        ("de;q=0.12345", "en"),
        ("de;level=1", "en"),
        ("de;q=", "en"),
        ("<script>", "en"),
        ("d\u00e9", "en"),
        ("en-,de-", "en"),
        (";;;,,,;q", "en"),
    ],
)
def test_preferred_language_of_the_browser_is_chosen(accepted: str | None, language: str) -> None:
    assert choose_language(None, accepted, SPOKEN) == language


@pytest.mark.parametrize(
    ("asked", "language"),
    [("fr", "fr"), ("FR-ca", "fr"), ("xx", "en"), ("", "en"), ("../de", "en"), ("de\n", "en"), ("d" * 10_000, "en")],
)
def test_language_in_the_address_wins_over_the_browser(asked: str, language: str) -> None:
    assert choose_language(asked, "de", SPOKEN) == language


def test_header_beyond_the_maximum_length_is_ignored() -> None:
    filler = "xx," * 1_000
    assert choose_language(None, f"{filler}de", SPOKEN) == "en"
    assert choose_language(None, f"xx,xx,de,{filler}", SPOKEN) == "de"


@given(st.none() | st.text(), st.none() | st.text(alphabet="deENfr-;q=0.19,* \t"))
def test_chosen_language_always_exists(asked: str | None, accepted: str | None) -> None:
    assert choose_language(asked, accepted, SPOKEN) in SPOKEN


@given(st.permutations(SPOKEN))
def test_weights_decide_and_not_the_order(order: list[str]) -> None:
    header = ", ".join(f"{language};q=0.{9 - SPOKEN.index(language)}" for language in order)
    assert choose_language(None, header, SPOKEN) == "en"
