"""Probabilities are learned from a store's own answers, and mean what they say on other photos."""

from collections.abc import Iterable

import numpy as np
import pytest

from sosie.errors import UsageError
from sosie.evaluation.reliability import expected_calibration_error
from sosie.knowledge.generations import OWN
from sosie.knowledge.knowledge import knowledge_of
from sosie.learning.adapting import adapt_by_labels
from sosie.learning.calibrating import CalibrateReport, answer_feedback, answer_photos, calibrate_store
from sosie.learning.feedback import Feedback, FeedbackLog
from sosie.searching.photos import Photos
from sosie.searching.query import Query
from sosie.searching.searcher import Searcher
from sosie.stores.base import Store
from support.learning import SPEC, content_of, lessons_in, photos_in, shop_of, world
from support.worlds import World

EVEN, ODD = slice(0, None, 2), slice(1, None, 2)


@pytest.fixture(scope="module")
def made() -> World:
    return world()


@pytest.fixture
def store(made: World) -> Store:
    return shop_of(made)


def calibrated(store: Store, photos: Iterable[Photos], precision: float = 0.9) -> CalibrateReport:
    searcher = Searcher(store, knowledge_of(store.manifest))
    return calibrate_store(store, (answer_photos(batch, searcher) for batch in photos), precision)


def rows_of(made: World, which: slice) -> list[int]:
    return list(range(len(made.photos)))[which]


def test_probabilities_mean_what_they_say_on_other_photos(store: Store, made: World) -> None:
    report = calibrated(store, photos_in(made, rows_of(made, EVEN)))
    assert (report.photos, report.absent, report.repeated) == (len(made.photos) // 2, 0, 0)
    probabilities, right = [], []
    searcher = Searcher(store, knowledge_of(store.manifest))
    for row in rows_of(made, ODD):
        [result] = searcher.consider([Query(made.photos[row][np.newaxis])], 20)
        product = str(made.products[row])
        for considered, weight in ((result, 9), (result.without(product), 1)):
            probability = report.calibration.same_product(considered.evidence)[0]
            probabilities += [probability] * weight
            right += [considered.hits[0].record.product_id == product] * weight
    assert expected_calibration_error(np.array(probabilities), np.array(right)) < 0.08


def test_products_that_are_missing_count_as_missing(store: Store, made: World) -> None:
    store.delete([f"item of product{number:03}" for number in range(8)])
    report = calibrated(store, photos_in(made))
    assert report.absent == 8 * 12
    quality = report.calibration.quality
    assert quality.known_auroc is not None
    assert quality.known_auroc > 0.5


def test_photos_that_taught_the_adaptation_say_nothing_new(store: Store, made: World) -> None:
    adapt_by_labels(store, lessons_in(made, rows_of(made, EVEN)))
    with pytest.raises(UsageError, match="were used by the adaptation"):
        calibrated(store, photos_in(made, rows_of(made, EVEN)))
    report = calibrated(store, photos_in(made))
    assert (report.repeated, report.photos) == (len(made.photos) // 2, len(made.photos) // 2)
    assert report.flattering
    assert report.calibration.vectors == "embedding@2"


def test_too_few_answers_say_how_many_are_needed(store: Store, made: World) -> None:
    with pytest.raises(UsageError, match="are too few to calibrate"):
        calibrated(store, photos_in(made, [0, 1, 2]))
    with pytest.raises(UsageError, match="no labeled photos"):
        calibrated(store, iter(()))


def feedback(made: World, row: int, opinion: str, product: str) -> Feedback:
    return Feedback(
        opinion=opinion,  # type: ignore[arg-type]
        item_id=f"item of {product}",
        product_id=product,
        query="photo.jpg",
        content_sha256=content_of(row),
        fingerprint=SPEC.fingerprint,
        generation=OWN,
        vectors=made.photos[row][np.newaxis],
    )


def test_what_people_rejected_counts_while_it_is_still_the_answer(store: Store, made: World) -> None:
    searcher = Searcher(store, knowledge_of(store.manifest))
    [answer] = searcher.consider([Query(made.photos[:1])], 20)
    first, second = (hit.record.product_id for hit in answer.hits[:2])
    log = FeedbackLog(
        (
            feedback(made, 0, "rejected", first),
            feedback(made, 0, "rejected", second),
            feedback(made, 1, "confirmed", "product000"),
        )
    )
    heard = answer_feedback(log, searcher)
    assert [item.product for item in heard] == ["", "product000"]
    assert heard[0].candidates.hits == answer.hits
    assert "product000" not in {hit.record.product_id for hit in heard[1].candidates_without.hits}


def test_few_photos_move_the_calibration_that_came_with_the_adaptation_a_little(store: Store, made: World) -> None:
    adapted = adapt_by_labels(store, lessons_in(made, rows_of(made, EVEN))).calibration
    assert adapted is not None
    few = rows_of(made, ODD)[::60]
    moved = calibrated(store, photos_in(made, few)).calibration
    assert moved.model.features == adapted.model.features
    assert np.allclose(moved.model.weights, adapted.model.weights, atol=0.5)
    again = calibrated(store, photos_in(made, few)).calibration
    assert again == moved
