"""A filter as a value, its canonical text, and the errors of the parser. web/filters/filter_syntax.ts is the same.

tests/support/filter_cases.json has examples that both sides must pass.
"""

import re
from dataclasses import dataclass
from typing import Literal

from crumbless.core.errors import CrumblessError

MAX_LENGTH = 2_000
"""Longest filter in code points, so that an address with it stays below 8,000 bytes in most languages."""

MAX_CONDITIONS = 50
MAX_VALUES = 100
"""Most values of one condition."""

Operator = Literal[":", "&", "..", "=", "^", "<", "<=", ">", ">="]
"""`:` is any of, or contains; `&` has all of; `..` is between; `=` is; `^` begins with."""

KEYWORDS = frozenset({"none", "me", "mine", "now", "today", "yesterday", "tomorrow", "yes", "no"})
"""Unquoted values with a meaning that the field's type decides."""

TEXT_FIELD = "text"
"""The field of a condition that is only a text in quotation marks."""

WORD_FIELD = "status"
"""The field of a condition that is only a word."""

JOINT_WORDS = frozenset({"and", "or", "not"})

SPACES = " \t\n\r\u00a0\u3000"
QUOTES = '"“”„'
CLOSING_QUOTES = '"“”'
OPERATOR_STARTS = ":<>=^"

MESSAGES = {
    "too_long": "The filter has more than 2,000 characters.",
    "too_many_conditions": "The filter has more than 50 conditions.",
    "too_many_values": "The condition has more than 100 values.",
    "too_deep": "A group may not contain another group.",
    "bad_character": "Control characters and invisible characters are not allowed.",
    "missing_condition": "A condition is missing.",
    "missing_field": "The name of the field is missing.",
    "missing_value": "The value is missing.",
    "missing_joint": "A space or | is missing.",
    "bad_field": "The name of a field has only letters from a to z, digits and _ . -",
    "bad_value": "Put quotation marks around a value with this character.",
    "bad_escape": "After \\ only \\ or a quotation mark may follow.",
    "bad_range": "A range is one value with a beginning and an end, such as wait:10m..2h.",
    "one_value": "Several values need a colon, such as label:wedding,wholesale.",
    "mixed_lists": "Use either , (any of) or & (all of) between values.",
    "list_needs_field": "Several values need a field, such as status:open,closed.",
    "mixed_joints": "Use parentheses where spaces (and) and | (or) meet, such as open (a|b).",
    "word_joint": "Write a space for “and”, | for “or”, and - for “not”.",
    "negated_group": "A minus sign may precede a condition, but not a group.",
    "open_quote": "The quotation mark is not closed.",
    "open_group": "The parenthesis is not closed.",
    "closed_group": "There is no open parenthesis.",
}


class FilterError(CrumblessError):
    """The text is not a filter. `position` counts code points from 0."""

    def __init__(self, code: str, position: int) -> None:
        super().__init__(f"{MESSAGES[code]} (at {position})")
        self.code = code
        self.position = position
        self.message = MESSAGES[code]


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it was written. A keyword was not in quotation marks."""

    text: str
    keyword: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A field, an operator and its values: two for `..`, at least one for `:`, at least two for `&`, else one."""

    field: str
    operator: Operator
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all or any must match. A filter is a group; its groups contain only conditions."""

    joint: Literal["all", "any"]
    items: tuple["Condition | Group", ...]


_needs_quotes = re.compile(r'[ \t\n\r\u00a0\u3000()|,&"“”„<>=^\\]|\.\.').search
_is_bare_word = re.compile(r"[a-z][a-z0-9_]*", re.ASCII).fullmatch


def print_filter(group: Group) -> str:
    """Return the canonical text of a filter. The parser makes an equal filter of it."""
    joint = " " if group.joint == "all" else "|"
    return joint.join(f"({print_filter(one)})" if isinstance(one, Group) else _condition(one) for one in group.items)


def _condition(condition: Condition) -> str:
    sign = "-" if condition.negated else ""
    first, field, operator = condition.values[0], condition.field, condition.operator
    if operator == ":" and len(condition.values) == 1 and not first.keyword:
        if field == TEXT_FIELD:
            return sign + quoted(first.text)
        if field == WORD_FIELD and _is_bare_word(first.text) and first.text not in JOINT_WORDS | KEYWORDS:
            return sign + first.text
    values = [_value(one) for one in condition.values]
    if operator == "..":
        return f"{sign}{field}:{values[0]}..{values[1]}"
    if operator == "&":
        return f"{sign}{field}:{'&'.join(values)}"
    return f"{sign}{field}{operator}{','.join(values)}"


def _value(value: Value) -> str:
    if value.keyword:
        return value.text
    return quoted(value.text) if _needs_quotes(value.text) or value.text.lower() in KEYWORDS else value.text


def quoted(text: str) -> str:
    """Return a text in quotation marks, with a backslash before those in it."""
    escaped = re.sub(r'[\\"“”]', lambda found: f"\\{found[0]}", text)
    return f'"{escaped}"'
