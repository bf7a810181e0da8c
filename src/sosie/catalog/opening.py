"""Opens the catalog at an address: a local store or a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sosie.catalog.base import CatalogProtocol
from sosie.support.urls import is_url

if TYPE_CHECKING:
    from sosie.embedders.runtime import Device
    from sosie.images.fetch.options import FetchOptions
    from sosie.images.limits import Limits


def open_catalog(
    uri: str | Path,
    *,
    embedder: str | None = None,
    fetch: FetchOptions | None = None,
    quick: bool = False,
    limits: Limits | None = None,
    device: Device = "auto",
) -> CatalogProtocol:
    """Opens the catalog at a store's or a server's address; see ``sosie.open``."""
    uri = str(uri)
    if not is_url(uri):
        from sosie.catalog.local import Catalog

        return Catalog(uri, embedder=embedder, fetch=fetch, quick=quick, limits=limits, device=device)
    from sosie.catalog.remote.catalog import RemoteCatalog
    from sosie.catalog.remote.refusals import refuse_options

    given = {"embedder": embedder, "quick": quick, "device": device != "auto"}
    refuse_options("open", uri, [name for name, value in given.items() if value])
    return RemoteCatalog(uri, fetch=fetch, limits=limits)
