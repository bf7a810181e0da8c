"""Visual words as bytes, and the counting of votes on NumPy old and new."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.stores import voting
from sosie.stores.voting import count_bits, score_item
from sosie.support.visual_words import VisualWords, WordsQuery
from support.store_contract.details import expected_score, query_of, words_of

POINTS = st.lists(st.tuples(st.integers(0, 2**16 - 1), st.integers(0, 2**64 - 1)), max_size=40)


def words_from(points: list[tuple[int, int]]) -> VisualWords:
    words, signatures = np.array([word for word, _ in points], int), [signature for _, signature in points]
    return VisualWords.of_points(words, np.array(signatures, np.uint64))


@given(POINTS)
def test_words_come_back_from_their_bytes_in_one_order(points: list[tuple[int, int]]) -> None:
    words = words_from(points)
    again = VisualWords.from_bytes(words.to_bytes())
    pairs = list(zip(again.words.tolist(), again.signatures.tolist(), strict=True))
    assert pairs == sorted(points)
    assert words_from(points[::-1]).to_bytes() == words.to_bytes()


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_or_stand_for_themselves(data: bytes) -> None:
    try:
        words = VisualWords.from_bytes(data)
    except ValueError:
        return
    assert words.to_bytes() == data


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_bits_are_counted_with_and_without_numpy_s_own_way(numbers: list[int]) -> None:
    values = np.array(numbers, np.uint64)
    expected = [number.bit_count() for number in numbers]
    assert count_bits(values).tolist() == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(np, "bitwise_count", raising=False)
        assert count_bits(values).tolist() == expected


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, voting.MOST_WORDS_A_POINT), st.integers(0, 40))
def test_an_item_scores_as_a_loop_counts(item: int, query: int, width: int, points: int) -> None:
    requested, words = query_of(query, points, width), words_of(item, 25)
    assert score_item(requested, words) == pytest.approx(expected_score(requested, words))


def test_a_point_votes_once_and_by_its_nearest_entry() -> None:
    words = VisualWords.of_points(np.array([7, 7, 9]), np.array([0, 1, 0b11], np.uint64))
    requests = WordsQuery(
        np.array([[7, 9]], np.uint16), np.array([[0b1, 0b11]], np.uint64), np.array([[2, 100]], np.float32)
    )
    assert score_item(requests, words) == pytest.approx(2 / np.sqrt(3))  # word 7 exactly, before word 9 exactly
    other = WordsQuery(requests.words, np.array([[0b110, 0b11]], np.uint64), requests.weights)
    assert score_item(other, words) == pytest.approx(100 / np.sqrt(3))
