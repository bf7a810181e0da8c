"""Everything that can be done with a catalog: one here, in a store, and one behind a server."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sosie.catalog.local import Catalog
    from sosie.catalog.remote.catalog import RemoteCatalog

__all__ = ["Catalog", "RemoteCatalog"]

_HOMES = {"Catalog": "sosie.catalog.local", "RemoteCatalog": "sosie.catalog.remote.catalog"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
