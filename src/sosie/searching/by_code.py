"""Candidates by the barcode or QR code in a photo: the surest evidence there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sosie.filters import Where
from sosie.knowledge.codes import items_with_code
from sosie.searching.query import Query
from sosie.stores.base import Store
from sosie.types import Hit

if TYPE_CHECKING:
    from sosie.codes.base import Code


@dataclass(frozen=True, slots=True)
class Coded:
    """An item whose code is in the photo."""

    hit: Hit
    code: Code


def products_with_codes(store: Store, query: Query, where: Where | None) -> dict[str, Coded]:
    """By product, the first item that passes and has a code of the query's pictures."""
    found: dict[str, Coded] = {}
    for shot in query.shots:
        for code in shot.codes:
            for record in items_with_code(store, code.text, where):
                found.setdefault(record.product_id, Coded(Hit(record.item_id, None, record), code))
    return found
