"""Estimates what a local store of a given size needs, by indexing drawn pictures on this machine."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sosie.catalog.local import Catalog
from sosie.catalog.options import IndexOptions
from sosie.demo.catalog import draw_catalog
from sosie.embedders.registry import DEFAULT
from sosie.errors import UsageError
from sosie.support.urls import is_url

GRAPH_BYTES, WORDS_BYTES = 745, 5_950
"""Bytes of an item in the segments, besides its vector: codes, graph and attributes; and visual words.

Measured at 1,000,000 and at 100,000 items (docs/scaling.md).
"""

MAPPED_BYTES = 1_180
"""Bytes that a searching process maps for an item without visual words, measured at 1,000,000 items
(docs/scaling.md)."""

BUILDING_SECONDS = 548e-6
"""Seconds of one core to build the segments, for each item, measured at 1,000,000 items (docs/scaling.md)."""

OWN_BYTES = 100_000_000
"""Bytes of memory that a searching process has for itself. They hardly grow with the catalog (docs/scaling.md)."""

HALF = 2
"""Bytes of a number in half precision."""


@dataclass(frozen=True, slots=True)
class StorePlan:
    """What a local store of ``items`` pictures needs.

    - ``disk``: the size of the store in bytes, of which ``segments`` make searches fast.
    - ``memory``: the bytes that a searching process has for itself.
    - ``mapped``: most bytes of files that the process maps. The operating system may release them.
    - ``hours``: the time of indexing on all cores together, at ``rate`` pictures a second, without downloads.
    - ``sample``: the number of drawn pictures that were indexed to measure this.
    """

    items: int
    embedder: str
    dim: int
    details: bool
    disk: int
    segments: int
    memory: int
    mapped: int
    hours: float
    rate: float
    sample: int


def plan_store(items: int, uri: str, details: bool = True) -> StorePlan:
    """Plans a store at ``uri`` for this many items, with the store's network or, for a new store, the default network.

    Takes some seconds. ``UsageError`` if ``items`` is below 1, or if ``uri`` is not that of a local store.
    """
    if items < 1:
        raise UsageError(f"--plan is {items}; expected a number of items of at least 1")
    if is_url(uri):
        raise UsageError(
            f"--plan works only for a local store, and {uri} is not one; docs/scaling-cluster.md is about clusters"
        )
    with TemporaryDirectory() as folder:
        return _measured(items, _embedder_of(uri), details, Path(folder))


def _embedder_of(uri: str) -> str:
    if not Path(uri).exists():
        return DEFAULT
    with Catalog(uri) as catalog:
        return catalog.stats().embedder


def _measured(items: int, embedder: str, details: bool, folder: Path) -> StorePlan:
    table, store = draw_catalog(folder), folder / "plan.sosie"
    first = _first_row_of(table)
    options = IndexOptions(details=details)
    with Catalog(str(store), embedder=embedder) as catalog:
        catalog.index(str(first), options)
    empty = _size_of(store)
    with Catalog(str(store)) as catalog:
        catalog.index(str(first), options)
        report = catalog.index(str(table), options)
        [dim] = catalog.stats().vectors.values()
    per_item = (_size_of(store) - empty) / report.added
    words = WORDS_BYTES if details else 0
    rate = report.added / report.seconds
    segments = items * (GRAPH_BYTES + HALF * dim + words)
    return StorePlan(
        items=items, embedder=embedder, dim=dim, details=details,
        disk=round(items * per_item) + segments, segments=segments,
        memory=OWN_BYTES, mapped=items * (MAPPED_BYTES + words),
        hours=items * (1 / rate + BUILDING_SECONDS) / 3600, rate=rate, sample=report.added,
    )  # fmt: skip


def _first_row_of(table: Path) -> Path:
    """A table with only the first row of this one, in the same folder. Indexing it loads the network."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row, _ in zip(csv.reader(file), range(2), strict=False)]
    first = table.with_name("first.csv")
    with first.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return first


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
