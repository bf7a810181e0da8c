"""Products whose pictures and variants follow on lines of their own, as in Shopify's bulk exports."""

from __future__ import annotations

from collections.abc import Iterator

from sosie.errors import SourceError
from sosie.roles import candidates
from sosie.sources.values import Row

_PARENT = "__parentId"


def with_children(rows: Iterator[tuple[int, Row | SourceError]]) -> Iterator[tuple[int, Row | SourceError]]:
    """The rows; those with ``__parentId`` become members of a list in the row above that has none.

    An object with a price or a code is a variant, any other that names a picture is a picture. The rest is left out.
    """
    waiting: list[tuple[int, Row | SourceError]] = []
    for number, row in rows:
        parent = waiting[0][1] if waiting else None
        if isinstance(row, dict) and _PARENT in row and isinstance(parent, dict):
            if (name := _list_of(row)) is not None:
                parent.setdefault(name, []).append(row)
            continue
        yield from waiting
        waiting = [(number, row)]
    yield from waiting


def _list_of(child: dict[str, object]) -> str | None:
    if {"price", "sku", "barcode"} & child.keys():
        return "variants"
    return "images" if "url" in child or candidates("image", list(child)) else None
