"""What a person sees of an answer."""

import numpy as np

from sosie.searching.answer import Candidate, count_views, to_matches
from sosie.stores.exact import ExactStore
from sosie.types import EmbedderIdentity, Hit, Manifest, Record


def test_matches_keep_the_order_of_the_hits() -> None:
    hits = [
        Hit("b2", 0.9, Record("b2", "b", "b2.jpg", ("https://shop.example/b",), {"title": "B"})),
        Hit("a1", None, Record("a1", "a", ("u1", "u2"))),
    ]
    first, second = to_matches([Candidate(hit) for hit in hits], {"b": 3})
    assert (first.rank, first.product_id, first.item_id, first.score, first.views) == (1, "b", "b2", 0.9, 3)
    assert (first.links, first.attributes) == (("https://shop.example/b",), {"title": "B"})
    assert (second.rank, second.product_id, second.score, second.views) == (2, "a", None, 1)


def test_views_are_counted_per_product() -> None:
    manifest = Manifest(EmbedderIdentity("e", "f", 2), {"embedding@1": 2}, {"embedding": "embedding@1"})
    store = ExactStore(manifest)
    unit = {"embedding@1": np.array([1, 0], np.float32)}
    store.upsert(
        [Record(f"{p}{n}", p, "x.jpg", vectors=unit) for p, views in (("a", 3), ("b", 1)) for n in range(views)]
    )
    assert count_views(store, ["b", "a", "a", "gone"]) == {"a": 3, "b": 1}
    assert count_views(store, []) == {}
