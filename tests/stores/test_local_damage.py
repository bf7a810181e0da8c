"""Bytes of a store that are changed, zeroed or cut off: every call answers, or says what is damaged."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from sosie.errors import StoreDamaged, StoreError, StoreUnavailable, UsageError
from sosie.stores.local import LocalSettings, open_local
from sosie.stores.local.backup import back_up, restore
from sosie.stores.local.opening import salvage_local
from sosie.stores.local.store import LocalStore
from sosie.stores.local.truth.damage import log_damage
from sosie.types import EmbedderIdentity, Manifest, Record
from support.local_stores import numbered, opened
from support.store_contract.harness import NAME, axis, bound, ids, units

ITEMS, DIM, PLACES = 200, 256, 500
VECTOR = "embedding@1"
SETTINGS = LocalSettings(power_safe=False, busy_seconds=0.2)
WIDE = Manifest(EmbedderIdentity("test", "0", DIM), {VECTOR: DIM}, {"embedding": VECTOR}, {"brand": "string"})


def wide(number: int) -> Record:
    rng = np.random.default_rng(number)
    vector = rng.standard_normal(DIM).astype(np.float32)
    blobs = {"thumbnail": rng.bytes(3000), "details": rng.bytes(6000)}
    attributes = {"brand": f"brand {number % 7}", "title": f"Thing number {number}"}
    return Record(
        f"{number:04}", f"p{number // 2}", f"/pictures/{number}.jpg", ("https://shop.example/",), attributes,
        f"{number:064x}", {VECTOR: vector / np.linalg.norm(vector)}, blobs, 1.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 200 items with vectors and blobs, in one file."""
    folder = tmp_path_factory.mktemp("sound") / "shop.sosie"
    store = open_local(folder, WIDE, SETTINGS)
    store.upsert([wide(number) for number in range(ITEMS)])
    store.add_feedback([{"item_id": "0001", "said": "yes"}])
    store.close()
    with closing(sqlite3.connect(folder / "catalog.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def flip(data: bytearray, place: int, rng: random.Random) -> None:
    for offset in range(rng.randint(1, 32)):
        data[(place + offset) % len(data)] ^= rng.randint(1, 255)


def zero(data: bytearray, place: int, rng: random.Random) -> None:
    end = min(len(data), place + rng.randint(1, 9000))
    data[place:end] = bytes(end - place)


def cut(data: bytearray, place: int, rng: random.Random) -> None:
    del data[place:]


HARM = (flip, zero, cut)


def calls(store: LocalStore) -> dict[str, Callable[[], object]]:
    query = wide(7).vectors[VECTOR][None]
    return {
        "manifest": lambda: store.manifest,
        "search": lambda: store.search(VECTOR, query, 10),
        "search distinct": lambda: store.search(VECTOR, query, 10, None, "product_id"),
        "search where": lambda: store.search(VECTOR, query, 10, bound(store, "brand=brand 3")),
        "words": lambda: store.search_text("thing 7", 10),
        "get": lambda: store.get([f"{number:04}" for number in range(ITEMS)], (VECTOR, "thumbnail", "details")),
        "get one": lambda: store.get(["0007"]),
        "scan": lambda: list(store.scan(fields=(VECTOR, "thumbnail"))),
        "count": lambda: store.count(),
        "facets": lambda: store.facets(["product_id", "brand"]),
        "feedback": lambda: store.feedback(),
        "update": lambda: store.update({"0003": {"brand": "new"}}),
        "upsert": lambda: store.upsert([wide(5), wide(ITEMS)]),
        "delete": lambda: store.delete(["0004"]),
    }


def answers(folder: Path) -> dict[str, object]:
    """What each call gives, or the error that says what is damaged; everything else fails the test."""
    try:
        store = open_local(folder, None, SETTINGS)
    except StoreError as error:
        return {"open": error}
    given: dict[str, object] = {}
    for name, call in calls(store).items():  # type: ignore[arg-type]
        try:
            given[name] = call()
        except StoreError as error:
            given[name] = error
    store.close()
    return given


@pytest.mark.parametrize("part", range(10))
def test_every_call_answers_or_says_what_is_damaged(sound: Path, tmp_path: Path, part: int) -> None:
    """Each place is harmed once, and what every call says is looked at, before and after a repair."""
    whole = (sound / "catalog.db").read_bytes()
    searched = 0
    for number in range(part * PLACES // 10, (part + 1) * PLACES // 10):
        rng = random.Random(number)
        folder = tmp_path / f"{number}.sosie"
        folder.mkdir()
        data = bytearray(whole)
        HARM[number % len(HARM)](data, rng.randrange(len(data)), rng)
        (folder / "catalog.db").write_bytes(data)
        given = answers(folder)
        searched += not isinstance(given.get("search", given.get("open")), StoreError)
        check_repair(folder, number)
        shutil.rmtree(folder)
    assert searched > PLACES // 10 * 0.6, "only a file that is cut off, or the first page, may stop a search"


def check_repair(folder: Path, number: int) -> None:
    """The check ends; after a repair the store is sound, unless the manifest or everything else is lost."""
    try:
        store = open_local(folder, None, SETTINGS)
    except StoreError:
        try:
            salvage_local(folder, SETTINGS)
        except StoreError:
            return
        store = open_local(folder, None, SETTINGS)
    assert isinstance(store, LocalStore)
    try:
        store.check()
        repaired = store.check(repair=True)
        if any("nothing could be salvaged" in problem for problem in repaired.problems):
            return
        again = store.check()
        rest = [problem for problem in again.problems if "cannot be read" not in problem]
        assert rest == [], (number, repaired)
        found = list(store.scan(fields=(VECTOR,)))
        assert again.items >= len(found)
        assert len(store.search(VECTOR, wide(7).vectors[VECTOR][None], 500)[0]) <= len(found)
    finally:
        store.close()


def harm(folder: Path, needle: bytes, with_what: bytes = b"") -> None:
    """Zero the page that holds ``needle``, or put other bytes in its place."""
    file = folder / "catalog.db"
    data = bytearray(file.read_bytes())
    place = data.index(needle)
    if with_what:
        data[place : place + len(with_what)] = with_what
    else:
        begin = place // 8192 * 8192
        data[begin : begin + 8192] = bytes(8192)
    file.write_bytes(data)


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "own.sosie"))


def test_a_lost_page_of_vectors_costs_only_its_items(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    log_damage.cache_clear()
    harm(folder, wide(7).vectors[VECTOR].astype("<f2").tobytes())
    store = open_local(folder, None, SETTINGS)
    query = wide(100).vectors[VECTOR][None]
    results = ids([hit.record for hit in store.search(VECTOR, query, ITEMS)[0]])
    assert results[0] == "0100"
    assert ITEMS - 20 <= len(results) < ITEMS
    assert "0007" not in results
    assert "vectors cannot all be read" in caplog.text
    assert ids(store.get(["0007"])) == ["0007"]
    report = store.check(repair=True)
    assert report.repaired
    assert store.check().problems == ()
    assert store.count() == ITEMS
    assert (folder / "catalog.db.damaged").exists()
    store.close()


def test_a_lost_page_of_items_is_named(folder: Path) -> None:
    harm(folder, b'"/pictures/50.jpg"')
    store = open_local(folder, None, SETTINGS)
    query = wide(100).vectors[VECTOR][None]
    result = ids([hit.record for hit in store.search(VECTOR, query, ITEMS)[0]])
    assert result[0] == "0100"
    assert "0050" not in result
    report = store.check(repair=True)
    lost = {problem for problem in report.problems if "is lost" in problem}
    assert "item '0050' is lost: index it again" in lost
    assert store.count() == ITEMS - len(lost) == len(list(store.scan()))
    assert store.check().problems == ()
    assert store.upsert([wide(50)]) == []
    assert ids(store.get(["0050"])) == ["0050"]
    store.close()


def test_a_lost_first_page_is_put_back(folder: Path) -> None:
    harm(folder, b"SQLite format 3")
    with pytest.raises(StoreDamaged):
        open_local(folder, None, SETTINGS)
    report = salvage_local(folder, SETTINGS)
    assert report.items == ITEMS
    store = open_local(folder, None, SETTINGS)
    assert store.check().problems == ()
    assert store.get(["0050"], (VECTOR, "thumbnail"))[0].blobs["thumbnail"] == wide(50).blobs["thumbnail"]
    assert store.feedback() == [{"item_id": "0001", "said": "yes"}]
    store.close()


def test_without_its_manifest_nothing_is_salvaged_and_nothing_is_lost(folder: Path) -> None:
    harm(folder, b'"format_version"')
    before = (folder / "catalog.db").read_bytes()
    with pytest.raises(StoreDamaged, match="restore a backup"):
        salvage_local(folder, SETTINGS)
    assert (folder / "catalog.db").read_bytes() == before
    assert [entry.name for entry in folder.iterdir()] == ["catalog.db"]


def test_a_row_of_the_wrong_types_costs_only_itself(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute("UPDATE item SET product_id = x'ff' WHERE item_id = '0001'")
        connection.execute("UPDATE item SET image = '7' WHERE item_id = '0002'")
        connection.execute("UPDATE item SET attributes = '[]' WHERE item_id = '0003'")
        connection.execute("UPDATE vector SET data = 'text' WHERE key & 1023 = 5")
        connection.execute("UPDATE blob SET data = 7 WHERE row = 6")
        connection.execute("INSERT INTO feedback (body) VALUES ('{')")
    store = open_local(folder, None, SETTINGS)
    outcome = ids([hit.record for hit in store.search(VECTOR, wide(100).vectors[VECTOR][None], ITEMS)[0]])
    assert set(outcome) >= {f"{number:04}" for number in range(5, ITEMS)}
    assert ids(store.get(["0001", "0002", "0003", "0010"])) == ["0010"]
    assert len(list(store.scan())) == ITEMS - 3
    assert len(store.feedback()) == 1
    problems = " ".join(store.check().problems)
    assert all(f"'{item_id}'" in problems for item_id in ("0001", "0002", "0003", "0004"))
    store.close()


def test_a_store_that_was_moved_or_replaced_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "shop.sosie"
    store = opened(folder)
    store.upsert(numbered(range(5)))
    other = opened(tmp_path / "other.sosie")
    other.close()
    folder.rename(tmp_path / "moved.sosie")
    for call in (lambda: store.upsert(numbered([7])), lambda: store.search(NAME, axis(), 3), store.count):
        with pytest.raises(StoreUnavailable, match="moved, deleted or replaced"):
            call()
    (tmp_path / "other.sosie").rename(folder)
    with pytest.raises(StoreUnavailable, match="moved, deleted or replaced"):
        store.upsert(numbered([8]))
    store.close()
    again = opened(folder)
    assert again.count() == 0
    again.close()


def test_a_write_into_a_file_that_is_replaced_meanwhile_is_not_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "shop.sosie"
    store = opened(folder)

    def write() -> None:
        with store._database.write() as connection:
            connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'change'")
            folder.rename(tmp_path / "moved.sosie")

    with pytest.raises(StoreUnavailable, match="may be lost"):
        write()
    store.close()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[LocalStore]:
    store = opened(tmp_path / "shop.sosie")
    store.upsert(numbered(range(30)))
    yield store
    store.close()


def test_a_backup_is_the_store_as_it_stood(written: LocalStore, tmp_path: Path) -> None:
    written.optimize()
    file = tmp_path / "backups" / "shop.db"
    assert back_up(tmp_path / "shop.sosie", file) == 30
    written.delete(["0001"])
    assert restore(file, tmp_path / "new.sosie") == 30
    assert [entry.name for entry in file.parent.iterdir()] == ["shop.db"]
    restored = opened(tmp_path / "new.sosie")
    assert ids(restored.scan()) == [f"{number:04}" for number in range(30)]
    assert ids([hit.record for hit in restored.search(NAME, units([7]), 1)[0]]) == ["0007"]
    assert restored.check().problems == ()
    restored.optimize()
    restored.close()
    assert back_up(tmp_path / "shop.sosie", file) == 29
    with pytest.raises(UsageError, match="--replace"):
        restore(file, tmp_path / "new.sosie")
    assert restore(file, tmp_path / "new.sosie", replace=True) == 29
    assert (tmp_path / "new.sosie" / "catalog.db.replaced").exists()


def test_a_backup_while_others_write_holds_whole_batches(tmp_path: Path) -> None:
    folder = tmp_path / "shop.sosie"
    store = opened(folder)
    ends = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not ends.is_set():
            store.upsert(numbered(range(written, written + 10)))
            written += 10

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for number in range(5):
            before = written
            file = tmp_path / f"{number}.db"
            held = back_up(folder, file)
            assert before <= held <= written + 10
            assert held % 10 == 0
            restore(file, tmp_path / f"{number}.sosie")
            copy = opened(tmp_path / f"{number}.sosie")
            assert copy.check().problems == ()
            copy.close()
    finally:
        ends.set()
        writing.join()
        store.close()


def test_what_is_no_backup_is_left_alone(written: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"a photo")
    with pytest.raises(UsageError, match="is not a backup"):
        back_up(tmp_path / "shop.sosie", tmp_path / "photo.jpg")
    with pytest.raises(StoreDamaged):
        restore(tmp_path / "photo.jpg", tmp_path / "new.sosie")
    with pytest.raises(UsageError, match="no file"):
        restore(tmp_path / "none.db", tmp_path / "new.sosie")
    assert not (tmp_path / "new.sosie").exists()
    file = tmp_path / "shop.db"
    back_up(tmp_path / "shop.sosie", file)
    file.write_bytes(file.read_bytes()[:-9000])
    with pytest.raises(StoreDamaged):
        restore(file, tmp_path / "new.sosie")
