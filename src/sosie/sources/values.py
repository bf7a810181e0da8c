"""Converts cells of any kind of table to attributes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeAlias

from sosie.errors import SourceError
from sosie.types import AttributeValue

Row: TypeAlias = Mapping[str, object]
"""A row by column names. Values have the types of the format: text, number, boolean, date, list or object."""

LISTS_OF_VARIANTS = frozenset(("variants", "skus"))
_NAMED = frozenset(("categories", "category", "tags", "collections", "brands", "labels", "keywords"))
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def flatten(row: Row, prefix: str = "", within: bool = False) -> Iterator[tuple[str, object]]:
    """Names and values without nested objects: ``{"size": {"width": 3}}`` becomes ``size.width``.

    A list of objects is summarized: the names of categories, a text from its translations, or the codes of a product's
    variants and the price of the first. With ``within``, only values in objects and lists are yielded.
    """
    for name, value in row.items():
        if isinstance(value, list):
            value = _summarized(name, value)
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        elif not within:
            yield prefix + name, value


def value_at(row: Row, name: str) -> object:
    """The value of a column; ``media.images`` is also the value ``images`` of the object ``media``."""
    if name in row or "." not in name:
        return row.get(name)
    value: object = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _summarized(name: str, values: list[object]) -> object:
    """The summary of a list of objects, if there is one; any other list unchanged."""
    if not values or not all(isinstance(value, Mapping) for value in values):
        return values
    objects = [value for value in values if isinstance(value, Mapping)]
    if name.lower() in LISTS_OF_VARIANTS:
        return _of_variants(objects)
    if name.lower() == "prices":
        return {"price": _amount_of(objects[0])}
    if name.lower() in _NAMED and all(isinstance(value.get("name"), str) for value in objects):
        return [value["name"] for value in objects]
    return in_one_language(values)


def _amount_of(price: object) -> object:
    """The number in ``{"value": 12.9, …}`` or ``{"value": {"amount": 12.9, …}}``; None if there is none."""
    if not isinstance(price, Mapping):
        return price
    return next((_amount_of(price[key]) for key in ("value", "amount", "price") if key in price), None)


def _of_variants(variants: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The codes of all variants of a product, and the price of the first."""
    codes = {key: [str(variant[key]) for variant in variants if variant.get(key)] for key in ("sku", "barcode")}
    price = next((variant["price"] for variant in variants if variant.get("price") is not None), None)
    return {**codes, "price": price}


def in_one_language(values: Sequence[object]) -> object:
    """The English text of a list of translations, else the text in its first language. Other lists stay unchanged.

    ``[{"language_tag": "en_US", "value": "Oak chair"}, …]`` is the form of Amazon's and Akeneo's exports.
    """
    if not values or not all(
        isinstance(translation, Mapping) and ("value" in translation or "data" in translation) for translation in values
    ):
        return values
    tagged = [
        (_language(translation), translation.get("value", translation.get("data")))
        for translation in values
        if isinstance(translation, Mapping)
    ]
    first = next((tag for tag, _ in tagged if tag.startswith("en")), tagged[0][0])
    kept = [value for tag, value in tagged if tag == first]
    return kept[0] if len(kept) == 1 else kept


def _language(translation: Mapping[str, object]) -> str:
    return str(translation.get("language_tag") or translation.get("locale") or "")


def to_attribute(value: object) -> AttributeValue | None:
    """The attribute value of a cell, None if it is missing; ``SourceError`` if it cannot be an attribute.

    None, empty and blank text, NaN and an empty list count as missing. Dates and times become ISO 8601, decimal numbers
    become numbers, and the members of a list become text.
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
    """The text of an id, empty if it is missing. Whole numbers are written without a point.

    ``SourceError`` for values that cannot be ids: fractions, booleans, lists, objects.
    """
    attribute = to_attribute(value)
    if isinstance(attribute, float) and attribute.is_integer():
        attribute = int(attribute)
    if isinstance(attribute, bool | float | tuple):
        raise SourceError(f"expected text or a whole number, found {attribute!r}")
    return "" if attribute is None else str(attribute)


def to_text(value: str) -> str:
    """The same text; ``SourceError`` if it has half of a surrogate pair, which no store can hold."""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise SourceError(f"{value!r} holds half of a surrogate pair, which is not valid Unicode") from None
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
