"""Vectors in half precision in a file, read row by row.

The file is not memory-mapped, because every page that was read would count as memory of the process.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.stores.local.snapshots.files import SegmentError
from sosie.stores.local.snapshots.places import Places

Halves: TypeAlias = npt.NDArray[np.float16]


class HalfFile:
    """A file of ``rows`` vectors with ``dim`` numbers each; thread-safe, and open as long as the object lives."""

    def __init__(self, file: Path, rows: int, dim: int) -> None:
        self._rows = rows
        self._dim = dim
        self._lock = threading.Lock()
        self._read_at: Callable[[int, int, int], bytes] = getattr(os, "pread", self._seek_and_read)
        self._descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._descriptor)

    def __len__(self) -> int:
        return self._rows

    def at(self, places: Places) -> Halves:
        """The vectors at these places, shape (n, dim); ``SegmentError`` if they cannot be read."""
        order = np.argsort(places, kind="stable")
        ascending = places[order]
        starts = np.flatnonzero(np.diff(ascending, prepend=-2) != 1)
        halves = self._read(ascending[starts], np.diff(starts, append=len(places)))
        return halves if (np.diff(order) > 0).all() else halves[np.argsort(order)]

    def blocks(self, rows_at_once: int) -> Iterator[Halves]:
        """All vectors in order, in blocks."""
        for start in range(0, self._rows, rows_at_once):
            yield self._read(np.array([start]), np.array([min(rows_at_once, self._rows - start)]))

    def _read(self, firsts: Places, lengths: Places) -> Halves:
        """Reads runs of adjacent vectors, each given by its first place and its length."""
        row = 2 * self._dim
        runs = zip((lengths * row).tolist(), (firsts * row).tolist(), strict=True)
        read = self._read_at
        try:
            data = b"".join([read(self._descriptor, size, offset) for size, offset in runs])
        except OSError as error:
            raise SegmentError(str(error)) from error
        if len(data) != int(lengths.sum()) * row:
            raise SegmentError("the file of vectors is shorter than it was")
        return np.frombuffer(data, "<f2").reshape(-1, self._dim)

    def _seek_and_read(self, descriptor: int, size: int, offset: int) -> bytes:
        """Does what ``os.pread`` does, which Windows lacks."""
        with self._lock:
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.read(descriptor, size)
