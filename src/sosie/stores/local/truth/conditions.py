"""Converts a filter (``where``) to SQL on the table ``item``."""

from __future__ import annotations

from typing import NamedTuple

from sosie.errors import FilterError
from sosie.filters import AnyOf, Condition, Expression, Not, Where, leaves_of
from sosie.stores.local.truth.encoding import SqlValue
from sosie.types import RECORD_FIELDS

MOST_VALUES = 30_000
_FINDING = "item.row IN (SELECT row FROM attribute WHERE {})"
_TESTING = "EXISTS (SELECT 1 FROM attribute WHERE row = item.row AND {})"
_TESTING_FIELD = "EXISTS (SELECT 1 FROM item AS own WHERE own.row = item.row AND {})"


class Sql(NamedTuple):
    """A SQL expression and the values of its question marks."""

    text: str
    values: list[SqlValue]


def find_expression(where: Where | None) -> Sql:
    """An expression that finds every item that passes."""
    return _whole(where, _FINDING)


def test_expression(where: Where | None) -> Sql:
    """An expression that tests given items fast; ``item`` may be any table with ``row``."""
    return _whole(where, _TESTING)


def candidate_query(expression: Expression) -> Sql:
    """A query for at least all rows that pass; it may return a row twice.

    For a single comparison other than ``!=`` it returns exactly the rows that pass.
    """
    if isinstance(expression, AnyOf) and expression.operands:
        return _joined(" UNION ALL ", [candidate_query(part) for part in expression.operands])
    if isinstance(expression, Where) and expression.conditions:
        return candidate_query(
            next((e for e in expression.conditions if not isinstance(e, Not)), expression.conditions[0])
        )
    if not isinstance(expression, Condition):
        return Sql("SELECT row FROM item", [])
    return _candidates(expression)


def _candidates(condition: Condition) -> Sql:
    if condition.attribute in RECORD_FIELDS:
        compared = _compared(f"item.{condition.attribute}", condition)
        return Sql(f"SELECT row FROM item WHERE {compared.text}", compared.values)  # noqa: S608
    if condition.operator in ("!=", "has"):
        return Sql("SELECT row FROM attribute WHERE name = ?", [condition.attribute])
    compared = _compared("value", condition)
    query = f"SELECT row FROM attribute WHERE name = ? AND {compared.text}"  # noqa: S608
    return Sql(query, [condition.attribute, *compared.values])


def _whole(where: Where | None, form: str) -> Sql:
    if where and sum(len(condition.values) for condition in leaves_of(where)) > MOST_VALUES:
        raise FilterError(f"a where can have at most {MOST_VALUES} values: divide it into several searches")
    return _expression(where or Where(), form)


def _expression(expression: Expression, form: str) -> Sql:
    if isinstance(expression, Where):
        return _joined(" AND ", [_expression(part, form) for part in expression.conditions] or [Sql("1", [])])
    if isinstance(expression, AnyOf):
        text, values = _joined(" OR ", [_expression(part, form) for part in expression.operands] or [Sql("0", [])])
        return Sql(f"({text})", values)
    if isinstance(expression, Not):
        text, values = _expression(expression.operand, form)
        return Sql(f"NOT ({text})", values)
    return _comparison(expression, form)


def _joined(between: str, parts: list[Sql]) -> Sql:
    return Sql(between.join(part.text for part in parts), [value for part in parts for value in part.values])


def _comparison(condition: Condition, form: str) -> Sql:
    if condition.attribute in RECORD_FIELDS:
        return _of_field(condition, form)
    if condition.operator == "!=":
        return _differs(condition, form)
    compared = _compared("value", condition)
    return Sql(form.format(f"name = ? AND {compared.text}"), [condition.attribute, *compared.values])


def _of_field(condition: Condition, form: str) -> Sql:
    if form == _FINDING:
        return _compared(f"item.{condition.attribute}", condition)
    text, values = _compared(f"own.{condition.attribute}", condition)
    return Sql(_TESTING_FIELD.format(text), values)


def _differs(condition: Condition, form: str) -> Sql:
    equal = Condition(condition.attribute, "=", condition.values)
    same = _comparison(equal, form)
    return Sql(f"{form.format('name = ?')} AND NOT {same.text}", [condition.attribute, *same.values])


def _compared(column: str, condition: Condition) -> Sql:
    values: list[SqlValue] = [value if isinstance(value, str) else float(value) for value in condition.values]
    if condition.operator == "has":
        return Sql("1", [])
    if condition.operator in ("=", "!="):
        marks = ",".join("?" * len(values))
        return Sql(f"{column} {'NOT ' if condition.operator == '!=' else ''}IN ({marks})", values)
    return Sql(f"{column} {condition.operator} ?", values)
