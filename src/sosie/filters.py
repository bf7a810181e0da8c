"""The ``where`` language: conditions on attributes, all of which must hold.

    brand=Acme            equal            type=Shoes,Boots      equal to one of them
    brand!=Acme           differs          tags=sale             a list holds it
    price<20   price>=5   ranges, on numbers and on strings (by Unicode code point)
    size<"40"             a number in a range of strings stands in double quotes, for "100" lies before "40"
    "Größe (cm)">=42      so does a name, or a value, with a special character in it

An attribute may be named by its role (``category=Mugs`` where it is called ``Product Category``), or in another case.
``product_id``, ``item_id`` and ``content_sha256`` can be asked like attributes, and are text in any range. An item
without the attribute, or with an empty list, passes no condition on it: a missing value equals nothing and differs from
nothing. Numbers are compared as 64-bit floats, so that beyond 2⁵³ an integer equals its neighbours.
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast

from sosie.errors import FilterError
from sosie.roles import plain_name, roles_of
from sosie.types import RECORD_FIELDS, AttributeType, AttributeValue, Record

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
Scalar: TypeAlias = str | int | float | bool
WhereLike: TypeAlias = "Where | str | Sequence[str] | Mapping[str, Scalar | Sequence[Scalar]] | None"

RANGES: Mapping[str, Callable[[str | float, str | float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MOST_NAMED = 20
MOST_CONDITIONS = 200
"""In one ``where``, in every store and over HTTP; SQLite refuses an expression of more than about 1,000."""
"""How many known attributes a message lists."""

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_CONDITION = re.compile(rf'\s*(?P<name>{_QUOTED}|[^"=!<>][^=!<>]*?)\s*(?P<operator><=|>=|!=|=|<|>)(?P<values>.*)', re.S)
_VALUE = re.compile(rf'\s*(?P<value>{_QUOTED}|(?!["=<>])[^,]*)\s*(?P<comma>,|\Z)', re.S)
_BOOLEANS = {"true": True, "false": False}


class Bare(str):
    """A value as it was written without quotes: whether ``5`` is a number or text, its attribute's type decides."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute compared: with any of ``values`` for ``=``, with none for ``!=``, with the only one for a range.

    A value that is a ``str``, and not ``Bare``, is text.
    """

    attribute: str
    operator: Operator
    values: tuple[Scalar, ...]

    def __str__(self) -> str:
        name = (
            self.attribute
            if re.fullmatch(r'[^\s"=!<>]([^"=!<>]*[^\s"=!<>])?', self.attribute)
            else _quote(self.attribute)
        )
        return f"{name}{self.operator}{','.join(map(_format_value, self.values))}"


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions that must all hold; with none, everything passes. ``bind`` before use.

    >>> from sosie.filters import where_from
    >>> str(where_from({"brand": ["Acme", "Bolt"]}))
    'brand=Acme,Bolt'
    >>> where_from("price<20") == where_from(["price<20"])
    True
    """

    conditions: tuple[Condition, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def __str__(self) -> str:
        return " and ".join(map(str, self.conditions))


def parse(text: str) -> Condition:
    """One condition from its text form; ``FilterError`` where it is none. Every value stays text until ``bind``."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise FilterError(
            f"cannot read the condition {text!r}: expected NAME=VALUE, with =, !=, <, <=, > or >=, "
            "for instance brand=Acme, 'price<20' or type=Shoes,Boots"
        )
    comparison = cast(Operator, found["operator"])
    return Condition(_unquote(found["name"]), comparison, _parse_values(found["values"], text))


def where_from(where: WhereLike) -> Where:
    """A ``Where`` from what a caller may give: None, one condition or several as text, or a mapping for equality.

    ``FilterError`` for anything else, and for more than ``MOST_CONDITIONS``.
    """
    if where is None:
        return Where()
    if isinstance(where, Where):
        return _of_a_size(where)
    if isinstance(where, str):
        return Where((parse(where),))
    if isinstance(where, Mapping):
        given = (Condition(name, "=", _given_values(name, value)) for name, value in where.items())
        return _of_a_size(Where(tuple(given)))
    return _of_a_size(Where(tuple(map(parse, _given_texts(where)))))


def _of_a_size(where: Where) -> Where:
    if len(where.conditions) > MOST_CONDITIONS:
        raise FilterError(
            f"a where has {len(where.conditions):,} conditions; expected at most {MOST_CONDITIONS}: name several "
            "values in one condition, such as brand=Acme,Bolt"
        )
    return where


def bind(where: WhereLike, types: Mapping[str, AttributeType]) -> Where:
    """The conditions, in any form that ``where_from`` takes, with values of the attributes' types.

    ``types`` are the manifest's; the record's own fields are strings. ``FilterError`` where that cannot be.
    """
    return Where(tuple(_bind_condition(condition, types) for condition in where_from(where).conditions))


def attribute_meant(name: str, types: Mapping[str, AttributeType]) -> str:
    """The attribute that a name means: its own, that of a role such as ``category``, or one written in another case.

    A catalog keeps attributes under the names of its source, such as ``Product Category`` or ``Kategorie``.
    """
    if name in types or name in RECORD_FIELDS:
        return name
    if by_role := {str(role): column for role, column in roles_of(types).items()}.get(name.casefold()):
        return by_role
    alike = [known for known in types if plain_name(known) == plain_name(name)]
    return alike[0] if len(alike) == 1 else name


def known_type(name: str, types: Mapping[str, AttributeType]) -> AttributeType:
    """The type of an attribute, or of a field of the record; ``FilterError`` for a name that is neither.

    ``types`` are the manifest's.
    """
    known: dict[str, AttributeType] = {**types, **dict.fromkeys(RECORD_FIELDS, "string")}
    if name not in known:
        raise FilterError(f"unknown attribute {name!r}; {suggestion(name, known)}")
    return known[name]


def suggestion(name: str, names: Collection[str]) -> str:
    """What may have been meant by a name that is none of these."""
    near = difflib.get_close_matches(name, names, n=3)
    known = sorted(names)
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    told = f"{', '.join(known[:MOST_NAMED]) or 'none'}{more}"
    return f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {told}"


def matches(where: Where, record: Record) -> bool:
    """Whether a record passes a bound ``where``: the meaning of the language, which every store must agree with."""
    return all(_holds(condition, value_of(record, condition.attribute)) for condition in where.conditions)


def value_of(record: Record, name: str) -> AttributeValue | None:
    """The attribute or record field of that name, None where it is missing."""
    if name in RECORD_FIELDS:
        return cast(str, getattr(record, name))
    return record.attributes.get(name)


def _holds(condition: Condition, value: AttributeValue | None) -> bool:
    if value is None or value == ():
        return False
    if condition.operator == "=":
        return any(one in condition.values for one in _compared(value))
    if condition.operator == "!=":
        return all(one not in condition.values for one in _compared(value))
    [one] = _compared(value)
    return RANGES[condition.operator](cast("str | float", one), cast("str | float", condition.values[0]))


def _compared(value: AttributeValue) -> tuple[Scalar, ...]:
    if isinstance(value, bool | str):
        return (value,)
    return (float(value),) if isinstance(value, int | float) else value


def _given_texts(where: object) -> Iterator[str]:
    for text in where if isinstance(where, Iterable) else [where]:
        if not isinstance(text, str):
            raise FilterError(f"cannot read {text!r} in where: expected conditions as text, such as 'price<20'")
        yield text


def _given_values(name: str, value: object) -> tuple[Scalar, ...]:
    values = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    for one in values:
        if not isinstance(one, str | int | float):
            raise FilterError(f"cannot compare {name!r} with {one!r}: expected text, numbers, true or false")
    return values


def _parse_values(text: str, condition: str) -> tuple[str, ...]:
    values: list[str] = []
    position = 0
    while found := _VALUE.match(text, position):
        written = found["value"]
        values.append(_unquote(written) if written.startswith('"') else Bare(written.strip()))
        if not found["comma"]:
            return tuple(values)
        position = found.end()
    raise FilterError(
        f"cannot read the values of {condition!r}: the comparisons are =, !=, <, <=, > and >=; a value that begins "
        "with =, < or > stands in double quotes, and after a quoted value comes a comma or the end"
    )


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.S) if text.startswith('"') else text.strip()


def _format_value(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quote(value) if _needs_quotes(value) else value
    return repr(value)


def _needs_quotes(value: str) -> bool:
    if value != value.strip() or re.search(r'[",]|^[=<>]', value):
        return True
    return not isinstance(value, Bare) and _to_number(value) is not None


def _bind_condition(condition: Condition, types: Mapping[str, AttributeType]) -> Condition:
    condition = replace(condition, attribute=attribute_meant(condition.attribute, types))
    kind = known_type(condition.attribute, types)
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
    if is_text and isinstance(value, Bare) and _to_number(value) is not None:
        raise FilterError(
            f"{str(condition)!r}: {condition.attribute!r} holds text (string), which does not compare with a number; "
            f'put it in double quotes to compare letter by letter ({condition.operator}"{value}"), or index numbers'
        )


def _bind_value(value: Scalar, kind: AttributeType, condition: Condition) -> Scalar:
    if kind == "number" and not isinstance(value, bool):
        number = _to_number(value)
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


def _to_number(value: str | int | float) -> float | None:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
