"""Evaluates a filter in SQL, as a condition on `conversation`. filter_match.py selects the same."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, ColumnElement, Table, and_, false, func, literal, not_, or_, select, true

from crumbless.database.metadata import metadata
from crumbless.filters.filter_bind import BoundCondition, BoundFilter, BoundGroup
from crumbless.ledger.tables import conversation


def filter_condition(bound: BoundFilter, tables: Mapping[str, Table] = metadata.tables) -> ColumnElement[bool]:
    """Return the condition that selects the matching conversations.

    It contains neither the workspace nor the operator's visibility: add both.

    Args:
        tables: the tables that the fields name, by name.
    """
    return _group(bound.group, tables)


def _group(group: BoundGroup, tables: Mapping[str, Table]) -> ColumnElement[bool]:
    parts = [_group(one, tables) if isinstance(one, BoundGroup) else _condition(one, tables) for one in group.items]
    return and_(true(), *parts) if group.joint == "all" else or_(false(), *parts)


def _condition(condition: BoundCondition, tables: Mapping[str, Table]) -> ColumnElement[bool]:
    found = _set(condition, tables) if condition.field.type == "choices" else _column(condition, tables)
    return not_(found) if condition.negated else found


def _column(condition: BoundCondition, tables: Mapping[str, Table]) -> ColumnElement[bool]:
    """Return a condition that is never NULL, so that its negation selects all other rows."""
    table, _, name = condition.field.column.partition(".")
    column = tables[table].c[name]
    parts: list[ColumnElement[bool]] = [column.is_(None)] if condition.empty else []
    if condition.values:
        parts.append(column.in_(sorted(condition.values, key=str)))
    for low, high in condition.spans:
        # As 64-bit integers: a number in a filter may be larger than the column's type.
        ends = [] if low is None else [column >= literal(low, BigInteger)]
        parts.append(and_(true(), *ends, *([] if high is None else [column < literal(high, BigInteger)])))
    if not column.nullable or not (condition.values or condition.spans):
        return or_(false(), *parts)
    known = and_(column.is_not(None), or_(false(), *parts))
    return or_(column.is_(None), known) if condition.empty else known


def _set(condition: BoundCondition, tables: Mapping[str, Table]) -> ColumnElement[bool]:
    """Return the condition on a set of choices, whose rows are in another table."""
    table, _, name = condition.field.column.partition(".")
    rows, column = tables[table], tables[table].c[name]
    own = rows.c.conversation_no == conversation.c.no
    values = sorted(condition.values, key=str)
    if condition.every:
        number = select(func.count(column.distinct())).where(own, column.in_(values)).scalar_subquery()
        return number == len(values)
    parts: list[ColumnElement[bool]] = []
    if condition.empty:
        parts.append(not_(select(literal(1)).where(own).exists()))
    if values:
        parts.append(select(literal(1)).where(own, column.in_(values)).exists())
    return or_(false(), *parts)
