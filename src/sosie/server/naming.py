"""Names of catalogs in URLs, keys and logs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sosie.errors import UsageError

PREFIX = "/catalogs"
"""Paths below ``/catalogs/NAME`` are the same as those of a server with only this catalog."""

NAME = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_NAME = re.compile(NAME)
_GIVEN = re.compile(rf"(?P<name>{NAME})=(?P<uri>.+)", re.DOTALL)
_SUFFIX = ".sosie"


def named_stores(given: Sequence[str]) -> dict[str, str]:
    """The stores by the names of their catalogs, from ``NAME=STORE``, or from ``STORE``, named by its last part.

    ``UsageError`` if two catalogs have the same name, or if a name cannot be used in a URL.
    """
    stores: dict[str, str] = {}
    for name, uri in map(_name_and_store, given):
        if len(given) > 1 and not _NAME.fullmatch(name):
            raise UsageError(
                f"--store {uri}: {name!r} cannot be used in a URL; name the catalog, as in --store shop={uri}"
            )
        if name in stores:
            raise UsageError(
                f"two catalogs are named {name!r}: give them different names, as in --store {name}-2={uri}"
            )
        stores[name] = uri
    return stores


def names_catalog(given: str) -> bool:
    """True if ``--store`` names its catalog. An existing path with ``=`` is a path."""
    return _GIVEN.fullmatch(given) is not None and not Path(given).exists()


def catalog_name(uri: str) -> str:
    """The default name of a catalog: shop for ``/data/shop.sosie`` and for ``…://host:9200/shop``."""
    name = folder_name(uri)
    return name.removesuffix(_SUFFIX) or name


def folder_name(uri: str) -> str:
    """The last part of a store's address."""
    place = uri.partition("?")[0] if "://" in uri else uri
    return Path(place.rstrip("/")).name


def _name_and_store(given: str) -> tuple[str, str]:
    match = _GIVEN.fullmatch(given) if names_catalog(given) else None
    return (match["name"], match["uri"]) if match else (catalog_name(given), given)
