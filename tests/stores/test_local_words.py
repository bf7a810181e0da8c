"""Segments of visual words: they grow as merge trees do, may be lost, and never answer for what has changed."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sosie.errors import StoreUnavailable
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots import inverted
from sosie.stores.local.snapshots.inverted import InvertedFileError, invert, open_inverted_file, write_inverted_file
from sosie.stores.local.snapshots.published import Snapshot, Snapshots
from sosie.stores.local.snapshots.segments import MERGED_UP_TO
from sosie.stores.local.snapshots.series import words_series
from sosie.stores.local.store import LocalStore
from sosie.stores.local.truth.words import words_space
from sosie.stores.voting import score_item
from sosie.support.visual_words import VisualWords
from support.local_stores import opened, snapshots
from support.store_contract.details import item, query_of, words_of
from support.store_contract.harness import ids

PATIENT = LocalSettings(tail_items=10, cached_rows=1000, power_safe=False)


def put(store: LocalStore, numbers: range, changed: int = 0) -> None:
    store.upsert([item(f"{n:04}", words_of(n + changed), f"p{n % 40}") for n in numbers])


def segments_of(store: LocalStore) -> list[Snapshot]:
    with store._database.read() as connection:
        space = words_space(connection)
        assert space is not None
        return store._snapshots.segments(connection, words_series(space, store._settings))


def expected(held: dict[str, VisualWords], seed: int, k: int = 20) -> list[str]:
    query = query_of(seed)
    scores = {name: score_item(query, words) for name, words in held.items()}
    return sorted((name for name in held if scores[name] > 0), key=lambda name: (-scores[name], name))[:k]


def answer(store: LocalStore, seed: int, k: int = 20) -> list[str]:
    return ids(store.search_details([query_of(seed)], k)[0])


def held_by(numbers: range) -> dict[str, VisualWords]:
    return {f"{n:04}": words_of(n) for n in numbers}


@pytest.mark.parametrize("portion", [1, 50, 1 << 16])
def test_an_inverted_file_scores_as_item_by_item(portion: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(inverted, "PORTION", portion)
    items = [(row, words_of(row, points)) for row, points in ((3, 30), (9, 1), (4, 80), (11, 0), (12, 30))]
    runs = [invert(items[:2]), invert(items[2:4]), invert([]), invert(items[4:])]
    assert write_inverted_file(tmp_path / "file", runs) == 5
    for file in (invert(items), open_inverted_file(tmp_path / "file")):
        assert file.rows.tolist() == [3, 9, 4, 11, 12]
        for query in (query_of(3), query_of(4, 60, 3), query_of(1, 0)):
            one_by_one = [score_item(query, words) for _, words in items]
            np.testing.assert_allclose(file.scores(query), one_by_one)
    assert {path.name for path in (tmp_path / "file").iterdir()} == {
        f"{name}.npy" for name in ("rows", "points", "starts", "items", "signatures")
    }


def test_an_inverted_file_of_nothing(tmp_path: Path) -> None:
    assert write_inverted_file(tmp_path / "file", []) == 0
    assert open_inverted_file(tmp_path / "file").scores(query_of(1)).shape == (0,)


def test_other_files_are_no_inverted_file(tmp_path: Path) -> None:
    write_inverted_file(tmp_path / "file", [invert([(1, words_of(1))])])
    np.save(tmp_path / "file" / "items.npy", np.zeros(3, np.uint32))
    with pytest.raises(InvertedFileError):
        open_inverted_file(tmp_path / "file")
    (tmp_path / "file" / "items.npy").write_bytes(b"")
    with pytest.raises(InvertedFileError):
        open_inverted_file(tmp_path / "file")


def test_a_long_tail_becomes_a_segment(tmp_path: Path) -> None:
    store = opened(tmp_path, PATIENT)
    put(store, range(10))
    store.optimize()
    assert segments_of(store) == []
    put(store, range(10, 11))
    store.optimize()
    [segment] = segments_of(store)
    assert segment.rows == 11
    assert answer(store, 4) == expected(held_by(range(11)), 4)
    before = snapshots(tmp_path)
    store.optimize()
    assert snapshots(tmp_path) == before


def test_segments_grow_and_each_item_is_written_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    build = Snapshots.build

    def counted(self: Snapshots, *given: Any) -> int:
        written.append(build(self, *given))
        return written[-1]

    monkeypatch.setattr(Snapshots, "build", counted)
    store = opened(tmp_path, PATIENT)
    for start in range(0, 600, 12):
        put(store, range(start, start + 12))
        store.optimize()
        sizes = [segment.rows for segment in segments_of(store)]
        assert sum(sizes) == start + 12
        assert all(older > MERGED_UP_TO * newer for older, newer in pairwise(sizes))
        assert len(sizes) <= 4
    assert sum(written) < 600 * 6
    for seed in (0, 300, 599):
        assert answer(store, seed) == expected(held_by(range(600)), seed)


def test_what_changed_is_not_answered_by_an_older_segment(tmp_path: Path) -> None:
    store = opened(tmp_path, PATIENT)
    put(store, range(200))
    store.optimize()
    put(store, range(30, 50), changed=5000)
    store.optimize()
    assert [segment.rows for segment in segments_of(store)] == [200, 20]
    put(store, range(35, 37), changed=9000)
    store.delete([f"{n:04}" for n in range(60, 65)])
    held = held_by(range(200)) | {f"{n:04}": words_of(n + 5000) for n in range(30, 50)}
    held |= {f"{n:04}": words_of(n + 9000) for n in range(35, 37)}
    held = {name: words for name, words in held.items() if not "0060" <= name < "0065"}
    for seed in (31, 5031, 5035, 9035, 9036, 62, 150):
        assert answer(store, seed) == expected(held, seed)


def test_a_row_taken_by_another_item_answers_for_that_one(tmp_path: Path) -> None:
    store = opened(tmp_path, PATIENT)
    put(store, range(20))
    store.optimize()
    store.delete(["0019"])
    store.upsert([item("plain", None)])
    assert "plain" not in answer(store, 19)
    store.delete(["plain"])
    store.upsert([item("other", words_of(777))])
    assert answer(store, 777)[0] == "other"
    assert answer(store, 19) == expected({**held_by(range(19)), "other": words_of(777)}, 19)


def test_a_segment_that_has_lost_a_fifth_is_written_anew(tmp_path: Path) -> None:
    store = opened(tmp_path, PATIENT)
    put(store, range(100))
    store.optimize()
    store.delete([f"{n:04}" for n in range(20)])
    store.optimize()
    assert [segment.rows for segment in segments_of(store)] == [100]
    store.delete(["0020"])
    store.optimize()
    assert [segment.rows for segment in segments_of(store)] == [79]
    assert answer(store, 50) == expected(held_by(range(21, 100)), 50)


@pytest.mark.parametrize("harm", ["gone", "emptied", "cut"])
def test_a_lost_segment_changes_no_answer_and_is_rebuilt(tmp_path: Path, harm: str) -> None:
    store = opened(tmp_path, PATIENT)
    put(store, range(100))
    store.optimize()
    put(store, range(100, 115))
    store.optimize()
    store.close()
    first, _ = sorted(snapshots(tmp_path), key=lambda folder: (folder / "engine" / "items.npy").stat().st_size)
    file = first / "engine" / "signatures.npy"
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(b"" if harm == "emptied" else file.read_bytes()[:-8])
    store = opened(tmp_path, PATIENT)
    assert answer(store, 7) == expected(held_by(range(115)), 7)
    [problem] = store.check().problems
    assert "visual_words" in problem
    store.optimize()
    assert store.check().problems == ()
    assert answer(store, 7) == expected(held_by(range(115)), 7)


def test_check_reads_every_byte_of_a_segment(tmp_path: Path) -> None:
    store = opened(tmp_path, PATIENT)
    put(store, range(100))
    store.optimize()
    [folder] = snapshots(tmp_path)
    file = folder / "engine" / "signatures.npy"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    report = store.check(repair=True)
    assert ["visual_words" in problem for problem in report.problems] == [True]
    assert len(report.repaired) == 1
    assert segments_of(store) == []
    assert answer(store, 7) == expected(held_by(range(100)), 7)


def test_check_finds_words_that_cannot_be_read(tmp_path: Path) -> None:
    store = opened(tmp_path, PATIENT)
    put(store, range(5))
    with store._database.write() as connection:
        connection.execute("UPDATE vector SET data = x'00ff' WHERE (key & 255) = 2")
    assert answer(store, 3) == expected({name: w for name, w in held_by(range(5)).items() if name != "0001"}, 3)
    report = store.check(repair=True)
    assert ["0001" in problem for problem in report.problems] == [True]
    assert store.check().problems == ()
    assert store.get(["0001"], ["visual_words@1"])[0].blobs == {}


def test_no_room_is_said_and_searches_go_on(tmp_path: Path) -> None:
    store = opened(tmp_path, LocalSettings(tail_items=10, power_safe=False, spare_bytes=1 << 60))
    put(store, range(30))
    with pytest.raises(StoreUnavailable, match="free disk"):
        store.optimize()
    assert answer(store, 7) == expected(held_by(range(30)), 7)


def test_more_than_is_kept_in_memory_is_read_anew(tmp_path: Path) -> None:
    store = opened(tmp_path, LocalSettings(tail_items=1000, cached_rows=20, power_safe=False))
    for start in range(0, 60, 5):
        put(store, range(start, start + 5))
        held = held_by(range(start + 5))
        assert answer(store, start + 2) == expected(held, start + 2)
    assert store._searcher._parts.rows_in_memory <= 20
