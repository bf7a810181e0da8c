"""A store adapts where that helps, says why where it does not, and its answers change accordingly."""

import numpy as np
import pytest

from sosie.errors import UsageError
from sosie.knowledge.generations import OWN
from sosie.knowledge.knowledge import knowledge_of
from sosie.learning.adapting import adapt_by_labels, adapt_by_photos
from sosie.learning.known import products_in_catalog
from sosie.learning.lessons import Lesson, Lessons
from sosie.searching.query import Query
from sosie.searching.searcher import Searcher
from sosie.stores.base import Store
from sosie.types import EMBEDDING
from support.learning import content_of, lessons_in, shop_of, world
from support.worlds import World


@pytest.fixture(scope="module")
def made() -> World:
    return world()


@pytest.fixture
def store(made: World) -> Store:
    return shop_of(made)


def right_at_first_place(store: Store, made: World, rows: range) -> float:
    answers = Searcher(store, knowledge_of(store.manifest)).answer(
        [Query(made.photos[row][np.newaxis]) for row in rows], 1
    )
    right = [answer.hits[0].record.product_id == made.products[row] for answer, row in zip(answers, rows, strict=True)]
    return float(np.mean(right))


def test_labels_help_on_photos_that_were_not_learned_from(store: Store, made: World) -> None:
    learned = [row for row in range(len(made.photos)) if row % 12 < 9]
    rest = range(9, len(made.photos), 12)
    before = right_at_first_place(store, made, rest)
    report = adapt_by_labels(store, lessons_in(made, learned))
    assert report.helps
    assert report.generation == store.manifest.active[EMBEDDING] == "embedding@2"
    assert right_at_first_place(store, made, rest) > before + 0.1


def test_an_adaptation_remembers_its_photos_and_is_calibrated(store: Store, made: World) -> None:
    report = adapt_by_labels(store, lessons_in(made))
    assert report.calibration is not None
    assert report.calibration.fits(store.manifest.embedder.fingerprint, "embedding@2")
    [answer] = Searcher(store, knowledge_of(store.manifest)).answer([Query(made.photos[:1])], 3)
    assert answer.calibration == "own"
    assert answer.verdict == "match"
    learned = knowledge_of(store.manifest).training
    assert learned.products == set(made.products.tolist())
    assert learned.includes_photo(content_of(0))
    assert not learned.includes_photo(content_of(len(made.photos)))


def test_what_was_learned_says_match_to_the_right_product_and_no_match_to_strangers(store: Store, made: World) -> None:
    strangers = set(made.gallery_products[48:].tolist())
    store.delete([f"item of {product}" for product in strangers])
    expected = [row for row in range(len(made.photos)) if made.products[row] not in strangers]
    assert adapt_by_labels(store, lessons_in(made, [row for row in expected if row % 12 < 9])).calibration is not None
    searcher = Searcher(store, knowledge_of(store.manifest))
    fresh = [row for row in expected if row % 12 >= 9]
    answers = searcher.answer([Query(made.photos[[row]]) for row in fresh], 1)
    matched = [(answer, row) for answer, row in zip(answers, fresh, strict=True) if answer.verdict == "match"]
    right = [answer.hits[0].record.product_id == made.products[row] for answer, row in matched]
    assert len(matched) > 0.8 * len(fresh)
    assert np.mean(right) >= 0.95
    foreign = [row for row in range(len(made.photos)) if made.products[row] in strangers]
    verdicts = [answer.verdict for answer in searcher.answer([Query(made.photos[[row]]) for row in foreign], 1)]
    assert verdicts.count("no match") > 0.7 * len(foreign)
    assert verdicts.count("match") < 0.1 * len(foreign)


def test_a_dry_run_changes_nothing(store: Store, made: World) -> None:
    before = store.manifest
    report = adapt_by_labels(store, lessons_in(made), dry_run=True)
    assert (report.helps, report.generation) == (True, None)
    assert store.manifest == before


def test_one_photo_of_each_product_is_refused_or_distinguished(store: Store, made: World) -> None:
    report = adapt_by_labels(store, lessons_in(made, range(0, 12 * 5, 12)))
    assert not report.helps
    assert "5 products" in report.decision["reason"]
    assert store.manifest.active[EMBEDDING] == OWN


def test_photos_of_unknown_products_are_counted_and_do_no_harm(store: Store, made: World) -> None:
    existing = lessons_in(made)
    strange = Lesson("a stranger", "f" * 64, made.photos[0])
    report = adapt_by_labels(store, Lessons((*existing.items, strange)))
    assert report.unknown == 1
    assert "a stranger" not in knowledge_of(store.manifest).training.products


def test_no_overlap_says_what_was_expected(store: Store, made: World) -> None:
    strange = Lessons((Lesson("a stranger", "f" * 64, made.photos[0]),))
    with pytest.raises(UsageError, match=r"1 product \('a stranger'\).*none of them.*--column product_id=NAME"):
        adapt_by_labels(store, strange)
    with pytest.raises(UsageError, match="no labeled photos"):
        adapt_by_labels(store, Lessons(()))
    assert products_in_catalog(store, ["product000", "a stranger"]) == {"product000"}


def test_photos_alone_center_and_nothing_at_all_is_refused(store: Store, made: World) -> None:
    refused = adapt_by_photos(store, Lessons(()))
    assert not refused.helps
    assert "at least 50 customer photos" in refused.decision["reason"]
    before = right_at_first_place(store, made, range(len(made.photos)))
    report = adapt_by_photos(store, lessons_in(made))
    assert report.helps
    assert right_at_first_place(store, made, range(len(made.photos))) > before
    assert "calibrate with labeled ones" in (report.uncalibrated or "")
