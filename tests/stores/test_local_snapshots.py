"""Segments of embeddings of the local store: used while they are good, never missed when they are not."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sosie.errors import StoreUnavailable
from sosie.stores.local.search.candidates import LEAST_COMPARED
from sosie.stores.local.search.rescoring import COSINE_ERROR
from sosie.stores.local.snapshots import series
from sosie.stores.local.snapshots.coding import Codes, fit_coding
from sosie.stores.local.snapshots.embeddings import cosines_of_halves
from sosie.stores.local.snapshots.files import SegmentError
from sosie.stores.local.snapshots.halves import HalfFile, Halves
from sosie.stores.local.snapshots.layers import Layers
from sosie.stores.local.snapshots.lists import CodeLists
from sosie.stores.local.snapshots.places import Places
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.segments import MERGED_UP_TO
from sosie.stores.local.snapshots.series import Series
from sosie.stores.local.store import LocalStore
from sosie.stores.local.truth import meta
from sosie.stores.local.truth.spans import Kept, Space
from sosie.stores.local.truth.vectors import count_changed_since
from sosie.types import Record, Vectors
from support.local_stores import SNAPPING, TINY, numbered, opened, snapshots, started, until
from support.store_contract.harness import DIM, NAME, bound, ids, unit, units

QUERIES = units(range(900, 905))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shop ü.sosie"


@pytest.fixture
def store(folder: Path) -> Iterator[LocalStore]:
    store = opened(folder)
    store.upsert(numbered(range(300)))
    store.optimize()
    yield store
    store.close()


def answers(store: LocalStore) -> list[list[str]]:
    return [ids(hits) for hits in store.search(NAME, QUERIES, 10)]


def right(vectors: dict[str, Vectors]) -> list[list[str]]:
    """By the numbers as they are kept, in half precision."""
    names, matrix = list(vectors), np.stack(list(vectors.values())).astype(np.float16).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return [[names[n] for n in np.argsort(-(matrix @ query))[:10]] for query in QUERIES]


def numbered_vectors(numbers: range) -> dict[str, Vectors]:
    return {f"{n:04}": unit(n) for n in numbers}


def layers_of(store: LocalStore) -> Layers:
    with store._database.read() as connection:
        return store._searcher._layers.at(connection, NAME, Space(meta.vector_names(connection)[NAME], DIM))


def sizes(store: LocalStore) -> list[int]:
    return [len(layer.segment) for layer in layers_of(store).layers]


def tail_length(store: LocalStore) -> int:
    base = layers_of(store).base
    with store._database.read() as connection:
        return count_changed_since(connection, Space(meta.vector_names(connection)[NAME], DIM), base)


def count_engine_calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []
    value = CodeLists.nearest

    def counted(lists: CodeLists, code: Codes, number: int, *more: Any) -> tuple[Places, Vectors]:
        calls.append(number)
        return value(lists, code, number, *more)

    monkeypatch.setattr(CodeLists, "nearest", counted)
    return calls


def test_searches_are_answered_by_the_snapshot(
    store: LocalStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(snapshots(folder)) == 1
    calls = count_engine_calls(monkeypatch)
    assert answers(store) == right(numbered_vectors(range(300)))
    assert len(calls) == len(QUERIES)


def test_scores_are_those_of_the_truth(store: LocalStore) -> None:
    [hits] = store.search(NAME, QUERIES[:1], 10)
    kept = {item.item_id: item.vectors[NAME] for item in store.get(ids(hits), [NAME])}
    for hit in hits:
        vector = kept[hit.item_id] / np.linalg.norm(kept[hit.item_id])
        assert hit.score == pytest.approx(float(vector @ QUERIES[0]), abs=1e-6)


def test_what_changed_since_is_in_the_answer(store: LocalStore) -> None:
    vectors = numbered_vectors(range(300))
    gone = right(vectors)[0][:3]
    store.delete(gone)
    store.upsert([*numbered(range(300, 305)), replace(numbered([7])[0], vectors={NAME: QUERIES[0]})])
    expected = {**{i: v for i, v in vectors.items() if i not in gone}, **numbered_vectors(range(300, 305))}
    assert answers(store) == right({**expected, "0007": QUERIES[0]})


def test_stale_neighbors_do_not_crowd_out_the_others(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    near = ids(store.search(NAME, QUERIES[:1], 50)[0])
    away = units(range(5000, 5050))
    away[away @ QUERIES[0] > 0] *= -1
    store.put_vectors(NAME, near, away)
    calls = count_engine_calls(monkeypatch)
    vectors = {**numbered_vectors(range(300)), **dict(zip(near, away, strict=True))}
    assert ids(store.search(NAME, QUERIES[:1], 10)[0]) == right(vectors)[0]
    assert len(calls) == 1


def test_the_tail_in_memory_is_the_tail_in_the_file(store: LocalStore) -> None:
    tails = store._searcher._tails

    def rows() -> list[int]:
        with store._database.read() as connection:
            space = Space(meta.vector_names(connection)[NAME], DIM)
            block = tails.at(connection, space, layers_of(store).base, meta.change_of(connection))
        assert block is not None
        return sorted(block.rows.tolist())

    assert rows() == []
    store.upsert(numbered(range(300, 306)))
    assert rows() == [301, 302, 303, 304, 305, 306]
    store.delete(["0300", "0302"])
    assert rows() == [302, 304, 305, 306]
    store.upsert(numbered(range(306, 312)))
    store.optimize()
    store.upsert(numbered(range(312, 313)))
    assert len(rows()) == 1


def test_an_engine_that_fails_is_done_without(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(lists: CodeLists, code: Codes, number: int, *more: Any) -> tuple[object, Vectors]:
        raise SegmentError("broken")

    monkeypatch.setattr(CodeLists, "nearest", fail)
    assert answers(store) == right(numbered_vectors(range(300)))
    monkeypatch.undo()
    store.optimize()
    assert answers(store) == right(numbered_vectors(range(300)))


def test_changed_attributes_leave_the_tail_empty(store: LocalStore) -> None:
    store.update({f"{n:04}": {"price": 1} for n in range(300)})
    store.upsert([replace(entry, attributes={"price": 2}) for entry in numbered(range(100))])
    read_back = store.get([f"{n:04}" for n in range(50)], [NAME])
    store.put_vectors(NAME, ids(read_back), np.stack([entry.vectors[NAME] for entry in read_back]))
    assert tail_length(store) == 0
    store.upsert([replace(numbered([5])[0], vectors={NAME: unit(6000)})])
    assert tail_length(store) == 1


def test_optimize_builds_only_when_the_tail_is_long(store: LocalStore, folder: Path) -> None:
    [first] = snapshots(folder)
    store.upsert(numbered(range(300, 308)))
    store.optimize()
    assert snapshots(folder) == [first]
    store.upsert(numbered(range(308, 310)))
    store.optimize()
    assert first in snapshots(folder)
    assert (sizes(store), tail_length(store)) == ([300, 10], 0)
    assert answers(store) == right(numbered_vectors(range(310)))


def test_an_open_reader_goes_over_to_the_next_snapshot(store: LocalStore, folder: Path) -> None:
    reader = opened(folder)
    assert answers(reader) == answers(store)
    store.upsert(numbered(range(300, 350)))
    store.optimize()
    assert answers(reader) == right(numbered_vectors(range(350)))
    reader.close()


def test_an_open_engine_outlives_its_folder(store: LocalStore, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = answers(store)
    shutil.rmtree(folder / "ann")
    calls = count_engine_calls(monkeypatch)
    assert answers(store) == before
    assert calls


def test_a_snapshot_of_little_use_is_given_up(store: LocalStore, folder: Path) -> None:
    store.delete([f"{n:04}" for n in range(5, 300)])
    assert [len(answer) for answer in answers(store)] == [5] * len(QUERIES)
    store.optimize()
    assert snapshots(folder) == []
    assert answers(store) == right(numbered_vectors(range(5)))


def test_dropped_vectors_take_their_snapshot_along(store: LocalStore, folder: Path) -> None:
    store.drop_vectors(NAME)
    assert answers(store) == [[]] * len(QUERIES)
    store.optimize()
    assert snapshots(folder) == []
    store.put_vectors(NAME, ["0003"], unit(3)[None])
    assert answers(store) == [["0003"]] * len(QUERIES)


def remove_everything(snapshot: Path) -> None:
    shutil.rmtree(snapshot)


def empty_every_file(snapshot: Path) -> None:
    for file in snapshot.rglob("*"):
        if file.is_file():
            os.truncate(file, 0)


def cut_the_index(snapshot: Path) -> None:
    [file] = snapshot.rglob("codes.i8")
    os.truncate(file, file.stat().st_size // 2)


def fill_with_noise(snapshot: Path) -> None:
    for file in (snapshot / "engine").rglob("*"):
        if file.is_file():
            file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))


def forget_the_list(snapshot: Path) -> None:
    (snapshot / "files.json").unlink()


def spoil_the_list(snapshot: Path) -> None:
    (snapshot / "files.json").write_text("[1, 2]", encoding="utf-8")


def put_a_file_there(snapshot: Path) -> None:
    shutil.rmtree(snapshot)
    snapshot.write_text("no folder", encoding="utf-8")


DAMAGES = [
    remove_everything,
    empty_every_file,
    cut_the_index,
    fill_with_noise,
    forget_the_list,
    spoil_the_list,
    put_a_file_there,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_snapshot_is_built_anew(store: LocalStore, folder: Path, damage: Callable[[Path], None]) -> None:
    expected = answers(store)
    store.close()
    [damaged] = snapshots(folder)
    damage(damaged)
    again = opened(folder)
    assert answers(again) == expected
    [problem] = again.check().problems
    assert "a segment of embedding@1" in problem
    again.optimize()
    assert again.check().problems == ()
    [sound] = snapshots(folder)
    assert sound != damaged
    assert answers(again) == expected
    again.close()


def test_a_change_inside_a_file_is_found_by_check(store: LocalStore, folder: Path) -> None:
    [file] = snapshots(folder)[0].rglob("codes.i8")
    with file.open("r+b") as stream:
        stream.seek(-100, os.SEEK_END)
        stream.write(b"\xff" * 50)
    assert len(store.check().problems) == 1
    assert len(store.check(repair=True).repaired) == 1
    assert store.check().problems == ()
    store.optimize()
    assert (len(snapshots(folder)), store.check().problems) == (1, ())


def test_segments_grow_and_each_vector_is_written_few_times(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    build = Snapshots.build

    def counted(self: Snapshots, series: Series[Any], *span: Any) -> int:
        rows = build(self, series, *span)
        written.extend([rows] if series.label == NAME else [])
        return rows

    monkeypatch.setattr(Snapshots, "build", counted)
    store = opened(folder)
    for start in range(0, 600, 12):
        store.upsert(numbered(range(start, start + 12)))
        store.optimize()
        assert sum(sizes(store)) == start + 12
        assert all(older > MERGED_UP_TO * newer for older, newer in pairwise(sizes(store)))
        assert len(sizes(store)) <= 4
    assert sum(written) < 600 * 6
    assert answers(store) == right(numbered_vectors(range(600)))
    store.close()


def test_what_changed_is_not_answered_by_an_older_segment(folder: Path) -> None:
    store = opened(folder)
    store.upsert(numbered(range(300)))
    store.optimize()
    near = ids(store.search(NAME, QUERIES[:1], 20)[0])
    vectors = numbered_vectors(range(300))
    for number, item_id in enumerate(near):
        vectors[item_id] = unit(7000 + number)
    store.put_vectors(NAME, near, np.stack([vectors[item_id] for item_id in near]))
    store.optimize()
    assert sizes(store) == [300, 20]
    store.put_vectors(NAME, ["0007"], QUERIES[:1])
    assert answers(store) == right(vectors | {"0007": QUERIES[0]})
    where = bound(store, "price<150")
    few = {item_id: vector for item_id, vector in (vectors | {"0007": QUERIES[0]}).items() if item_id < "0150"}
    assert [ids(hits) for hits in store.search(NAME, QUERIES, 10, where)] == right(few)
    store.close()


def test_a_row_taken_by_another_item_answers_for_that_one(store: LocalStore) -> None:
    last = numbered([299])[0]
    store.delete(["0299"])
    store.upsert([Record("plain", "p", "x.jpg")])
    assert "plain" not in ids(store.search(NAME, last.vectors[NAME][None], 10)[0])
    where = bound(store, "product_id=p", "item_id=plain")
    assert store.search(NAME, last.vectors[NAME][None], 10, where) == [[]]
    store.delete(["plain"])
    store.upsert([replace(last, item_id="other")])
    assert ids(store.search(NAME, last.vectors[NAME][None], 1)[0]) == ["other"]


def test_a_segment_that_has_lost_a_fifth_is_written_anew(store: LocalStore) -> None:
    store.delete([f"{n:04}" for n in range(60)])
    store.optimize()
    assert sizes(store) == [300]
    store.delete(["0060"])
    store.optimize()
    assert sizes(store) == [239]
    assert answers(store) == right(numbered_vectors(range(61, 300)))


def test_a_segment_of_which_nothing_is_left_goes(store: LocalStore, folder: Path) -> None:
    store.upsert(numbered(range(300, 350)))
    store.optimize()
    store.delete([f"{n:04}" for n in range(300, 350)])
    store.optimize()
    assert (sizes(store), len(snapshots(folder))) == ([300], 1)
    assert answers(store) == right(numbered_vectors(range(300)))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_segment_among_several_changes_no_answer(store: LocalStore, folder: Path, lost: int) -> None:
    store.upsert(numbered(range(300, 350)))
    store.upsert([replace(numbered([5])[0], vectors={NAME: unit(8000)})])
    store.optimize()
    store.upsert(numbered(range(350, 355)))
    vectors = numbered_vectors(range(355)) | {"0005": unit(8000)}
    [large, small] = sorted(snapshots(folder), key=lambda path: -(path / "engine" / "vectors.f16").stat().st_size)
    shutil.rmtree([large, small][lost])
    again = opened(folder)
    assert answers(again) == right(vectors)
    few = bound(again, "price<3")
    assert [ids(hits) for hits in again.search(NAME, QUERIES, 10, few)] == right(numbered_vectors(range(3)))
    again.optimize()
    assert sum(sizes(again)) == (350 if lost == 0 else 351)
    assert answers(again) == right(vectors)
    again.close()


def test_a_file_of_vectors_that_is_cut_while_it_is_open_changes_no_answer(store: LocalStore, folder: Path) -> None:
    expected = answers(store)
    [segment] = snapshots(folder)
    os.truncate(segment / "engine" / "vectors.f16", 100)
    assert answers(store) == expected
    assert sizes(store) == []


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux lists what is mapped in /proc")
def test_full_vectors_are_read_not_mapped(store: LocalStore, folder: Path) -> None:
    answers(store)
    mapped = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    name = snapshots(folder)[0].name
    assert f"{name}/engine/codes.i8" in mapped
    assert f"{name}/engine/vectors.f16" not in mapped


def test_codes_choose_whose_vectors_are_read_where_a_filter_passes_many(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(folder, replace(SNAPPING, compared_rows=10_000))
    store.upsert(numbered(range(1000)))
    store.optimize()
    store.upsert(numbered(range(1000, 1005)))
    read: list[int] = []
    value = HalfFile.at

    def noted(file: HalfFile, places: Places) -> Halves:
        read.append(len(places))
        return value(file, places)

    monkeypatch.setattr(HalfFile, "at", noted)
    calls = count_engine_calls(monkeypatch)
    many = bound(store, "price>=250")
    assert [ids(hits) for hits in store.search(NAME, QUERIES, 10, many)] == right(numbered_vectors(range(250, 1005)))
    assert max(read) == LEAST_COMPARED
    read.clear()
    few = bound(store, f"price<{2 * LEAST_COMPARED}")
    assert [ids(hits) for hits in store.search(NAME, QUERIES, 10, few)] == right(numbered_vectors(range(200)))
    assert max(read) == 2 * LEAST_COMPARED
    [all_hits] = store.search(NAME, QUERIES[:1], 900, many)
    assert sorted(ids(all_hits)) == [f"{n:04}" for n in range(250, 1005)]
    assert calls == []
    store.close()


def test_a_snapshot_of_an_earlier_version_is_left_alone_until_there_are_segments(folder: Path) -> None:
    store = opened(folder)
    store.upsert(numbered(range(100)))
    (folder / "ann" / "embedding@1-2-abcd" / "engine").mkdir(parents=True)
    with store._database.write() as connection:
        number = meta.vector_names(connection)[NAME]
        connection.execute("INSERT INTO snapshot VALUES ('embedding@1-2-abcd', ?, 2, 100)", (number,))
    assert answers(store) == right(numbered_vectors(range(100)))
    assert store.check().problems == ()
    store.optimize()
    assert (sizes(store), len(snapshots(folder))) == ([100], 1)
    assert answers(store) == right(numbered_vectors(range(100)))
    store.close()


def test_codes_rank_nearly_as_the_vectors_do() -> None:
    random = np.random.default_rng(0)
    directions = random.standard_normal((40, 700)).astype(np.float32)
    vectors = random.standard_normal((900, 40)).astype(np.float32) @ directions
    vectors += 0.3 * random.standard_normal(vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    coding = fit_coding(vectors[:500])
    codes = coding.encode(vectors).astype(np.int32)
    assert codes.shape == (900, 512)
    nearest = np.argsort(-(vectors[500:] @ vectors[:500].T))[:, :10]
    by_codes = [np.argsort(((codes[:500] - code) ** 2).sum(axis=1))[:20] for code in codes[500:]]
    assert np.mean([len(set(element) & set(other)) for element, other in zip(nearest, by_codes, strict=True)]) > 9.9


def test_cosines_of_halves_are_within_their_error() -> None:
    vectors = units(range(50)).astype(np.float16)
    exact = vectors.astype(np.float64) @ QUERIES[0]
    assert np.abs(cosines_of_halves(QUERIES[:1], vectors)[0] - exact).max() < COSINE_ERROR / 2


def test_half_built_folders_are_swept(store: LocalStore, folder: Path) -> None:
    (folder / "ann" / ".embedding@1-9-abcd" / "engine").mkdir(parents=True)
    (folder / "ann" / "embedding@1-999999-abcd").mkdir()
    expected = answers(store)
    store.optimize()
    assert answers(store) == expected
    assert len(snapshots(folder)) == 1


def test_a_database_put_back_from_a_copy_knows_nothing_of_later_snapshots(folder: Path, tmp_path: Path) -> None:
    store = opened(folder)
    store.upsert(numbered(range(100)))
    store.close()
    shutil.copy(folder / "catalog.db", tmp_path / "copy.db")
    store = opened(folder)
    store.delete([f"{n:04}" for n in range(50)])
    store.optimize()
    store.close()
    shutil.copy(tmp_path / "copy.db", folder / "catalog.db")
    store = opened(folder)
    assert answers(store) == right(numbered_vectors(range(100)))
    store.close()


def test_only_one_builds(store: LocalStore, folder: Path) -> None:
    store.upsert(numbered(range(300, 400)))
    [before] = snapshots(folder)
    other = opened(folder)
    with other._snapshots.building() as alone:
        assert alone
        store.optimize()
        assert snapshots(folder) == [before]
    store.optimize()
    assert snapshots(folder) != [before]
    other.close()


def test_one_may_write_and_search_while_a_snapshot_is_built(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, other = opened(folder), opened(folder)
    store.upsert(numbered(range(100)))
    blocks = series.blocks_between

    def interrupted(*given: Any) -> Iterator[Kept]:
        other.delete(["0000", "0099"])
        other.upsert(numbered(range(100, 103)))
        assert len(answers(other)[0]) == 10
        yield from blocks(*given)

    monkeypatch.setattr(series, "blocks_between", interrupted)
    store.optimize()
    assert len(snapshots(folder)) == 1
    for one in (store, other):
        assert answers(one) == right(numbered_vectors(range(1, 99)) | numbered_vectors(range(100, 103)))
        one.close()


def test_a_disk_too_full_for_a_snapshot(folder: Path) -> None:
    store = opened(folder, replace(SNAPPING, spare_bytes=1 << 62))
    store.upsert(numbered(range(50)))
    with pytest.raises(StoreUnavailable, match="free disk"):
        store.optimize()
    assert answers(store) == right(numbered_vectors(range(50)))
    store.close()


def test_every_way_gives_the_same_answer(folder: Path) -> None:
    plain = opened(folder)
    plain.upsert(numbered(range(400)))
    where = bound(plain, "price>=20", "brand!=brand 1")

    def ask(store: LocalStore) -> list[list[list[str]]]:
        ways = [(None, None), (where, None), (None, "product_id"), (where, "product_id")]
        return [[ids(hits) for hits in store.search(NAME, QUERIES, 12, *way)] for way in ways]

    expected = ask(plain)
    plain.optimize()
    for settings in (SNAPPING, TINY, replace(TINY, cached_rows=0), replace(SNAPPING, listed_rows=1000)):
        store = opened(folder, settings)
        assert ask(store) == expected
        store.close()
    plain.upsert([*numbered(range(400, 420)), Record("none", "p", "x.jpg")])
    expected = ask(plain)
    for settings in (TINY, replace(TINY, cached_rows=0), replace(SNAPPING, first_passing=1)):
        store = opened(folder, settings)
        assert ask(store) == expected
        store.close()
    plain.close()


BUILD = """
from itertools import pairwise
from pathlib import Path
from support.local_stores import opened
store = opened(Path(sys.argv[1]))
print("ready", flush=True)
store.optimize()
"""


def test_killed_while_it_builds(folder: Path) -> None:
    store = opened(folder)
    store.upsert(numbered(range(3000)))
    expected = answers(store)
    for _ in range(3):
        process = started(BUILD, folder)
        until(lambda: (folder / "ann").is_dir() and snapshots(folder), [process])
        process.kill()
        process.communicate()
        assert answers(store) == expected
    store.optimize()
    assert len(snapshots(folder)) == 1
    assert answers(store) == expected
    assert store.check().problems == ()
    store.close()
