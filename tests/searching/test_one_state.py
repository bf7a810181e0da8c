"""A search reads the manifest once, so that filter, query and answer belong to one state of the store."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sosie.catalog import Catalog
from sosie.errors import UsageError
from sosie.knowledge.knowledge import knowledge_of
from sosie.stores.local.store import LocalStore
from sosie.types import Manifest
from support.catalogs import empty_store
from support.pictures import encode
from support.textures import draw_print


@pytest.fixture
def shop(tmp_path: Path) -> Catalog:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for seed in range(3):
        (pictures / f"{seed}.jpg").write_bytes(encode(draw_print(seed), "JPEG"))
    catalog = Catalog(tmp_path / "shop.sosie")
    catalog.index(pictures)
    catalog.warm()
    return catalog


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Manifest]:
    """The manifests that were read from here on."""
    read: list[Manifest] = []
    manifest = LocalStore.manifest.fget
    assert manifest is not None

    def spy(store: LocalStore) -> Manifest:
        read.append(manifest(store))
        return read[-1]

    monkeypatch.setattr(LocalStore, "manifest", property(spy))
    return read


def test_a_search_with_details_and_a_filter_reads_the_manifest_once(shop: Catalog, reads: list[Manifest]) -> None:
    shop.search(draw_print(1), k=2, where="product_id!=2.jpg", crop=(0, 0, 1, 0.9))
    assert len(reads) == 1


def test_many_searches_read_it_once_too(shop: Catalog, reads: list[Manifest]) -> None:
    results = list(shop.search_many([draw_print(seed % 3) for seed in range(20)], k=1))
    assert [result.matches[0].item_id for result in results] == [f"{seed % 3}.jpg" for seed in range(20)]
    assert len(reads) == 1


def test_a_bad_picture_among_many_stands_in_for_its_own_answer_only(shop: Catalog) -> None:
    pictures = [encode(draw_print(seed), "PNG") for seed in (0, 1, 2)]
    pictures[1:1] = [b"no picture", pictures[0][:200]]
    answers = list(shop.search_many(pictures, k=1))
    assert [type(answer).__name__ for answer in answers[1:3]] == ["UnsupportedImage", "CorruptImage"]
    assert [answers[row].matches[0].item_id for row in (0, 3, 4)] == ["0.jpg", "1.jpg", "2.jpg"]


def test_a_wrong_kind_of_picture_is_raised_where_it_stands(shop: Catalog) -> None:
    answers = shop.search_many([draw_print(0), 7, draw_print(1)], k=1)
    assert next(answers).matches[0].item_id == "0.jpg"
    with pytest.raises(UsageError, match="a int is not a picture"):
        next(answers)


def test_answers_in_batches_are_those_of_single_searches(shop: Catalog) -> None:
    photos = [Image.fromarray(np.asarray(draw_print(seed))[:, ::-1]) for seed in range(3)] * 6
    for alone, together in zip(map(shop.search, photos), shop.search_many(photos), strict=True):
        assert [match.item_id for match in together.matches] == [match.item_id for match in alone.matches]
        assert [match.score for match in together.matches] == pytest.approx(
            [match.score for match in alone.matches], abs=1e-5
        )
        assert set(together.timings) == {"open", "decode", "embed", "details", "search", "join"} - {"open"}
        assert set(alone.timings) == {"open", "decode", "embed", "details", "search", "join"}


def test_a_manifest_state_is_interpreted_only_once(shop: Catalog) -> None:
    store = shop._resources.store
    assert knowledge_of(store.manifest) is knowledge_of(store.manifest)
    assert knowledge_of(empty_store().manifest) is not knowledge_of(empty_store().manifest)
