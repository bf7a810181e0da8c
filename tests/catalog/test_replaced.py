"""A store that is moved, or replaced, while a catalog has it open."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

import sosie
from sosie.errors import StoreNotFound
from support.pictures import draw_picture, encode
from support.served import served


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A store of three pictures, and beside it another one of one picture by another network."""
    for name, seeds, embedder in (("shop", range(3), None), ("other", (7,), "efficientnet_lite0")):
        (tmp_path / name).mkdir()
        for seed in seeds:
            (tmp_path / name / f"{seed}.jpg").write_bytes(encode(draw_picture(seed)))
        with sosie.open(str(tmp_path / f"{name}.sosie"), embedder=embedder) as catalog:
            catalog.index(tmp_path / name)
    return tmp_path / "shop.sosie"


def replace(shop: Path) -> None:
    shop.rename(shop.with_name("moved.sosie"))
    shop.with_name("other.sosie").rename(shop)


def test_the_next_search_and_write_are_of_the_store_that_is_there(shop: Path) -> None:
    with sosie.open(str(shop)) as catalog:
        assert len(catalog.search(shop.with_name("shop") / "1.jpg").matches) == 3
        replace(shop)
        answer = catalog.search(shop.with_name("other") / "7.jpg")
        assert [match.item_id for match in answer.matches] == ["7.jpg"]
        assert answer.embedder.startswith("efficientnet_lite0")
        assert catalog.update({"7.jpg": {"brand": "Acme"}}) == 1
        assert catalog.delete(["1.jpg"]) == 0
    with sosie.open(str(shop)) as catalog:
        assert catalog.get("7.jpg").attributes == {"brand": "Acme"}
    with sosie.open(str(shop.with_name("moved.sosie"))) as catalog:
        assert catalog.count() == 3


def test_a_deleted_store_is_reported_until_it_is_back(shop: Path) -> None:
    with sosie.open(str(shop)) as catalog:
        assert catalog.count() == 3
        shop.rename(shop.with_name("moved.sosie"))
        assert not catalog.exists()
        for call in (catalog.count, lambda: catalog.update({"1.jpg": {"a": 1}}), lambda: catalog.delete(["1.jpg"])):
            with pytest.raises(StoreNotFound):
                call()
        shop.with_name("moved.sosie").rename(shop)
        assert catalog.count() == 3


def test_a_server_goes_on_with_the_store_that_is_there(shop: Path) -> None:
    photo = (shop.with_name("other") / "7.jpg").read_bytes()

    def first(client: httpx.Client) -> str:
        answer = client.post("/v1/search", files={"image": ("a.jpg", photo)})
        return str(answer.raise_for_status().json()["results"][0]["matches"][0]["item_id"])

    with served(shop) as running, running.client() as client:
        assert first(client) != "7.jpg"
        replace(shop)
        assert first(client) == "7.jpg"
        shutil.rmtree(shop)
        refusal = client.delete("/v1/items/7.jpg")
        assert refusal.status_code == 503
        assert "Retry-After" in refusal.headers
        assert str(shop) not in refusal.text
