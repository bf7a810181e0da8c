"""Converts a filter (``where``) to filters of Elasticsearch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sosie.filters import AnyOf, Condition, Expression, Not, Scalar, Where
from sosie.stores.elasticsearch.fields import ATTRIBUTES
from sosie.stores.elasticsearch.meta import Meta
from sosie.stores.elasticsearch.terms import number, term
from sosie.types import RECORD_FIELDS

Filter = dict[str, Any]
MOST_TERMS = 50_000
"""Most values in a clause; Elasticsearch allows 65,536."""
_RANGES = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
NOTHING: Filter = {"match_none": {}}


def to_filters(where: Where | None, meta: Meta) -> list[Filter]:
    """A filter for each condition; an item must pass all of them."""
    return [_to_filter(part, meta) for part in where.conditions] if where else []


def items_only(filters: Sequence[Filter]) -> Filter:
    """A query for items only, because the index also has the manifest and feedback."""
    return {"bool": {"filter": [{"term": {"kind": "item"}}, *filters]}}


def field_of(name: str, meta: Meta) -> str | None:
    """The path of a record field or attribute; None if no item ever had the attribute."""
    if name in RECORD_FIELDS:
        return name
    own = meta.layout.attributes.get((name, meta.manifest.attributes[name]))
    return None if own is None else f"{ATTRIBUTES}.{own}"


def _to_filter(expression: Expression, meta: Meta) -> Filter:
    if isinstance(expression, Where):
        return {"bool": {"filter": to_filters(expression, meta)}}
    if isinstance(expression, AnyOf):
        parts = [_to_filter(part, meta) for part in expression.operands]
        return {"bool": {"should": parts, "minimum_should_match": 1}} if parts else NOTHING
    if isinstance(expression, Not):
        return {"bool": {"must_not": [_to_filter(expression.operand, meta)]}}
    return _comparison(expression, meta)


def _comparison(condition: Condition, meta: Meta) -> Filter:
    path = field_of(condition.attribute, meta)
    if path is None:
        return NOTHING
    if condition.operator == "has":
        return {"exists": {"field": path}}
    values = [_value(value) for value in condition.values]
    if condition.operator in _RANGES:
        return {"range": {path: {_RANGES[condition.operator]: values[0]}}}
    one_of = any_of(path, values)
    if condition.operator == "=":
        return one_of
    return {"bool": {"filter": [{"exists": {"field": path}}], "must_not": [one_of]}}


def any_of(path: str, values: Sequence[str | float | bool]) -> Filter:
    """A filter for documents with one of these values."""
    clauses = [{"terms": {path: values[i : i + MOST_TERMS]}} for i in range(0, len(values), MOST_TERMS)]
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}


def _value(value: Scalar) -> str | float | bool:
    if isinstance(value, bool):
        return value
    return term(value) if isinstance(value, str) else number(value)
