"""Binds a filter to a catalog: finds its attributes, and converts its values to their types."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from sosie.errors import FilterError
from sosie.filters.matching import RANGES
from sosie.filters.parsing import MOST_NESTED, parse
from sosie.filters.tree import AnyOf, Bare, Condition, Expression, Not, Scalar, Where, depth_of, leaves_of, to_number
from sosie.roles import plain_name, roles_of
from sosie.types import RECORD_FIELDS, AttributeType

WhereLike: TypeAlias = "Where | str | Sequence[str] | Mapping[str, Scalar | Sequence[Scalar]] | None"

MOST_CONDITIONS: Final = 200
"""Most conditions in a ``where``; SQLite refuses an expression of more than about 1,000."""
MOST_NAMED: Final = 20
"""Most attributes that a message lists."""
_BOOLEANS: Final = {"true": True, "false": False}


def where_from(where: WhereLike) -> Where:
    """Creates a ``Where`` from None, from one or several conditions as text, or from a mapping (equality).

    ``FilterError`` for anything else, and for more than ``MOST_CONDITIONS``.
    """
    if where is None:
        return Where()
    if isinstance(where, Where):
        return _checked(where)
    if isinstance(where, str):
        return _checked(Where((parse(where),)))
    if isinstance(where, Mapping):
        given = (Condition(name, "=", _given_values(name, value)) for name, value in where.items())
        return _checked(Where(tuple(given)))
    return _checked(Where(tuple(map(parse, _given_texts(where)))))


def _checked(where: Where) -> Where:
    """The ``where`` without nested "and"; ``FilterError`` if it is too large."""
    if depth_of(where) > MOST_NESTED:
        raise FilterError(f"a where is nested more than {MOST_NESTED} deep")
    number = sum(1 for _ in leaves_of(where))
    if number > MOST_CONDITIONS:
        raise FilterError(
            f"a where has {number:,} conditions; expected at most {MOST_CONDITIONS}: give several "
            "values in one condition, such as brand=Acme,Bolt"
        )
    return Where(tuple(_flat(where)))


def _flat(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, Where):
        for part in expression.conditions:
            yield from _flat(part)
    else:
        yield expression


def bind(where: WhereLike, types: Mapping[str, AttributeType]) -> Where:
    """Binds conditions, in any form that ``where_from`` takes: values get the types of their attributes.

    ``types`` are the manifest's attribute types; the fields of a record are strings. ``FilterError`` for a condition
    that does not fit.
    """
    return Where(tuple(_bind(part, types) for part in where_from(where).conditions))


def _bind(expression: Expression, types: Mapping[str, AttributeType]) -> Expression:
    if isinstance(expression, Condition):
        return _bind_condition(expression, types)
    if isinstance(expression, Not):
        operand = expression.operand
        name = f"not {operand.attribute}" if isinstance(operand, Condition) and operand.operator != "has" else ""
        if isinstance(operand, Condition) and resolve_attribute(name, types) in types:
            return _bind_condition(replace(operand, attribute=name), types)  # an attribute called "Not for sale"
        return Not(_bind(operand, types))
    if isinstance(expression, AnyOf):
        return AnyOf(tuple(_bind(part, types) for part in expression.operands))
    return Where(tuple(_bind(part, types) for part in expression.conditions))


def resolve_attribute(name: str, types: Mapping[str, AttributeType]) -> str:
    """The attribute for a name: with this name, with this role such as ``category``, or with this name in another case.

    A catalog has the attribute names of its source, such as ``Product Category`` or ``Kategorie``.
    """
    if name in types or name in RECORD_FIELDS:
        return name
    if by_role := {str(role): column for role, column in roles_of(types).items()}.get(name.casefold()):
        return by_role
    alike = [attribute for attribute in types if plain_name(attribute) == plain_name(name)]
    return alike[0] if len(alike) == 1 else name


def known_type(name: str, types: Mapping[str, AttributeType]) -> AttributeType:
    """The type of an attribute or record field; ``FilterError`` for an unknown name.

    ``types`` are the manifest's attribute types.
    """
    all_types: dict[str, AttributeType] = {**types, **dict.fromkeys(RECORD_FIELDS, "string")}
    if name not in all_types:
        raise FilterError(f"unknown attribute {name!r}; {suggestion(name, all_types)}")
    return all_types[name]


def suggestion(name: str, names: Collection[str]) -> str:
    """A suggestion for an unknown name."""
    near = difflib.get_close_matches(name, names, n=3)
    ordered = sorted(names)
    more = f" and {len(ordered) - MOST_NAMED} more" if len(ordered) > MOST_NAMED else ""
    listed = f"{', '.join(ordered[:MOST_NAMED]) or 'none'}{more}"
    return f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {listed}"


def _given_texts(where: object) -> Iterator[str]:
    for text in where if isinstance(where, Iterable) else [where]:
        if not isinstance(text, str):
            raise FilterError(f"cannot read {text!r} in where: expected conditions as text, such as 'price<20'")
        yield text


def _given_values(name: str, value: object) -> tuple[Scalar, ...]:
    values = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    for single_value in values:
        if not isinstance(single_value, str | int | float):
            raise FilterError(f"cannot compare {name!r} with {single_value!r}: expected text, numbers, true or false")
    return values


def _bind_condition(condition: Condition, types: Mapping[str, AttributeType]) -> Condition:
    condition = replace(condition, attribute=resolve_attribute(condition.attribute, types))
    kind = known_type(condition.attribute, types)
    if condition.operator == "has":
        return condition
    if not condition.values:
        raise FilterError(f"the condition on {condition.attribute!r} has no value to compare with: give at least one")
    if condition.operator in RANGES:
        _check_range(condition, kind)
    return Condition(
        condition.attribute, condition.operator, tuple(_bind_value(v, kind, condition) for v in condition.values)
    )


def _check_range(condition: Condition, kind: AttributeType) -> None:
    if kind not in ("number", "string"):
        raise FilterError(
            f"{str(condition)!r}: {condition.operator} compares numbers or strings, "
            f"and {condition.attribute!r} holds {kind}; use = or !="
        )
    if len(condition.values) != 1:
        raise FilterError(f"{str(condition)!r}: {condition.operator} takes one value, got {len(condition.values)}")
    [value] = condition.values
    is_text = kind == "string" and condition.attribute not in RECORD_FIELDS
    if is_text and isinstance(value, Bare) and to_number(value) is not None:
        raise FilterError(
            f"{str(condition)!r}: {condition.attribute!r} holds text (string), which does not compare with a number; "
            f'put it in double quotes to compare letter by letter ({condition.operator}"{value}"), or index numbers'
        )


def _bind_value(value: Scalar, kind: AttributeType, condition: Condition) -> Scalar:
    if kind == "number" and not isinstance(value, bool):
        number = to_number(value)
        if number is not None:
            return number
    elif kind == "boolean" and (isinstance(value, bool) or str(value).lower() in _BOOLEANS):
        return value if isinstance(value, bool) else _BOOLEANS[str(value).lower()]
    elif kind in ("string", "strings") and isinstance(value, str):
        return value
    expected = {"number": "a finite number", "boolean": "true or false"}.get(kind, "text")
    raise FilterError(
        f"{str(condition)!r}: {condition.attribute!r} holds {kind}, so expected {expected}, got {value!r}"
    )
