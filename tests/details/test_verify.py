from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageOps

from sosie.details.base import CATALOG_PICTURE, PHOTO, ExtractionSettings
from sosie.details.codec import pack, unpack
from sosie.details.extract import extract
from sosie.details.geometry import corners, is_plausible, project, rotations_and_scales
from sosie.details.matching import Pairs, match
from sosie.details.verify import VerificationSettings, agree, verify
from support.textures import draw_print, seen_from, turned

SIDE, TO = 400, 600


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, 250])
def test_a_turned_print_is_found_where_it_lies(degrees):
    picture, way = draw_print(3), turned(degrees, 0.9, SIDE, TO)
    agreement = verify(extract(seen_from(picture, way, (TO, TO))), extract(picture))
    assert agreement is not None
    assert agreement.inliers > 60
    expected = project(way, corners((SIDE, SIDE))) / TO
    np.testing.assert_allclose(agreement.query_polygon, expected, atol=0.01)
    assert 0.5 < agreement.spread <= 1
    assert 0 < agreement.share <= 1


def test_perspective_is_followed():
    way = np.array([(0.9, 0.1, 60), (0.05, 1.0, 50), (0.0006, 0.0002, 1)])
    picture = draw_print(4)
    agreement = verify(extract(seen_from(picture, way, (TO, TO))), extract(picture))
    assert agreement is not None
    expected = project(way, corners((SIDE, SIDE))) / TO
    np.testing.assert_allclose(agreement.query_polygon, expected, atol=0.02)


def test_other_prints_mirror_images_and_plain_pictures_do_not_agree():
    item = extract(draw_print(5))
    assert verify(extract(draw_print(6)), item) is None
    assert verify(extract(ImageOps.mirror(draw_print(5))), item) is None
    plain = extract(Image.new("RGB", (300, 300)))
    assert verify(plain, item) is None
    assert verify(item, plain) is None


def test_agreement_is_reproducible_also_in_threads():
    query = extract(seen_from(draw_print(7), turned(20, 0.8, SIDE, TO), (TO, TO)))
    item = extract(draw_print(7))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: verify(query, item), range(8)))
    first = answers[0]
    assert first is not None
    for other in answers:
        assert other is not None
        np.testing.assert_array_equal(other.homography, first.homography)
        np.testing.assert_array_equal(other.pairs.query, first.pairs.query)


def test_fewer_inliers_than_wanted_are_no_agreement():
    details = extract(draw_print(8))
    agreement = verify(details, details)
    assert agreement is not None
    wanted = VerificationSettings(least_inliers=agreement.inliers + 1)
    assert verify(details, details, wanted) is None


def test_matches_are_mutual_and_one_to_one():
    item = np.eye(5, 128, dtype=np.float32)
    query = np.vstack([item[3], item[1], item[1]])
    query[2, 7] = 0.5
    query[2] /= np.linalg.norm(query[2])
    pairs = match(query, item)
    assert list(zip(pairs.query, pairs.item, strict=True)) == [(0, 3), (1, 1)]
    np.testing.assert_allclose(pairs.distances, 0, atol=1e-3)


def test_what_two_item_points_share_is_no_match():
    item = np.eye(2, 128, dtype=np.float32)
    query = np.array([item.sum(axis=0)], np.float32) / np.float32(np.sqrt(2))
    assert len(match(query, item)) == 0
    assert len(match(query, item[:1])) == 0


def test_turn_and_scale_of_a_similarity():
    way = turned(-40, 1.5, SIDE, TO)
    turns, scales = rotations_and_scales(way, corners((SIDE, SIDE)))
    np.testing.assert_allclose(turns, 40)
    np.testing.assert_allclose(scales, 1.5)


@pytest.mark.parametrize(
    "way",
    [
        np.diag([-1.0, 1, 1]),
        np.diag([20.0, 20, 1]),
        np.diag([0.05, 0.05, 1]),
        np.array([(1, 0, 0), (0, 1, 0), (-0.004, 0, 1.0)]),
        np.full((3, 3), np.nan),
    ],
    ids=["mirrored", "huge", "tiny", "through the camera", "not finite"],
)
def test_what_no_camera_sees(way):
    assert is_plausible(np.eye(3), (SIDE, SIDE), 8)
    assert not is_plausible(way, (SIDE, SIDE), 8)


def test_a_mirror_image_agrees_only_where_it_may():
    picture = draw_print(9)
    photo = extract(ImageOps.mirror(seen_from(picture, turned(40, 0.9, SIDE, TO), (TO, TO))))
    assert verify(photo, extract(picture)) is None
    outcome = verify(photo, extract(picture), mirrored=True)
    assert outcome is not None
    assert outcome.mirrored
    assert outcome.inliers > 60
    upright = verify(extract(picture), extract(picture), mirrored=True)
    assert upright is not None
    assert not upright.mirrored


def test_the_details_of_a_mirror_image_are_the_mirrored_details():
    picture = draw_print(10)
    results = verify(extract(ImageOps.mirror(picture)), extract(picture).mirrored())
    assert results is not None
    assert results.inliers > 300
    np.testing.assert_allclose(results.query_polygon, [(0, 0), (1, 0), (1, 1), (0, 1)], atol=0.005)
    twice = extract(picture).mirrored().mirrored()
    np.testing.assert_allclose(twice.points, extract(picture).points, atol=1e-3)
    np.testing.assert_array_equal(twice.descriptors, extract(picture).descriptors)


def test_details_of_older_stores_can_be_compared_with_those_of_today() -> None:
    """Their fingerprint is the same (``test_aggregate.py``): these settings made them."""
    older = ExtractionSettings(points=600, side=480, contrast=0.02)
    photo = seen_from(draw_print(7), turned(20, 0.8, SIDE, TO), (TO, TO))
    for query, item in ((PHOTO, older), (older, CATALOG_PICTURE)):
        result = verify(extract(photo, query), unpack(pack(extract(draw_print(7), item))))
        assert result is not None
        assert result.inliers > 100


def test_pairs_that_turn_and_grow_like_most_are_enough_among_many_by_chance() -> None:
    photo = seen_from(draw_print(7), turned(75, 0.7, SIDE, TO), (TO, TO))
    query, item = extract(photo), extract(draw_print(7), CATALOG_PICTURE)
    pairs, dice = match(query.descriptors, item.descriptors), np.random.default_rng(0)
    right = verify(query, item)
    rows = dice.integers(0, len(query), 400)
    chance = Pairs(rows, dice.integers(0, len(item), 400), np.ones(400, np.float32))
    mixed = agree(
        query, item, Pairs(*(np.concatenate(both) for both in zip(columns(pairs), columns(chance), strict=True)))
    )
    assert right is not None
    assert mixed is not None
    assert mixed.inliers >= 0.9 * right.inliers
    assert mixed.tentative == len(pairs) + 400


def columns(pairs: Pairs) -> tuple[np.ndarray, ...]:
    return pairs.query, pairs.item, pairs.distances
