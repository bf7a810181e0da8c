"""Builds, opens and searches graphs over codes; the only module that uses usearch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sosie.stores.local.snapshots.coding import Codes
from sosie.stores.local.snapshots.dots import squared_distances
from sosie.stores.local.snapshots.files import SegmentError
from sosie.stores.local.snapshots.places import Places
from sosie.types import Vectors

_COMPARED_AT_ONCE = 4096
_SIZES = np.dtype("<u4")

LINKS, BUILDING_EF, LEAST_EF = 16, 128, 200
"""The last is the number of nearest places that a search tracks; docs/decisions-stores.md says how it was chosen."""

LEAST_EF_UP_TO = 100_000
"""Largest graph for which ``LEAST_EF`` is enough."""

SAMPLED, CHECKED = 4096, 100


class GraphError(SegmentError):
    """usearch failed; the graph can be rebuilt."""


class Graph:
    """A finished graph, mapped into memory; thread-safe."""

    def __init__(self, file: Path, numbers: int) -> None:
        try:
            self._index = _new_index(numbers)
            self._index.view(str(file))
            self._index.expansion_search = _searched_places(len(self))
        except Exception as error:  # its errors have no class in common
            raise GraphError(str(error)) from error
        if self._index.ndim != numbers:
            raise GraphError(f"codes of {self._index.ndim} numbers, expected {numbers}")
        self._codes = _mapped_codes(file, len(self), numbers)
        self._sampled = np.linspace(0, len(self) - 1, SAMPLED if len(self) > LEAST_EF_UP_TO else 0).astype(np.int64)
        self._sample = self._codes[self._sampled]

    def __len__(self) -> int:
        return int(self._index.size)

    def best(self, code: Codes, number: int) -> tuple[Places, Vectors]:
        """About the ``number`` nearest places to a code of shape (numbers,), and their squared distances.

        In a large graph some places cannot be reached from the rest; if a sample shows that these are the nearest, all
        codes are compared.
        """
        try:
            matches = self._index.search(code, number, threads=1)
        except Exception as error:
            raise GraphError(str(error)) from error
        places, distances = matches.keys.astype(np.int64), np.asarray(matches.distances, np.float32)
        return (
            self._nearest_of_all(code, number) if self._misses_nearest(code, places, distances) else (places, distances)
        )

    def _misses_nearest(self, code: Codes, places: Places, distances: Vectors) -> bool:
        """True if a place of the sample is nearer than the first ``CHECKED`` of ``places``, and not among them."""
        if not len(self._sample) or not len(places):
            return False
        nearer = squared_distances(code[None], self._sample)[0] < distances[:CHECKED][-1]
        return not np.isin(self._sampled[nearer], places).all()

    def _nearest_of_all(self, code: Codes, number: int) -> tuple[Places, Vectors]:
        every = [
            squared_distances(code[None], self._codes[start : start + _COMPARED_AT_ONCE])[0]
            for start in range(0, len(self), _COMPARED_AT_ONCE)
        ]
        distances = np.concatenate(every)
        first = np.argpartition(distances, number)[:number] if number < len(distances) else np.arange(len(distances))
        places = first[np.argsort(distances[first], kind="stable")]
        return places, distances[places]

    def distances(self, codes: Codes, places: Places) -> Vectors:
        """The squared distances between m codes and those at n places, shape (m, n)."""
        parts = [
            squared_distances(codes, self._codes[places[start : start + _COMPARED_AT_ONCE]])
            for start in range(0, len(places), _COMPARED_AT_ONCE)
        ]
        return np.concatenate([np.empty((len(codes), 0), np.float32), *parts], axis=1)


def write_graph(file: Path, numbers: int, blocks: Iterable[Codes]) -> None:
    """Build a graph over codes in the order of their places and write it into a file.

    It uses one thread: with two, a few of 3,000 random vectors are not reached from their neighbors (usearch 2.26).
    """
    place = 0
    try:
        index = _new_index(numbers)
        for block in blocks:
            index.add(np.arange(place, place + len(block), dtype=np.uint64), block, threads=1)
            place += len(block)
        index.save(str(file))
    except OSError:
        raise
    except Exception as error:
        raise GraphError(str(error)) from error


def _searched_places(rows: int) -> int:
    """How many nearest places a search tracks: twice as many in a graph of ten times the size."""
    growth: float = max(1.0, rows / LEAST_EF_UP_TO) ** math.log10(2)
    return round(LEAST_EF * growth)


def _mapped_codes(file: Path, rows: int, numbers: int) -> Codes:
    """The codes in a file of usearch, which begins with their number, their length, and themselves."""
    if np.fromfile(file, _SIZES, 2).tolist() != [rows, numbers]:
        raise GraphError(f"{file} does not begin with {rows} codes of {numbers} numbers")
    return np.asarray(np.memmap(file, np.int8, "r", 2 * _SIZES.itemsize, (rows, numbers)))


def _new_index(numbers: int) -> Any:
    return _library().Index(
        ndim=numbers,
        metric="l2sq",
        dtype="i8",
        connectivity=LINKS,
        expansion_add=BUILDING_EF,
        expansion_search=LEAST_EF,
        enable_key_lookups=False,
    )


@cache
def _library() -> Any:
    """The module usearch, imported on first use."""
    import usearch.index

    return usearch.index
