"""The whole evaluation against figures computed from the raw vectors by plain loops."""

from collections.abc import Sequence
from math import log2
from pathlib import Path

import numpy as np
import pytest

from sosie.errors import FilterError
from sosie.evaluation.records import Evaluation
from sosie.evaluation.running import Plan, evaluate
from sosie.evaluation.summary import confusions_of, groups_of, metrics_of
from sosie.stores.exact import ExactStore
from sosie.types import Item, Record, Rejection
from support.catalogs import VECTOR, asked_of, drawn_item, filled_store, photos_of

PRODUCTS = 12


@pytest.fixture
def gallery(tmp_path: Path) -> list[Item]:
    """Two pictures of most products, one of the last three."""
    return [drawn_item(tmp_path, product, view) for product in range(PRODUCTS) for view in range(1 + (product < 9))]


@pytest.fixture
def store(gallery: list[Item]) -> ExactStore:
    return filled_store(gallery)


@pytest.fixture
def queries(tmp_path: Path) -> list[Item]:
    return [drawn_item(tmp_path, product, view) for product in range(PRODUCTS) for view in (2, 3, 4)]


def ask(store: ExactStore, queries: Sequence[Item | Rejection] | None, plan: Plan | None = None) -> Evaluation:
    plan = plan or Plan()
    requested = None if queries is None else asked_of(store, queries, plan.depth)
    return evaluate(store, "memory:", requested, plan)


def raw(items: Sequence[Item]) -> np.ndarray:
    return np.stack([query.vector for batch in photos_of(items) for query in batch.queries]).astype(np.float64)


def best_views(scores: np.ndarray, gallery: Sequence[Record | Item], left_out: str = "") -> list[Item | Record]:
    """One item a product, best first."""
    order = sorted(range(len(gallery)), key=lambda row: (-scores[row], gallery[row].item_id))
    first: dict[str, Item | Record] = {}
    for row in order:
        if gallery[row].item_id != left_out:
            first.setdefault(gallery[row].product_id, gallery[row])
    return list(first.values())


def test_figures_by_product_are_those_of_the_raw_vectors(
    store: ExactStore, gallery: list[Item], queries: list[Item]
) -> None:
    places = []
    for scores, query in zip(raw(queries) @ raw(gallery).T, queries, strict=True):
        ranked = [item.product_id for item in best_views(scores, gallery)]
        places.append(ranked.index(query.product_id) + 1)
    found = ask(store, queries)
    assert [one.place for one in found.answered] == places
    assert 0 < sum(place > 1 for place in places) < len(places), "the test needs right and wrong answers"
    means = {name: interval.mean for name, interval in metrics_of(found.judged, found.setting.depth).items()}
    for k in (1, 5, 10):
        assert means[f"hit rate@{k}"] == pytest.approx(np.mean([place <= k for place in places]))
        assert means[f"nDCG@{k}"] == pytest.approx(np.mean([(p <= k) / log2(1 + p) for p in places]))
    assert means["mAP"] == pytest.approx(np.mean([1 / place for place in places]))


def test_figures_by_attribute_are_those_of_the_raw_vectors(
    store: ExactStore, gallery: list[Item], queries: list[Item]
) -> None:
    precisions = []
    for scores, query in zip(raw(queries) @ raw(gallery).T, queries, strict=True):
        right = [item.attributes["kind"] == query.attributes["kind"] for item in best_views(scores, gallery)]
        hits = [place for place, one in enumerate(right, start=1) if one]
        precisions.append(sum(n / place for n, place in enumerate(hits, start=1)) / (PRODUCTS / 3))
    found = ask(store, queries, Plan(by="kind"))
    assert {one.relevant for one in found.answered} == {PRODUCTS // 3}
    assert metrics_of(found.judged, found.setting.depth)["mAP"].mean == pytest.approx(np.mean(precisions))


@pytest.mark.parametrize("by", ["product_id", "kind"])
def test_leaving_one_out_is_searching_a_store_without_it(store: ExactStore, by: str) -> None:
    found = {one.query: one for one in ask(store, None, Plan(by=by)).answered}
    records = list(store.scan(fields=(VECTOR,)))
    matrix = np.stack([record.vectors[VECTOR] for record in records])
    label = {r.item_id: r.product_id if by == "product_id" else r.attributes[by] for r in records}
    for record in records:
        ranked = best_views(matrix @ record.vectors[VECTOR], records, left_out=record.item_id)
        right = [place for place, one in enumerate(ranked, 1) if label[one.item_id] == label[record.item_id]]
        assert found[record.item_id].right == tuple(right), record.item_id
        assert found[record.item_id].relevant == len(right)
        assert [one.item_id for one in found[record.item_id].first] == [one.item_id for one in ranked[:5]]


def test_a_product_with_one_picture_cannot_be_left_out(store: ExactStore) -> None:
    result = ask(store, None)
    assert {entry.product_id for entry in result.absent} == {"p009", "p010", "p011"}
    assert len(result.judged) == 18


def test_bad_queries_are_reported_and_the_rest_continues(
    store: ExactStore, queries: list[Item], tmp_path: Path
) -> None:
    (tmp_path / "page.jpg").write_bytes(b"<html>not found</html>")
    bad = [
        Item("missing", "p001", str(tmp_path / "nowhere.jpg"), attributes={"kind": "a"}),
        Item("page", "p001", str(tmp_path / "page.jpg"), attributes={"kind": "a"}),
        Rejection("row 7", "source", "no image"),
        Item("no label", "p001", queries[0].image),
    ]
    found = ask(store, [*queries[:2], *bad, *queries[2:]], Plan(by="kind"))
    stages = {one.item_id: one.stage for one in found.rejected}
    assert stages == {"missing": "read", "page": "decode", "row 7": "source", "no label": "label"}
    assert [one.query for one in found.answered] == [query.item_id for query in queries]


def test_a_label_of_another_type_is_refused_alone(store: ExactStore, queries: list[Item]) -> None:
    wrong = Item("wrong", "p", queries[0].image, attributes={"size": "large"})
    outcome = ask(store, [queries[1], wrong], Plan(by="size"))
    assert [(element.item_id, element.stage) for element in outcome.rejected] == [("wrong", "label")]
    assert "a finite number" in outcome.rejected[0].reason


def test_unknown_products_are_counted_and_not_judged(store: ExactStore, queries: list[Item]) -> None:
    stranger = Item("stranger", "p999", queries[0].image)
    found = ask(store, [stranger, *queries])
    assert [one.query for one in found.absent] == ["stranger"]
    assert metrics_of(found.judged, 100) == metrics_of(ask(store, queries).judged, 100)


def test_no_overlap_at_all_gives_no_figures(store: ExactStore, queries: list[Item]) -> None:
    results = ask(store, [Item("a", "elsewhere", queries[0].image)])
    assert not results.judged
    assert np.isnan(metrics_of(results.judged, 100)["mAP"].mean)


def test_an_attribute_that_no_item_has_is_refused(store: ExactStore) -> None:
    with pytest.raises(FilterError, match="'color'"):
        ask(store, [], Plan(by="color"))


def test_groups_part_the_queries_and_confusions_count_the_wrong(store: ExactStore, queries: list[Item]) -> None:
    found = ask(store, queries, Plan(per=("kind",)))
    groups = groups_of(found, "kind")
    assert sum(group.queries for group in groups) == len(queries)
    weighted = sum(group.queries * group.metrics["hit rate@1"].mean for group in groups)
    wrong = [one for one in found.judged if one.place != 1]
    assert weighted == pytest.approx(len(queries) - len(wrong))
    confusions = confusions_of(found, most=100)
    assert sum(one.times for one in confusions) == len(wrong)
    assert [one.times for one in confusions] == sorted((one.times for one in confusions), reverse=True)


def test_a_shallow_look_finds_no_more_than_its_depth(store: ExactStore, queries: list[Item]) -> None:
    deep, shallow = ask(store, queries), ask(store, queries, Plan(depth=2))
    for one, other in zip(deep.answered, shallow.answered, strict=True):
        assert other.right == tuple(place for place in one.right if place <= 2)
        assert len(other.first) == 2
