"""``sosie index SOURCE --explain-source``, and the notes of a run on its source."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from support.tables import write_csv


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for number, color in enumerate(("navy", "maroon", "olive")):
        picture = Image.new("RGB", (96, 96), color)
        picture.paste("white", (8 * number, 8, 40 + 8 * number, 60))
        picture.save(tmp_path / f"p{number}.jpg")
    return tmp_path


def table(at: Path, *prices: str) -> Path:
    rows = [
        {"SKU": f"s{n}", "Bild": f"p{n}.jpg", "Titel": f"Becher {n}", "Kategorie": "Haus > Becher", "Preis": price}
        for n, price in enumerate(prices)
    ]
    return write_csv(at / "t.csv", rows, ";")


def test_a_source_is_explained_without_a_store(sosie: Any, shop: Path) -> None:
    result = sosie("index", table(shop, "1.299,00 €", "auf Anfrage", "12,50 €"), "--explain-source")
    assert result.exit_code == 0
    for part in (
        "separator: semicolon", "item_id: SKU", "image: Bild", "title: Titel", "price: Preis",
        "Preis: number, written like 1.299,00", "Kategorie: list", "3 items, 0 rows rejected", "s0 of product s0",
        "Preis: 1299.0", "currency: EUR",
    ):  # fmt: skip
        assert part in result.stdout
    explained = json.loads(sosie("index", shop / "t.csv", "--explain-source", "--json").stdout)
    assert explained["items"] == len(explained["first"]) == 3
    assert explained["roles"]["price"] == ["Preis"]


def test_a_store_is_needed_to_index(sosie: Any, shop: Path) -> None:
    result = sosie("index", table(shop, "1,00"))
    assert result.exit_code == 2
    assert "--store is missing" in result.stderr


def test_roles_name_filters_and_are_shown_by_stats(sosie: Any, shop: Path) -> None:
    store = shop / "s.sosie"
    result = sosie("index", table(shop, "1.299,00 €", "15,00 €", "12,50 €"), "--store", store)
    assert result.exit_code == 0, result.stderr
    stats = sosie("stats", "--store", store).stdout
    assert "attribute   Preis: number (price)" in stats
    assert "attribute   Kategorie: list (category)" in stats
    result = sosie(
        "search", shop / "p0.jpg", "--store", store, "--where", "price<20", "--where", "category=Becher", "--json"
    )
    matches = json.loads(result.stdout)["results"][0]["matches"]
    assert {match["item_id"] for match in matches} == {"s1", "s2"}
    assert "Becher 1" in sosie("search", shop / "p1.jpg", "--store", store).stdout


def test_a_column_that_an_old_run_kept_as_text_stays_text_and_nothing_is_rejected(sosie: Any, shop: Path) -> None:
    store = shop / "s.sosie"
    assert (
        sosie("index", table(shop, "cheap", "dear", "12,50 €"), "--type", "Preis=text", "--store", store).exit_code == 0
    )
    report = json.loads(sosie("index", table(shop, "1,00 €", "2,00 €", "3,00 €"), "--store", store, "--json").stdout)
    assert (report["updated"], report["rejected"]) == (3, [])
    assert "attribute   Preis: text" in sosie("stats", "--store", store).stdout


def test_a_value_that_does_not_fit_the_catalog_fails_alone(sosie: Any, shop: Path) -> None:
    store = shop / "s.sosie"
    sosie("index", table(shop, "1,00", "2,00", "3,00"), "--store", store)
    report = json.loads(sosie("index", table(shop, "4,00", "soon", "later"), "--store", store, "--json").stdout)
    assert (report["updated"], report["rejected"]) == (3, [])
    assert any("'Preis': expected a number (2 times, for instance 'soon', 'later')" in note for note in report["notes"])
