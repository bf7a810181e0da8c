"""Candidates by the barcode or QR code in a photo: the surest evidence there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sosie.codes.gtin import spellings
from sosie.filters import Condition, Where, bind
from sosie.knowledge.knowledge import Knowledge
from sosie.searching.query import Query
from sosie.stores.base import Store
from sosie.types import Hit, Record

if TYPE_CHECKING:
    from sosie.codes.base import Code


@dataclass(frozen=True, slots=True)
class Coded:
    """An item whose code is in the photo."""

    hit: Hit
    code: Code


def products_with_codes(store: Store, knowledge: Knowledge, query: Query, where: Where | None) -> dict[str, Coded]:
    """By product, the first item that passes and has a code of the query's pictures."""
    found: dict[str, Coded] = {}
    if knowledge.code_attribute is None:
        return found
    for shot in query.shots:
        for code in shot.codes:
            for record in items_with_code(store, knowledge, code.text, where):
                found.setdefault(record.product_id, Coded(Hit(record.item_id, None, record), code))
    return found


def items_with_code(store: Store, knowledge: Knowledge, code: str, where: Where | None = None) -> list[Record]:
    """The items that pass the bound ``where`` and whose code is this one, in order of their ids.

    EAN, UPC and GTIN are compared as numbers, whatever zeros stand before them; other codes letter by letter. Nothing
    is found where the catalogue names no attribute.
    """
    attribute, types = knowledge.code_attribute, knowledge.manifest.attributes
    if attribute is None or attribute not in types:
        return []
    values = spellings(code)
    if types[attribute] == "number":
        values = tuple(value for value in values if value.isdecimal())
    if not values:
        return []
    same = bind(Where((Condition(attribute, "=", values),)), types)
    return list(store.scan(Where((*same.conditions, *(where or Where()).conditions))))
