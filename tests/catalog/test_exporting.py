"""Items come out as a table, and go in again as they were."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import sosie
from catalog.pair import Pair
from sosie.catalog.exporting import thumbnail_name
from sosie.errors import UsageError
from sosie.images.decode import decode
from sosie.types import Item, Record
from support.pictures import draw_picture, encode

FORMATS = ("csv", "jsonl", "parquet")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose items have every type, formulas, marks, line ends and letters of all kinds."""
    folder = tmp_path_factory.mktemp("odd")
    for seed in range(4):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (40, 30))))
    odd = {
        "title": '=HYPERLINK("http://x.example","y")', "note": "+49 30 1", "price": 12.5, "stock": 3, "new": True,
        "tags": ("blue", "dark, deep"), "ean": "0012345678905",
    }  # fmt: skip
    plain = {
        "title": 'two\nlines, "quoted"', "note": "'=not a formula", "price": 1299, "stock": 0, "new": False,
        "tags": ("[]",), "ean": "4006381333931",
    }  # fmt: skip
    items = [
        Item("=1+1", "@p", str(folder / "0.jpg"), ("https://s.example/0", "https://s.example/0b"), odd),
        Item("a/b ü", "p1", str(folder / "1.jpg"), (), plain),
        Item("i2", "p1", str(folder / "2.jpg"), ("https://s.example/2",), {"title": "-5 %", "note": "@cmd"}),
        Item("-3", "p3", str(folder / "3.jpg"), (), {"title": "last", "note": "'12"}),
    ]
    with sosie.open(folder / "odd.sosie") as catalog:
        catalog.create()
        assert catalog.upsert(items).added == 4
    return folder / "odd.sosie"


def described(store: Path) -> dict[str, Record]:
    with sosie.open(store) as catalog:
        return {record.item_id: record for record in catalog.items()}


@pytest.mark.parametrize("ending", FORMATS)
def test_an_exported_catalog_is_indexed_again_unchanged(ending: str, odd: Path, tmp_path: Path) -> None:
    table, again = tmp_path / f"t.{ending}", tmp_path / "again.sosie"
    with sosie.open(odd) as catalog:
        assert catalog.export(table) == 4
    with sosie.open(again) as catalog:
        report = catalog.index(table)
        assert (report.added, report.rejected) == (4, ())
    before, after = described(odd), described(again)
    for item_id, record in before.items():
        assert after[item_id].item == record.item


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_store_finds_nothing_changed(ending: str, shop: Path, tmp_path: Path) -> None:
    with sosie.open(shop / "shop.sosie") as catalog:
        catalog.export(tmp_path / f"t.{ending}")
        report = catalog.index(tmp_path / f"t.{ending}", sync=True, dry_run=True)
    assert (report.unchanged, report.added, report.updated, report.removed) == (10, 0, 0, 0)


def test_no_cell_of_a_csv_begins_as_a_formula(odd: Path, tmp_path: Path) -> None:
    with sosie.open(odd) as catalog:
        catalog.export(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert "'=1+1" in cells


@pytest.mark.parametrize("ending", FORMATS)
def test_vectors_come_along(ending: str, shop: Path, tmp_path: Path) -> None:
    path = tmp_path / f"t.{ending}"
    with sosie.open(shop / "shop.sosie") as catalog:
        catalog.export(path, where="brand=A", vectors=True)
        dims = catalog.stats().vectors.values()
    lines = path.read_bytes().decode(errors="replace").splitlines()
    rows = {
        "parquet": lambda: pq.read_table(path).to_pylist(),
        "jsonl": lambda: list(map(json.loads, lines)),
        "csv": lambda: [{"vector": json.loads(row["vector"])} for row in csv.DictReader(lines)],
    }[ending]()
    assert len(rows) == 5
    assert {len(row["vector"]) for row in rows} <= set(dims)
    assert np.allclose([np.linalg.norm(row["vector"]) for row in rows], 1, atol=1e-3)


def test_thumbnails_lie_in_a_folder(shop: Path, tmp_path: Path) -> None:
    with sosie.open(shop / "shop.sosie") as catalog:
        catalog.export(tmp_path / "t.jsonl", thumbnails=tmp_path / "small")
    files = {path.name for path in (tmp_path / "small").iterdir()}
    assert len(files) == 10
    assert {"i0.jpg", thumbnail_name("Größe/a b")} <= files
    assert decode((tmp_path / "small" / "i0.jpg").read_bytes()).size == (120, 90)


@pytest.mark.parametrize("item_id", ["../../etc/passwd", "a/b", ".hidden", "-rf", "x" * 300, "ü", "a\0b", "CON:1"])
def test_no_id_leads_out_of_the_folder(item_id: str) -> None:
    name = thumbnail_name(item_id)
    assert Path(name).name == name
    assert len(name) < 120
    assert name[0] not in ".-"


def test_a_server_exports_the_same_rows_but_for_paths(make_pair: Callable[[], Pair], tmp_path: Path) -> None:
    pair = make_pair()
    assert pair.local.export(tmp_path / "here.jsonl") == pair.remote.export(tmp_path / "there.jsonl") == 10
    here, there = (
        [json.loads(line) | {"image": ""} for line in (tmp_path / f"{name}.jsonl").read_text("utf-8").splitlines()]
        for name in ("here", "there")
    )
    assert here == there
    with pytest.raises(UsageError, match="--vectors"):
        pair.remote.export(tmp_path / "v.jsonl", vectors=True)


def test_another_ending_is_refused_and_nothing_is_left_of_a_failure(shop: Path, tmp_path: Path) -> None:
    with sosie.open(shop / "shop.sosie") as catalog:
        with pytest.raises(UsageError, match=r"\.parquet, \.csv or \.jsonl"):
            catalog.export(tmp_path / "t.xlsx")
        with pytest.raises(sosie.SosieError):
            catalog.export(tmp_path / "t.csv", where="nope=1")
    assert list(tmp_path.iterdir()) == []
