import csv
import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sosie.errors import StoreUnavailable
from sosie.stores.local.store import LocalStore
from sosie.stores.opening import open_store
from sosie.types import Record, Rejection
from support.pictures import draw_picture, encode

Sosie = Any


@pytest.fixture
def own(pictures: Path, tmp_path: Path) -> Path:
    """A copy of the catalog that a test may change."""
    return Path(shutil.copytree(pictures, tmp_path / "own copy"))


def rows_of(table: Path) -> list[list[str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_rows(table: Path, rows: list[list[str]]) -> None:
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def index_json(sosie: Sosie, *arguments: object) -> dict[str, Any]:
    result = sosie("index", *arguments, "--json")
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def test_twice_the_same_changes_nothing(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    store = tmp_path / "s.sosie"
    assert index_json(sosie, own / "catalog.csv", "--store", store)["added"] == 12
    again = index_json(sosie, own / "catalog.csv", "--store", store)
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 12)


def test_a_folder_is_a_source_too(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    result = sosie("index", own, "--store", tmp_path / "s.sosie")
    assert result.exit_code == 0
    assert "12 added, 0 updated, 0 unchanged, 0 removed, 0 rejected" in result.stdout


def test_sync_shows_the_difference_first(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    store, table = tmp_path / "s.sosie", own / "catalog.csv"
    index_json(sosie, table, "--store", store)
    write_rows(table, rows_of(table)[:-2])
    preview = sosie("index", table, "--store", store, "--sync", "--dry-run")
    assert "would remove i10" in preview.stdout
    assert "would remove i11" in preview.stdout
    assert json.loads(sosie("stats", "--store", store, "--json").stdout)["items"] == 12
    assert index_json(sosie, table, "--store", store, "--sync")["removed"] == 2
    assert json.loads(sosie("stats", "--store", store, "--json").stdout)["items"] == 10


def test_sync_exits_with_3_where_it_may_not_remove(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    store, table = tmp_path / "s.sosie", own / "catalog.csv"
    index_json(sosie, table, "--store", store)
    rows = rows_of(table)
    write_rows(table, [*rows[:-3], ["", *rows[-3][1:]]])
    for more in ((), ("--strict",), ("--dry-run",)):
        result = sosie("index", table, "--store", store, "--sync", *more)
        assert result.exit_code == 3
        assert "0 removed" in result.stdout
        assert "1 row without a readable item_id" in result.stderr
    assert sosie("index", table, "--store", store, "--sync", "--max-removals", "2", "--allow-unread").exit_code == 3
    result = sosie("index", table, "--store", store, "--sync", "--allow-unread")
    assert (result.exit_code, "3 removed" in result.stdout) == (0, True)


def test_a_large_removal_is_confirmed_only_on_a_terminal(
    sosie: Sosie, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, table = tmp_path / "s.sosie", own / "catalog.csv"
    index_json(sosie, table, "--store", store)
    write_rows(table, rows_of(table)[:-3])
    monkeypatch.setattr("sosie.indexing.removal.USUAL_NUMBER", 2)
    result = sosie("index", table, "--store", store, "--sync")
    assert (result.exit_code, "--max-removals 3 removes them" in result.stderr) == (3, True)
    monkeypatch.setattr("sosie.cli.index.is_at_terminal", lambda: True)
    monkeypatch.setattr("click.confirm", lambda question, **_: "3 of 12 items" not in question)
    assert sosie("index", table, "--store", store, "--sync").exit_code == 3
    monkeypatch.setattr("click.confirm", lambda question, **_: "3 of 12 items" in question)
    result = sosie("index", table, "--store", store, "--sync")
    assert (result.exit_code, "3 removed" in result.stdout) == (0, True)


def test_rejections_are_listed_and_written(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    (own / "3.jpg").write_bytes(b"<!DOCTYPE html><title>404</title>")
    (own / "4.jpg").unlink()
    listed = tmp_path / "rejected.csv"
    arguments = ("index", own / "catalog.csv", "--store", tmp_path / "s.sosie", "--rejections", listed)
    result = sosie(*arguments)
    assert result.exit_code == 0
    assert "10 added" in result.stdout
    assert "i3: decode:" in result.stderr
    assert {(row[0], row[1]) for row in rows_of(listed)[1:]} == {("i3", "decode"), ("i4", "read")}
    assert sosie(*arguments, "--strict").exit_code == 3


def test_nothing_but_rejections_is_a_failure(sosie: Sosie, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"")
    result = sosie("index", folder, "--store", tmp_path / "s.sosie")
    assert result.exit_code == 1
    assert "a.jpg: decode:" in result.stderr
    assert f"no store was created at {tmp_path / 's.sosie'}" in result.stderr
    assert not (tmp_path / "s.sosie").exists()
    (folder / "b.jpg").write_bytes(encode(draw_picture(1)))
    again = sosie("index", folder, "--store", tmp_path / "s.sosie")
    assert (again.exit_code, "1 added" in again.stdout, "no store" in again.stderr) == (0, True, False)


def test_a_dry_run_makes_no_store_and_does_not_regret_it(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    result = sosie("index", own, "--store", tmp_path / "s.sosie", "--dry-run")
    assert (result.exit_code, "12 added" in result.stdout, "no store" in result.stderr) == (0, True, False)
    assert not (tmp_path / "s.sosie").exists()


def test_rejections_are_known_even_where_the_run_fails(
    sosie: Sosie, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own / "many").mkdir()
    (own / "many" / "00.jpg").write_bytes(b"<!DOCTYPE html><title>404</title>")
    for number in range(1, 100):
        shutil.copyfile(own / "3.jpg", own / "many" / f"{number:02}.jpg")
    original, written = LocalStore.upsert, list[int]()

    def upsert(store: LocalStore, records: Sequence[Record]) -> list[Rejection]:
        if written:
            raise StoreUnavailable("the disk is full")
        written.append(len(records))
        return original(store, records)

    monkeypatch.setattr(LocalStore, "upsert", upsert)
    listed, store = tmp_path / "rejected.csv", tmp_path / "s.sosie"
    result = sosie("index", own / "many", "--store", store, "--rejections", listed, "--workers", 1)
    assert result.exit_code == 1
    assert "the disk is full" in result.stderr
    assert f"stopped after {written[0] + 1} of 100; written items stay" in result.stderr
    assert "00.jpg: decode:" in result.stderr
    assert [row[:2] for row in rows_of(listed)] == [["item_id", "stage"], ["00.jpg", "decode"]]
    assert json.loads(sosie("stats", "--store", store, "--json").stdout)["items"] == written[0]


def test_ctrl_c_while_the_snapshot_is_built_keeps_the_report(
    sosie: Sosie, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(store: LocalStore) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalStore, "optimize", interrupted)
    store = tmp_path / "s.sosie"
    result = sosie("index", own / "catalog.csv", "--store", store, "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["interrupted"], report["added"]) == (130, True, 12)
    assert json.loads(sosie("stats", "--store", store, "--json").stdout)["items"] == 12


def test_a_source_that_lost_everything_empties_and_makes_no_store(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    store = tmp_path / "s.sosie"
    (own / "empty").mkdir()
    assert sosie("index", own / "empty", "--store", store).exit_code == 2
    assert not store.exists()
    index_json(sosie, own, "--store", store)
    assert sosie("index", own / "empty", "--store", store, "--sync").exit_code == 2
    assert json.loads(sosie("stats", "--store", store, "--json").stdout)["items"] == 12


def test_shards_make_the_whole(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    store = tmp_path / "s.sosie"
    added = [index_json(sosie, own, "--store", store, "--shard", f"{part}/3")["added"] for part in range(3)]
    assert sum(added) == 12
    assert index_json(sosie, own, "--store", store)["unchanged"] == 12


def test_a_part_without_items_is_no_failure_where_another_part_has_some(
    sosie: Sosie, own: Path, tmp_path: Path
) -> None:
    write_rows(own / "catalog.csv", rows_of(own / "catalog.csv")[:2])
    parts = [sosie("index", own / "catalog.csv", "--store", tmp_path / "s.sosie", "--shard", f"{n}/2") for n in (0, 1)]
    assert [part.exit_code for part in parts] == [0, 0]
    assert sorted(part.stdout.split(",")[0] for part in parts) == ["0 added", "1 added"]


def test_another_embedder_is_refused(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    store = tmp_path / "s.sosie"
    index_json(sosie, own, "--store", store)
    result = sosie("index", own, "--store", store, "--embedder", "efficientnet_lite0")
    assert result.exit_code == 1
    assert "efficientnet_lite0" in result.stderr
    assert "new store" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "no file or folder at"),
        (["{own}/catalog.csv", "--column", "image=photo"], "for instance --column image=image (in Python"),
        (["{own}/catalog.csv", "--column", "image"], "ROLE=NAME"),
        (["{own}/catalog.csv", "--label", "12"], "iMaterialist"),
        (["{own}", "--shard", "3/3"], "0 to N-1"),
        (["{own}", "--shard", "0/2", "--sync"], "--sync"),
        (["{own}", "--embedder", "mobilnet"], "mobilenet_v2"),
        (["{own}/empty"], "nothing to index in the folder"),
        (["{own}/empty", "--shard", "1/3"], "part 1/3 of the folder"),
    ],
)
def test_wrong_usage_has_one_clear_message(
    sosie: Sosie, own: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    (own / "empty").mkdir()
    filled = [argument.format(own=own) for argument in arguments]
    result = sosie("index", *filled, "--store", tmp_path / "s.sosie")
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_debug_shows_the_traceback(sosie: Sosie, tmp_path: Path) -> None:
    result = sosie("--debug", "index", "nowhere", "--store", tmp_path / "s.sosie")
    assert result.exc_info is not None
    assert result.exc_info[0].__name__ == "SourceError"


def test_the_attribute_of_codes_is_kept_by_the_store(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    table, store = own / "catalog.csv", tmp_path / "s.sosie"
    index_json(sosie, table, "--store", store, "--code-attribute", "title")
    index_json(sosie, table, "--store", store)
    with closing(open_store(str(store))) as opened:
        assert opened.manifest.settings["codes"] == {"attribute": "title"}
    index_json(sosie, table, "--store", store, "--code-attribute", "price")
    with closing(open_store(str(store))) as opened:
        assert opened.manifest.settings["codes"] == {"attribute": "price"}


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_an_attribute_of_codes_that_no_column_has_is_refused_before_the_work(
    sosie: Sosie, own: Path, tmp_path: Path, more: list[str]
) -> None:
    store = tmp_path / "s.sosie"
    result = sosie("index", own / "catalog.csv", "--store", store, "--code-attribute", "ean", *more)
    assert result.exit_code == 2
    assert "the code attribute 'ean' is missing in the table" in result.stderr
    assert "it has brand, price, title: choose one" in result.stderr
    assert not store.exists()


def test_an_attribute_of_codes_that_the_catalog_has_already_may_be_missing_in_a_source(
    sosie: Sosie, own: Path, tmp_path: Path
) -> None:
    store = tmp_path / "s.sosie"
    index_json(sosie, own / "catalog.csv", "--store", store)
    assert index_json(sosie, own, "--store", store, "--code-attribute", "title")["notes"] == [
        "'catalog.csv' was not read: if it is a table of these pictures, index it instead",
        "files that are no pictures: ending .csv (2 times, for instance catalog.csv)",
    ]


def test_if_only_reading_shows_it_the_report_says_that_no_item_has_codes(
    sosie: Sosie, own: Path, tmp_path: Path
) -> None:
    lines = [json.dumps({"image": f"{n}.jpg", "title": f"Thing {n}"}) for n in range(3)]
    (own / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = sosie("index", own / "rows.jsonl", "--store", tmp_path / "s.sosie", "--code-attribute", "ean")
    assert result.exit_code == 0
    assert "3 added" in result.stdout
    assert "note: no item has an attribute 'ean' that could hold codes; the catalog has title" in result.stderr


def test_the_largest_picture_can_be_chosen(sosie: Sosie, own: Path, tmp_path: Path) -> None:
    result = sosie("index", own, "--store", tmp_path / "s.sosie", "--max-pixels", "100")
    assert result.exit_code == 1
    assert "the limit is 100" in result.stderr
