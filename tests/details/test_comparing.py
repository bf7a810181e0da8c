import math

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from sosie.details.aligning import Aligned, likeness_of
from sosie.details.candidates import DetailsCandidate, Geometry, compare_candidates, without_rival
from sosie.details.extract import extract
from sosie.details.joining import BEHIND, CLEAR_AGREEMENT, FEATURES, geometry_features, joined_scores
from support.textures import draw_print, seen_from, turned

WAY = turned(20, 0.9, 400, 600)


def variant(color: str, seed: int = 1) -> Image.Image:
    """A print of one brand: all variants have the same words and marks, and a patch of their own color."""
    picture = draw_print(seed)
    ImageDraw.Draw(picture).ellipse((140, 140, 260, 260), fill=color)
    return picture


def flavor(color: str) -> Image.Image:
    """A variant with a larger patch of its own color."""
    picture = variant("white")
    ImageDraw.Draw(picture).ellipse((90, 90, 310, 310), fill=color)
    return picture


def candidate(product: str, picture: Image.Image, item: str = "") -> DetailsCandidate:
    return DetailsCandidate(item or product, product, extract(picture), picture)


def compared_with(photo: Image.Image, first: Image.Image, second: Image.Image) -> list[Geometry]:
    """The geometry of two products, a and b."""
    return compare_candidates(extract(photo), photo, [candidate("a", first), candidate("b", second)])


def photo_of(picture: Image.Image) -> Image.Image:
    """A photo in a warm light."""
    seen = seen_from(picture, WAY, (600, 600))
    return Image.merge(
        "RGB", [band.point(lambda v, g=g: round(v * g)) for band, g in zip(seen.split(), (1, 0.9, 0.75), strict=True)]
    )


@pytest.mark.parametrize("shown", ["red", "blue", "gold"])
def test_the_color_of_a_patch_decides_between_variants(shown):
    candidates = [candidate(name, variant(name)) for name in ("red", "blue", "gold")]
    photo = photo_of(variant(shown))
    results = compare_candidates(extract(photo), photo, candidates)
    assert min(entry.inliers for entry in results) > 60
    first = [entry.product_id for entry in candidates].index(shown)
    assert int(np.argmax(joined_scores([0.7, 0.7, 0.7], results))) == first
    assert [entry.preference > 0 for entry in results] == [place == first for place in range(3)]


def test_points_count_for_the_product_that_they_resemble_most():
    photo = photo_of(draw_print(1))
    other = draw_print(1)
    other.paste(draw_print(2).crop((0, 0, 400, 200)), (0, 0))
    right, wrong = compare_candidates(extract(photo), photo, [candidate("a", draw_print(1)), candidate("b", other)])
    assert wrong.inliers > 20
    assert right.distinct > 2 * wrong.distinct
    assert right.distinct + wrong.distinct <= len(extract(photo))


def test_what_two_products_share_counts_for_neither_in_any_order():
    photo = photo_of(draw_print(1))
    query = extract(photo)
    other = draw_print(1)
    other.paste(draw_print(2).crop((0, 0, 400, 200)), (0, 0))
    whole, part = candidate("a", draw_print(1)), candidate("b", other)
    forth, back = compare_candidates(query, photo, [whole, part]), compare_candidates(query, photo, [part, whole])
    assert [entry.distinct for entry in forth] == [entry.distinct for entry in reversed(back)]
    twins = compare_candidates(query, photo, [candidate("a", draw_print(1)), candidate("b", draw_print(1))])
    assert [entry.distinct for entry in twins] == [0, 0]


def test_views_of_one_product_do_not_compete():
    photo = photo_of(draw_print(1))
    alone = compare_candidates(extract(photo), photo, [candidate("a", draw_print(1))])[0]
    twice = compare_candidates(
        extract(photo), photo, [candidate("a", draw_print(1), "1"), candidate("a", draw_print(1), "2")]
    )
    for view in twice:
        assert view.distinct == view.inliers == alone.inliers
        assert math.isnan(view.preference)
    assert not geometry_features(twice, ["a", "a"])["agreement_margin"].min() < np.log1p(alone.inliers - 5)


def test_what_does_not_agree_says_nothing():
    photo = photo_of(draw_print(1))
    candidates = [candidate("a", draw_print(9)), candidate("b", ImageOps.mirror(draw_print(1)))]
    found = compare_candidates(extract(photo), photo, candidates)
    assert [one.agreement for one in found] == [None, None]
    np.testing.assert_array_equal(joined_scores([0.4, 0.5], found), [0.4, 0.5])
    evidence = geometry_features(found, ["a", "b"])
    assert tuple(evidence) == FEATURES
    for name in ("agreement", "agreement_margin", "distinct"):
        np.testing.assert_array_equal(evidence[name], [0, 0])
    for name in ("share", "spread", "colour", "pattern", "preference"):
        assert np.isnan(evidence[name]).all()


def test_no_candidates_and_no_thumbnails():
    photo = photo_of(draw_print(1))
    query = extract(photo)
    assert compare_candidates(query, photo, []) == []
    outcome = compare_candidates(
        query, photo, [DetailsCandidate("1", "a", extract(draw_print(1))), candidate("b", draw_print(8))]
    )[0]
    assert outcome.inliers > 60
    assert math.isnan(outcome.pattern)


def test_the_same_picture_resembles_the_photo_more_than_a_recolored_one():
    photo = photo_of(draw_print(1))
    same, gray = (
        compare_candidates(extract(photo), photo, [candidate("a", picture)])[0]
        for picture in (draw_print(1), draw_print(1).convert("L").convert("RGB"))
    )
    assert same.color > 0.8
    assert same.pattern > 0.7
    assert math.isnan(gray.color) or gray.color < same.color - 0.3


def test_a_verified_product_goes_to_the_top():
    photo = photo_of(draw_print(1))
    result = compare_candidates(extract(photo), photo, [candidate("a", draw_print(9)), candidate("b", draw_print(1))])
    assert int(np.argmax(joined_scores([0.8, 0.5], result))) == 1


def test_looks_alone_stay_behind_details_that_clearly_agree():
    photo = photo_of(draw_print(1))
    part = draw_print(1)
    part.paste(draw_print(2).crop((0, 0, 400, 200)), (0, 0))
    found = compare_candidates(extract(photo), photo, [candidate("a", draw_print(9)), candidate("b", part)])
    assert found[1].inliers >= CLEAR_AGREEMENT
    scores = joined_scores([5.0, 0.1], found)
    assert scores[0] == pytest.approx(scores[1] - BEHIND)
    assert joined_scores([0.2, 0.6], found)[0] == 0.2


def test_margins_are_to_the_best_other_product():
    photo = photo_of(draw_print(1))
    part = draw_print(1)
    part.paste(draw_print(2).crop((0, 0, 400, 200)), (0, 0))
    found = compare_candidates(
        extract(photo), photo, [candidate("a", draw_print(1)), candidate("b", part), candidate("c", draw_print(9))]
    )
    agreement, margin = (geometry_features(found, ["a", "b", "c"])[name] for name in ("agreement", "agreement_margin"))
    shares = geometry_features(found, ["a", "b", "c"])["share"]
    np.testing.assert_allclose(shares[:2], [element.agreement.share for element in found[:2] if element.agreement])
    np.testing.assert_allclose(margin, [agreement[0] - agreement[1], agreement[1] - agreement[0], -agreement[0]])


def test_a_rival_contests_a_candidate_unless_the_photo_clearly_prefers_it():
    photo = photo_of(variant("red"))
    products = ["red", "blue"]
    clear = compare_candidates(extract(photo), photo, [candidate(name, variant(name)) for name in products])
    assert clear[1].inliers >= clear[0].inliers / 2
    assert geometry_features(clear, products)["contested"].tolist() == [0, 1]
    twins = compare_candidates(extract(photo), photo, [candidate(name, variant("red")) for name in products])
    assert geometry_features(twins, products)["contested"].tolist() == [1, 1]


def test_without_its_rival_a_candidate_has_what_it_has_alone():
    photo = photo_of(variant("red"))
    candidates = [candidate(name, variant(name)) for name in ("red", "blue")]
    both = compare_candidates(extract(photo), photo, candidates)
    [alone] = compare_candidates(extract(photo), photo, candidates[1:])
    [left] = without_rival(both[1:], ["blue"])
    assert both[1].distinct < left.distinct == alone.distinct
    assert both[1].preference < 0
    assert math.isnan(left.preference)
    assert (left.color, left.pattern, left.inliers) == (alone.color, alone.pattern, alone.inliers)
    assert without_rival([], []) == []
    assert both[0].preferences == {"blue": both[0].preference}
    [winner] = without_rival(both[:1], ["red"])
    assert both[0].preference > 0
    assert math.isnan(winner.preference)
    assert [one.preferences for one in without_rival(both, ["red", "blue"])] == [one.preferences for one in both]


@pytest.mark.parametrize("seed", [3, 5, 8])
def test_a_sibling_differs_where_it_has_another_print(seed):
    photo = photo_of(draw_print(seed))
    sibling = draw_print(seed)
    sibling.paste(draw_print(seed + 40).crop((120, 120, 280, 280)), (120, 120))
    right, wrong = compared_with(photo, draw_print(seed), sibling)
    assert wrong.inliers > CLEAR_AGREEMENT
    assert (right.differs, wrong.differs) == (False, True)
    assert geometry_features([right, wrong], ["a", "b"])["differing"].tolist() == [0.0, 1.0]


def test_a_patch_of_another_color_differs_without_any_edge():
    photo = photo_of(flavor("red"))
    right, wrong = compared_with(photo, flavor("red"), flavor("green"))
    assert wrong.inliers > CLEAR_AGREEMENT
    assert (right.differs, wrong.differs) == (False, True)


@pytest.mark.parametrize("label", ["yellow", "orange", "white"])
def test_a_price_label_is_no_difference(label):
    photo = photo_of(draw_print(3))
    photo.paste(label, (250, 250, 340, 290))
    [right] = compare_candidates(extract(photo), photo, [candidate("a", draw_print(3))])
    assert right.inliers > CLEAR_AGREEMENT
    assert not right.differs


@pytest.mark.parametrize("seed", [3, 5, 8])
def test_a_sibling_resembles_the_photo_in_a_part_only(seed):
    photo = photo_of(draw_print(seed))
    sibling = draw_print(seed)
    sibling.paste(draw_print(seed + 40).crop((0, 0, 200, 400)), (0, 0))
    right, wrong = compared_with(photo, draw_print(seed), sibling)
    assert wrong.inliers > CLEAR_AGREEMENT
    assert right.alike > 0.9
    assert right.covered > 0.9
    assert 0.2 < wrong.alike < 0.7
    assert 0.2 < wrong.covered < 0.7
    evidence = geometry_features([right, wrong], ["a", "b"])
    assert evidence["alike"].tolist() == [right.alike, wrong.alike]
    assert evidence["covered"].tolist() == [right.covered, wrong.covered]


def test_glare_is_no_difference():
    photo = photo_of(draw_print(3))
    glare = Image.new("L", photo.size)
    ImageDraw.Draw(glare).ellipse((250, 250, 340, 340), fill=255)
    photo.paste("white", mask=glare.filter(ImageFilter.GaussianBlur(8)))
    [right] = compare_candidates(extract(photo), photo, [candidate("a", draw_print(3))])
    assert right.inliers > CLEAR_AGREEMENT
    assert not right.differs


def test_unlike_pictures_are_not_alike_at_the_borders():
    pictures = [np.asarray(draw_print(seed).resize((128, 128)).convert("RGB"), np.float32) / 255 for seed in (1, 2)]
    seen, shown = (cv2.cvtColor(picture, cv2.COLOR_RGB2LAB) for picture in pictures)
    everywhere = np.ones((128, 128), np.bool_)
    correlation, _ = likeness_of(Aligned(np.eye(3), seen, shown, everywhere, everywhere))
    rim = np.concatenate([correlation[:2].ravel(), correlation[-2:].ravel(), correlation[:, :2].ravel()])
    assert rim.max() < 0.99


@pytest.mark.parametrize("covered", [(0, 0, 640, 220), (0, 0, 250, 640)])
def test_what_hides_a_part_of_the_product_is_no_difference(covered):
    photo = photo_of(draw_print(1))
    photo.paste("gray", covered)
    [right] = compare_candidates(extract(photo), photo, [candidate("a", draw_print(1))])
    assert right.inliers > CLEAR_AGREEMENT
    assert not right.differs
