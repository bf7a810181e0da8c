"""``sosie duplicates``: what is printed, and the files it writes."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from support.pictures import encode
from support.textures import draw_print

Sosie = Any


@pytest.fixture
def doubled(tmp_path: Path, sosie: Sosie) -> Path:
    """A store of four prints, one of them also turned and once more under the same bytes."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(4):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_print(seed)))
    shutil.copy(folder / "0.jpg", folder / "again.jpg")
    (folder / "turned.jpg").write_bytes(encode(draw_print(0).transpose(Image.Transpose.ROTATE_270)))
    store = tmp_path / "shop.sosie"
    assert sosie("index", folder, "--store", store).exit_code == 0
    return store


def test_groups_are_printed_with_their_evidence(sosie: Sosie, doubled: Path) -> None:
    result = sosie("duplicates", "--store", doubled)
    assert result.exit_code == 0, result.output
    assert "3 items of several products: 0.jpg, again.jpg, turned.jpg" in result.stdout
    assert "0.jpg – again.jpg: same bytes" in result.stdout
    assert "0.jpg – turned.jpg: same picture, turned by 90° (100% agrees)" in result.stdout
    assert "1 group among 6 items, 1 with more than one product" in result.stdout


def test_json_table_and_page(sosie: Sosie, doubled: Path, tmp_path: Path) -> None:
    table, page = tmp_path / "out" / "duplicates.csv", tmp_path / "out" / "duplicates.html"
    result = sosie("duplicates", "--store", doubled, "--json", "--csv", table, "--html", page)
    [group] = json.loads(result.stdout)["groups"]
    assert group["items"] == ["0.jpg", "again.jpg", "turned.jpg"]
    assert group["evidence"][1]["edits"] == ["turned"]
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [(row["group"], row["item_id"], row["reason"]) for row in rows] == [
        ("1", "0.jpg", "same bytes"), ("1", "again.jpg", "same bytes"), ("1", "turned.jpg", "same picture"),
    ]  # fmt: skip
    assert page.read_text(encoding="utf-8").count("data:image/jpeg") == 3


def test_a_missing_store_is_reported(sosie: Sosie, tmp_path: Path) -> None:
    result = sosie("duplicates", "--store", tmp_path / "none.sosie")
    assert result.exit_code == 1
    assert "none.sosie" in result.stderr
