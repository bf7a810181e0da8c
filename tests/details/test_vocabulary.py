"""Visual words: the nearest of all words, signatures that tell neighbors apart, and a promise to stores."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sosie.details.extract import extract
from sosie.details.vocabulary import FEWEST_POINTS, MOST_POINTS, WORDS_A_POINT, shipped_vocabulary
from sosie.stores.voting import score_item
from sosie.support.visual_words import MOST_WORDS, VisualWords
from support.textures import draw_print, seen_from, turned

PRINTS = 8


def photo_of(seed: int) -> Image.Image:
    return seen_from(draw_print(seed), turned(25 * seed, 0.6, 400, 600), (600, 600))


def test_words_are_sorted_and_the_same_again():
    vocabulary, details = shipped_vocabulary(), extract(draw_print(1))
    words = vocabulary.describe(details)
    assert words is not None
    assert len(words) == min(len(details), MOST_POINTS) == MOST_POINTS
    assert (np.diff(words.words.astype(int)) >= 0).all()
    again = VisualWords.from_bytes(words.to_bytes())
    np.testing.assert_array_equal(again.words, words.words)
    np.testing.assert_array_equal(again.signatures, words.signatures)
    shuffled = vocabulary.describe(details.where(np.ones(len(details), bool)))
    assert shuffled is not None
    assert shuffled.to_bytes() == words.to_bytes()


def test_the_words_found_are_nearly_always_the_nearest_of_all():
    vocabulary, details = shipped_vocabulary(), extract(draw_print(2))
    turned_ = (details.descriptors - vocabulary.mean) @ vocabulary.rotation
    every = vocabulary.words.reshape(-1, turned_.shape[1])
    nearness = turned_ @ every.T - 0.5 * (every**2).sum(axis=1)
    assert np.mean(vocabulary.nearest(details.descriptors) == nearness.argmax(axis=1)) > 0.9
    requested = vocabulary.query(details).words.astype(int)
    assert requested.shape == (MOST_POINTS, WORDS_A_POINT)
    values = np.take_along_axis(nearness[:MOST_POINTS], requested, axis=1)
    assert (values[:, 0] >= values[:, 1] - 1e-4).all()
    assert (requested[:, 0] != requested[:, 1]).all()


def test_signatures_say_on_which_side_of_the_word_a_point_lies():
    vocabulary, details = shipped_vocabulary(), extract(draw_print(3))
    query = vocabulary.query(details)
    turned_ = ((details.descriptors - vocabulary.mean) @ vocabulary.rotation)[:MOST_POINTS]
    for place in range(WORDS_A_POINT):
        centers = vocabulary.words.reshape(-1, turned_.shape[1])[query.words[:, place]]
        bits = (query.signatures[:, place, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
        assert np.mean(bits.astype(bool) == (turned_ > centers)) > 0.9999
    assert query.weights.dtype == np.float32
    np.testing.assert_array_equal(query.weights, vocabulary.weights[query.words])


def test_a_photo_votes_for_what_it_shows():
    vocabulary = shipped_vocabulary()
    items = [vocabulary.describe(extract(draw_print(seed))) for seed in range(PRINTS)]
    for seed in range(PRINTS):
        query = vocabulary.query(extract(photo_of(seed)))
        scores = [score_item(query, item) for item in items if item is not None]
        assert int(np.argmax(scores)) == seed
        assert scores[seed] > 3 * sorted(scores)[-2]


def test_too_few_points_have_no_words():
    vocabulary, details = shipped_vocabulary(), extract(draw_print(1))
    few = details.where(np.arange(len(details)) < FEWEST_POINTS - 1)
    enough = details.where(np.arange(len(details)) < FEWEST_POINTS)
    assert vocabulary.describe(few) is None
    assert len(vocabulary.query(few)) == 0
    assert vocabulary.query(few).words.shape == (0, WORDS_A_POINT)
    assert len(vocabulary.describe(enough) or ()) == len(vocabulary.query(enough)) == FEWEST_POINTS
    assert vocabulary.describe(extract(Image.new("RGB", (90, 90)))) is None


@pytest.mark.parametrize("part", ["mean", "rotation", "branches", "words"])
def test_any_change_of_numbers_changes_the_fingerprint(part: str):
    vocabulary = shipped_vocabulary()
    changed = replace(vocabulary, **{part: getattr(vocabulary, part) * np.float32(1.5)})
    assert changed.fingerprint != vocabulary.fingerprint


def test_the_fingerprint_of_the_vocabulary_is_a_promise():
    """Stores keep words of this vocabulary: another one needs another number in ``VISUAL_WORDS``."""
    assert shipped_vocabulary().fingerprint == "e83e953e4a9debb4"
    assert shipped_vocabulary().weights.shape == (128 * 128,)
    assert MOST_WORDS >= 128 * 128
