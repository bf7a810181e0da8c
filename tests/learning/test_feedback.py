import json
from dataclasses import replace

import numpy as np
import pytest

from sosie.learning.feedback import Feedback, from_row, read_feedback, to_row

PRINT = "f" * 16


def given(
    item_id: str = "i1", opinion: str = "confirmed", sha256: str = "a" * 64, fingerprint: str = PRINT
) -> Feedback:
    vectors = np.random.default_rng(1).normal(size=(2, 1280)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Feedback(opinion, item_id, "p1", "photo.jpg", sha256, fingerprint, "embedding@1", vectors, 12.5)  # type: ignore[arg-type]


def test_a_row_is_json_and_comes_back_with_unit_vectors() -> None:
    feedback = given()
    back = from_row(json.loads(json.dumps(to_row(feedback))))
    assert replace(back, vectors=feedback.vectors) is not None
    for name in (
        "opinion",
        "item_id",
        "product_id",
        "query",
        "content_sha256",
        "fingerprint",
        "generation",
        "given_at",
    ):
        assert getattr(back, name) == getattr(feedback, name)
    assert back.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(back.vectors, axis=1), 1, atol=1e-6)
    assert (np.einsum("nd,nd->n", back.vectors, feedback.vectors) > 0.9999).all()


def test_the_last_word_on_a_picture_and_an_item_counts() -> None:
    rows = [to_row(given()), to_row(given("i2")), to_row(given(opinion="rejected")), to_row(given(sha256="b" * 64))]
    log = read_feedback(rows, PRINT)
    assert [(entry.item_id, entry.opinion, entry.content_sha256[0]) for entry in log.entries] == [
        ("i2", "confirmed", "a"),
        ("i1", "rejected", "a"),
        ("i1", "confirmed", "b"),
    ]
    assert log.superseded == 1


def test_another_embedders_words_are_counted_and_passed_over() -> None:
    log = read_feedback([to_row(given(fingerprint="0" * 16)), to_row(given())], PRINT)
    assert (len(log.entries), log.foreign, log.superseded) == (1, 1, 0)


BROKEN = [
    3,
    [],
    {},
    {**to_row(given()), "opinion": "perhaps"},
    {**to_row(given()), "float16": "?"},
    {**to_row(given()), "views": 0},
    {**to_row(given()), "views": 7},
    {**to_row(given()), "float16": ""},
    {name: value for name, value in to_row(given()).items() if name != "query"},
]


@pytest.mark.parametrize("row", BROKEN)
def test_what_is_no_feedback_is_refused_and_counted(row: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_row(row)
    assert read_feedback([row, to_row(given())], PRINT).unreadable == 1
