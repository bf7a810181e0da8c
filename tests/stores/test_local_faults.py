"""What a local store says when it cannot be opened, read or written, and what check finds and mends."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sosie.errors import FilterError, StoreDamaged, StoreError, StoreNotFound, StoreVersionError, UsageError
from sosie.filters import Condition, Where
from sosie.stores.local import open_local
from sosie.stores.local.store import LocalStore
from support.local_stores import SNAPPING, finished, numbered, opened, snapshots
from support.store_contract.harness import MANIFEST, NAME, axis, bound, ids, unit, units


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shop ü.sosie"


@pytest.fixture
def store(folder: Path) -> Iterator[LocalStore]:
    store = opened(folder)
    store.upsert(numbered(range(30)))
    yield store
    store.close()


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_no_store_is_there(folder: Path) -> None:
    for path in (folder, folder / "deeper"):
        with pytest.raises(StoreNotFound, match="no store at"):
            open_local(path)
    assert not folder.exists()
    folder.mkdir()
    (folder / "catalog.db").touch()
    with pytest.raises(StoreNotFound):
        open_local(folder)


def test_a_folder_of_other_things_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "1.jpg").touch()
    with pytest.raises(UsageError, match=r"contains '1\.jpg'"):
        open_local(folder, MANIFEST)
    with pytest.raises(UsageError, match="is a file"):
        open_local(folder / "1.jpg", MANIFEST)
    assert [entry.name for entry in folder.iterdir()] == ["1.jpg"]


def test_an_existing_store_keeps_its_manifest(store: LocalStore, folder: Path) -> None:
    again = open_local(folder, replace(MANIFEST, settings={"other": 1}))
    assert again.manifest == MANIFEST
    again.close()


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_version_of_the_format(store: LocalStore, folder: Path, version: int) -> None:
    store.close()
    change(folder, f"PRAGMA user_version = {version}")
    with pytest.raises(StoreVersionError, match=f"format {version}"):
        open_local(folder, MANIFEST)
    with pytest.raises(StoreVersionError, match="format 2"):
        open_local(folder.with_name("new.sosie"), replace(MANIFEST, format_version=2))


def spoil_header(file: Path) -> None:
    file.write_bytes(b"no database" + file.read_bytes()[11:])


def spoil_everything(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100] + np.random.default_rng(0).bytes(file.stat().st_size - 100))


def be_another_database(file: Path) -> None:
    file.unlink()
    change(file.parent, "CREATE TABLE meta (key, value)")


@pytest.mark.parametrize("spoil", [spoil_header, spoil_everything, be_another_database])
def test_a_file_that_cannot_be_read(store: LocalStore, folder: Path, spoil: Callable[[Path], None]) -> None:
    store.close()
    spoil(folder / "catalog.db")
    with pytest.raises(StoreDamaged):
        open_local(folder)


def test_a_manifest_that_cannot_be_read(store: LocalStore, folder: Path) -> None:
    store.close()
    change(folder, "UPDATE meta SET value = '{}' WHERE key = 'manifest'")
    with pytest.raises(StoreDamaged, match="manifest"):
        open_local(folder)


def test_a_closed_store_says_so(store: LocalStore) -> None:
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.count()


def test_more_values_than_sqlite_takes_are_refused(store: LocalStore) -> None:
    where = Where((Condition("brand", "=", tuple(map(str, range(40_000)))),))
    with pytest.raises(FilterError, match="at most 30000 values"):
        store.count(where)


def test_a_failed_write_leaves_nothing_behind(store: LocalStore) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        store.upsert([*numbered(range(100, 105)), replace(numbered([106])[0], item_id="\ud800")])
    assert store.count() == 30
    assert store.check().problems == ()


READ_ONLY = """
import mmap, os, numkong
from pathlib import Path
from sosie.errors import StoreUnavailable
from support.local_stores import SNAPPING, numbered, open_local
from support.store_contract.harness import NAME, axis, bound, unit
if os.geteuid() == 0:
    os.seteuid(65534)
store = open_local(Path(sys.argv[1]), None, SNAPPING)
assert len(store.search(NAME, axis(), 50, bound(store, "price<25"))[0]) == 25
print(len(store.search(NAME, axis(), 50)[0]), store.count(), len(store.search_text("brand", 50)))
print(store.check().problems)
for write in (lambda: store.upsert(numbered([1])), lambda: store.delete(["0001"]), store.optimize):
    try:
        write()
        print("done")
    except StoreUnavailable as error:
        print("read" in str(error))
store.close()
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach, which pytest's are not."""
    base = Path(tempfile.mkdtemp())
    base.chmod(0o755)
    yield base
    for path in [base, *base.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(base)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the permissions of POSIX")
@pytest.mark.parametrize("killed", [False, True])
def test_a_folder_that_may_only_be_read_is_searched(open_folder: Path, killed: bool) -> None:
    folder = open_folder / "shop.sosie"
    store = opened(folder)
    store.upsert(numbered(range(30)))
    store.optimize()
    store.upsert(numbered(range(30, 33)))
    if killed:
        shutil.copytree(folder, open_folder / "copy.sosie")
        folder = open_folder / "copy.sosie"
        assert (folder / "catalog.db-wal").stat().st_size
    store.close()
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert finished(READ_ONLY, folder) == "33 33 33\n()\nTrue\nTrue\ndone\n"


FULL_DISK = """
import resource
from pathlib import Path
from sosie.errors import StoreUnavailable
from support.local_stores import numbered, opened
store = opened(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
written = 0
try:
    while True:
        store.upsert(numbered(range(written, written + 50)))
        written += 50
except StoreUnavailable as error:
    print(written, store.count())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.upsert(numbered(range(written, written + 50)))
print(store.count() - written)
store.close()
"""


@pytest.mark.skipif(os.name != "posix", reason="needs the limits of POSIX")
def test_a_full_disk_loses_nothing(folder: Path) -> None:
    opened(folder).close()
    [written, counted, more] = map(int, finished(FULL_DISK, folder).split())
    assert (written, more) == (counted, 50)
    assert written > 0
    store = opened(folder)
    assert store.count() == written + 50
    assert store.check().problems == ()
    store.close()


SPOILS: dict[str, tuple[list[str], str]] = {
    "attribute lost": (["DELETE FROM attribute WHERE row = 3"], "attributes"),
    "attribute too many": (["INSERT INTO attribute (row, name, value) VALUES (3, 'brand', 'wrong')"], "attributes"),
    "words lost": (["DELETE FROM words WHERE rowid = 3"], "words"),
    "words wrong": (["UPDATE words SET text = 'wrong' WHERE rowid = 3"], "words"),
    "word index damaged": (["DELETE FROM words_data WHERE id > 10"], "word"),
    "attribute of nobody": (["INSERT INTO attribute (row, name, value) VALUES (999, 'brand', 'x')"], "without an item"),
    "blob of nobody": (["INSERT INTO blob (row, name, data) VALUES (999, 'thumbnail', x'00')"], "without an item"),
    "words of nobody": (["INSERT INTO words (rowid, text) VALUES (999, 'x')"], "without an item"),
    "vector of nobody": (
        ["INSERT INTO vector SELECT key + 999, name, change, data FROM vector WHERE key & 1023 = 3"],
        "without an item",
    ),
    "vector too short": (["UPDATE vector SET data = x'0000' WHERE key & 1023 = 3"], "'0002'"),
    "vector not a number": ([f"UPDATE vector SET data = x'{'007e' * 16}' WHERE key & 1023 = 3"], "'0002'"),
    "vector of zeros": (["UPDATE vector SET data = zeroblob(32) WHERE key & 1023 = 3"], "'0002'"),
}


@pytest.mark.parametrize("kind", SPOILS)
def test_check_finds_and_mends(store: LocalStore, folder: Path, kind: str) -> None:
    statements, named = SPOILS[kind]
    store.close()
    change(folder, *statements)
    store = opened(folder)
    result = store.check()
    assert result.items == 30
    assert named in " ".join(result.problems)
    assert result.repaired == ()
    mended = store.check(repair=True)
    assert mended.problems == result.problems
    assert len(mended.repaired) == len(mended.problems)
    assert store.check().problems == ()
    assert ids(store.scan()) == [f"{n:04}" for n in range(30)]
    assert store.count(bound(store, "brand=brand 2")) == len(store.search_text("brand 2", 50)) == 6
    assert len(store.search(NAME, axis(), 50)[0]) == 30 - ("'0002'" in named)
    store.close()


def test_an_item_whose_vector_was_removed_is_to_be_indexed_again(store: LocalStore, folder: Path) -> None:
    store.upsert([replace(numbered([2])[0], content_sha256="ff")])
    change(folder, "UPDATE vector SET data = zeroblob(32) WHERE key & 1023 = 3")
    store.check(repair=True)
    assert store.get(["0002"])[0].content_sha256 == ""


def test_an_item_that_cannot_be_read_is_named(store: LocalStore, folder: Path) -> None:
    change(folder, "UPDATE item SET attributes = '{' WHERE item_id = '0002'")
    [problem] = store.check(repair=True).problems
    assert "'0002'" in problem
    with pytest.raises(StoreDamaged, match="'0002'"):
        store.get(["0002"])
    assert ids(store.get(["0001"])) == ["0001"]
    store.upsert(numbered([2]))
    assert store.check().problems == ()


def test_a_vector_that_is_not_finite_stops_no_search(store: LocalStore, folder: Path) -> None:
    change(folder, f"UPDATE vector SET data = x'{'007e' * 16}' WHERE key & 1023 = 3")
    assert ids(store.search(NAME, units([7]), 1)[0]) == ["0007"]


def test_the_last_of_several_rows_of_one_id_wins(store: LocalStore) -> None:
    assert store.put_vectors(NAME, ["0001", "0001"], np.stack([unit(800), unit(801)])) == 1
    assert store.search(NAME, units([801]), 1)[0][0].item_id == "0001"
    assert store.search(NAME, units([801]), 1)[0][0].score == pytest.approx(1, abs=1e-3)


def test_snapping_settings_reach_the_snapshot(store: LocalStore, folder: Path) -> None:
    store.optimize()
    assert SNAPPING.tail_rows < 30
    assert len(snapshots(folder)) == 1
