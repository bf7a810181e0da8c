"""Records of JSON exports as rows: without the wrappings of databases and APIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sosie.roles import candidates
from sosie.sources.formats.money import OF_MONEY, in_whole_units
from sosie.types import JSON

_DYNAMO = frozenset(("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"))
_MARKS = frozenset(("type", "edges", "nodes", *OF_MONEY))
"""Keys of objects that may be more than their members. All others are recognized fast."""

_CONNECTION = frozenset(("edges", "nodes", "pageInfo", "totalCount"))
_NAMES = ("attribute_code", "name", "key", "code", "label", "attribute")
_VALUES = ("value", "values")
_PRODUCT_TYPES = ("Product", "Offer", "Vehicle", "Car", "Book", "Thing", "CreativeWork", "VisualArtwork", "Painting")


def plain_record(record: dict[str, JSON]) -> dict[str, JSON]:
    """The record with plain values, named values as an object, and without an object around it.

    Databases write ``{"$numberDecimal": "12.9"}`` (MongoDB) or ``{"N": "12.9"}`` (DynamoDB), and APIs
    ``{"id": 1, "attributes": {…}}``, ``[{"name": "brand", "value": "Acme"}, …]``, ``{"edges": [{"node": …}, …]}``
    (GraphQL) or ``{"type": "number", "number": 12.9}`` (Notion). Amounts of money in cents become whole units.
    """
    if not any(isinstance(value, dict | list) for value in record.values()):
        return record
    opened = _opened(record)
    if opened and all(isinstance(value, dict) and len(value) == 1 and value.keys() <= _DYNAMO
                      for value in opened.values()):  # fmt: skip
        return {name: _of_dynamo(value) for name, value in opened.items()}
    return cast("dict[str, JSON]", _plain_members(opened))


def is_of_other_type(record: Mapping[str, JSON]) -> bool:
    """True for a record of schema.org that is not a product, such as the web site or a breadcrumb."""
    kind = record.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return kind is not None and not any(str(name).rpartition("/")[2].startswith(_PRODUCT_TYPES) for name in kinds)


def _opened(record: dict[str, JSON]) -> dict[str, JSON]:
    """The product within a record of a few simple values and an object; any other record unchanged."""
    if any(isinstance(value, list) and value for value in record.values()):
        return record
    inner = [value for value in record.values() if isinstance(value, dict)]
    if len(inner) != 1 or len(inner[0]) < len(record):
        return record
    product = inner[0]
    if candidates("image", list(record)) or not (
        candidates("title", list(product)) or candidates("image", list(product))
    ):
        return record
    around = {name: value for name, value in record.items() if value is not product}
    return {**around, **product}


def _of_dynamo(value: JSON) -> JSON:
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind == "N":
        return _number(inner)
    if kind == "L" and isinstance(inner, list):
        return [_of_dynamo(member) for member in inner]
    if kind == "M" and isinstance(inner, dict):
        return {name: _of_dynamo(member) for name, member in inner.items()}
    return None if kind == "NULL" else inner


def _plain(value: JSON) -> JSON:
    if isinstance(value, list):
        if value and all(isinstance(member, dict) and "plain_text" in member for member in value):
            return "".join(str(cast("dict[str, JSON]", member)["plain_text"]) for member in value)
        named = _named_values(value)
        return [_plain(member) for member in value] if named is None else named
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, inner),) = value.items()
        if kind.startswith("$"):
            return _number(inner) if kind.startswith("$number") else _plain(inner)
    if value.keys().isdisjoint(_MARKS):
        return _plain_members(value)
    kind = value.get("type")
    if isinstance(kind, str) and kind in value and value.keys() <= {"id", "name", "type", kind}:
        return _plain(value[kind])
    if (members := _members_of_connection(value)) is not None:
        return [_plain(member) for member in members]
    return _plain_members(in_whole_units(value))


def _plain_members(value: dict[str, JSON]) -> JSON:
    return {name: _plain(inner) if isinstance(inner, dict | list) else inner for name, inner in value.items()}


def _members_of_connection(value: dict[str, JSON]) -> list[JSON] | None:
    """The members of a list as GraphQL writes it, ``{"edges": [{"node": …}, …]}``; None for any other object."""
    if not value.keys() <= _CONNECTION:
        return None
    nodes, edges = value.get("nodes"), value.get("edges")
    if isinstance(nodes, list):
        return nodes
    if isinstance(edges, list):
        return [edge.get("node", edge) if isinstance(edge, dict) else edge for edge in edges]
    return None


def _named_values(values: list[JSON]) -> dict[str, JSON] | None:
    """The object for a list of names with values; None for any other list."""
    if not values or not all(isinstance(value, dict) and 2 <= len(value) <= 4 for value in values):
        return None
    entries = [cast("dict[str, JSON]", value) for value in values]
    name = next((key for key in _NAMES if all(isinstance(entry.get(key), str) for entry in entries)), None)
    value = next((key for key in _VALUES if all(key in entry for entry in entries)), None)
    if name is None or value is None or any("locale" in entry or "language_tag" in entry for entry in entries):
        return None
    return {str(entry[name]): entry[value] for entry in entries if not str(entry[name]).startswith("_")}


def _number(value: JSON) -> JSON:
    try:
        return float(str(value)) if "." in str(value) or "e" in str(value).lower() else int(str(value))
    except ValueError:
        return value
