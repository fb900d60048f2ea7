"""Gives the conditions of a filter their meaning: fields, values, and times in the operator's time zone.

A condition whose field or value is unknown is left out, with the reason. Its meaning is not guessed. Where all
conditions must match, the filter then selects more. So an action on all matches must refuse an incomplete filter.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from crumbless.core.time_units import DAY_MS, HOUR_MS, MINUTE_MS
from crumbless.filters.filter_fields import FIELDS, Field, FieldType
from crumbless.filters.filter_syntax import Condition, Group, Operator, Value
from crumbless.filters.filter_times import Span, time_span

Reason = Literal["unknown_field", "unknown_value", "ambiguous_value", "wrong_operator", "invalid_value"]

MAX_NUMBER = 2**53
_UNITS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_match_duration = re.compile(r"(\d{1,6})([mhd])", re.ASCII | re.IGNORECASE).fullmatch
_match_number = re.compile(r"-?\d{1,16}", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Choice:
    """A possible value of a field: as it is stored, its ID for clients, and its name."""

    stored: int | str
    id: str
    name: str


class Choices:
    """The possible values of a field, by ID and name. 10,000 take 30 ms to make, so make them once per change."""

    def __init__(self, choices: Iterable[Choice] = ()) -> None:
        self._by_id: dict[str, set[int | str]] = {}
        self._by_name: dict[str, set[int | str]] = {}
        for one in choices:
            self._by_id.setdefault(one.id, set()).add(one.stored)
            self._by_name.setdefault(folded(one.name), set()).add(one.stored)

    def find(self, text: str) -> set[int | str]:
        """Return the stored values of those with this ID, or else with this name in any case."""
        return self._by_id.get(text) or self._by_name.get(folded(text)) or set()


@dataclass(frozen=True, slots=True)
class FilterContext:
    """The data that gives values a meaning.

    Args:
        now: the time in milliseconds since 1970 (UTC).
        zone: the operator's time zone.
        choices: by field, only those that the operator may see.
        me: the operator, if there is one.
        mine: the operator's teams.
    """

    now: int
    zone: ZoneInfo
    choices: Mapping[str, Choices] = field(default_factory=dict[str, Choices])
    me: str | None = None
    mine: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class BoundCondition:
    """A condition with a meaning. It matches if the property is empty, is in `values` or in one of `spans`.

    Args:
        empty: whether an empty property matches.
        every: a set of choices must contain all values instead of any.
        negated: the opposite matches, also if the property is empty.
    """

    field: Field
    values: frozenset[int | str] = frozenset()
    spans: tuple[Span, ...] = ()
    empty: bool = False
    every: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class BoundGroup:
    """Conditions of which all or any must match. It is not empty, except for a filter without conditions."""

    joint: Literal["all", "any"]
    items: tuple["BoundCondition | BoundGroup", ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A condition, or one value of it, that is not evaluated."""

    condition: Condition
    reason: Reason
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class BoundFilter:
    """A filter that can be evaluated, and the parts of it that are not."""

    group: BoundGroup
    left_out: tuple[LeftOut, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every condition is evaluated."""
        return not self.left_out


class _Refusal(Exception):
    def __init__(self, reason: Reason, value: Value | None = None) -> None:
        self.reason: Reason = reason
        self.value = value


def bind_filter(group: Group, context: FilterContext, fields: Mapping[str, Field] = FIELDS) -> BoundFilter:
    """Return the filter with the meaning that it has now, for the operator of the context."""
    left_out: list[LeftOut] = []
    bound = _bind_group(group, context, fields, left_out)
    # Without conditions, a filter selects everything, also if it was a list of alternatives.
    return BoundFilter(bound if bound.items else BoundGroup("all", ()), tuple(left_out))


def folded(text: str) -> str:
    """Return a name for comparison: letters of each case and width are equal."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _bind_group(
    group: Group, context: FilterContext, fields: Mapping[str, Field], left_out: list[LeftOut]
) -> BoundGroup:
    items: list[BoundCondition | BoundGroup] = []
    for one in group.items:
        if isinstance(one, Group):
            inner = _bind_group(one, context, fields, left_out)
            items += [inner] if inner.items else []
            continue
        try:
            items.append(_bind(one, context, fields, left_out))
        except _Refusal as refusal:
            left_out.append(LeftOut(one, refusal.reason, refusal.value))
    return BoundGroup(group.joint, tuple(items))


def _bind(
    condition: Condition, context: FilterContext, fields: Mapping[str, Field], left_out: list[LeftOut]
) -> BoundCondition:
    own = fields.get(condition.field)
    if own is None:
        raise _Refusal("unknown_field")
    if condition.operator not in _OPERATORS[own.type]:
        raise _Refusal("wrong_operator")
    if own.type in {"choice", "choices"}:
        return _bind_choice(condition, own, context, left_out)
    return _bind_spans(condition, own, context)


def _bind_choice(condition: Condition, own: Field, context: FilterContext, left_out: list[LeftOut]) -> BoundCondition:
    """Return the meaning of a choice. Unknown values are left out alone, if another one is known."""
    every = condition.operator == "&"
    values: set[int | str] = set()
    empty, refusals = False, list[_Refusal]()
    for value in condition.values:
        try:
            if _means_empty(value, own) and not every:
                empty = True
            else:
                values |= _stored_values(value, own, context)
        except _Refusal as refusal:
            refusals.append(refusal)
    if len(refusals) == len(condition.values):
        raise _Refusal(refusals[0].reason, refusals[0].value)
    left_out += [LeftOut(condition, one.reason, one.value) for one in refusals]
    return BoundCondition(own, frozenset(values), empty=empty, every=every, negated=condition.negated)


def _stored_values(value: Value, own: Field, context: FilterContext) -> set[int | str]:
    if value.keyword and own.keyword == value.text:
        if value.text == "mine":
            return {*context.mine}
        if context.me is None:
            raise _Refusal("unknown_value", value)
        return {context.me}
    fixed = Choices(Choice(one, one, one) for one in own.values)
    found = (fixed if own.values else context.choices.get(own.name, fixed)).find(value.text)
    if len(found) == 1:
        return found
    raise _Refusal("ambiguous_value" if found else "unknown_value", value)


def _bind_spans(condition: Condition, own: Field, context: FilterContext) -> BoundCondition:
    """Return the meaning of a number, a duration or a date: a condition is left out as a whole."""
    values, operator = condition.values, condition.operator
    if operator == "..":
        low, high = (_span(one, own, context) for one in values)
        spans: list[Span] = [(low[0], high[1])]
        if low[0] >= high[1]:
            raise _Refusal("invalid_value", values[1])
    elif operator in {":", "="}:
        spans = [_equal_span(one, own, context) for one in values if not _means_empty(one, own)]
    else:
        spans = [_COMPARED[operator](_span(values[0], own, context))]
    if own.type == "duration":
        # A wait of more than 10 minutes began more than 10 minutes ago.
        spans = [(_since(high, context.now), _since(low, context.now)) for low, high in spans]
    empty = operator in {":", "="} and any(_means_empty(one, own) for one in values)
    return BoundCondition(own, spans=tuple(spans), empty=empty, negated=condition.negated)


def _since(length: int | None, now: int) -> int | None:
    return None if length is None else now - length + 1


def _equal_span(value: Value, own: Field, context: FilterContext) -> Span:
    """Return the span of a value that a property can equal: a number or a day."""
    low, high = _span(value, own, context)
    if own.type == "duration" or (own.type == "date" and high - low == 1):
        raise _Refusal("wrong_operator", value)
    return low, high


def _span(value: Value, own: Field, context: FilterContext) -> tuple[int, int]:
    """Return the first and the last value plus one that a text means: a number, or the milliseconds of a day."""
    found = None
    if own.type == "date":
        found = time_span(value, context.now, context.zone)
    elif own.type == "duration" and (match := _match_duration(value.text)):
        length = int(match[1]) * _UNITS[match[2].lower()]
        found = (length, length + 1)
    elif own.type == "number" and _match_number(value.text) and abs(int(value.text)) <= MAX_NUMBER:
        found = (int(value.text), int(value.text) + 1)
    if found is None:
        raise _Refusal("invalid_value", value)
    return found


def _means_empty(value: Value, own: Field) -> bool:
    return own.nullable and value.keyword and value.text == "none"


_COMPARED: Mapping[Operator, Callable[[tuple[int, int]], Span]] = {
    "<": lambda span: (None, span[0]),
    "<=": lambda span: (None, span[1]),
    ">": lambda span: (span[1], None),
    ">=": lambda span: (span[0], None),
}

_ORDERED: frozenset[Operator] = frozenset({":", "=", "..", "<", "<=", ">", ">="})
_OPERATORS: Mapping[FieldType, frozenset[Operator]] = {
    "choice": frozenset({":", "="}),
    "choices": frozenset({":", "=", "&"}),
    "number": _ORDERED,
    "duration": _ORDERED,
    "date": _ORDERED,
}
