"""What may become an entry."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.domain.entry import (
    Appended,
    NewEntry,
    check_entry_id,
    check_text,
    entry_for_operators,
    entry_for_visitor,
    message_data,
)
from crumbless.domain.wire_timeline import MAX_TEXT
from crumbless.errors import ApiError
from crumbless.ids import new_id
from support.value_make import text_of

ID = "01a20bbf-bf5b-7747-8aa0-ba2e2d3c2e0d"


def refusal(text: str) -> str:
    with pytest.raises(ApiError) as caught:
        check_text(text)
    return caught.value.code


@pytest.mark.parametrize(
    "text", ["hello", "two\nlines", "a\ttab", "a" * MAX_TEXT, "𝄞" * MAX_TEXT, "\u202eturned", "👩\u200d🚀"]
)
def test_words_are_kept_as_they_are(text: str) -> None:
    assert check_text(text) is text


TEXT_CASES = json.loads((Path(__file__).parents[2] / "support/text_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", TEXT_CASES, ids=lambda case: case["name"])
def test_what_nobody_could_see_is_empty(case: dict[str, str]) -> None:
    if case["visible"]:
        assert check_text(case["text"]) == case["text"]
    else:
        assert refusal(case["text"]) == "empty_text"


def test_line_breaks_are_of_one_kind() -> None:
    assert check_text("one\r\ntwo\rthree") == "one\ntwo\nthree"


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u2003"])
def test_nothing_but_space_is_empty(text: str) -> None:
    assert refusal(text) == "empty_text"


@pytest.mark.parametrize("text", ["a" * (MAX_TEXT + 1), "𝄞" * (MAX_TEXT + 1)])
def test_one_code_point_more_is_too_long(text: str) -> None:
    assert check_text(text[1:]), "the premise: one less is fine"
    assert refusal(text) == "text_too_long"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9b"])
def test_controls_are_refused(character: str) -> None:
    assert refusal(f"a{character}b") == "bad_text"


def test_half_a_character_is_refused() -> None:
    assert refusal("a\ud800b") == "malformed"


@given(st.text(max_size=50))
def test_whatever_passes_can_be_kept_and_sent(text: str) -> None:
    try:
        kept = check_text(text)
    except ApiError:
        return
    assert kept.encode()
    assert check_text(kept) == kept


@pytest.mark.parametrize("entry_id", ["", "x", ID.upper(), ID[:-1], ID + "\n", ID.replace("-", "")])
def test_other_spellings_of_an_id_are_refused(entry_id: str) -> None:
    check_entry_id(ID)
    with pytest.raises(ApiError) as caught:
        check_entry_id(entry_id)
    assert caught.value.code == "bad_id"


def test_a_visitor_is_told_less_than_an_operator() -> None:
    entry = NewEntry(1, new_id(), new_id(), 5, "message", "operator", new_id(), "Olga", message_data("Hello"))
    appended = Appended(entry, 5, 3, 70, repeat=False)
    to_visitor, to_operator = entry_for_visitor(appended), entry_for_operators(appended)
    assert (to_operator.position, to_operator.author.id) == (70, entry.author_id)
    assert (to_visitor.position, to_visitor.author.id) == (0, "")
    assert (to_visitor.seq, text_of(to_visitor), to_visitor.author.name) == (3, "Hello", "Olga")
    assert to_operator.seq == 5


def test_hidden_entry_has_no_form_for_visitors() -> None:
    note = NewEntry(1, new_id(), new_id(), 5, "note", "operator", new_id(), "Olga", message_data("Hm"))
    with pytest.raises(ValueError, match="not for visitors"):
        entry_for_visitor(Appended(note, 5, None, 70, repeat=False))
