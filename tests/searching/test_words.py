"""Words alone and beside a picture, with a text side whose vectors are given."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.knowledge.knowledge import knowledge_of
from sosie.searching.words import answer_steered, answer_words, fuse, steer
from sosie.stores.exact import ExactStore
from sosie.types import Hit, Record, Vectors, Words
from support.store_contract.harness import DIM, MANIFEST, record


def along(*parts: float) -> Vectors:
    """A unit vector in the plane of the first axes."""
    vector = np.zeros(DIM, np.float32)
    vector[: len(parts)] = parts
    return vector / np.linalg.norm(vector)


class GivenWords:
    """A text side that knows the vectors of some texts."""

    def __init__(self, vectors: Mapping[str, Vectors]) -> None:
        self.vectors = vectors

    def embed_words(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.vectors[text] for text in texts])


TITLES = {"a": "red shoe", "b": "red lamp", "c": "blue shoe", "d": "chair"}
ENCODER = GivenWords({"red shoe": along(0, 0, 0, 1), "blue": along(0, 0, 1), "red": along(1)})


@pytest.fixture
def store() -> ExactStore:
    """Four products whose vectors are the first four axes, in order."""
    store = ExactStore(MANIFEST)
    vectors = np.eye(DIM, dtype=np.float32)
    store.upsert([record(item, vectors[row], title=title) for row, (item, title) in enumerate(TITLES.items())])
    return store


def found(store: ExactStore, words: Words, encoder: GivenWords | None, k: int = 9) -> list[tuple[str, float | None]]:
    answer = answer_words(store, knowledge_of(store.manifest), words, encoder, k, None)
    assert (answer.verdict, answer.calibration, answer.probability) == (None, None, None)
    return [(hit.item_id, hit.score) for hit in answer.hits]


def test_full_text_alone_where_there_is_no_text_side(store: ExactStore) -> None:
    assert found(store, Words("red shoes"), None) == [("a", None)]
    assert found(store, Words("red", minus="lamps"), None) == [("a", None)]


def test_both_ways_are_joined_and_scores_are_cosines(store: ExactStore) -> None:
    both = found(store, Words("red shoe"), ENCODER)
    assert both[0][0] == "a"
    assert dict(both)["d"] == pytest.approx(1)
    assert [item for item, _ in both].index("d") == 1
    assert len(both) == 4


def test_code_of_a_product_comes_first(store: ExactStore) -> None:
    manifest = store.manifest
    kept = {**manifest.settings, "codes": {"attribute": "price"}}
    store.replace_manifest(replace(manifest, settings=kept), manifest)
    store.upsert([record("e", title="4006381333931"), record("f", title="lamp", price=4006381333931)])
    assert [item for item, _ in found(store, Words("4006381333931"), None)] == ["f", "e"]


def test_steering_is_the_weighted_sum_of_unit_length() -> None:
    own = along(1)
    half = steer(own, Words("blue", weight=0.5), ENCODER)
    np.testing.assert_allclose(half, along(1, 0, 1), atol=1e-6)
    np.testing.assert_allclose(steer(own, Words("blue", weight=0), ENCODER), own, atol=1e-6)
    np.testing.assert_allclose(steer(own, Words("blue", weight=1), ENCODER), along(0, 0, 1), atol=1e-6)
    away = steer(along(1, 1), Words("blue", minus="red", weight=0.5), ENCODER)
    assert away[0] < along(1, 1)[0] * 0.5


def test_steered_answers_have_no_probability_and_leave_the_item_itself_out(store: ExactStore) -> None:
    own = steer(along(1), Words("blue", weight=0.7), ENCODER)
    answer = answer_steered(store, knowledge_of(store.manifest), own, 2, None, without="a")
    assert answer.hits[0].item_id == "c"
    assert len(answer.candidates) == 2
    assert answer.probability is None


def hit(product: str, score: float | None = None) -> Hit:
    return Hit(product, score, Record(product, product, "x.jpg"))


def test_fusion_is_the_sum_of_reciprocal_ranks() -> None:
    first, second = [hit("a"), hit("b"), hit("c")], [hit("c", 0.9), hit("d", 0.8), hit("b", 0.7)]
    sums = {"a": 1 / 61, "b": 1 / 62 + 1 / 63, "c": 1 / 63 + 1 / 61, "d": 1 / 62}
    fused = fuse([first, second])
    assert [element.item_id for element in fused] == sorted(sums, key=lambda product: -sums[product])
    assert {element.item_id: element.score for element in fused} == {"a": None, "b": 0.7, "c": 0.9, "d": 0.8}


@given(st.lists(st.permutations("abcdef"), min_size=2, max_size=2))
def test_what_both_ways_put_first_stays_first(ways: list[list[str]]) -> None:
    ranked = [["z", *way] for way in ways]
    assert fuse([[hit(product) for product in way] for way in ranked])[0].item_id == "z"


@given(st.permutations("abcdef"))
def test_one_way_alone_keeps_its_order(way: list[str]) -> None:
    assert [entry.item_id for entry in fuse([[hit(product) for product in way]])] == way
