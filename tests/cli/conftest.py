"""A small catalog of drawn pictures, and a runner that keeps output, errors and exit code apart."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sosie.cli.main import main
from support.pictures import draw_picture, encode

BRANDS = ("Acme", "Bolt")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a space and Unicode in its name: twelve pictures, and ``catalog.csv`` that describes them."""
    folder = tmp_path_factory.mktemp("shop") / "Bilder für alle"
    folder.mkdir()
    with (folder / "catalog.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["item_id", "product_id", "image", "links", "title", "brand", "price"])
        for seed in range(12):
            (folder / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (300, 200))))
            link = f"https://shop.example/{seed}"
            table.writerow(
                [f"i{seed}", f"p{seed // 2}", f"{seed}.jpg", link, f"Thing {seed}", BRANDS[seed % 2], seed * 5]
            )
    return folder


@pytest.fixture
def sosie() -> Callable[..., Result]:
    """``sosie("search", …)`` as a person would type it."""

    def run(*arguments: object, **how: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], **how)  # type: ignore[arg-type]

    return run


@pytest.fixture(scope="session")
def shop(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the catalog; read it, do not change it."""
    store = tmp_path_factory.mktemp("store") / "shop.sosie"
    result = CliRunner().invoke(main, ["index", str(pictures / "catalog.csv"), "--store", str(store)])
    assert result.exit_code == 0, result.output
    return store
