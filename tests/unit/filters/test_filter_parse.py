"""The parser and the canonical text. The cases are those of the browser's tests (web/filters/filter_parse.test.ts)."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crumbless.filters.filter_parse import parse_filter
from crumbless.filters.filter_syntax import (
    KEYWORDS,
    MAX_LENGTH,
    MESSAGES,
    Condition,
    FilterError,
    Group,
    Operator,
    Value,
    print_filter,
)

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "support/filter_cases.json").read_text(encoding="utf-8")
)


def shown(item: Condition | Group) -> dict[str, Any]:
    """Return the form of the cases."""
    if isinstance(item, Group):
        return {item.joint: [shown(one) for one in item.items]}
    values = [{"keyword": value.text} if value.keyword else value.text for value in item.values]
    condition: dict[str, Any] = {"field": item.field, "operator": item.operator, "values": values}
    return condition | ({"not": True} if item.negated else {})


def outcome(text: str) -> dict[str, Any]:
    try:
        parsed = parse_filter(text)
    except FilterError as error:
        return {"text": text, "error": {"code": error.code, "position": error.position, "message": error.message}}
    return {"text": text, "canonical": print_filter(parsed), "filter": shown(parsed)}


@pytest.mark.parametrize("case", CASES, ids=[ascii(case["text"])[:40] for case in CASES])
def test_case_has_its_outcome(case: dict[str, Any]) -> None:
    assert outcome(case["text"]) == case


def test_cases_are_many_and_contain_each_error() -> None:
    assert len(CASES) > 200
    assert len({case["text"] for case in CASES}) == len(CASES)
    assert {case["error"]["code"] for case in CASES if "error" in case} == set(MESSAGES)


def test_canonical_texts_do_not_change() -> None:
    for case in CASES:
        if "canonical" in case:
            again = outcome(case["canonical"])
            assert again == case | {"text": case["canonical"]}


@given(st.text(alphabet=st.sampled_from([*'abn1 -:|(),&"\\.<>=^', "“", "”", "„", "é", "\u00a0", "😀"]), max_size=40))
@example('a:b"')
def test_any_text_is_rejected_or_has_a_canonical_text(text: str) -> None:
    first = outcome(text)
    if "error" in first:
        assert 0 <= first["error"]["position"] <= len(text)
    else:
        assert outcome(first["canonical"]) == first | {"text": first["canonical"]}


PLAIN = st.text(
    alphabet=st.characters(
        exclude_categories=("C", "Z"), exclude_characters='()|,&"“”„<>=^\\.', include_characters="-"
    ),
    min_size=1,
    max_size=8,
).filter(lambda text: text.lower() not in KEYWORDS)
WRITTEN = st.text(alphabet=st.sampled_from([*'ab N"\\.,|&()<=^-:', "“", "„", "ß", "日", "😀"]), min_size=1, max_size=8)
FIELDS = st.sampled_from(["status", "text", "label", "wait", "contact.plan"])
TEXTS = st.builds(Value, WRITTEN | PLAIN | st.sampled_from([*KEYWORDS, "None", "and", "open"]))
WORDS = st.sampled_from(sorted(KEYWORDS)).map(lambda word: Value(word, keyword=True))
VALUES = TEXTS | WORDS


def condition(operator: Operator, values: st.SearchStrategy[tuple[Value, ...]]) -> st.SearchStrategy[Condition]:
    return st.builds(Condition, FIELDS, st.just(operator), values, st.booleans())


def lists(least: int) -> st.SearchStrategy[tuple[Value, ...]]:
    return st.lists(VALUES, min_size=least, max_size=4).map(tuple)


SINGLE: tuple[Operator, ...] = ("=", "^", "<", "<=", ">", ">=")
CONDITIONS = st.one_of(
    condition(":", lists(1)),
    condition("&", lists(2)),
    condition("..", st.tuples(PLAIN.map(Value) | WORDS, PLAIN.map(Value) | WORDS)),
    *(condition(operator, st.tuples(VALUES)) for operator in SINGLE),
)


@st.composite
def a_filter(draw: st.DrawFn) -> Group:
    """Return a filter in normal form: groups have two conditions or more, and the other joint."""
    joint, other = draw(st.permutations(["all", "any"]))
    groups = st.builds(Group, st.just(other), st.lists(CONDITIONS, min_size=2, max_size=3).map(tuple))
    items = draw(st.lists(CONDITIONS | groups, max_size=5))
    if len(items) < 2:
        return Group("all", tuple(one for one in items if isinstance(one, Condition)))
    return Group(joint, tuple(items))  # pyright: ignore[reportArgumentType]


@given(a_filter())
def test_filter_is_read_from_its_canonical_text(group: Group) -> None:
    assert parse_filter(print_filter(group)) == group


@pytest.mark.parametrize("text", ["(" * MAX_LENGTH, "-" * MAX_LENGTH, '"' * MAX_LENGTH, "a:" * 999, "(a|" * 666])
def test_long_and_deep_texts_end_in_an_error_or_a_filter(text: str) -> None:
    assert set(outcome(text)) in ({"text", "error"}, {"text", "canonical", "filter"})


def test_error_names_its_place() -> None:
    with pytest.raises(FilterError, match=r"The parenthesis is not closed. \(at 5\)"):
        parse_filter("open (label:a")
