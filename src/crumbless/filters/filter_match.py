"""Evaluates a filter in memory, for entries as they arrive and for rules. filter_sql.py selects the same."""

from collections.abc import Mapping

from crumbless.filters.filter_bind import BoundCondition, BoundFilter, BoundGroup

Property = int | str | frozenset[int] | frozenset[str] | None
"""A conversation's value of a field, as it is stored; a set for the type `choices`."""


def matches(bound: BoundFilter, properties: Mapping[str, Property]) -> bool:
    """Return whether a conversation with these properties, by the names of the fields, matches the filter."""
    return _group_matches(bound.group, properties)


def _group_matches(group: BoundGroup, properties: Mapping[str, Property]) -> bool:
    results = (
        _group_matches(one, properties)
        if isinstance(one, BoundGroup)
        else _condition_matches(one, properties[one.field.name]) != one.negated
        for one in group.items
    )
    return all(results) if group.joint == "all" else any(results)


def _condition_matches(condition: BoundCondition, value: Property) -> bool:
    if isinstance(value, frozenset):
        found = condition.values & value
        return (condition.empty and not value) or (found == condition.values if condition.every else bool(found))
    if value is None:
        return condition.empty
    if value in condition.values:
        return True
    return isinstance(value, int) and any(
        (low is None or low <= value) and (high is None or value < high) for low, high in condition.spans
    )
