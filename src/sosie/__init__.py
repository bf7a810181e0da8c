"""Product-image search: which product is this, and what looks like it?

    >>> import sosie
    >>> with sosie.open("new.sosie") as catalog:
    ...     report = catalog.index("catalog.csv")
    ...     result = catalog.search("photo.jpg", k=3, where="price<20")
    >>> report.added, result.matches[0].product_id
    (6, 'p1')

Every name here is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from sosie.catalog.base import CatalogProtocol, Stats
    from sosie.catalog.local import Catalog
    from sosie.catalog.options import IndexOptions, SearchOptions
    from sosie.catalog.remote.catalog import RemoteCatalog
    from sosie.duplicates.records import DuplicateReport
    from sosie.embedders.runtime import Device
    from sosie.errors import (
        EmbedderError,
        FilterError,
        ImageError,
        ItemNotFound,
        SosieError,
        SourceError,
        StoreError,
        StoreNotFound,
        UsageError,
    )
    from sosie.evaluation.records import Evaluation
    from sosie.filters import Where
    from sosie.images.crop import Box
    from sosie.images.fetch.options import FetchOptions
    from sosie.images.limits import Limits
    from sosie.images.query import NamedBytes
    from sosie.indexing.embedding import Fetched
    from sosie.learning.feedback import Feedback
    from sosie.searching.identify import Identification
    from sosie.searching.regions import ProductInPhoto
    from sosie.types import (
        CodeEvidence,
        DetailsEvidence,
        Facet,
        IndexReport,
        Item,
        LooksEvidence,
        Match,
        Progress,
        Record,
        Rejection,
        SearchResult,
    )

    __version__: str

__all__ = [
    "Box", "Catalog", "CatalogProtocol", "CodeEvidence", "DetailsEvidence", "DuplicateReport", "EmbedderError",
    "Evaluation", "Facet", "Feedback", "FetchOptions", "Fetched", "FilterError", "Identification", "ImageError",
    "IndexOptions", "IndexReport", "Item", "ItemNotFound", "Limits", "LooksEvidence", "Match", "NamedBytes",
    "ProductInPhoto", "Progress", "Record", "Rejection", "RemoteCatalog", "SearchOptions", "SearchResult", "SosieError",
    "SourceError", "Stats", "StoreError", "StoreNotFound", "UsageError", "Where", "__version__", "open",
]  # fmt: skip

_MODULES = {
    "sosie.catalog.base": ("CatalogProtocol", "Stats"),
    "sosie.catalog.local": ("Catalog",),
    "sosie.catalog.options": ("IndexOptions", "SearchOptions"),
    "sosie.catalog.remote.catalog": ("RemoteCatalog",),
    "sosie.duplicates.records": ("DuplicateReport",),
    "sosie.errors": (
        "EmbedderError", "FilterError", "ImageError", "ItemNotFound", "SosieError", "SourceError", "StoreError",
        "StoreNotFound", "UsageError",
    ),
    "sosie.evaluation.records": ("Evaluation",),
    "sosie.filters": ("Where",),
    "sosie.images.crop": ("Box",),
    "sosie.images.fetch.options": ("FetchOptions",),
    "sosie.images.limits": ("Limits",),
    "sosie.images.query": ("NamedBytes",),
    "sosie.indexing.embedding": ("Fetched",),
    "sosie.learning.feedback": ("Feedback",),
    "sosie.searching.identify": ("Identification",),
    "sosie.searching.regions": ("ProductInPhoto",),
    "sosie.types": (
        "CodeEvidence", "DetailsEvidence", "Facet", "IndexReport", "Item", "LooksEvidence", "Match", "Progress",
        "Record", "Rejection", "SearchResult",
    ),
}  # fmt: skip
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def open(
    uri: str | Path,
    *,
    embedder: str | None = None,
    fetch: FetchOptions | None = None,
    quick: bool = False,
    limits: Limits | None = None,
    device: Device = "auto",
) -> CatalogProtocol:
    """Opens the catalog at a URI: a folder such as ``shop.sosie``, ``memory:``, or a server: ``http://host:8000``.

    Nothing is read until the first call. The first ``index`` creates a missing store.

    - ``embedder``: the network of a new store; by default the default network. A server has its own.
    - ``fetch``: how pictures behind URLs are fetched.
    - ``quick``: embeds photos only as a whole. This takes a quarter of the time, and lowers the hit rate.
    - ``limits``: the largest picture that is read.
    - ``device``: where the network runs: "cpu", "cuda", "coreml" or "auto", which uses a CUDA GPU if ONNX Runtime has
      one.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     catalog.count("brand=Acme")
    3
    """
    from sosie.catalog.opening import open_catalog

    return open_catalog(uri, embedder=embedder, fetch=fetch, quick=quick, limits=limits, device=device)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from sosie.support.version import sosie_version

        return sosie_version()
    if name not in _HOMES:
        raise AttributeError(f"module 'sosie' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
