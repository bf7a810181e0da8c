"""search_details: votes by visual words, counted as a plain loop counts them; whole answers, products and filters."""

import math
from typing import Any

import numpy as np
import pytest

from sosie.stores.base import Store
from sosie.support.visual_words import VisualWords, WordsQuery
from sosie.types import VISUAL_WORDS, Record
from support.store_contract.harness import Harness, Reopen, bound, fill, ids

WORDS = 40
"""Few, so that items share many."""


def words_of(seed: int, points: int = 30) -> VisualWords:
    """Random words with signatures of thirty kinds, each with some bits changed."""
    dice = np.random.default_rng(seed)
    kinds = np.random.default_rng(0).integers(0, 1 << 63, 30, dtype=np.uint64)
    noise = np.bitwise_or.reduce(np.uint64(1) << dice.integers(0, 64, (points, 8), dtype=np.uint64), axis=1)
    return VisualWords.of_points(dice.integers(0, WORDS, points), kinds[dice.integers(0, 30, points)] ^ noise)


def query_of(seed: int, points: int = 30, width: int = 2) -> WordsQuery:
    """Points with the words and signatures of an item, and further words beside them."""
    dice, item = np.random.default_rng(seed + 1000), words_of(seed, points)
    words = dice.integers(0, WORDS, (points, width)).astype(np.uint16)
    signatures = dice.integers(0, 1 << 63, (points, width), dtype=np.uint64)
    words[:, 0], signatures[:, 0] = item.words, item.signatures ^ np.uint64(5)
    return WordsQuery(words, signatures, dice.uniform(0.5, 2, (points, width)).astype(np.float32))


def item(name: str, words: VisualWords | None, product_id: str = "", **attributes: Any) -> Record:
    blobs = {} if words is None else {VISUAL_WORDS: words.to_bytes()}
    return Record(name, product_id or name, f"{name}.jpg", attributes=attributes, blobs=blobs)


def crowd(number: int) -> list[Record]:
    return [item(f"{n:03}", words_of(n), f"p{n % 17}", price=n, sale=n % 10 == 0) for n in range(number)]


def expected_score(query: WordsQuery, words: VisualWords) -> float:
    """Point by point: the nearest entry of any of its words gives exp(-(bits / 12)²) times the word's weight."""
    total = 0.0
    for point in range(len(query)):
        votes = []
        for place, word in enumerate(query.words[point].tolist()):
            for entry in np.flatnonzero(words.words == word).tolist():
                bits = int(query.signatures[point, place] ^ words.signatures[entry]).bit_count()
                votes.append((bits, place))
        if votes and min(votes)[0] <= 20:
            bits, place = min(votes)
            total += math.exp(-((bits / 12) ** 2)) * float(query.weights[point, place])
    return total / math.sqrt(len(words))


class DetailsContract:
    def test_votes_are_counted_as_a_loop_counts_them(self, store: Store) -> None:
        fill(store, crowd(120))
        queries = [query_of(seed) for seed in (3, 50)] + [query_of(7, 9, 1), query_of(8, 40, 4)]
        for query, hits in zip(queries, store.search_details(queries, 30), strict=True):
            scores = {f"{n:03}": expected_score(query, words_of(n)) for n in range(120)}
            ranked = sorted((name for name in scores if scores[name] > 0), key=lambda name: (-scores[name], name))
            assert ids(hits) == ranked[:30]
            assert [hit.score for hit in hits] == pytest.approx([scores[name] for name in ids(hits)])

    def test_items_without_votes_or_words_are_not_found(self, store: Store) -> None:
        far = VisualWords.of_points(np.arange(5) + WORDS, np.zeros(5, np.uint64))
        near = query_of(1, 1, 1)
        opposite = VisualWords.of_points(near.words[:, 0], ~near.signatures[:, 0])
        fill(store, [item("has", words_of(1, 1)), item("far", far), item("opposite", opposite), item("without", None)])
        empty = VisualWords.from_bytes(b"")
        fill(store, [item("empty", empty)])
        assert ids(store.search_details([near], 9)[0]) == ["has"]

    def test_no_photos_and_no_points(self, store: Store) -> None:
        assert store.search_details([query_of(1)], 3) == [[]]
        fill(store, crowd(3))
        assert store.search_details([], 3) == []
        assert store.search_details([query_of(1, 0)], 3) == [[]]

    def test_words_come_back_as_they_were(self, store: Store, reopen: Reopen) -> None:
        fill(store, [item("a", words_of(1)), item("b", None)])
        for _ in range(2):
            first, second = store.get(["a", "b"], [VISUAL_WORDS])
            assert (first.blobs, second.blobs) == ({VISUAL_WORDS: words_of(1).to_bytes()}, {})
            assert [element.blobs for element in store.scan(fields=[VISUAL_WORDS])] == [first.blobs, {}]
            assert store.get(["a"])[0].blobs == {}
            store = reopen(store)

    def test_what_was_voted_for_carries_the_light_record(self, store: Store) -> None:
        fill(store, [item("a", words_of(1), "p", price=3)])
        [[hit]] = store.search_details([query_of(1)], 1)
        assert (hit.item_id, hit.record.product_id, hit.record.attributes) == ("a", "p", {"price": 3})
        assert (hit.record.blobs, hit.record.vectors) == ({}, {})

    def test_equal_votes_go_by_item_id(self, store: Store) -> None:
        names = [f"{n:02}" for n in range(70)]
        fill(store, [item(name, words_of(4)) for name in reversed(names)])
        for k in (1, 8, 70, 99):
            assert ids(store.search_details([query_of(4)], k)[0]) == names[:k]

    def test_k_products_are_found_by_details_if_there_are_as_many(self, store: Store) -> None:
        fill(store, crowd(120))
        query = query_of(33)
        [every] = store.search_details([query], 120)
        best: dict[str, str] = {}
        for hit in every:
            best.setdefault(hit.record.product_id, hit.item_id)
        assert len(best) == 17
        for k in (1, 5, 17, 40):
            [hits] = store.search_details([query], k, distinct="product_id")
            assert ids(hits) == list(best.values())[:k]

    @pytest.mark.parametrize(
        ("conditions", "passes"),
        [
            (["price<7"], lambda n: n < 7),
            (["sale=false", "price>=50"], lambda n: n % 10 and n >= 50),
            (["price>=0"], lambda n: True),
            (["price<0"], lambda n: False),
        ],
    )
    def test_where_comes_before_votes(self, store: Store, conditions: list[str], passes: Any) -> None:
        fill(store, crowd(120))
        where, query = bound(store, *conditions), query_of(90)
        scores = {f"{n:03}": expected_score(query, words_of(n)) for n in range(120) if passes(n)}
        ranked = sorted((name for name in scores if scores[name] > 0), key=lambda name: (-scores[name], name))
        assert ids(store.search_details([query], 12, where)[0]) == ranked[:12]

    def test_writes_change_the_votes(self, store: Store, reopen: Reopen) -> None:
        fill(store, crowd(40))
        store.optimize()
        assert ids(store.search_details([query_of(5)], 1)[0]) == ["005"]
        fill(store, [item("005", words_of(500)), item("new", words_of(5))])
        assert ids(store.search_details([query_of(5)], 1)[0]) == ["new"]
        assert ids(store.search_details([query_of(500)], 1)[0]) == ["005"]
        store.delete(["new"])
        fill(store, [item("006", None)])
        store.flush()
        for _ in range(2):
            assert "new" not in ids(store.search_details([query_of(5)], 99)[0])
            assert "006" not in ids(store.search_details([query_of(6)], 99)[0])
            store.optimize()
            assert ids(store.search_details([query_of(7)], 1)[0]) == ["007"]
            store = reopen(store)

    def test_changed_attributes_leave_the_words(self, store: Store) -> None:
        fill(store, crowd(10))
        store.update({"003": {"price": 99}})
        store.flush()
        assert ids(store.search_details([query_of(3)], 1, bound(store, "price=99"))[0]) == ["003"]

    @pytest.mark.parametrize("k", [0, -1])
    def test_votes_need_a_positive_k(self, store: Store, k: int) -> None:
        with pytest.raises(ValueError, match="k must"):
            store.search_details([query_of(1)], k)

    def test_wrong_words_are_refused(self, store: Store) -> None:
        good = query_of(1)
        with pytest.raises(ValueError, match="visual words"):
            store.search_details([WordsQuery(good.words, good.signatures[:-1], good.weights)], 1)
        with pytest.raises(ValueError, match="visual words"):
            store.search_details([query_of(1, 5, 5)], 1)
        with pytest.raises(ValueError, match="visual_words"):
            store.upsert([Record("bad", "p", "x", blobs={VISUAL_WORDS: b"123"})])
        assert store.count() == 0

    def test_random_writes_change_no_store_otherwise_than_the_loop(self, store: Store, harness: Harness) -> None:
        dice = np.random.default_rng(harness.steps)
        held: dict[str, VisualWords] = {}
        for step in range(12):
            names = [f"{n:02}" for n in dice.choice(60, 12, replace=False)]
            gone, written = names[:3], names[3:]
            store.delete(gone)
            held = {name: words for name, words in held.items() if name not in gone}
            held |= {name: words_of(int(dice.integers(0, 10**6))) for name in written}
            fill(store, [item(name, held[name]) for name in written])
            if step % 3 == 0:
                store.optimize()
            query = query_of(int(dice.integers(0, 10**6)))
            scores = {name: expected_score(query, words) for name, words in held.items()}
            ranked = sorted((name for name in scores if scores[name] > 0), key=lambda name: (-scores[name], name))
            assert ids(store.search_details([query], 20)[0]) == ranked[:20]
