"""Vectors in a file are read by place, whatever the order, and a short file is an error."""

import os
from pathlib import Path

import numpy as np
import pytest

from sosie.stores.local.snapshots.files import SegmentError
from sosie.stores.local.snapshots.halves import HalfFile, Halves

ROWS, DIM = 50, 6


@pytest.fixture
def halves() -> Halves:
    return np.random.default_rng(0).standard_normal((ROWS, DIM)).astype("<f2")


@pytest.fixture
def file(tmp_path: Path, halves: Halves) -> Path:
    halves.tofile(tmp_path / "vectors.f16")
    return tmp_path / "vectors.f16"


@pytest.mark.parametrize("positional", [True, False])
@pytest.mark.parametrize("places", [[], [3], [0, 1, 2, 49], [7, 3, 4, 5, 3, 0], [9, 8, 7]])
def test_rows_come_in_the_order_asked(
    file: Path, halves: Halves, places: list[int], positional: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not positional:
        monkeypatch.delattr(os, "pread")
    opened = HalfFile(file, ROWS, DIM)
    assert np.array_equal(opened.at(np.array(places, np.int64)), halves[places])
    assert np.array_equal(np.concatenate(list(opened.blocks(15))), halves)
    assert len(opened) == ROWS


def test_neighbors_are_read_at_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    value = os.pread

    def noted(descriptor: int, size: int, offset: int) -> bytes:
        reads.append(size)
        return value(descriptor, size, offset)

    monkeypatch.setattr(os, "pread", noted)
    HalfFile(file, ROWS, DIM).at(np.array([5, 4, 6, 20]))
    assert reads == [3 * 2 * DIM, 2 * DIM]


def test_a_short_file_is_an_error(file: Path) -> None:
    opened = HalfFile(file, ROWS, DIM)
    os.truncate(file, 2 * DIM * 10)
    assert opened.at(np.array([9])).shape == (1, DIM)
    with pytest.raises(SegmentError, match="shorter"):
        opened.at(np.array([9, 10]))


def test_the_file_is_closed_with_the_object(file: Path) -> None:
    opened = HalfFile(file, ROWS, DIM)
    descriptor = opened._descriptor
    del opened
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)
