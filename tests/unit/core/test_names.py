"""Names are one line, languages are tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.errors import ApiError
from crumbless.core.names import MAX_LANGUAGES, MAX_NAME, check_languages, check_name

NAMES = ("Vera", "  Vera ", "مها", "Đặng Thị Hoa", "O’Neill", "李雷", "x" * MAX_NAME, "👩🏽‍💻 Ada")
HIDDEN = ("\x00", "a\x1b[31m", "\u202egnp", "\u2066a", "\ud800")
NO_NAMES = ("", " ", "x" * (MAX_NAME + 1), "a\nb", "a\rb", "a\u2028b", *HIDDEN)


@pytest.mark.parametrize("name", NAMES)
def test_names_in_any_script_are_accepted(name: str) -> None:
    assert check_name(name, "it stands here") == name.strip()


@pytest.mark.parametrize("name", NO_NAMES)
def test_invalid_name_is_rejected(name: str) -> None:
    with pytest.raises(ApiError, match="invalid") as refused:
        check_name(name, "visitors see it")
    assert "visitors see it" in refused.value.detail


@given(st.text(max_size=120))
def test_name_is_one_short_line_or_empty(text: str) -> None:
    try:
        name = check_name(text, "it stands here")
    except ApiError:
        return
    assert name == name.strip()
    assert 1 <= len(name) <= MAX_NAME
    assert len(name.splitlines()) == 1


def test_languages_stay_in_order_without_repetitions() -> None:
    assert check_languages(["de", "pt-BR", "de", "zh-Hant-TW"]) == ["de", "pt-BR", "zh-Hant-TW"]
    assert check_languages([]) == []


@pytest.mark.parametrize("language", ["", "d", "german", "de_DE", "de-", "de\n", "ñn", "x" * 40])
def test_invalid_language_is_rejected(language: str) -> None:
    with pytest.raises(ApiError, match="invalid"):
        check_languages(["de", language])


def test_number_of_languages_is_limited() -> None:
    with pytest.raises(ApiError, match="invalid"):
        check_languages(["de"] * (MAX_LANGUAGES + 1))
