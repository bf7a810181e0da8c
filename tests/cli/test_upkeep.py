"""``sosie delete``, ``check`` and ``optimize``: what they say and how they end."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from support.pictures import draw_picture, encode

Sosie = Any


@pytest.fixture
def store(shop: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(shop, tmp_path / "shop.sosie"))


def test_deleted_items_and_those_that_were_not_there_are_counted(sosie: Sosie, store: Path) -> None:
    assert sosie("delete", "i1", "i2", "i1", "nowhere", "--store", store).stdout == "2 removed, 1 not found\n"
    none = sosie("delete", "i1", "--store", store)
    assert (none.exit_code, none.stdout) == (1, "0 removed, 1 not found\n")


def test_recall_is_measured_on_request(sosie: Sosie, store: Path) -> None:
    measured = sosie("check", "--recall", "--store", store)
    assert measured.exit_code == 0
    assert "recall    100.0% of the ten most similar items are found\n" in measured.stdout
    assert json.loads(sosie("check", "--recall", "--store", store, "--json").stdout)["recall"] == 1
    assert json.loads(sosie("check", "--store", store, "--json").stdout)["recall"] is None


def test_a_sound_store_is_said_to_be_sound(sosie: Sosie, store: Path) -> None:
    sound = sosie("check", "--store", store)
    assert (sound.exit_code, sound.stdout) == (0, "12 items checked, 0 problems, 0 repaired\n")


def test_problems_are_listed_repaired_and_then_gone(sosie: Sosie, store: Path) -> None:
    with sqlite3.connect(store / "catalog.db") as connection:
        connection.execute("DELETE FROM attribute WHERE name = 'brand'")
    connection.close()
    result = sosie("check", "--store", store)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[:-1] == [f"problem   item 'i{n}' is not found by its attributes" for n in sorted(range(12), key=str)]
    assert lines[-1] == "12 items checked, 12 problems, 0 repaired"
    repaired = sosie("check", "--repair", "--store", store)
    assert repaired.stdout.count("repaired  item") == 12
    assert repaired.stdout.splitlines()[-1] == "12 items checked, 12 problems, 12 repaired"
    report = json.loads(sosie("check", "--json", "--store", store).stdout)
    assert report == {"items": 12, "problems": [], "repaired": [], "recall": None}


def test_optimize_says_what_is_ready(sosie: Sosie, store: Path) -> None:
    assert sosie("optimize", "--store", store).stdout == "ready to search: 12 items\n"


def test_retype_shows_what_would_be_lost_and_then_does_it(sosie: Sosie, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encode(draw_picture(1)))
    (tmp_path / "t.csv").write_text("item_id,image,size\na,a.jpg,12\nb,a.jpg,large\n", encoding="utf-8")
    store = tmp_path / "s.sosie"
    assert sosie("index", tmp_path / "t.csv", "--store", store).exit_code == 0
    dry = sosie("retype", "size=number", "--store", store, "--dry-run")
    assert "dry run: size from text to number: 1 changed, 0 unchanged, 1 lost" in dry.stdout
    assert "would lose 'large'" in dry.stdout
    assert sosie("retype", "size=number", "--store", store).exit_code == 0
    assert json.loads(sosie("stats", "--store", store, "--json").stdout)["attributes"] == {"size": "number"}
    assert sosie("index", tmp_path / "t.csv", "--store", store, "--sync").exit_code == 0
    assert sosie("retype", "sise=number", "--store", store).exit_code == 2
    assert sosie("retype", "size", "--store", store).exit_code == 2


def test_an_attribute_that_the_last_item_lost_is_forgotten(sosie: Sosie, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encode(draw_picture(1)))
    table, store = tmp_path / "t.csv", tmp_path / "s.sosie"
    for rows, held in (("item_id,image,size\na,a.jpg,12\n", {"size": "number"}), ("item_id,image\na,a.jpg\n", {})):
        table.write_text(rows, encoding="utf-8")
        assert sosie("index", table, "--store", store).exit_code == 0
        assert json.loads(sosie("stats", "--store", store, "--json").stdout)["attributes"] == held
