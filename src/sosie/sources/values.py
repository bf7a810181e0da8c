"""Cells of any kind of table become attributes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeAlias

from sosie.errors import SourceError
from sosie.types import AttributeValue

Row: TypeAlias = Mapping[str, object]
"""A row by the names of its columns; a value is what the format has: text, number, boolean, date, list or object."""

_VARIANTS = frozenset(("variants", "skus"))
_NAMED = frozenset(("categories", "category", "tags", "collections", "brands", "labels", "keywords"))
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def flatten(row: Row, prefix: str = "", within: bool = False) -> Iterator[tuple[str, object]]:
    """Names and values, where ``{"size": {"width": 3}}`` becomes ``size.width``: no object, and nothing lost.

    Of a list of objects it gives what all of them say of one thing: names of categories, translations, and of a
    product's variants their codes and the price of the first. With ``within``, only what lies in objects and lists.
    """
    for name, value in row.items():
        if isinstance(value, list):
            value = _in_short(name, value)
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        elif not within:
            yield prefix + name, value


def _in_short(name: str, values: list[object]) -> object:
    """A list of objects as one value, where that is what it means; any other list as it is."""
    if not values or not all(isinstance(one, Mapping) for one in values):
        return values
    objects = [one for one in values if isinstance(one, Mapping)]
    if name.lower() in _VARIANTS:
        return _of_variants(objects)
    if name.lower() in _NAMED and all(isinstance(one.get("name"), str) for one in objects):
        return [one["name"] for one in objects]
    return in_one_language(values)


def _of_variants(variants: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The codes of all variants of a product, and the price of the first."""
    codes = {key: [str(one[key]) for one in variants if one.get(key)] for key in ("sku", "barcode")}
    price = next((one["price"] for one in variants if one.get("price") is not None), None)
    return {**codes, "price": price}


def in_one_language(values: Sequence[object]) -> object:
    """What a list of translations says in English, or else in its first language; any other list as it is.

    ``[{"language_tag": "en_US", "value": "Oak chair"}, …]`` is how Amazon's and Akeneo's exports keep a text.
    """
    if not values or not all(isinstance(one, Mapping) and ("value" in one or "data" in one) for one in values):
        return values
    tagged = [(_language(one), one.get("value", one.get("data"))) for one in values if isinstance(one, Mapping)]
    first = next((tag for tag, _ in tagged if tag.startswith("en")), tagged[0][0])
    kept = [value for tag, value in tagged if tag == first]
    return kept[0] if len(kept) == 1 else kept


def _language(translation: Mapping[str, object]) -> str:
    return str(translation.get("language_tag") or translation.get("locale") or "")


def to_attribute(value: object) -> AttributeValue | None:
    """The attribute that a cell holds, None where it is missing; ``SourceError`` where it cannot be one.

    Missing are None, empty and blank text, NaN and an empty list. Dates and times become ISO 8601, decimal numbers
    numbers, and the members of a list text.
    """
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int and _SMALLEST <= value <= _LARGEST:
        return value
    if isinstance(value, str):
        return to_text(value).strip() or None
    if isinstance(value, int):
        return _to_integer(value)
    if isinstance(value, float | Decimal):
        return _to_number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return tuple(_to_members(value)) or None
    raise SourceError(f"expected text, a number, a boolean or a list of texts, found {type(value).__name__}")


def to_id(value: object) -> str:
    """The text of an id, empty where it is missing; whole numbers are written without a point.

    ``SourceError`` for values that name nothing: fractions, booleans, lists, objects.
    """
    found = to_attribute(value)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if isinstance(found, bool | float | tuple):
        raise SourceError(f"expected text or a whole number, found {found!r}")
    return "" if found is None else str(found)


def to_text(value: str) -> str:
    """The same text; ``SourceError`` where it holds half of a surrogate pair, which no store can keep."""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise SourceError(f"{value!r} holds half of a surrogate pair, which is no Unicode text") from None
    return value


def _to_integer(value: int) -> int:
    if _SMALLEST <= value <= _LARGEST:
        return value
    raise SourceError(f"{value} does not fit into 64 bits; write it as text")


def _to_number(value: float | Decimal) -> int | float | None:
    if isinstance(value, Decimal) and value.is_finite() and value.as_tuple().exponent == 0:
        return _to_integer(int(value))
    number = float(value)
    if math.isinf(number):
        raise SourceError("a number that is infinite; leave it out or write it as text")
    return None if math.isnan(number) else number


def _to_members(values: Sequence[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield to_text(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield str(value)
        elif value is not None:
            raise SourceError(f"a list of {type(value).__name__}; expected a list of texts or whole numbers")
