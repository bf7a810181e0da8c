"""Answers follow the manifest, and carry what the calibration says."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from sosie.adaptation.labeled import Labeled
from sosie.adaptation.whitening import fit
from sosie.calibration.model import Calibration, Logistic, Quality
from sosie.filters import Where, bind
from sosie.knowledge.calibrations import calibrated
from sosie.knowledge.generations import OWN
from sosie.knowledge.knowledge import knowledge_of
from sosie.learning.generation import undo_adaptation, write_generation
from sosie.searching.ahead import Ahead
from sosie.searching.answer import Answer
from sosie.searching.evidence import Verified
from sosie.searching.query import Query, Shot
from sosie.searching.searcher import Searcher, answer_queries
from sosie.stores.base import Store
from sosie.types import Hit
from support.learning import SPEC, shop_of, world
from support.worlds import World

MARGIN = Logistic(("margin",), (0.0,), (0.1,), (1.0,), 0.0)
SURE = Calibration(
    SPEC.fingerprint, OWN, MARGIN, precision=0.95, match_at=0.6, no_match_below=0.2,
    quality=Quality(0, 0, None, None, None, None),
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> World:
    return world()


@pytest.fixture
def adapted(made: World) -> Store:
    store = shop_of(made)
    write_generation(store, fit(Labeled.of(made.photos, made.products, made.gallery, made.gallery_products)), {})
    return store


def test_at_least_as_many_are_found_as_a_calibration_looks_at(adapted: Store, made: World) -> None:
    [few] = Searcher(adapted, knowledge_of(adapted.manifest)).answer([Query(made.photos[:1])], 1)
    [many] = Searcher(adapted, knowledge_of(adapted.manifest)).answer([Query(made.photos[:1])], 15)
    assert len(few.hits) == 10
    assert len(many.hits) == 15
    assert many.hits[:10] == few.hits
    assert Searcher(adapted, knowledge_of(adapted.manifest)).answer([], 5) == []


def test_cosines_along_the_learned_directions_are_those_of_the_projection(adapted: Store, made: World) -> None:
    projection = fit(Labeled.of(made.photos, made.products, made.gallery, made.gallery_products))
    [considered] = Searcher(adapted, knowledge_of(adapted.manifest)).consider([Query(made.photos[:1])], 10)
    wanted = projection.evidence(made.photos[:1], projection.gallery(made.gallery), made.gallery_products)
    places = {f"item of {name}": row for row, name in enumerate(made.gallery_products)}
    assert set(considered.learned) == set(wanted) == {"learned", "familiar", "has_labels"}
    for name, values in considered.learned.items():
        for hit, value in zip(considered.hits, values, strict=True):
            assert value == pytest.approx(wanted[name][0, places[hit.item_id]], abs=5e-3)


def test_a_where_is_trusted_but_makes_no_match_of_what_is_behind_a_product_outside_of_it(made: World) -> None:
    store = shop_of(made)
    searcher, query = Searcher(store, knowledge_of(calibrated(store.manifest, SURE))), Query(made.photos[:1])
    [free] = searcher.answer([query], 15)
    for candidate in free.candidates[1:4]:
        only = bind(f"product_id={candidate.hit.record.product_id}", {})
        [narrowed] = searcher.answer([query], 15, only)
        assert [item.hit.item_id for item in narrowed.candidates] == [candidate.hit.item_id]
        assert (narrowed.probability or 0) >= (candidate.probability or 0)
        assert narrowed.verdict != "match"
    [first] = searcher.answer([query], 15, bind(f"product_id={free.candidates[0].hit.record.product_id}", {}))
    assert (first.probability or 0) > (free.probability or 0)
    assert first.verdict == "match"


class FoundByDetails:
    """Stands for the comparing of details: it found these hits, and tells nothing of any."""

    def __init__(self, hits: list[Hit]) -> None:
        self.hits = hits

    def find(self, queries: Sequence[Query], where: object) -> list[list[Hit]]:
        return [self.hits for _ in queries]

    def verify(self, *asked: object) -> dict[str, Verified]:
        return {}


@pytest.mark.parametrize("learns", [True, False])
def test_what_looks_did_not_find_is_compared_too_by_vectors_that_are_read_once(
    adapted: Store, made: World, monkeypatch: pytest.MonkeyPatch, learns: bool
) -> None:
    if not learns:
        undo_adaptation(adapted)
    searcher, requested = Searcher(adapted, knowledge_of(adapted.manifest)), Query(made.photos[:1])
    [every] = searcher.consider([requested], len(made.gallery))
    strangers = [replace(hit, score=0.0) for hit in every.hits[20:25]]
    monkeypatch.setattr(searcher, "_verifier", FoundByDetails([every.hits[0], *strangers]))
    read = Mock(wraps=adapted.get)
    monkeypatch.setattr(adapted, "get", read)
    [result] = searcher.consider([replace(requested, shots=(Shot.of(Image.new("RGB", (9, 9))),))], 10)
    assert [hit.item_id for hit in result.hits] == [hit.item_id for hit in (*every.hits[:10], *every.hits[20:25])]
    assert result.scores == pytest.approx([*every.scores[:10], *every.scores[20:25]], abs=1e-6)
    for name, values in every.learned.items():
        assert result.learned[name] == pytest.approx([*values[:10], *values[20:25]], abs=1e-6, nan_ok=True)
    assert bool(result.learned) == learns
    assert read.call_count == 1
    assert len(read.call_args.args[0]) == (15 if learns else 5)


def test_without_a_product_the_others_move_up(adapted: Store, made: World) -> None:
    [considered] = Searcher(adapted, knowledge_of(adapted.manifest)).consider([Query(made.photos[:1])], 12)
    first, second = considered.hits[:2]
    left = considered.without(first.record.product_id)
    assert left.hits[0] == second
    assert left.evidence["cosine"][0] == pytest.approx(second.score)
    assert considered.evidence["margin"][0] == pytest.approx((first.score or 0) - (second.score or 0))
    assert np.isfinite(left.evidence["learned"]).all()


def test_a_generation_dropped_in_the_same_moment_is_no_error(
    adapted: Store, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, dropped = adapted.search, []

    def dropping(name: str, *asked: object, **how: object) -> object:
        if not dropped:
            dropped.extend(undo_adaptation(adapted))
            raise ValueError(f"{name} is not in the manifest")
        return search(name, *asked, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(adapted, "search", dropping)
    [answer] = answer_queries(adapted, knowledge_of(adapted.manifest), [Query(made.photos[:1])], 3)
    assert dropped == ["embedding@2"]
    assert adapted.manifest.active["embedding"] == OWN
    assert len(answer.hits) == 10


def test_after_a_dropped_generation_nothing_that_was_searched_ahead_is_used(
    adapted: Store, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Searcher.answer

    def failing_ahead(searcher: Searcher, queries: Sequence[Query], k: int, where: Where | None = None) -> list[Answer]:
        if queries[0].ahead is not None:
            undo_adaptation(adapted)
            raise ValueError("details@1 is not in the manifest")
        return answer(searcher, queries, k, where)

    monkeypatch.setattr(Searcher, "answer", failing_ahead)
    query = Query(made.photos[:1], ahead=Ahead(Future(), Future()))
    [result] = answer_queries(adapted, knowledge_of(adapted.manifest), [query], 3)
    assert len(result.hits) == 10


def test_other_errors_pass(adapted: Store, made: World) -> None:
    undo_adaptation(adapted)
    with pytest.raises(ValueError, match="7"):
        answer_queries(adapted, knowledge_of(adapted.manifest), [Query(made.photos[:1, :7])], 5)
