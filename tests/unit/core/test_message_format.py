"""Messages of the catalogue on the server: values, plurals, quotations, and a clear error for everything else."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.message_format import MessageError, format_message, message_parts, parse_message

COUNT = "{count, plural, =0 {nothing} one {# thing} other {# things of {name}}}"


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Plain", "Plain"),
        ("", ""),
        ("{name}, {count}, {name}", "Ada, 5, Ada"),
        ("# and it's ''fine''", "# and it's 'fine'"),
        ("'{name}' stays, {name} does not", "{name} stays, Ada does not"),
        ("{count, plural, other {#'#'{name}}}", "5#Ada"),
        ("{ count ,  plural ,  one {a}  other {b} }", "b"),
        (f"<{COUNT}>", "<5 things of Ada>"),
    ],
)
def test_values_are_inserted(text: str, formatted: str) -> None:
    assert format_message(text, "en", {"name": "Ada", "count": 5}) == formatted


def test_exact_number_precedes_its_category() -> None:
    assert [format_message(COUNT, "en", {"count": count, "name": "Ada"}) for count in (0, 1, "2")] == [
        "nothing",
        "1 thing",
        "2 things of Ada",
    ]


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", {"one": [1], "other": [0, 2, 5, 100]}),
        ("fr", {"one": [0, 1], "many": [1_000_000], "other": [2, 100]}),
        ("pl", {"one": [1], "few": [2, 22, 104], "many": [0, 5, 12, 21, 112]}),
        ("uk", {"one": [1, 21, 101], "few": [2, 24], "many": [0, 5, 11, 12, 111]}),
        ("ar", {"zero": [0], "one": [1], "two": [2], "few": [3, 103], "many": [11, 99], "other": [100, 102]}),
    ],
)
def test_plurals_follow_the_rules_of_the_language(language: str, forms: dict[str, list[int]]) -> None:
    text = "{count, plural, zero {zero} one {one} two {two} few {few} many {many} other {other}}"
    for form, counts in forms.items():
        assert {format_message(text, language, {"count": count}) for count in counts} == {form}


def test_empty_form_is_a_form() -> None:
    assert format_message("a{count, plural, one {} other {s}}", "en", {"count": 1}) == "a"


def test_values_are_marked_and_never_read_as_messages() -> None:
    parts = list(message_parts("{name} has {count, plural, other {#}}", "en", {"name": "{count}", "count": 3}))
    assert parts == [("{count}", True), (" has ", False), (3, True)]


@pytest.mark.parametrize(
    "text",
    [
        "{name",
        "}",
        "{}",
        "{name} }",
        "{count, number}",
        "{when, date, short}",
        "{count, selectordinal, other {#}}",
        "{count, plural}",
        "{count, plural, one {#}}",
        "{count, plural, other #}",
        "{count, plural, other {#}",
        "{count, plural, other {#",
        "'{name}",
    ],
)
def test_unsupported_syntax_is_refused(text: str) -> None:
    assert parse_message("{name} {count, plural, other {#}}")
    with pytest.raises(MessageError):
        parse_message(text)


@pytest.mark.parametrize("values", [{}, {"count": "many"}, {"count": 1.5}])
def test_missing_or_fractional_value_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(MessageError):
        format_message("{count, plural, other {#}}", "en", values)


@given(st.text(alphabet="{}#',= aplurother1", max_size=40))
def test_any_text_is_formatted_or_refused(text: str) -> None:
    with contextlib.suppress(MessageError):
        assert isinstance(format_message(text, "en", {"a": 1}), str)
