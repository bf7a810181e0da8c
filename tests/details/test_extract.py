from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from sosie.details.base import CATALOG_PICTURE, PHOTO, Details, ExtractionSettings
from sosie.details.extract import extract, is_featureless, root_sift, spread, working_gray
from support.textures import draw_print


def test_descriptors_are_unit_vectors_and_rows_belong_together():
    details = extract(draw_print(1))
    rows = len(details)
    assert 100 < rows <= 600
    assert details.descriptors.shape == (rows, 128)
    assert details.angles.shape == details.scales.shape == (rows,)
    np.testing.assert_allclose(np.linalg.norm(details.descriptors, axis=1), 1, atol=1e-5)
    assert (details.descriptors >= 0).all()
    assert ((details.points >= 0) & (details.points <= details.size)).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (300, 200)])
def test_a_plain_picture_has_no_details(size):
    details = extract(Image.new("RGB", size, "red"))
    assert len(details) == 0
    assert details.descriptors.shape == (0, 128)


@pytest.mark.parametrize("steps", [0, 40])
def test_where_no_point_can_be_no_point_is_sought(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).normal(0, 0.4, (300, 300))
    picture = Image.fromarray((100 + np.linspace(0, steps, 300) + noise).round().astype(np.uint8))
    assert is_featureless(working_gray(picture))
    assert len(extract(picture)) == 0
    monkeypatch.setattr("sosie.details.extract.is_featureless", lambda _: False)
    assert len(extract(picture)) == 0


@pytest.mark.parametrize("radius", [2, 4, 16, 64])
def test_a_faint_spot_of_any_size_is_looked_at(radius: int) -> None:
    picture = Image.new("L", (440, 440), 100)
    ImageDraw.Draw(picture).ellipse((220 - radius, 220 - radius, 220 + radius, 220 + radius), fill=108)
    assert not is_featureless(working_gray(picture))


def test_noise_that_is_no_point_is_no_candidate_either() -> None:
    """OpenCV rounds its threshold down; at 0 every speck costs as much as a point."""
    layers = 3
    for settings in (CATALOG_PICTURE, PHOTO):
        assert int(0.5 * settings.contrast / layers * 255) >= 1


@pytest.mark.parametrize(
    ("size", "working"),
    [((198, 99), (400, 200)), ((400, 360), (400, 360)), ((1280, 640), (400, 200)), ((1, 2000), (1, 400))],
)
def test_every_picture_is_brought_to_one_longer_side(size, working):
    height, width = working_gray(Image.new("RGB", size)).shape
    assert (width, height) == working


def test_a_strong_corner_of_the_picture_does_not_crowd_out_the_rest():
    points = np.array([(5, 5)] * 50 + [(95, 95)] * 5, np.float32)
    strengths = np.linspace(2, 1, 55, dtype=np.float32)
    kept = spread(points, strengths, (100, 100), ExtractionSettings(points=10, side=100, grid=4))
    assert sorted(kept) == [0, 1, 2, 3, 4, 50, 51, 52, 53, 54]
    assert list(kept) == sorted(kept, key=lambda row: -strengths[row])


def test_no_more_points_than_asked_for():
    assert len(extract(draw_print(2), ExtractionSettings(points=50, side=440))) == 50


def test_details_are_reproducible_also_in_threads():
    pictures = [draw_print(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(extract, pictures))
    for details, picture in zip(at_once, pictures, strict=True):
        assert_equal(details, extract(picture))


def test_root_sift_is_the_hellinger_kernel():
    raw = np.random.default_rng(0).uniform(0, 200, (5, 128)).astype(np.float32)
    shares = raw / raw.sum(axis=1, keepdims=True)
    expected = np.array([[np.sqrt(a * b).sum() for b in shares] for a in shares])
    np.testing.assert_allclose(root_sift(raw) @ root_sift(raw).T, expected, rtol=1e-5)
    assert np.isfinite(root_sift(np.zeros((1, 128), np.float32))).all()


def assert_equal(first: Details, second: Details) -> None:
    assert first.size == second.size
    np.testing.assert_array_equal(first.points, second.points)
    np.testing.assert_array_equal(first.descriptors, second.descriptors)


def test_opencv_takes_no_threads_of_its_own() -> None:
    assert cv2.getNumThreads() == 1
