"""What details are worth beside looks is learned from photos that had no part in what answered them."""

from dataclasses import replace

import numpy as np
import pytest

from sosie.adaptation.labeled import Labeled
from sosie.adaptation.trials import AdaptationSetting
from sosie.details.candidates import Geometry
from sosie.details.matching import Pairs
from sosie.details.verify import Agreement
from sosie.learning.adapting import adapt_by_labels
from sosie.learning.holding_out import sample_of_compared
from sosie.learning.lessons import Lessons
from sosie.searching.evidence import Verified
from support.learning import lessons_in, shop_of, world
from support.worlds import World

SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
NOTHING = Verified("i", Geometry())


@pytest.fixture(scope="module")
def made() -> World:
    return world()


def agreeing(inliers: int) -> Verified:
    rows = np.arange(inliers)
    pairs = Pairs(rows, rows, np.zeros(inliers, np.float32))
    agreement = Agreement(2 * inliers, pairs, np.eye(3), SQUARE, SQUARE, 0.8)
    return Verified("i", Geometry(agreement, inliers, 0.9, 0.9, np.nan))


def compared(made: World, step: int = 2) -> Lessons:
    """Every other photo was compared, and agrees with its own product alone."""
    lessons = lessons_in(made)
    rest = {str(product): NOTHING for product in made.gallery_products}
    items = [
        replace(lesson, compared={**rest, lesson.product: agreeing(40)}) if row % step == 0 else lesson
        for row, lesson in enumerate(lessons.items)
    ]
    return Lessons(tuple(items))


def test_only_photos_that_were_compared_are_asked_and_details_are_in_the_evidence(made: World) -> None:
    lessons = compared(made)
    labeled = Labeled.of(lessons.vectors, lessons.products, made.gallery, made.gallery_products.tolist())
    sample = sample_of_compared(labeled, AdaptationSetting(0.4, 0.5), [lesson.compared for lesson in lessons.items])
    photos = sum(lesson.compared is not None for lesson in lessons.items)
    assert len(np.unique(sample.answer)) == 4 * photos
    assert len(np.unique(sample.answer[sample.in_catalog])) == 3 * photos
    assert not sample.right[~sample.in_catalog].any()
    right, wrong = sample.evidence["agreement"][sample.right], sample.evidence["agreement"][~sample.right]
    assert (right > 3).all()
    assert (wrong[~np.isnan(wrong)] == 0).all()


def test_an_adaptation_learns_what_details_are_worth(made: World) -> None:
    with_details = adapt_by_labels(shop_of(made), compared(made)).calibration
    without = adapt_by_labels(shop_of(made), lessons_in(made)).calibration
    assert with_details is not None
    assert without is not None
    assert with_details.knows_details
    assert not without.knows_details
    weights = dict(zip(with_details.model.features, with_details.model.weights, strict=True))
    assert weights["agreement"] > 0
