"""A small shop behind a server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import sosie
from support.pictures import draw_picture, encode
from support.served import Served, served

BRANDS = ("Acme", "Bolt")


@pytest.fixture(scope="session")
def pictures() -> list[bytes]:
    """Twelve different JPEGs."""
    return [encode(draw_picture(seed, (300, 200))) for seed in range(12)]


@pytest.fixture(scope="session")
def shop(pictures: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of twelve pictures of six products; one id has a slash, a space and an umlaut."""
    folder = tmp_path_factory.mktemp("shop")
    rows = ["item_id,product_id,image,links,title,brand,price,label"]
    for seed, data in enumerate(pictures):
        (folder / f"{seed}.jpg").write_bytes(data)
        name = "Größe/a b" if seed == 11 else f"i{seed}"
        link = f"https://shop.example/{seed}"
        brand, label = BRANDS[seed % 2], f"l{12 + seed % 2}"
        rows.append(f"{name},p{seed // 2},{seed}.jpg,{link},Thing {seed},{brand},{seed * 5},{label}")
    (folder / "catalog.csv").write_text("\n".join(rows), encoding="utf-8")
    with sosie.open(str(folder / "shop.sosie")) as catalog:
        report = catalog.index(folder / "catalog.csv")
    assert report.added == 12, report
    return folder / "shop.sosie"


@pytest.fixture(scope="session")
def server(shop: Path) -> Iterator[Served]:
    """A server that only reads; do not change what it holds."""
    with served(shop) as running:
        yield running


@pytest.fixture
def api(server: Served) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def copied(shop: Path, tmp_path: Path) -> Path:
    """A store of its own."""
    return Path(shutil.copytree(shop, tmp_path / "own.sosie"))


@pytest.fixture
def writing(copied: Path) -> Iterator[httpx.Client]:
    """A client of a server that may be changed."""
    with served(copied) as running, running.client() as client:
        yield client
