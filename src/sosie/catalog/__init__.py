"""Catalogs: in a store on this machine or a cluster, or behind a server."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sosie.catalog.base import CatalogProtocol, Stats
    from sosie.catalog.local import Catalog
    from sosie.catalog.options import IndexOptions, SearchOptions
    from sosie.catalog.remote.catalog import RemoteCatalog

__all__ = ["Catalog", "CatalogProtocol", "IndexOptions", "RemoteCatalog", "SearchOptions", "Stats"]

_HOMES = {
    "Catalog": "sosie.catalog.local",
    "CatalogProtocol": "sosie.catalog.base",
    "IndexOptions": "sosie.catalog.options",
    "RemoteCatalog": "sosie.catalog.remote.catalog",
    "SearchOptions": "sosie.catalog.options",
    "Stats": "sosie.catalog.base",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
