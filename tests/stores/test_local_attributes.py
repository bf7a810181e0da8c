"""Segments of attributes: they say what SQLite says, whatever was written, lost or never there."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sosie.filters import AnyOf, Condition, Expression, Not, Where, matches
from sosie.stores.local.check.salvage import salvage
from sosie.stores.local.snapshots.attributes import open_columns, read_columns, write_columns
from sosie.stores.local.snapshots.columns import AttributeColumns
from sosie.stores.local.snapshots.files import SegmentError
from sosie.stores.local.snapshots.passing import MOST_MASKS, Attributes, Mask
from sosie.stores.local.store import LocalStore
from sosie.stores.local.truth.facets import facet
from sosie.types import AttributeType, Record
from support.local_stores import SNAPPING, opened
from support.store_contract.harness import NAME, bound, ids, record, unit, units

TYPES: dict[str, AttributeType] = {"brand": "string", "price": "number", "sale": "boolean", "tags": "strings"}
BRANDS = ["", "Acme", "acme", "Ünï, 'x'", "10", "9", "색", "\uffee", "🛋️"]
TAGS = [(), ("red",), ("red", "new"), ("new", "new"), ("",)]
EXPRESSIONS: list[Expression] = [
    Condition("brand", "=", ("Acme", "10")),
    Condition("brand", "=", ("nobody",)),
    Condition("brand", "!=", ("Acme", "nobody")),
    Condition("brand", "<", ("Acme",)),
    Condition("brand", "<=", ("Acme",)),
    Condition("brand", ">", ("acmf",)),
    Condition("brand", ">=", ("\uffee",)),
    Condition("price", "=", (3.0, 2.5)),
    Condition("price", "!=", (3.0,)),
    Condition("price", "<", (3.0,)),
    Condition("price", "<=", (3.0,)),
    Condition("price", ">", (3.0,)),
    Condition("price", ">=", (3.1,)),
    Condition("sale", "=", (True,)),
    Condition("sale", "!=", (True,)),
    Condition("tags", "=", ("red", "")),
    Condition("tags", "!=", ("new",)),
    Condition("tags", "has"),
    Condition("price", "has"),
    Condition("item_id", "has"),
    Condition("product_id", "=", ("p1", "p2")),
    Condition("product_id", "!=", ("p1",)),
    Condition("item_id", ">=", ("0050",)),
    Not(Condition("price", "<", (3.0,))),
    Not(AnyOf((Condition("sale", "=", (False,)), Condition("tags", "has")))),
    AnyOf((Condition("brand", "=", ("Acme",)), Where((Condition("price", ">", (4.0,)), Condition("tags", "has"))))),
    AnyOf(()),
]


def drawn(numbers: range, seed: int) -> list[Record]:
    random = np.random.default_rng(seed)
    return [_drawn(f"{number:04}", random) for number in numbers]


def _drawn(item_id: str, random: np.random.Generator) -> Record:
    values = {
        "brand": BRANDS[random.integers(len(BRANDS))],
        "price": float(random.integers(0, 12)) / 2,
        "sale": bool(random.integers(2)),
        "tags": TAGS[random.integers(len(TAGS))],
    }
    kept = {name: value for name, value in values.items() if random.integers(4)}
    return replace(record(item_id, unit(int(item_id)), product_id=f"p{int(item_id) % 7}"), attributes=kept)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shop.sosie"


@pytest.fixture
def store(folder: Path) -> Iterator[LocalStore]:
    """Three segments: what the first says of some items the second and third say anew, and some have gone."""
    store = opened(folder, replace(SNAPPING, compared_rows=20))
    manifest = store.manifest
    store.replace_manifest(replace(manifest, attributes=TYPES), manifest)
    store.upsert(drawn(range(200), 1))
    store.optimize()
    store.upsert(drawn(range(30, 60), 2))
    store.delete([f"{n:04}" for n in range(50, 55)])
    store.optimize()
    store.update({f"{n:04}": {"price": 1.0} for n in range(55, 64)})
    store.delete(["0001"])
    store.upsert(drawn(range(200, 203), 3))
    yield store
    store.close()


def files_of(store: LocalStore) -> list[AttributeColumns]:
    with store._database.read() as connection:
        index = store._searcher.attributes.at(connection)
    return [] if index is None else list(index._files)


def passing(store: LocalStore, where: Where) -> list[str]:
    return [item.item_id for item in store.scan() if matches(where, item)]


def check_agrees(store: LocalStore) -> None:
    for expression in EXPRESSIONS:
        where = Where((expression,))
        expected = passing(store, where)
        assert store.count(where) == len(expected), str(where)
        [hits] = store.search(NAME, units([7]), 300, where)
        assert sorted(ids(hits)) == expected, str(where)
        for name in TYPES:
            with store._database.read() as connection:
                by_sqlite = facet(connection, name, TYPES, where, 4)
            assert store.facets([name], where, 4) == [by_sqlite]
    for name in TYPES:
        with store._database.read() as connection:
            assert store.facets([name], None, 4) == [facet(connection, name, TYPES, None, 4)]
    assert store.count() == len(list(store.scan()))


def test_segments_say_what_sqlite_says(store: LocalStore) -> None:
    assert len(files_of(store)) == 3
    check_agrees(store)


def test_what_is_written_since_is_seen_by_the_next_question(store: LocalStore) -> None:
    for number in range(12):
        store.update({f"{number + 90:04}": {"price": 5.5}})
        store.delete([f"{number + 120:04}"])
        where = Where((Condition("price", "=", (5.5,)),))
        assert store.count(where) == len(passing(store, where))
    check_agrees(store)


def test_a_filter_is_evaluated_once_until_something_is_written(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated: list[Expression] = []
    value = Attributes._evaluated

    def noted(attributes: Attributes, expression: Expression, connection: sqlite3.Connection) -> Mask:
        evaluated.append(expression)
        return value(attributes, expression, connection)

    monkeypatch.setattr(Attributes, "_evaluated", noted)
    cheap = Condition("price", "<", (3.0,))
    first = store.count(Where((cheap,)))
    store.facets(["brand"], Where((cheap,)))
    store.search(NAME, units([7]), 3, Where((cheap,)))
    assert evaluated.count(cheap) == 1
    for number in range(2 * MOST_MASKS):
        store.count(Where((Condition("price", "=", (float(number),)),)))
    assert store.count(Where((cheap,))) == first
    assert evaluated.count(cheap) == 2
    store.update({passing(store, Where((cheap,)))[0]: {"price": 5.5}})
    assert store.count(Where((cheap,))) == first - 1


def test_deleted_items_are_forgotten_once_nothing_remembers_them(store: LocalStore) -> None:
    def gone() -> int:
        query = "SELECT count(*) FROM item_change WHERE row NOT IN (SELECT row FROM item)"
        with store._database.read() as connection:
            return int(connection.execute(query).fetchone()[0])

    assert gone() > 0
    store.update({f"{n:04}": {"price": 2.0} for n in range(100, 180)})
    store.optimize()
    assert (gone(), len(files_of(store))) == (0, 1)
    check_agrees(store)


@pytest.mark.parametrize("number", [0, 1])
def test_a_lost_segment_is_read_from_the_truth_and_built_again(store: LocalStore, folder: Path, number: int) -> None:
    shutil.rmtree(sorted((folder / "ann").glob("attributes-*"))[number])
    again = opened(folder, replace(SNAPPING, compared_rows=20))
    assert len(files_of(again)) == 3
    check_agrees(again)
    assert any("attributes" in problem for problem in again.check().problems)
    again.optimize()
    assert again.check().problems == ()
    check_agrees(again)
    again.close()


def test_a_store_of_an_earlier_version_notes_changes_from_its_next_maintenance_on(folder: Path) -> None:
    store = opened(folder)
    store.upsert(drawn(range(40), 1))
    store.close()
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        for trigger in ("item_inserted", "item_updated", "item_deleted"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("DROP TABLE item_change")
    store = opened(folder)
    assert files_of(store) == []
    assert store.count(bound(store, "price>=2")) == len(passing(store, bound(store, "price>=2")))
    store.optimize()
    assert [len(file) for file in files_of(store)] == [40]
    check_agrees(store)
    store.delete(["0003"])
    check_agrees(store)
    store.close()


def test_what_an_earlier_version_writes_is_noted(store: LocalStore, folder: Path) -> None:
    """It knows nothing of the table, but the file's triggers are its own."""
    attributes = json.dumps({"price": 100.0})
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'change'")
        [row] = connection.execute("SELECT row FROM item WHERE item_id = '0010'").fetchone()
        connection.execute("UPDATE item SET attributes = ? WHERE row = ?", (attributes, row))
        connection.execute("DELETE FROM attribute WHERE row = ?", (row,))
        connection.execute("INSERT INTO attribute VALUES (?, 'price', 100.0)", (row,))
    assert store.count(bound(store, "price=100")) == 1
    check_agrees(store)


def test_too_much_that_is_newer_is_left_to_sqlite(folder: Path) -> None:
    store = opened(folder, replace(SNAPPING, cached_rows=10))
    store.upsert(drawn(range(60), 1))
    store.optimize()
    store.update({f"{n:04}": {"price": 1.0} for n in range(45)})
    assert files_of(store) == []
    check_agrees(store)
    store.close()


def test_a_repaired_item_is_found_by_its_attributes(store: LocalStore) -> None:
    store.optimize()
    with store._database.write() as connection:
        [row] = connection.execute("SELECT row FROM item WHERE item_id = '0090'").fetchone()
        connection.execute("DELETE FROM attribute WHERE row = ?", (row,))
    store.update({f"{n:04}": {"price": 2.0} for n in range(100, 180)})
    store.optimize()
    assert store.check(repair=True).repaired
    check_agrees(store)


def test_a_salvaged_store_has_the_attributes_of_every_item(store: LocalStore, folder: Path) -> None:
    store.close()
    salvage(folder / "catalog.db", SNAPPING)
    again = opened(folder)
    again.update({"0100": {"price": 1.5}})
    again.optimize()
    assert sum(len(file) for file in files_of(again)) == again.count()
    check_agrees(again)
    again.close()


def test_columns_in_files_are_those_in_memory(store: LocalStore, tmp_path: Path) -> None:
    with store._database.read() as connection:
        change = connection.execute("SELECT value FROM meta WHERE key = 'change'").fetchone()[0]
        memory = read_columns(connection, 0, change)
    write_columns(tmp_path / "columns", store._database, 0, change)
    files = open_columns(tmp_path / "columns")
    assert files.columns.keys() == memory.columns.keys() == TYPES.keys()
    assert files.rows.tolist() == memory.rows[memory.alive].tolist()
    for name, column in files.columns.items():
        other = memory.columns[name]
        assert column.entries.tolist() == other.entries.tolist()
        values = [column.value(number) for number in range(len(column.starts) - 1)]
        assert values == [other.value(number) for number in range(len(other.starts) - 1)]
    (tmp_path / "columns" / "starts.npy").write_bytes(b"")
    with pytest.raises(SegmentError):
        open_columns(tmp_path / "columns")


def test_where_passing_items_lie_far_from_the_query_all_are_compared(folder: Path) -> None:
    store = opened(folder, replace(SNAPPING, compared_rows=5, first_passing=2))
    store.upsert(drawn(range(300), 1))
    near = ids(store.search(NAME, units([7]), 200)[0])
    far = [entry.item_id for entry in store.scan() if entry.item_id not in near]
    store.update({item_id: {"brand": "far"} for item_id in far})
    store.optimize()
    where = bound(store, "brand=far")
    vectors = {entry.item_id: entry.vectors[NAME] for entry in store.get(far, [NAME])}
    expected = sorted(far, key=lambda item_id: -float(vectors[item_id] @ units([7])[0]))
    assert ids(store.search(NAME, units([7]), 20, where)[0]) == expected[:20]
    store.close()
