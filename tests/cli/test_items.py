"""``sosie items`` and ``sosie export``."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

Sosie = Any


@pytest.fixture
def store(sosie: Sosie, pictures: Path, tmp_path: Path) -> Path:
    assert sosie("index", pictures / "catalog.csv", "--store", tmp_path / "s.sosie").exit_code == 0
    return tmp_path / "s.sosie"


def test_items_are_listed_in_every_form(sosie: Sosie, store: Path) -> None:
    table = sosie("items", "--store", store, "-k", "3")
    assert "i0" in table.stdout
    assert "3 of 12 items" in table.stderr
    rows = list(csv.DictReader(io.StringIO(sosie("items", "--store", store, "--csv").stdout)))
    lines = [json.loads(line) for line in sosie("items", "--store", store, "--jsonl").stdout.splitlines()]
    listed = json.loads(sosie("items", "--store", store, "--json").stdout)
    assert [row["item_id"] for row in rows] == [line["item_id"] for line in lines]
    assert listed == {"items": lines, "total": 12}
    assert len(lines) == 12


def test_conditions_and_a_beginning_narrow_the_list(sosie: Sosie, store: Path) -> None:
    first, *_ = json.loads(sosie("items", "--store", store, "--json").stdout)["items"]
    brand = first["brand"]
    listing = json.loads(sosie("items", "--store", store, "--where", f"brand={brand}", "--json").stdout)
    assert {item["brand"] for item in listing["items"]} == {brand}
    after = json.loads(sosie("items", "--store", store, "--after", first["item_id"], "--json").stdout)
    assert len(after["items"]) == 11
    assert "no item passes" in sosie("items", "--store", store, "--where", "price<0").stdout
    assert sosie("items", "--store", store, "--where", "nope=1").exit_code != 0


def test_lists_are_sorted_and_go_on(sosie: Sosie, store: Path) -> None:
    def listed(*options: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in sosie("items", "--store", store, "--jsonl", *options).stdout.splitlines()]

    whole = listed("--sort", "-price")
    prices = [row["price"] for row in whole]
    assert prices == sorted(prices, reverse=True)
    first = listed("--sort", "-price", "-k", "5")
    assert first + listed("--sort", "-price", "--after", first[-1]["item_id"]) == whole
    assert "unknown attribute" in sosie("items", "--store", store, "--sort", "nope").output


def test_conditions_are_combined(sosie: Sosie, store: Path) -> None:
    shown = sosie("items", "--store", store, "--jsonl", "--where", "not (brand=Acme or price<20) and has price").stdout
    rows = [json.loads(line) for line in shown.splitlines()]
    assert rows
    assert all(row["brand"] != "Acme" and row["price"] >= 20 for row in rows)
    refused = sosie("items", "--store", store, "--where", "brand=Acme or (price<20")
    assert refused.exit_code == 2
    assert "at character 15" in refused.output


def test_an_empty_catalog_is_called_empty(sosie: Sosie, store: Path) -> None:
    ids = [item["item_id"] for item in json.loads(sosie("items", "--store", store, "--json").stdout)["items"]]
    assert sosie("delete", *ids, "--store", store).exit_code == 0
    assert sosie("items", "--store", store).stdout.startswith("the catalog is empty")
    assert json.loads(sosie("items", "--store", store, "--json").stdout)["items"] == []


def test_export_and_index_make_the_same_catalog(sosie: Sosie, store: Path, tmp_path: Path) -> None:
    result = sosie("export", "--to", tmp_path / "t.parquet", "--store", store, "--thumbnails", tmp_path / "small")
    assert "12 items written" in result.stdout
    assert len(list((tmp_path / "small").iterdir())) == 12
    report = json.loads(sosie("index", tmp_path / "t.parquet", "--store", store, "--sync", "--json").stdout)
    assert (report["unchanged"], report["updated"], report["removed"]) == (12, 0, 0)
    assert sosie("export", "--to", tmp_path / "t.doc", "--store", store).exit_code == 2
