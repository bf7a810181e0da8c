"""search: exact cosines, whole answers, products and filters."""

from typing import Any

import numpy as np
import pytest

from sosie.stores.base import Store
from sosie.types import Record
from support.store_contract.harness import (
    DIM,
    NAME,
    Harness,
    axis,
    bound,
    fill,
    ids,
    leaning,
    light,
    record,
    unit,
    units,
)

BAD_QUERIES: dict[str, Any] = {
    "one dimension": unit(1),
    "three dimensions": unit(1)[None, None],
    "another dimension": unit(1, DIM + 1)[None],
    "double precision": unit(1)[None].astype(np.float64),
    "not a number": np.full((1, DIM), np.nan, np.float32),
    "not of unit length": 2 * unit(1)[None],
    "zero": np.zeros((1, DIM), np.float32),
}


def crowd(number: int) -> list[Record]:
    """Random items of which every tenth is on sale, every hundredth is rare; prices count up."""
    brands = ["Acme", "Rare"]
    return [
        record(f"{n:04}", unit(n), price=n, sale=n % 10 == 0, brand=brands[n % 100 == 7], product_id=f"p{n % 40}")
        for n in range(number)
    ]


class SearchingContract:
    @pytest.mark.parametrize("k", [1, 10, 399, 400, 1000])
    def test_the_same_as_numpy(self, store: Store, harness: Harness, k: int) -> None:
        fill(store, crowd(400))
        queries, matrix = units(range(1000, 1005)), units(range(400))
        for query, hits in zip(queries, store.search(NAME, queries, k), strict=True):
            cosines = matrix @ query
            assert len(set(ids(hits))) == len(hits) == min(k, 400)
            for hit, best in zip(hits, sorted(cosines, reverse=True), strict=False):
                assert hit.score == pytest.approx(best, abs=harness.score_tolerance)
                assert hit.score == pytest.approx(cosines[int(hit.item_id)], abs=harness.score_tolerance)

    def test_scores_fall_and_stay_within_one(self, store: Store) -> None:
        fill(store, [*crowd(50), record("same", unit(77)), record("opposite", -unit(77))])
        [hits] = store.search(NAME, units([77]), 100)
        scores = [hit.score for hit in hits if hit.score is not None]
        assert scores == sorted(scores, reverse=True)
        assert max(map(abs, scores)) <= 1
        assert (hits[0].item_id, hits[-1].item_id) == ("same", "opposite")
        assert [scores[0], scores[-1]] == pytest.approx([1, -1], abs=1e-3)
        themselves = [hits[0].score or 0 for hits in store.search(NAME, units(range(50)), 1)]
        assert themselves == pytest.approx([1] * 50, abs=1e-3)
        assert max(themselves) <= 1

    def test_hits_carry_the_light_record(self, store: Store) -> None:
        own = Record("a", "p", "x.jpg", ("l",), {"tags": ("t",)}, "ff", record("a").vectors, {"thumbnail": b"1"}, 12.5)
        fill(store, [own])
        [hits] = store.search(NAME, axis(), 1)
        assert hits[0].record == Record("a", "p", "x.jpg", ("l",), {"tags": ("t",)}, "ff", updated_at=12.5)

    def test_ties_go_by_item_id(self, store: Store, harness: Harness) -> None:
        names = [f"{n:03}" for n in range(61)]
        fill(store, [record(name, unit(1)) for name in reversed(names)])
        fill(store, [record("best", unit(2)), record("~", -unit(2))])
        [hits] = store.search(NAME, units([2]), 63)
        assert sorted(ids(hits)) == sorted([*names, "best", "~"])
        assert (hits[0].item_id, hits[-1].item_id) == ("best", "~")
        if harness.exact_ties:
            assert ids(hits) == ["best", *names, "~"]
            assert ids(store.search(NAME, units([2]), 7)[0]) == ["best", *names[:6]]
            for seed in range(3, 13):
                alike = [i for i in ids(store.search(NAME, units([seed]), 63)[0]) if i in names]
                assert alike == names

    def test_no_queries_give_no_answers(self, store: Store) -> None:
        fill(store, crowd(3))
        assert store.search(NAME, np.empty((0, DIM), np.float32), 5) == []

    def test_an_empty_store(self, store: Store) -> None:
        assert store.search(NAME, units([1, 2]), 5) == [[], []]
        assert store.search(NAME, units([1, 2]), 5, distinct="product_id") == [[], []]

    def test_several_queries_get_what_each_gets_alone(self, store: Store) -> None:
        fill(store, crowd(100))
        queries, where = units(range(500, 520)), bound(store, "price<60")
        together = store.search(NAME, queries, 5, where, "product_id")
        alone = [store.search(NAME, query[None], 5, where, "product_id")[0] for query in queries]
        assert [ids(hits) for hits in together] == [ids(hits) for hits in alone]

    def test_items_without_the_vector_are_not_found(self, store: Store) -> None:
        lacking = [Record(f"lacking {n}", "p", "x", vectors={"embedding@2": unit(n, 8)}) for n in range(20)]
        fill(store, [*lacking, record("a", leaning(-0.9)), record("b", leaning(-0.95))])
        assert ids(store.search(NAME, axis(), 5)[0]) == ["a", "b"]
        assert len(store.search("embedding@2", axis(8), 50)[0]) == 20
        assert store.search("details@1", axis(12), 5) == [[]]

    @pytest.mark.parametrize("kind", BAD_QUERIES)
    def test_wrong_queries_are_refused(self, store: Store, kind: str) -> None:
        fill(store, crowd(3))
        with pytest.raises(ValueError, match="quer"):
            store.search(NAME, BAD_QUERIES[kind], 5)

    @pytest.mark.parametrize("k", [0, -1])
    def test_k_below_one_is_refused(self, store: Store, k: int) -> None:
        with pytest.raises(ValueError, match="k must"):
            store.search(NAME, axis(), k)
        with pytest.raises(ValueError, match="k must"):
            store.search_text("words", k)

    def test_a_name_outside_the_manifest_is_refused(self, store: Store) -> None:
        with pytest.raises(ValueError, match="embedding@9"):
            store.search("embedding@9", axis(), 1)

    @pytest.mark.parametrize(
        ("conditions", "passes"),
        [
            (["brand=Rare"], lambda n: n % 100 == 7),
            (["sale=true"], lambda n: n % 10 == 0),
            (["price>=3"], lambda n: n >= 3),
            (["price<3"], lambda n: n < 3),
            (["sale=false", "brand!=Rare", "price<250"], lambda n: n < 250 and n % 10 and n % 100 != 7),
            (["price<0"], lambda n: False),
        ],
        ids=lambda given: " ".join(given) if isinstance(given, list) else "",
    )
    def test_where_comes_before_the_search(
        self, store: Store, harness: Harness, conditions: list[str], passes: Any
    ) -> None:
        fill(store, crowd(500))
        store.optimize()
        cosines = {f"{n:04}": float(unit(n) @ unit(999)) for n in range(500) if passes(n)}
        for k in (1, 10, 500):
            [hits] = store.search(NAME, units([999]), k, bound(store, *conditions))
            assert set(ids(hits)) <= set(cosines)
            best = sorted(cosines.values(), reverse=True)[:k]
            assert [hit.score for hit in hits] == pytest.approx(best, abs=harness.score_tolerance)

    @pytest.mark.parametrize("optimized", [False, True])
    def test_one_product_with_500_views_hides_no_other(self, store: Store, optimized: bool) -> None:
        views = [record(f"view {n:03}", leaning(0.99 - n * 1e-4), product_id="loud") for n in range(500)]
        quiet = [record(f"quiet {n}", leaning(0.5 - n * 0.05), product_id=f"quiet {n}") for n in range(9)]
        fill(store, [*views, *quiet])
        if optimized:
            store.optimize()
        [hits] = store.search(NAME, axis(), 10, distinct="product_id")
        assert ids(hits)[1:] == [f"quiet {n}" for n in range(9)]
        assert hits[0].record.product_id == "loud"
        assert hits[0].score == pytest.approx(0.99, abs=1e-3)
        assert len(store.search(NAME, axis(), 10)[0]) == 10

    def test_distinct_gives_the_best_item_of_each_product(self, store: Store, harness: Harness) -> None:
        fill(store, crowd(400))
        best = [max(float(unit(n) @ unit(999)) for n in range(p, 400, 40)) for p in range(40)]
        [hits] = store.search(NAME, units([999]), 100, distinct="product_id")
        assert len({hit.record.product_id for hit in hits}) == len(hits) == 40
        assert [h.score for h in hits] == pytest.approx(sorted(best, reverse=True), abs=harness.score_tolerance)

    def test_distinct_with_where_looks_only_at_what_passes(self, store: Store) -> None:
        fill(
            store,
            [
                record("a1", leaning(0.9), product_id="a", price=100),
                record("a2", leaning(0.5), product_id="a", price=1),
                record("b1", leaning(0.8), product_id="b", price=1),
                record("c1", leaning(0.7), product_id="c", price=100),
            ],
        )
        [hits] = store.search(NAME, axis(), 3, bound(store, "price=1"), "product_id")
        assert ids(hits) == ["b1", "a2"]

    def test_distinct_ties_go_by_item_id(self, store: Store, harness: Harness) -> None:
        fill(store, [record(f"{n:02}", unit(1), product_id=f"p{n % 3}") for n in reversed(range(31))])
        [hits] = store.search(NAME, units([2]), 3, distinct="product_id")
        assert {hit.record.product_id for hit in hits} == {"p0", "p1", "p2"}
        if harness.exact_ties:
            assert ids(hits) == ["00", "01", "02"]

    def test_answers_follow_every_write(self, store: Store) -> None:
        fill(store, crowd(60))
        store.optimize()
        query = units([5])
        assert ids(store.search(NAME, query, 1)[0]) == ["0005"]
        store.delete(["0005"])
        fill(store, [record("new", unit(5)), record("0006", -unit(5))])
        [hits] = store.search(NAME, query, 60)
        assert (len(hits), hits[0].item_id, hits[-1].item_id) == (60, "new", "0006")
        store.update({"new": {"brand": "Other"}})
        store.flush()
        assert ids(store.search(NAME, query, 60, bound(store, "brand=Other"))[0]) == ["new"]
        assert light([store.search(NAME, query, 1)[0][0].record])[0].attributes == {"brand": "Other"}
