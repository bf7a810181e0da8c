"""Product-image search: which product is this, and what looks like it?

>>> import sosie
>>> catalog = sosie.open("shop.sosie")
>>> report = catalog.index("pictures/")
>>> result = catalog.search("photo.jpg", k=10, where="price<20")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sosie.catalog import Catalog
    from sosie.errors import SosieError
    from sosie.types import IndexReport, Item, Match, Rejection, SearchResult

__all__ = ["Catalog", "IndexReport", "Item", "Match", "Rejection", "SearchResult", "SosieError", "open"]

_HOMES = {
    "Catalog": "sosie.catalog",
    "IndexReport": "sosie.types",
    "Item": "sosie.types",
    "Match": "sosie.types",
    "Rejection": "sosie.types",
    "SearchResult": "sosie.types",
    "SosieError": "sosie.errors",
}


def open(uri: str, *, embedder: str | None = None) -> Catalog:
    """The catalogue at a store URI: a folder such as ``shop.sosie``, or ``memory:``.

    Nothing is read until the first call; the first ``index`` creates what is not there, with ``embedder`` or the
    default one.
    """
    from sosie.catalog import Catalog

    return Catalog(uri, embedder=embedder)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sosie' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
