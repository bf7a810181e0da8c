from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sosie.details.aggregate import FEWEST_POINTS, shipped_aggregator
from sosie.details.extract import extract
from support.textures import draw_print, seen_from, turned

PRINTS = 12


def test_vectors_have_unit_length_and_are_the_same_again():
    aggregator, details = shipped_aggregator(), extract(draw_print(1))
    vector = aggregator.vector(details)
    assert vector is not None
    assert vector.shape == (aggregator.dim,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(vector, aggregator.vector(details))


def test_too_few_points_have_no_vector():
    aggregator, details = shipped_aggregator(), extract(draw_print(1))
    first = np.arange(len(details)) < FEWEST_POINTS - 1
    assert aggregator.vector(details.where(first)) is None
    assert aggregator.vector(extract(Image.new("RGB", (90, 90)))) is None
    assert aggregator.query_vectors(details.where(first)).shape == (0, aggregator.dim)


def test_a_photo_is_nearest_to_what_it_shows():
    aggregator = shipped_aggregator()
    gallery = np.stack([aggregator.vector(extract(draw_print(seed))) for seed in range(PRINTS)])
    for seed in range(PRINTS):
        photo = seen_from(draw_print(seed), turned(25 * seed, 0.6, 400, 600), (600, 600))
        asked = aggregator.query_vectors(extract(photo))
        assert (asked @ gallery.T).max(axis=0).argmax() == seed


def test_some_query_vectors_leave_out_what_stands_around():
    scene = draw_print(100, 900)
    scene.paste(draw_print(3).resize((420, 420)), (240, 240))
    aggregator = shipped_aggregator()
    item = aggregator.vector(extract(draw_print(3)))
    asked = aggregator.query_vectors(extract(scene))
    assert asked.shape == (3, aggregator.dim)
    cosines = asked @ item
    assert min(cosines[1:]) > cosines[0] + 0.1


def test_any_change_of_numbers_changes_the_fingerprint():
    aggregator = shipped_aggregator()
    assert aggregator.fingerprint == shipped_aggregator().fingerprint
    assert replace(aggregator, mean=aggregator.mean + 1).fingerprint != aggregator.fingerprint
    assert replace(aggregator, axes=aggregator.axes * 2).fingerprint != aggregator.fingerprint
