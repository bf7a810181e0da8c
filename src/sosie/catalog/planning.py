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
"""Bytes of an item in the segments besides its vector: codes, graph and attributes; visual words. Measured at 1,000,000
and at 100,000 items (docs/scaling.md)."""

MAPPED_BYTES = 1_180
"""Bytes that a searching process maps for an item without visual words, of 1,000,000 (docs/scaling.md)."""

BUILDING_SECONDS = 548e-6
"""Seconds of one core that building the segments takes for an item, of 1,000,000 (docs/scaling.md)."""

OWN_BYTES = 100_000_000
"""Memory that a searching process has for itself, in bytes; it hardly grows with the catalog (docs/scaling.md)."""

HALF = 2
"""Bytes of a number in half precision."""


@dataclass(frozen=True, slots=True)
class StorePlan:
    """What a local store of ``items`` pictures needs.

    ``disk`` is the size of the store in bytes, ``segments`` the part of it that makes searches fast. ``memory`` are the
    bytes that a searching process has for itself, ``mapped`` those of files that it maps at most, which the operating
    system may release. ``hours`` of indexing are those of all cores together, at ``rate`` pictures a second, without
    downloads. ``sample`` is the number of drawn pictures that were indexed to measure this.
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
    """The plan of a store at ``uri`` with so many items, by its network or, if there is no store yet, the default one.

    Takes some seconds. ``UsageError`` if ``items`` is below 1 or ``uri`` is not that of a local store.
    """
    if items < 1:
        raise UsageError(f"--plan is {items}; expected a number of items of at least 1")
    if is_url(uri):
        raise UsageError(
            f"a plan is of a local store, and {uri} is none; docs/scaling-cluster.md has figures of clusters"
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
    """A table beside this one, with its first row: indexing it loads the network."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row, _ in zip(csv.reader(file), range(2), strict=False)]
    first = table.with_name("first.csv")
    with first.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return first


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
