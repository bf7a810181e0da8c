"""Codes (compressed vectors) in lists: each list has the codes nearest to its center. A search reads the nearest lists.

This is an inverted file as in Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", 2011, but with
whole codes in place of residuals. docs/decisions-stores.md compares it with graphs. A place is the index of a row in
the segment, and a position is the index of its code in the lists.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.stores.local.snapshots.coding import Codes
from sosie.stores.local.snapshots.dots import squared_distances
from sosie.stores.local.snapshots.files import SegmentError, mapped_array
from sosie.stores.local.snapshots.places import Places, smallest
from sosie.types import Vectors

ROWS_A_LIST, LISTS_A_ROOT = 100, 3.2
"""For n codes there are n / ``ROWS_A_LIST`` lists, at most ``LISTS_A_ROOT`` times the square root of n."""

LEAST_COMPARED, COMPARED_A_ROOT, COMPARED_A_PLACE = 4096, 8, 40
"""A search compares at least as many codes as the largest of three numbers.

These are ``LEAST_COMPARED``, ``COMPARED_A_ROOT`` times the square root of n, and ``COMPARED_A_PLACE`` times the number
of places that it returns.
"""

COMPARED_PASSING = 6144
"""With a filter, lists are read until about this many of their codes pass: the nearest of these may lie in far
lists."""

_SAMPLED_A_LIST, _ROUNDS = 32, 6
_ASSIGNED_AT_ONCE, _COMPARED_AT_ONCE = 2048, 4096
_CODES, _BEFORE = "codes.i8", "codes-by-place.i8"

Passing: TypeAlias = Callable[[Places], npt.NDArray[np.bool_]]
"""True for each place that may be returned."""


class CodeLists(NamedTuple):
    """Codes in lists, memory-mapped; thread-safe.

    - ``codes`` (n, numbers): list by list. List l begins at position ``starts[l]``.
    - ``centers``: list l has the center ``centers[l]``.
    - ``places`` (n,): the place of the code at each position; ``positions`` is the inverse.
    """

    codes: Codes
    centers: Codes
    starts: Places
    places: npt.NDArray[np.uint32]
    positions: npt.NDArray[np.uint32]

    def nearest(
        self, code: Codes, number: int, passing: Passing | None = None, share: float = 1.0
    ) -> tuple[Places, Vectors]:
        """The ``number`` places nearest to a code of shape (numbers,), and their squared distances.

        A near place is missed if its list is not among the lists that are read. With ``passing``, only places that pass
        are returned; ``share`` is the share of all places that pass.
        """
        compared = max(LEAST_COMPARED, COMPARED_A_ROOT * math.sqrt(len(self.codes)), COMPARED_A_PLACE * number)
        positions = self._near(code, max(compared, 0 if passing is None else COMPARED_PASSING / share))
        places = self.places[positions].astype(np.int64)
        if places.max(initial=0) >= len(self.codes):
            raise SegmentError("a list names a place that does not exist")
        if passing is not None:
            passed = passing(places)
            positions, places = positions[passed], places[passed]
        distances = self._distances(code[None], positions)[0]
        order = smallest(distances, number)
        return places[order], distances[order]

    def distances(self, codes: Codes, places: Places) -> Vectors:
        """The squared distances between m codes and the codes at n places, shape (m, n)."""
        return self._distances(codes, self.positions[places].astype(np.int64))

    def _near(self, code: Codes, number: float) -> Places:
        """The positions of all codes in the nearest lists; as many lists as have ``number`` codes together."""
        if number >= len(self.codes):
            return np.arange(len(self.codes))
        lengths = np.diff(self.starts)
        nearest = np.argsort(squared_distances(code[None], self.centers)[0])
        ends = np.cumsum(lengths[nearest])
        last = int(np.searchsorted(ends, number)) + 1
        chosen, ends = nearest[:last], ends[:last]
        positions: Places = np.arange(ends[-1]) + np.repeat(self.starts[chosen + 1] - ends, lengths[chosen])
        return positions

    def _distances(self, codes: Codes, positions: Places) -> Vectors:
        try:
            parts = [
                squared_distances(codes, self.codes[positions[start : start + _COMPARED_AT_ONCE]])
                for start in range(0, len(positions), _COMPARED_AT_ONCE)
            ]
        except IndexError as error:
            raise SegmentError("a list names a code that does not exist") from error
        return np.concatenate([np.empty((len(codes), 0), np.float32), *parts], axis=1)


def write_lists(folder: Path, numbers: int, blocks: Iterable[Codes]) -> None:
    """Writes codes into lists in a folder.

    ``blocks`` have at least one code in all, in order of places. Each code has ``numbers`` numbers.
    """
    with (folder / _BEFORE).open("wb") as stream:
        stream.writelines(block.tobytes() for block in blocks)
    codes = _mapped_codes(folder / _BEFORE, numbers)
    centers = _fit_centers(codes, _number_of_lists(len(codes)))
    lists = _assigned(codes, centers)
    places = np.argsort(lists, kind="stable").astype(np.uint32)
    positions = np.empty_like(places)
    positions[places] = np.arange(len(places), dtype=np.uint32)
    starts = np.concatenate([[0], np.cumsum(np.bincount(lists, minlength=len(centers)))])
    with (folder / _CODES).open("wb") as stream:
        for start in range(0, len(places), _COMPARED_AT_ONCE):
            stream.write(codes[places[start : start + _COMPARED_AT_ONCE]].tobytes())
    arrays = {"centers": np.rint(centers).astype(np.int8), "starts": starts, "places": places, "positions": positions}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    del codes
    (folder / _BEFORE).unlink()


def open_lists(folder: Path, numbers: int) -> CodeLists:
    """Opens the lists in a folder; ``SegmentError``, ``OSError`` or ``ValueError`` if they are invalid."""
    arrays = {name: mapped_array(folder / f"{name}.npy") for name in CodeLists._fields[1:]}
    lists = CodeLists(_mapped_codes(folder / _CODES, numbers), **arrays)
    rows = len(lists.codes)
    shapes = [array.shape for array in lists]
    if shapes != [(rows, numbers), (len(lists.starts) - 1, numbers), (len(lists.starts),), (rows,), (rows,)]:
        raise SegmentError(f"the lists in {folder} are inconsistent")
    if lists.starts[0] or lists.starts[-1] != rows or (np.diff(lists.starts) < 0).any():
        raise SegmentError(f"the lists in {folder} do not have {rows} codes in all")
    return lists


def _number_of_lists(rows: int) -> int:
    return max(1, round(min(rows / ROWS_A_LIST, LISTS_A_ROOT * math.sqrt(rows))))


def _mapped_codes(file: Path, numbers: int) -> Codes:
    return np.asarray(np.memmap(file, np.int8, "r").reshape(-1, numbers))


def _fit_centers(codes: Codes, number: int) -> Vectors:
    """Centers of a sample, by Lloyd's algorithm (k-means), shape (number, numbers)."""
    random = np.random.default_rng(0)
    sample = codes[np.sort(random.permutation(len(codes))[: _SAMPLED_A_LIST * number])]
    centers = sample[random.permutation(len(sample))[:number]].astype(np.float32)
    for _ in range(_ROUNDS if number > 1 else 0):
        lists = _assigned(sample, centers)
        filled, firsts = np.unique(np.sort(lists), return_index=True)
        ordered = sample[np.argsort(lists, kind="stable")]
        sums = np.add.reduceat(ordered, firsts, axis=0, dtype=np.float32)
        centers[filled] = sums / np.diff(firsts, append=len(sample))[:, None]
    return centers


def _assigned(codes: Codes, centers: Vectors) -> Places:
    """The index of the nearest center of each code."""
    halves = np.einsum("ln,ln->l", centers, centers) / 2
    nearest = [
        np.argmax(codes[start : start + _ASSIGNED_AT_ONCE].astype(np.float32) @ centers.T - halves, axis=1)
        for start in range(0, len(codes), _ASSIGNED_AT_ONCE)
    ]
    return np.concatenate(nearest)
