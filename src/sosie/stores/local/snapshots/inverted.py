"""An inverted file: for each visual word, the list of its items. A query reads only the lists of its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.stores.local.snapshots.files import SegmentError, mapped_array
from sosie.stores.local.truth.vectors import Rows
from sosie.stores.voting import Runs, near_entries, nearest_votes
from sosie.support.visual_words import MOST_WORDS, VisualWords, WordsQuery

PORTION = 1 << 16
"""Entries that are compared at once: their signatures fit into the processor's cache."""

Item: TypeAlias = tuple[int, VisualWords]
"""A row and its visual words."""

Scores: TypeAlias = npt.NDArray[np.float64]


class InvertedFileError(SegmentError):
    """The files of an inverted file are damaged."""


@dataclass(frozen=True, slots=True, eq=False)
class InvertedFile:
    """The points of n items, sorted by visual word.

    - ``rows`` (n,): the items' rows in the database.
    - ``points`` (n,): the number of points of each item.
    - ``starts``: word w has the entries ``starts[w]`` up to ``starts[w + 1]``. An entry has the index of an item (below
      n) and a signature.
    """

    rows: Rows
    points: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    items: npt.NDArray[np.uint32]
    signatures: npt.NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_consistent(self) -> bool:
        """True if the sizes of the arrays fit together."""
        entries = len(self.signatures)
        sizes = (len(self.points), len(self.starts), len(self.items), int(self.starts[-1]))
        return sizes == (len(self.rows), MOST_WORDS + 1, entries, entries)

    def scores(self, query: WordsQuery) -> Scores:
        """The score of each item for the query, shape (n,), equal to ``voting.score_item``."""
        parts = [(np.empty(0, np.intp), np.empty(0)), *(self._votes(part) for part in self._portions(query))]
        items, votes = (np.concatenate(column) for column in zip(*parts, strict=True))
        return np.asarray(np.bincount(items, votes, len(self)) / np.sqrt(np.maximum(self.points, 1)))

    def _portions(self, query: WordsQuery) -> Iterator[WordsQuery]:
        """Splits the query into parts with about ``PORTION`` entries each."""
        sizes = (self.starts[query.words.astype(np.intp) + 1] - self.starts[query.words]).sum(axis=1)
        ends = np.flatnonzero(np.diff(np.cumsum(sizes) // PORTION, prepend=0))
        for first, last in pairwise(sorted({0, *(ends + 1).tolist(), len(query)})):
            yield WordsQuery(query.words[first:last], query.signatures[first:last], query.weights[first:last])

    def _votes(self, query: WordsQuery) -> tuple[npt.NDArray[np.intp], Scores]:
        words = query.words.ravel().astype(np.intp)
        runs, entries, bits = near_entries(query, Runs(self.starts[words], self.starts[words + 1]), self.signatures)
        return nearest_votes(query, self.items[entries].astype(np.intp), runs, bits, len(self))


def invert(items: Iterable[Item]) -> InvertedFile:
    """Makes the inverted file of items, in memory."""
    rows, kept = [], []
    for row, of_item in items:
        rows.append(row)
        kept.append(of_item)
    points = np.array([len(item_words) for item_words in kept], np.uint32)
    words = np.concatenate([np.empty(0, np.uint16), *(item_words.words for item_words in kept)])
    signatures = np.concatenate([np.empty(0, np.uint64), *(item_words.signatures for item_words in kept)])
    order = np.argsort(words, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(words, minlength=MOST_WORDS))])
    numbers = np.repeat(np.arange(len(rows), dtype=np.uint32), points)
    return InvertedFile(np.array(rows, np.int64), points, starts.astype(np.int64), numbers[order], signatures[order])


def open_inverted_file(folder: Path) -> InvertedFile:
    """Opens the inverted file in a folder, memory-mapped; ``InvertedFileError`` if it is invalid."""
    try:
        inverted = InvertedFile(**{name: mapped_array(folder / f"{name}.npy") for name in _NAMES})
    except (OSError, EOFError, ValueError) as error:
        raise InvertedFileError(str(error)) from error
    if not inverted.is_consistent:
        raise InvertedFileError(f"the parts in {folder} are inconsistent")
    return inverted


def write_inverted_file(folder: Path, runs: Iterable[InvertedFile]) -> int:
    """Merges inverted files of different items into one in a new folder; returns the number of items.

    Takes the memory of one of them at a time, and temporarily twice the space on disk.
    """
    folder.mkdir()
    stored = [_stored(folder / f"run-{number}", run) for number, run in enumerate(runs)]
    _merge(folder, [open_inverted_file(path) for path in stored])
    for path in stored:
        for name in _NAMES:
            (path / f"{name}.npy").unlink()
        path.rmdir()
    return len(open_inverted_file(folder))


def _stored(folder: Path, run: InvertedFile) -> Path:
    folder.mkdir()
    for name in _NAMES:
        np.save(folder / f"{name}.npy", getattr(run, name))
    return folder


def _merge(folder: Path, runs: list[InvertedFile]) -> None:
    """Merges the runs: the entries of a word are joined in the order of the runs."""
    starts = np.sum([run.starts for run in runs], axis=0) if runs else np.zeros(MOST_WORDS + 1, np.int64)
    np.save(folder / "starts.npy", starts.astype(np.int64))
    np.save(folder / "rows.npy", np.concatenate([np.empty(0, np.int64), *(run.rows for run in runs)]))
    np.save(folder / "points.npy", np.concatenate([np.empty(0, np.uint32), *(run.points for run in runs)]))
    items = _new_array(folder / "items.npy", np.dtype(np.uint32), int(starts[-1]))
    signatures = _new_array(folder / "signatures.npy", np.dtype(np.uint64), int(starts[-1]))
    free, number = starts[:-1].copy(), 0
    for run in runs:
        lengths = np.diff(run.starts)
        places = np.arange(run.starts[-1]) + np.repeat(free - run.starts[:-1], lengths)
        items[places] = run.items + np.uint32(number)
        signatures[places] = run.signatures
        free += lengths
        number += len(run)
    for part in (items, signatures):
        if isinstance(part, np.memmap):
            part.flush()


def _new_array(file: Path, dtype: np.dtype[Any], length: int) -> npt.NDArray[Any]:
    """A memory-mapped array in a new file; an empty array cannot be mapped."""
    if not length:
        np.save(file, np.empty(0, dtype))
        return np.empty(0, dtype)
    return np.lib.format.open_memmap(file, "w+", dtype, (length,))


_NAMES = tuple(field.name for field in fields(InvertedFile))
