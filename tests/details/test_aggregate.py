import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from sosie.details.aggregate import FEWEST_POINTS, shipped_aggregator
from sosie.details.base import ExtractionSettings
from sosie.details.extract import extract
from sosie.details.fingerprint import details_fingerprint
from support.textures import draw_print, seen_from, turned

PRINTS = 12
OLDER = ExtractionSettings(points=600, side=480, contrast=0.02)
"""As in the stores that have such vectors."""


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


def test_what_a_photo_shows_is_among_the_nearest():
    aggregator, ranks = shipped_aggregator(), []
    gallery = np.stack([aggregator.vector(extract(draw_print(seed), OLDER)) for seed in range(PRINTS)])
    for seed in range(PRINTS):
        photo = seen_from(draw_print(seed), turned(25 * seed, 0.6, 400, 600), (600, 600))
        nearness = (aggregator.query_vectors(extract(photo)) @ gallery.T).max(axis=0)
        ranks.append(int((nearness > nearness[seed]).sum()))
    assert np.median(ranks) == 0
    assert max(ranks) < PRINTS / 4


def test_a_photo_also_asks_with_the_points_in_its_middle_alone():
    aggregator, photo = shipped_aggregator(), extract(draw_print(100, 900))
    requested = aggregator.query_vectors(photo)
    assert requested.shape == (3, aggregator.dim)
    np.testing.assert_array_equal(requested[0], aggregator.vector(photo))
    middle = ((photo.points > 100) & (photo.points < 300)).all(axis=1)
    assert 50 < middle.sum() < len(photo) / 2
    np.testing.assert_array_equal(requested[2], aggregator.vector(photo.where(middle)))


def test_the_fingerprint_of_a_store_is_a_promise():
    """It changes only when details of older stores cannot be compared with new ones any more."""
    assert details_fingerprint() == "2059bbd31f10ccb8"


def test_neither_packing_nor_summing_up_loads_opencv():
    script = (
        "import sys, sosie.details.codec as _, sosie.details.vocabulary as _, sosie.details.fingerprint as _\n"
        "import sosie; sys.exit('cv2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
