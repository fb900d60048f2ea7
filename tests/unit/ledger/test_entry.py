"""Valid contents of an entry."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id
from crumbless.ledger.entry import (
    Appended,
    NewEntry,
    check_entry_id,
    check_text,
    entry_for_operators,
    entry_for_visitor,
    message_data,
)
from crumbless.protocol.timeline import MAX_TEXT
from support.value_make import text_of

ID = "01a20bbf-bf5b-7747-8aa0-ba2e2d3c2e0d"


def refusal(text: str) -> str:
    with pytest.raises(ApiError) as caught:
        check_text(text)
    return caught.value.code


@pytest.mark.parametrize(
    "text", ["hello", "two\nlines", "a\ttab", "a" * MAX_TEXT, "𝄞" * MAX_TEXT, "\u202eturned", "👩\u200d🚀"]
)
def test_valid_text_is_unchanged(text: str) -> None:
    assert check_text(text) is text


TEXT_CASES = json.loads((Path(__file__).parents[2] / "support/text_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", TEXT_CASES, ids=lambda case: case["name"])
def test_invisible_text_is_empty(case: dict[str, str]) -> None:
    if case["visible"]:
        assert check_text(case["text"]) == case["text"]
    else:
        assert refusal(case["text"]) == "empty_text"


def test_line_breaks_are_normalised() -> None:
    assert check_text("one\r\ntwo\rthree") == "one\ntwo\nthree"


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u2003"])
def test_white_space_is_empty(text: str) -> None:
    assert refusal(text) == "empty_text"


@pytest.mark.parametrize("text", ["a" * (MAX_TEXT + 1), "𝄞" * (MAX_TEXT + 1)])
def test_text_over_the_limit_is_too_long(text: str) -> None:
    assert check_text(text[1:]), "the premise: the limit itself is accepted"
    assert refusal(text) == "text_too_long"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9b"])
def test_control_characters_are_refused(character: str) -> None:
    assert refusal(f"a{character}b") == "bad_text"


def test_half_a_surrogate_pair_is_refused() -> None:
    assert refusal("a\ud800b") == "malformed"


@given(st.text(max_size=50))
def test_accepted_text_can_be_encoded_and_is_stable(text: str) -> None:
    try:
        checked = check_text(text)
    except ApiError:
        return
    assert checked.encode()
    assert check_text(checked) == checked


@pytest.mark.parametrize("entry_id", ["", "x", ID.upper(), ID[:-1], ID + "\n", ID.replace("-", "")])
def test_other_spellings_of_an_id_are_refused(entry_id: str) -> None:
    check_entry_id(ID)
    with pytest.raises(ApiError) as caught:
        check_entry_id(entry_id)
    assert caught.value.code == "bad_id"


def test_visitor_receives_fewer_fields_than_an_operator() -> None:
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
