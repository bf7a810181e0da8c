"""``sosie delete``, ``check`` and ``optimize``: what they say and how they end."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

Sosie = Any


@pytest.fixture
def store(shop: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(shop, tmp_path / "shop.sosie"))


def test_deleted_items_and_those_that_were_not_there_are_counted(sosie: Sosie, store: Path) -> None:
    assert sosie("delete", "i1", "i2", "i1", "nowhere", "--store", store).stdout == "2 removed, 1 not found\n"
    none = sosie("delete", "i1", "--store", store)
    assert (none.exit_code, none.stdout) == (1, "0 removed, 1 not found\n")


def test_a_sound_store_is_said_to_be_sound(sosie: Sosie, store: Path) -> None:
    sound = sosie("check", "--store", store)
    assert (sound.exit_code, sound.stdout) == (0, "12 items looked at, 0 problems, 0 repaired\n")


def test_problems_are_listed_repaired_and_then_gone(sosie: Sosie, store: Path) -> None:
    with sqlite3.connect(store / "catalog.db") as connection:
        connection.execute("DELETE FROM attribute WHERE name = 'brand'")
    connection.close()
    found = sosie("check", "--store", store)
    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    assert lines[:-1] == [f"problem   item 'i{n}' is not found by its attributes" for n in sorted(range(12), key=str)]
    assert lines[-1] == "12 items looked at, 12 problems, 0 repaired"
    repaired = sosie("check", "--repair", "--store", store)
    assert repaired.stdout.count("repaired  item") == 12
    assert repaired.stdout.splitlines()[-1] == "12 items looked at, 12 problems, 12 repaired"
    report = json.loads(sosie("check", "--json", "--store", store).stdout)
    assert report == {"items": 12, "problems": [], "repaired": []}


def test_optimize_says_what_is_ready(sosie: Sosie, store: Path) -> None:
    assert sosie("optimize", "--store", store).stdout == "ready to be searched: 12 items\n"
