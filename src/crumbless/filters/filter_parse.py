"""Parses the text of a filter. web/filters/filter_parse.ts is the same, function by function.

docs/filter.md contains the grammar. The parser does not know the fields, so a filter with a deleted field is still
read, shown and stored.
"""

import re
from collections.abc import Mapping
from typing import Literal

from crumbless.filters.filter_syntax import (
    CLOSING_QUOTES,
    JOINT_WORDS,
    KEYWORDS,
    MAX_CONDITIONS,
    MAX_LENGTH,
    MAX_VALUES,
    OPERATOR_STARTS,
    QUOTES,
    SPACES,
    TEXT_FIELD,
    WORD_FIELD,
    Condition,
    FilterError,
    Group,
    Operator,
    Value,
    print_filter,
)

_OPERATORS: Mapping[str, Operator] = {"<=": "<=", ">=": ">=", ":": ":", "=": "=", "^": "^", "<": "<", ">": ">"}
_END_OF_VALUE = frozenset(SPACES + "()|,&")
_NOT_IN_VALUE = frozenset(QUOTES + "<>=^\\")
_END_OF_WORD = _END_OF_VALUE | frozenset(QUOTES + OPERATOR_STARTS + "\\")

# Controls, direction marks and overrides, and characters without width, with which a text could look like another one.
# Tabs and line ends are spaces. U+200C, U+200D and tags are not rejected: Persian words and emoji contain them.
_find_bad = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb]"
).search
_is_field = re.compile(r"[a-zA-Z][a-zA-Z0-9_.-]{0,63}").fullmatch


def parse_filter(text: str) -> Group:
    """Return the filter of a text. An empty text is a filter without conditions.

    Raises:
        FilterError: with the first error and its position.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError("too_long", MAX_LENGTH)
    if bad := _find_bad(text):
        raise FilterError("bad_character", bad.start())
    parsed = _Parser(text).filter()
    # The canonical text can be a little longer. It must be a filter too, because it is stored and linked to.
    if len(print_filter(parsed)) > MAX_LENGTH:
        raise FilterError("too_long", len(text))
    return parsed


class _Parser:
    """Reads from left to right. It raises the first error, so the limits are checked before more is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._conditions = 0

    def filter(self) -> Group:
        self._spaces()
        return Group("all", ()) if self._peek() == "" else self._group(None)

    def _group(self, opened: int | None) -> Group:
        """Read a list up to its end. `opened` is the place of its parenthesis, None for the whole filter."""
        joint: Literal["all", "any"] | None = None
        items: list[Condition | Group] = []
        while True:
            items.append(self._item(opened))
            following = self._joint(opened)
            if following is None:
                return _normal(joint or "all", items)
            if joint not in {None, following}:
                raise FilterError("mixed_joints", self._at)
            joint = following
            if joint == "any":
                self._at += 1
                self._spaces()

    def _joint(self, opened: int | None) -> Literal["all", "any"] | None:
        """Return how the next item is joined, or None at the end of the list, and read a closing parenthesis."""
        spaced = self._spaces()
        following = self._peek()
        if following == "":
            if opened is not None:
                raise FilterError("open_group", opened)
            return None
        if following == ")":
            if opened is None:
                raise FilterError("closed_group", self._at)
            self._at += 1
            return None
        if following == "|":
            return "any"
        if not spaced:
            raise FilterError("missing_joint", self._at)
        return "all"

    def _item(self, opened: int | None) -> Condition | Group:
        start, first = self._at, self._peek()
        if first == ")" and opened is None:
            raise FilterError("closed_group", start)
        if first == "(":
            if opened is not None:
                raise FilterError("too_deep", start)
            self._at += 1
            self._spaces()
            return self._group(start)
        if first == "-":
            self._at += 1
        if first == "-" and self._peek() == "(":
            raise FilterError("negated_group", start)
        if self._peek() in {"", *_END_OF_VALUE}:
            raise FilterError("missing_condition", self._at)
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise FilterError("too_many_conditions", start)
        return self._condition(first == "-")

    def _condition(self, negated: bool) -> Condition:
        start, first = self._at, self._peek()
        if first in QUOTES:
            text = Value(self._quoted())
            self._refuse_list()
            return Condition(TEXT_FIELD, ":", (text,), negated)
        word = self._until(_END_OF_WORD)
        if self._peek() in {*OPERATOR_STARTS}:
            return self._with_field(word, start, negated)
        if self._peek() == "\\":
            raise FilterError("bad_value", self._at)
        self._refuse_list()
        if word.lower() in JOINT_WORDS:
            raise FilterError("word_joint", start)
        return Condition(WORD_FIELD, ":", (_plain_value(word),), negated)

    def _with_field(self, field: str, start: int, negated: bool) -> Condition:
        if not field:
            raise FilterError("missing_field", start)
        if not _is_field(field):
            raise FilterError("bad_field", start)
        operator = _OPERATORS.get(self._text[self._at : self._at + 2]) or _OPERATORS[self._peek()]
        self._at += len(operator)
        used, values = self._values(operator)
        return Condition(field.lower(), used, values, negated)

    def _values(self, operator: Operator) -> tuple[Operator, tuple[Value, ...]]:
        start = self._at
        first = self._value()
        separator = self._peek()
        if first is None:
            if operator != ":" or separator in {",", "&"}:
                raise FilterError("bad_range", start)
            return "..", self._range(start)
        values = [first]
        while self._peek() in {",", "&"}:
            if operator != ":":
                raise FilterError("one_value", self._at)
            if self._peek() != separator:
                raise FilterError("mixed_lists", self._at)
            self._at += 1
            start = self._at
            value = self._value()
            if value is None:
                raise FilterError("bad_range", start)
            values.append(value)
            if len(values) > MAX_VALUES:
                raise FilterError("too_many_values", start)
        return "&" if separator == "&" else operator, tuple(values)

    def _value(self) -> Value | None:
        """Read a value. Return None if it contains `..`."""
        start = self._at
        if self._peek() in {*QUOTES}:
            return Value(self._quoted())
        word = self._until(_END_OF_VALUE | _NOT_IN_VALUE)
        if self._peek() in _NOT_IN_VALUE:
            raise FilterError("bad_value", self._at)
        if not word:
            raise FilterError("missing_value", start)
        return None if ".." in word else _plain_value(word)

    def _range(self, start: int) -> tuple[Value, Value]:
        low, _, high = self._text[start : self._at].partition("..")
        if not low or not high or high.startswith(".") or ".." in high:
            raise FilterError("bad_range", start)
        return _plain_value(low), _plain_value(high)

    def _quoted(self) -> str:
        opened = self._at
        read: list[str] = []
        self._at += 1
        while (following := self._peek()) not in {*CLOSING_QUOTES}:
            if following == "\\":
                following = self._text[self._at + 1 : self._at + 2]
                if following and following not in QUOTES + "\\":
                    raise FilterError("bad_escape", self._at)
                self._at += 1
            elif following in {"\t", "\n", "\r"}:
                raise FilterError("bad_character", self._at)
            if following == "":
                raise FilterError("open_quote", opened)
            read.append(following)
            self._at += 1
        self._at += 1
        if not read:
            raise FilterError("missing_value", opened)
        return "".join(read)

    def _refuse_list(self) -> None:
        if self._peek() in {",", "&"}:
            raise FilterError("list_needs_field", self._at)

    def _until(self, ends: frozenset[str]) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in ends:
            self._at += 1
        return self._text[start : self._at]

    def _spaces(self) -> bool:
        """Read spaces. Return whether there were any."""
        start = self._at
        while self._at < len(self._text) and self._text[self._at] in SPACES:
            self._at += 1
        return self._at > start

    def _peek(self) -> str:
        """Return the next character, or an empty text at the end."""
        return self._text[self._at : self._at + 1]


def _plain_value(word: str) -> Value:
    keyword = word.lower()
    return Value(keyword, keyword=True) if keyword in KEYWORDS else Value(word)


def _normal(joint: Literal["all", "any"], items: list[Condition | Group]) -> Group:
    """Return the group without parentheses that change nothing."""
    if len(items) == 1 and isinstance(items[0], Group):
        return items[0]
    opened: list[Condition | Group] = []
    for one in items:
        if isinstance(one, Group) and (one.joint == joint or len(one.items) == 1):
            opened.extend(one.items)
        else:
            opened.append(one)
    return Group(joint, tuple(opened))
