"""A ``where`` as SQL on the table ``item``."""

from __future__ import annotations

from typing import NamedTuple

from sosie.errors import FilterError
from sosie.filters import Condition, Where
from sosie.stores.local.truth.encoding import SqlValue
from sosie.types import RECORD_FIELDS

MOST_VALUES = 30_000
_FINDING = "item.row IN (SELECT row FROM attribute WHERE {})"
_TESTING = "EXISTS (SELECT 1 FROM attribute WHERE row = item.row AND {})"
_TESTING_FIELD = "EXISTS (SELECT 1 FROM item AS own WHERE own.row = item.row AND {})"


class Sql(NamedTuple):
    """An expression and the values of its question marks."""

    text: str
    values: list[SqlValue]


def find_expression(where: Where | None) -> Sql:
    """The expression by which SQLite finds every item that passes."""
    return _all_of(where, _FINDING)


def test_expression(where: Where | None) -> Sql:
    """The same expression in the form that is quick for given items; ``item`` may be any table with ``row``."""
    return _all_of(where, _TESTING)


def candidate_query(condition: Condition) -> Sql:
    """A query for the rows that pass one condition, or may pass if it is ``!=``; a row may come twice."""
    if condition.attribute in RECORD_FIELDS:
        compared = _compared(f"item.{condition.attribute}", condition)
        return Sql(f"SELECT row FROM item WHERE {compared.text}", compared.values)  # noqa: S608
    if condition.operator == "!=":
        return Sql("SELECT row FROM attribute WHERE name = ?", [condition.attribute])
    compared = _compared("value", condition)
    query = f"SELECT row FROM attribute WHERE name = ? AND {compared.text}"  # noqa: S608
    return Sql(query, [condition.attribute, *compared.values])


def _all_of(where: Where | None, form: str) -> Sql:
    conditions = where.conditions if where else ()
    if sum(len(condition.values) for condition in conditions) > MOST_VALUES:
        raise FilterError(f"a where may name at most {MOST_VALUES} values: ask in several parts")
    parts = [_expression(condition, form) for condition in conditions]
    return Sql(" AND ".join(part.text for part in parts) or "1", [value for part in parts for value in part.values])


def _expression(condition: Condition, form: str) -> Sql:
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
    same = _expression(equal, form)
    return Sql(f"{form.format('name = ?')} AND NOT {same.text}", [condition.attribute, *same.values])


def _compared(column: str, condition: Condition) -> Sql:
    values: list[SqlValue] = [value if isinstance(value, str) else float(value) for value in condition.values]
    if condition.operator in ("=", "!="):
        marks = ",".join("?" * len(values))
        return Sql(f"{column} {'NOT ' if condition.operator == '!=' else ''}IN ({marks})", values)
    return Sql(f"{column} {condition.operator} ?", values)
