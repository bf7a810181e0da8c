"""Codes in lists: the nearest are found although few lists are compared, and damaged files are refused."""

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from sosie.stores.local.snapshots.coding import Codes
from sosie.stores.local.snapshots.files import SegmentError
from sosie.stores.local.snapshots.lists import CodeLists, open_lists, write_lists
from sosie.stores.local.snapshots.places import rows_at, smallest

NUMBERS = 16
Array: TypeAlias = npt.NDArray[Any]
FIGURES = np.random.default_rng(0)


def clustered(rows: int) -> Codes:
    middles = FIGURES.integers(-90, 90, (rows // 50, NUMBERS))
    noise = FIGURES.integers(-20, 20, (rows, NUMBERS))
    return np.asarray(middles[FIGURES.integers(0, len(middles), rows)] + noise, np.int8)


CODES = clustered(20_000)
NUMBER = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    write_lists(folder, NUMBERS, (CODES[start : start + 3000] for start in range(0, len(CODES), 3000)))
    return folder


@pytest.fixture(scope="module")
def lists(folder: Path) -> CodeLists:
    return open_lists(folder, NUMBERS)


def squared(code: Codes, codes: Codes = CODES) -> Array:
    return np.asarray(((codes.astype(int) - code) ** 2).sum(axis=1))


def recall(lists: CodeLists, queries: Codes, marks: Array | None = None) -> float:
    shares = []
    for query in queries:
        distances = squared(query) if marks is None else np.where(marks, squared(query), 1 << 30)
        passing = None if marks is None else marks.__getitem__
        places, _ = lists.nearest(query, NUMBER, passing, 1.0 if marks is None else marks.mean())
        shares.append((distances[places] <= np.sort(distances)[NUMBER - 1]).mean())
    return float(np.mean(shares))


def test_every_code_is_in_one_list_with_its_own_place(lists: CodeLists) -> None:
    assert (lists.codes == CODES[lists.places]).all()
    assert (lists.positions[lists.places] == np.arange(len(CODES))).all()
    assert len(lists.centers) == len(CODES) // 100


def test_a_list_has_the_codes_that_are_nearer_to_its_center_than_to_others(lists: CodeLists) -> None:
    of_lists = np.repeat(np.arange(len(lists.centers)), np.diff(lists.starts))
    chosen = FIGURES.integers(0, len(CODES), 500)
    nearest = [squared(code, lists.centers).argmin() for code in lists.codes[chosen]]
    assert (nearest == of_lists[chosen]).mean() > 0.95  # Centers are rounded once all codes are assigned.


def test_the_nearest_are_found_in_few_of_the_lists(lists: CodeLists) -> None:
    assert len(lists._near(CODES[0], 4096)) < 5000
    assert recall(lists, clustered(5000)[:50]) > 0.97


def test_of_places_that_pass_the_nearest_are_found(lists: CodeLists) -> None:
    marks: Array = np.asarray(FIGURES.uniform(size=len(CODES)) < 0.3)
    queries = CODES[:50]
    assert marks[np.concatenate([lists.nearest(query, NUMBER, marks.__getitem__, 0.3)[0] for query in queries])].all()
    assert recall(lists, queries, marks) > 0.97


def test_distances_ascend_and_are_those_of_the_codes(lists: CodeLists) -> None:
    places, distances = lists.nearest(CODES[7], NUMBER)
    assert (places[0], distances[0], len(places)) == (7, 0, NUMBER)
    assert distances.tolist() == sorted(squared(CODES[7])[places].tolist())
    assert lists.distances(CODES[7:9], places)[0].tolist() == distances.tolist()


def test_more_neighbors_than_codes_can_be_requested(tmp_path: Path) -> None:
    write_lists(tmp_path, NUMBERS, [CODES[:5]])
    assert sorted(open_lists(tmp_path, NUMBERS).nearest(CODES[3], 10)[0].tolist()) == [0, 1, 2, 3, 4]
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "centers.npy", "codes.i8", "places.npy", "positions.npy", "starts.npy",
    ]  # fmt: skip


def test_equal_codes_are_all_found(tmp_path: Path) -> None:
    write_lists(tmp_path, NUMBERS, [np.repeat(CODES[:1], 3000, axis=0), CODES[:3000]])
    places, distances = open_lists(tmp_path, NUMBERS).nearest(CODES[0], 3001)
    assert set(distances[:3001]) == {0}
    assert sorted(places.tolist()) == list(range(3001))


@pytest.mark.parametrize("name", ["starts", "places", "centers"])
def test_files_of_other_lists_are_refused(tmp_path: Path, name: str) -> None:
    write_lists(tmp_path, NUMBERS, [CODES[:1000]])
    array = np.load(tmp_path / f"{name}.npy")
    np.save(tmp_path / f"{name}.npy", array[:-1])
    with pytest.raises(SegmentError):
        open_lists(tmp_path, NUMBERS)


@pytest.mark.parametrize("name", ["places", "positions"])
def test_places_that_are_not_there_are_noticed(tmp_path: Path, name: str) -> None:
    write_lists(tmp_path, NUMBERS, [CODES[:1000]])
    array = np.load(tmp_path / f"{name}.npy")
    array[:] = 1000
    np.save(tmp_path / f"{name}.npy", array)
    lists = open_lists(tmp_path, NUMBERS)
    with pytest.raises(SegmentError):
        lists.nearest(CODES[0], 5) if name == "places" else lists.distances(CODES[:1], np.array([3]))


def test_rows_at_places_with_and_without_gaps() -> None:
    places = np.array([4, 0, 2])
    assert rows_at(np.arange(7, 12), places).tolist() == [11, 7, 9]
    assert rows_at(np.array([1, 2, 5, 6, 9]), places).tolist() == [9, 1, 5]
    assert rows_at(np.empty(0, np.int64), places[:0]).tolist() == []


@pytest.mark.parametrize("most", [0, 1, 7, 40, 50])
def test_the_smallest_numbers_come_first(most: int) -> None:
    numbers = np.random.default_rng(0).permutation(40).astype(np.float32)
    assert numbers[smallest(numbers, most)].tolist() == list(range(min(most, 40)))
