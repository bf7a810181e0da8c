"""Candidates by details are searched for while the network runs, and the answers stay the same."""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sosie.catalog import Catalog
from sosie.details.base import Details
from sosie.details.candidates import DetailsCandidate, verify_each
from sosie.embedders.joined import JoinedEmbedder
from sosie.errors import ImageError
from sosie.searching import verifying
from sosie.support.cores import IDLE_CORES
from sosie.types import DETAILS, Pixels, Record, SearchResult, Vectors
from support.textures import turned_print, write_prints

PRINTS = 30


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("prints")
    write_prints(folder, PRINTS)
    catalog = Catalog(folder / "shop.sosie")
    catalog.index(folder)
    catalog.warm()
    return catalog


def result_or_raise(result: SearchResult | ImageError) -> SearchResult:
    if isinstance(result, ImageError):
        raise result
    return result


def plain(result: SearchResult) -> dict[str, Any]:
    """The whole answer, except for its times and for the cursor, which only a single search has."""
    answer = result.to_dict()
    assert isinstance(answer, dict)
    return {name: value for name, value in answer.items() if name not in ("timings", "next")}


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sosie.support.cores.usable_cores", lambda: 2)


def test_without_an_idle_core_details_come_first(shop: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    embed = JoinedEmbedder.embed

    def embed_noted(embedder: JoinedEmbedder, pixels: Sequence[Pixels]) -> Vectors:
        steps.append("embed")
        return embed(embedder, pixels)

    def verify_noted(query: Details, candidates: Iterable[DetailsCandidate]) -> Any:
        agreements = verify_each(query, candidates)
        steps.append("verify")
        return agreements

    monkeypatch.setattr(JoinedEmbedder, "embed", embed_noted)
    monkeypatch.setattr(verifying, "verify_each", verify_noted)
    with IDLE_CORES.lent(1):
        assert shop.search(turned_print(3)).matches[0].product_id == "3.jpg"
    assert steps[:2] == ["verify", "embed"]


@pytest.mark.parametrize("where", [None, "item_id!=3.jpg", "item_id=5.jpg,7.jpg"])
@pytest.mark.parametrize("seed", [3, 7, PRINTS + 1])
def test_a_photo_alone_gets_the_answer_that_it_gets_among_others(shop: Catalog, seed: int, where: str | None) -> None:
    photos = [turned_print(seed), turned_print(11)]
    among_others = result_or_raise(next(iter(shop.search_many(photos, where=where))))
    assert plain(shop.search(photos[0], where=where)) == plain(among_others)


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_many_photos_get_the_same_answers_on_any_number_of_cores(
    shop: Catalog, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr("sosie.support.cores.usable_cores", lambda: cores)
    results = shop.search_many([turned_print(seed) for seed in range(7)], k=1)
    assert [result_or_raise(result).matches[0].product_id for result in results] == [f"{seed}.jpg" for seed in range(7)]


def test_two_photos_of_a_product_get_the_answer_of_the_better_one(shop: Catalog) -> None:
    alone = shop.search(turned_print(3))
    both = shop.search_together([turned_print(3), Image.new("RGB", (640, 640), "orange")])
    assert both.matches[0].product_id == alone.matches[0].product_id == "3.jpg"
    assert both.matches[0].evidence == alone.matches[0].evidence


def test_candidates_are_compared_before_the_network_has_ended(shop: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    compared, in_time = threading.Event(), []
    embed = JoinedEmbedder.embed

    def embed_late(embedder: JoinedEmbedder, pixels: Sequence[Pixels]) -> Vectors:
        in_time.append(compared.wait(timeout=60))
        return embed(embedder, pixels)

    def verify_noted(query: Details, candidates: Iterable[DetailsCandidate]) -> Any:
        agreements = verify_each(query, candidates)
        if agreements:
            compared.set()
        return agreements

    monkeypatch.setattr(JoinedEmbedder, "embed", embed_late)
    monkeypatch.setattr(verifying, "verify_each", verify_noted)
    assert shop.search(turned_print(3)).matches[0].product_id == "3.jpg"
    assert in_time[0]


@pytest.mark.parametrize(("where", "needless"), [(None, 0), ("item_id!=7.jpg", 0)])
def test_two_thirds_of_the_items_are_compared_ahead_and_none_twice(
    shop: Catalog, monkeypatch: pytest.MonkeyPatch, where: str | None, needless: int
) -> None:
    ahead: list[str] = []
    here: list[str] = []

    def verify_noted(query: Details, candidates: Iterable[DetailsCandidate]) -> Any:
        listed = list(candidates)
        noted = here if threading.current_thread() is threading.main_thread() else ahead
        noted.extend(candidate.item_id for candidate in listed)
        return verify_each(query, listed)

    monkeypatch.setattr(verifying, "verify_each", verify_noted)
    shop.search(turned_print(3), where=where)
    assert len(ahead) == verifying.VERIFIED_AHEAD
    assert len({*ahead, *here}) == len([*ahead, *here]) == verifying.MOST_COMPARED + needless


def test_an_item_with_damaged_details_removes_no_other_candidate(tmp_path: Path) -> None:
    write_prints(tmp_path, 4)
    with Catalog(tmp_path / "shop.sosie") as shop:
        shop.index(tmp_path)
        [damaged] = shop._store.get(["2.jpg"], (DETAILS,))
        shop._store.upsert([Record("2.jpg", "2.jpg", "2.jpg", blobs={**damaged.blobs, DETAILS: b"damaged"})])
        assert shop.search(turned_print(1)).matches[0].product_id == "1.jpg"
