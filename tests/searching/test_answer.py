"""What a person sees of an answer."""

from sosie.searching.answer import Candidate, to_matches
from sosie.types import Hit, Record


def test_matches_keep_the_order_of_the_hits() -> None:
    hits = [
        Hit("b2", 0.9, Record("b2", "b", "b2.jpg", ("https://shop.example/b",), {"title": "B"})),
        Hit("a1", None, Record("a1", "a", ("u1", "u2"))),
    ]
    first, second = to_matches([Candidate(hit) for hit in hits], {"b": 3})
    assert (first.rank, first.product_id, first.item_id, first.score, first.views) == (1, "b", "b2", 0.9, 3)
    assert (first.links, first.attributes) == (("https://shop.example/b",), {"title": "B"})
    assert (second.rank, second.product_id, second.score, second.views) == (2, "a", None, 1)
