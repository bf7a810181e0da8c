"""The tree of a filter: comparisons and their combinations. Its text can be parsed again."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "has"]
Scalar: TypeAlias = str | int | float | bool
Expression: TypeAlias = "Condition | Not | AnyOf | Where"

QUOTED = r'"(?:[^"\\]|\\.)*"'
_PLAIN_NAME = re.compile(r'[^\s"=!<>]([^"=!<>]*[^\s"=!<>])?')
_SPECIAL = re.compile(r'[",()]|^[=<>]|\b(?:and|or|not|has)\b', re.IGNORECASE)


class Bare(str):
    """A value without quotes. The type of its attribute decides whether ``5`` is a number or text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of an attribute with ``values``.

    ``=`` means equal to any of them, ``!=`` equal to none. A range has one value. ``has`` has none, and passes every
    item that has the attribute. A value that is a ``str``, and not ``Bare``, is text.
    """

    attribute: str
    operator: Operator
    values: tuple[Scalar, ...] = ()

    def __str__(self) -> str:
        plain = _PLAIN_NAME.fullmatch(self.attribute) and not _SPECIAL.search(self.attribute)
        name = self.attribute if plain else quote(self.attribute)
        return f"has {name}" if self.operator == "has" else f"{name}{self.operator}{','.join(map(_value, self.values))}"


@dataclass(frozen=True, slots=True)
class Not:
    """Passes every item that ``operand`` does not pass, including items without the attribute."""

    operand: Expression

    def __str__(self) -> str:
        return f"not {_as_operand(self.operand)}"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Passes items that pass at least one of ``operands``; without operands, none."""

    operands: tuple[Expression, ...]

    def __str__(self) -> str:
        return " or ".join(map(_as_operand, self.operands))


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions that must all be met. Without conditions, everything passes. ``bind`` it before use.

    >>> from sosie.filters import where_from
    >>> str(where_from({"brand": ["Acme", "Bolt"]}))
    'brand=Acme,Bolt'
    >>> where_from("price<20 and has brand") == where_from(["price<20", "has brand"])
    True
    """

    conditions: tuple[Expression, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def __str__(self) -> str:
        return " and ".join(map(_as_operand, self.conditions))


def leaves_of(expression: Expression) -> Iterator[Condition]:
    """Every comparison in a tree, from left to right."""
    if isinstance(expression, Condition):
        yield expression
    elif isinstance(expression, Not):
        yield from leaves_of(expression.operand)
    else:
        for part in expression.operands if isinstance(expression, AnyOf) else expression.conditions:
            yield from leaves_of(part)


def depth_of(expression: Expression) -> int:
    """The depth of a tree; 0 for a single comparison."""
    if isinstance(expression, Condition):
        return 0
    if isinstance(expression, Not):
        return 1 + depth_of(expression.operand)
    parts = expression.operands if isinstance(expression, AnyOf) else expression.conditions
    return 1 + max(map(depth_of, parts), default=0)


def quote(text: str) -> str:
    """Writes a name or value in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote(text: str) -> str:
    """The text of a quoted name or value; without quotes, the text without surrounding spaces."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.S) if text.startswith('"') else text.strip()


def to_number(value: str | int | float) -> float | None:
    """The finite number of a value or of its text; None if it is not a number."""
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _as_operand(expression: Expression) -> str:
    return f"({expression})" if isinstance(expression, AnyOf | Where) else str(expression)


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quote(value) if _needs_quotes(value) else value
    return repr(value)


def _needs_quotes(value: str) -> bool:
    if value != value.strip() or _SPECIAL.search(value):
        return True
    return not isinstance(value, Bare) and to_number(value) is not None
