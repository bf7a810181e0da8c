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
    from pathlib import Path

    from sosie.catalog import Catalog, CatalogProtocol
    from sosie.errors import SosieError
    from sosie.images.fetch.options import FetchOptions
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


def open(
    uri: str | Path, *, embedder: str | None = None, fetch: FetchOptions | None = None, quick: bool = False
) -> CatalogProtocol:
    """The catalog at a store URI: a folder such as ``shop.sosie``, ``memory:``, or a server, ``http://host:8000``.

    Nothing is read until the first call; the first ``index`` creates what is not there, with ``embedder`` or the
    default one; a server has chosen its own. ``fetch`` says how pictures behind URLs are fetched. ``quick`` looks at
    photos as a whole only, in a quarter of the time, and finds less.
    """
    from sosie.catalog.opening import open_catalog

    return open_catalog(uri, embedder=embedder, fetch=fetch, quick=quick)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sosie' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
