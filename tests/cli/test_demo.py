"""``sosie demo`` on a few products: what it writes and prints is what was found."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sosie.demo import catalog, photos
from sosie.demo.products import PRODUCTS

Sosie = Any
SHOTS = 3


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo of the products that three photos and one of a stranger ask for."""
    shots = photos._SHOTS[:SHOTS]
    wanted = {shot.product_id for shot in shots}
    monkeypatch.setattr(catalog, "PRODUCTS", tuple(product for product in PRODUCTS if product.product_id in wanted))
    monkeypatch.setattr(photos, "_SHOTS", shots)
    monkeypatch.setattr(photos, "_UNLISTED_SHOTS", photos._UNLISTED_SHOTS[:1])


@pytest.mark.usefixtures("few")
def test_it_draws_indexes_searches_and_reports(sosie: Sosie, tmp_path: Path) -> None:
    done = sosie("demo", "--into", tmp_path / "try")
    assert done.exit_code == 0, done.output
    answers = json.loads((tmp_path / "try" / "response.json").read_text(encoding="utf-8"))["results"]
    assert len(answers) == SHOTS + 1
    with Image.open(tmp_path / "try" / "sheet.png") as sheet:
        assert sheet.width > 500
    assert "added, 0 updated, 0 unchanged" in done.stdout
    assert f"{SHOTS} photos show a product of the catalog: it ranked first for {SHOTS}, " in done.stdout
    assert f"and in the first ten for {SHOTS}\n" in done.stdout
    assert "not in the catalog" in done.stdout
    again = sosie("demo", "--into", tmp_path / "try")
    assert "0 added, 0 updated" in again.stdout
