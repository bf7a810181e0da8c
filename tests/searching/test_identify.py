from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.searching.identify import vote
from sosie.types import Attributes, Hit, Record


def hit(name: str, score: float, **attributes: object) -> Hit:
    kept: Attributes = attributes  # type: ignore[assignment]
    return Hit(name, score, Record(name, f"product of {name}", "a.jpg", (), kept))


def test_near_neighbors_outvote_many_far_ones() -> None:
    hits = [hit("a", 0.9, brand="Acme"), hit("b", 0.6, brand="Bolt"), hit("c", 0.6, brand="Bolt")]
    outcome = vote(hits, "brand", "photo.jpg", temperature=0.1)
    assert [label.label for label in outcome.labels] == ["Acme", "Bolt"]
    assert outcome.labels[0].share == pytest.approx(1 / (1 + 2 * exp(-3)))
    assert (outcome.labels[1].votes, outcome.labels[1].item_id, outcome.labels[1].score) == (2, "b", 0.6)


def test_many_that_are_as_near_outvote_one() -> None:
    hits = [hit("a", 0.9, brand="Acme"), hit("b", 0.9, brand="Bolt"), hit("c", 0.89, brand="Bolt")]
    assert vote(hits, "brand", "").labels[0].label == "Bolt"


def test_without_the_attribute_a_neighbor_is_silent() -> None:
    results = vote([hit("a", 0.9), hit("b", 0.5, brand="Bolt")], "brand", "")
    assert (results.silent, results.neighbors, results.labels[0].share) == (1, 2, 1.0)
    assert vote([hit("a", 0.9)], "brand", "").labels == ()


def test_several_values_divide_one_vote() -> None:
    result = vote([hit("a", 0.9, tags=("red", "round")), hit("b", 0.9, tags=("red",))], "tags", "")
    assert [(label.label, label.share) for label in result.labels] == [("red", 0.75), ("round", 0.25)]


def test_products_are_labels_too() -> None:
    assert vote([hit("a", 0.9)], "product_id", "").labels[0].label == "product of a"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-1, 1)), min_size=1, max_size=30))
def test_shares_add_up_and_fall(pairs: list[tuple[str, float]]) -> None:
    hits = [hit(str(number), score, kind=kind) for number, (kind, score) in enumerate(pairs)]
    shares = [label.share for label in vote(hits, "kind", "").labels]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
