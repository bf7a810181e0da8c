"""Tests whether a record passes a filter. The tests compare all stores with this."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import cast

from sosie.filters.tree import AnyOf, Condition, Expression, Not, Scalar, Where
from sosie.types import RECORD_FIELDS, AttributeValue, Record

RANGES: Mapping[str, Callable[[str | float, str | float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matches(expression: Expression, record: Record) -> bool:
    """True if a record passes a bound ``where``, or a part of it."""
    if isinstance(expression, Where):
        return all(matches(part, record) for part in expression.conditions)
    if isinstance(expression, AnyOf):
        return any(matches(part, record) for part in expression.operands)
    if isinstance(expression, Not):
        return not matches(expression.operand, record)
    return _holds(expression, value_of(record, expression.attribute))


def value_of(record: Record, name: str) -> AttributeValue | None:
    """The attribute or record field with this name; None if it is missing."""
    if name in RECORD_FIELDS:
        return cast(str, getattr(record, name))
    return record.attributes.get(name)


def _holds(condition: Condition, value: AttributeValue | None) -> bool:
    if value is None or value == ():
        return False
    if condition.operator == "has":
        return True
    if condition.operator == "=":
        return any(each in condition.values for each in _compared(value))
    if condition.operator == "!=":
        return all(each not in condition.values for each in _compared(value))
    [single] = _compared(value)
    return RANGES[condition.operator](cast("str | float", single), cast("str | float", condition.values[0]))


def _compared(value: AttributeValue) -> tuple[Scalar, ...]:
    if isinstance(value, bool | str):
        return (value,)
    return (float(value),) if isinstance(value, int | float) else value
