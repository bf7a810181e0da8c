"""A segment of embeddings: the vectors of many rows as in the database, and short codes of them in lists.

A place is the index of a row in the segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sosie.stores.local.snapshots.coding import SAMPLE, Codes, Coding, fit_coding, load_coding, save_coding
from sosie.stores.local.snapshots.dots import dots
from sosie.stores.local.snapshots.files import SegmentError
from sosie.stores.local.snapshots.halves import HalfFile, Halves
from sosie.stores.local.snapshots.lists import CodeLists, Passing, open_lists, write_lists
from sosie.stores.local.snapshots.places import Places
from sosie.stores.local.truth.encoding import is_vector, unit_halves
from sosie.stores.local.truth.schema import ROW_MASK
from sosie.stores.local.truth.spans import Kept
from sosie.stores.local.truth.vectors import Rows
from sosie.types import Vectors

_CODED_AT_ONCE = 8192
_COMPARED_AT_ONCE = 2048
_ROWS, _HALVES = "rows.npy", "vectors.f16"


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingSegment:
    """The vectors of n rows; ``rows`` (n,) ascend. The codes are memory-mapped.

    Every method raises ``SegmentError`` if a file cannot be read.
    """

    rows: Rows
    halves: HalfFile
    coding: Coding
    lists: CodeLists

    def __len__(self) -> int:
        return len(self.rows)

    def nearest(self, query: Vectors, number: int, passing: Passing | None, share: float) -> Places:
        """About the ``number`` nearest places by code, nearest first. ``share`` of all places pass ``passing``."""
        places, _ = self.lists.nearest(self.coding.encode_query(query), number, passing, share)
        return places

    def distances(self, queries: Vectors, places: Places) -> Vectors:
        """The squared distances between the codes of m queries and the codes at n places, shape (m, n)."""
        return self.lists.distances(np.stack([self.coding.encode_query(query) for query in queries]), places)

    def cosines(self, queries: Vectors, places: Places) -> Vectors:
        """The cosines of m queries with the vectors at n places, shape (m, n), within ``COSINE_ERROR``."""
        parts = [
            cosines_of_halves(queries, self.halves.at(places[start : start + _COMPARED_AT_ONCE]))
            for start in range(0, len(places), _COMPARED_AT_ONCE)
        ]
        return np.concatenate([np.empty((len(queries), 0), np.float32), *parts], axis=1)

    def vectors(self, places: Places) -> Vectors:
        """The vectors at these places, scaled to unit length."""
        return unit_halves(self.halves.at(places))


def cosines_of_halves(queries: Vectors, halves: Halves) -> Vectors:
    """The cosines of unit vectors (m, dim) with vectors in half precision (n, dim), within ``COSINE_ERROR``."""
    if not len(halves):
        return np.empty((len(queries), 0), np.float32)
    return dots(queries.astype(np.float16), halves)


def write_segment(folder: Path, dim: int, blocks: Iterable[Kept]) -> int:
    """Writes a segment of vectors, in order of rows, into a new folder; returns the number of rows."""
    folder.mkdir()
    rows = [np.empty(0, np.int64)]
    with (folder / _HALVES).open("wb") as stream:
        for block in blocks:
            rows.append(np.fromiter((key & ROW_MASK for key, _ in block), np.int64, len(block)))
            stream.writelines(data if is_vector(data, dim) else bytes(2 * dim) for _, data in block)
    every = np.concatenate(rows)
    np.save(folder / _ROWS, every)
    if len(every):
        _write_codes(folder, HalfFile(folder / _HALVES, len(every), dim))
    return len(every)


def open_segment(folder: Path, dim: int) -> EmbeddingSegment:
    """Opens the segment in a folder; ``SegmentError`` if it is invalid."""
    try:
        rows = np.load(folder / _ROWS, allow_pickle=False)
        coding = load_coding(folder)
        lists = open_lists(folder, coding.numbers)
        if len(coding.mean) != dim or len(lists.codes) != len(rows):
            raise SegmentError(f"the parts in {folder} are inconsistent")
        return EmbeddingSegment(rows, HalfFile(folder / _HALVES, len(rows), dim), coding, lists)
    except (OSError, EOFError, ValueError) as error:
        raise SegmentError(str(error)) from error


def _write_codes(folder: Path, halves: HalfFile) -> None:
    chosen = np.sort(np.random.default_rng(0).permutation(len(halves))[:SAMPLE])
    coding = fit_coding(unit_halves(halves.at(chosen)))
    save_coding(folder, coding)
    write_lists(folder, coding.numbers, _codes(coding, halves))


def _codes(coding: Coding, halves: HalfFile) -> Iterator[Codes]:
    for block in halves.blocks(_CODED_AT_ONCE):
        yield coding.encode(unit_halves(block))
