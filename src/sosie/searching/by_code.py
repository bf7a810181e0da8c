"""Candidates by a barcode or QR code in the photo. A code is the strongest evidence."""

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
class CodedItem:
    """An item with a code that is in the photo."""

    hit: Hit
    code: Code


def products_with_codes(store: Store, knowledge: Knowledge, query: Query, where: Where | None) -> dict[str, CodedItem]:
    """For each product with a code that is in the query's pictures, the first such item that passes ``where``."""
    items: dict[str, CodedItem] = {}
    if knowledge.code_attribute is None:
        return items
    for shot in query.shots:
        for code in shot.codes:
            for record in items_with_code(store, knowledge, code.text, where):
                items.setdefault(record.product_id, CodedItem(Hit(record.item_id, None, record), code))
    return items


def items_with_code(store: Store, knowledge: Knowledge, code: str, where: Where | None = None) -> list[Record]:
    """The items with this code that pass the bound ``where``, in order of their ids.

    EAN, UPC and GTIN codes are compared as numbers, so leading zeros do not matter; other codes must be equal. The list
    is empty if the catalog has no attribute for codes.
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
