"""Adaptation helps where it can, on products with labels and without, and refuses where it cannot."""

import numpy as np
import pytest

from sosie.adaptation import choosing
from sosie.adaptation.centering import choose_without_labels
from sosie.adaptation.choosing import choose
from sosie.adaptation.folds import PARTS, distant_folds_of, folds_of, look_alikes
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.whitening import fit, principal_basis
from support.worlds import make_world


def hit_rate(photos, products, gallery, gallery_products):
    return float((gallery_products[(photos @ gallery.T).argmax(axis=1)] == products).mean())


def labeled_of(world):
    return Labeled.of(world.photos, world.products, world.gallery, world.gallery_products)


@pytest.fixture(scope="module")
def world():
    return make_world()


def test_it_helps_new_photos_and_products_without_labels(world):
    decision = choose(labeled_of(world))
    assert decision.projection is not None
    assert decision.labeled.helps
    assert decision.unlabeled.difference.mean > 0


def test_the_gain_it_announces_comes_true_on_photos_it_never_saw(world):
    seen = world.products < "product020"
    projection = fit(labeled_of(world).where(seen))
    before = hit_rate(world.photos[~seen], world.products[~seen], world.gallery, world.gallery_products)
    photos, gallery = projection.query(world.photos[~seen]), projection.gallery(world.gallery)
    assert hit_rate(photos, world.products[~seen], gallery, world.gallery_products) > before + 0.05


def test_labels_that_mean_nothing_are_refused(world):
    shuffled = np.random.default_rng(1).permutation(world.products)
    decision = choose(Labeled.of(world.photos, shuffled, world.gallery, world.gallery_products))
    assert decision.projection is None
    assert "no significant gain" in decision.reason


@pytest.mark.parametrize("products", [0, 1, 7])
def test_too_few_products_are_refused_with_the_number_that_is_needed(world, products):
    kept = np.isin(world.products, world.gallery_products[:products])
    decision = choose(labeled_of(world).where(kept))
    assert decision.projection is None
    assert f"show {products} product{'' if products == 1 else 's'} of" in decision.reason
    assert "at least 8" in decision.reason


def test_labels_of_other_products_are_reported(world):
    labeled = Labeled.of(world.photos, ["foreign"] * len(world.photos), world.gallery, world.gallery_products)
    decision = choose(labeled)
    assert decision.projection is None
    assert f"{len(world.photos)} photos show products that it lacks" in decision.reason


def test_a_large_catalog_is_cut_to_the_pictures_of_labeled_products_and_others(world):
    names = np.repeat(world.gallery_products, 3)
    labeled = Labeled.of(world.photos, world.products, np.repeat(world.gallery, 3, axis=0), names)
    few = labeled.where(labeled.products < "product010")
    shown = few.beside(40)
    assert len(shown.gallery) == 40
    assert (shown.gallery_products < "product010").sum() == 30
    assert set(few.beside(5).gallery_products) == set(few.products)
    rows = {vector.tobytes(): name for vector, name in zip(labeled.gallery, names, strict=True)}
    assert all(rows[v.tobytes()] == n for v, n in zip(shown.gallery, shown.gallery_products, strict=True))


def test_a_catalog_of_any_size_is_judged_on_a_part_of_it(world, monkeypatch):
    monkeypatch.setattr(choosing, "MOST_PICTURES", 35)
    seen = []

    def spy(labeled):
        seen.append(len(labeled.gallery))
        return principal_basis(labeled)

    monkeypatch.setattr(choosing, "principal_basis", spy)
    labeled = labeled_of(world)
    decision = choose(labeled.where(labeled.products < "product020"))
    assert seen == [35]
    assert decision.covered == 0.5
    assert np.allclose(decision.projection.gallery_mean, world.gallery.mean(axis=0))


def test_one_photo_a_product_is_judged_by_product_alone(world):
    first = np.array([number % 12 == 0 for number in range(len(world.products))])
    decision = choose(labeled_of(world).where(first))
    assert decision.labeled is None
    assert decision.unlabeled is not None


def test_products_that_the_store_does_not_have_are_left_out(world):
    labeled = Labeled.of(world.photos, world.products, world.gallery[:30], world.gallery_products[:30])
    assert len(np.unique(labeled.products)) == 30


def test_no_photo_is_judged_by_a_projection_that_saw_it(world):
    for fold in folds_of(labeled_of(world)):
        assert not (fold.judged & fold.fitted).any()
        if fold.kind == "unlabeled":
            assert not set(world.products[fold.judged]) & set(world.products[fold.fitted])


def test_near_copies_are_held_out_together(world):
    scenes = np.repeat(world.photos[: 12 * PARTS : 3], 5, axis=0) + np.float32(1e-4)
    products = np.repeat(world.products[: 12 * PARTS : 12], 20)
    labeled = Labeled.of(scenes, products, world.gallery, world.gallery_products)
    for fold in folds_of(labeled):
        if fold.kind == "labeled":
            together = fold.judged.reshape(-1, 5)
            assert (together.all(axis=1) | ~together.any(axis=1)).all()
            assert fold.judged.sum() == len(products) / PARTS


def test_the_decision_is_plain_json(world):
    report = choose(labeled_of(world)).to_dict()
    assert report["applied"] is True
    assert set(report["setting"]) == {"shrinkage", "share"}
    assert report["labelled"]["difference"]["low"] > 0


def test_without_labels_centering_is_applied_where_photos_differ_from_the_catalog():
    world = make_world(products=60, shift=3.0, noise=0.4)
    decision = choose_without_labels(world.photos, world.gallery)
    assert decision.projection is not None
    before = hit_rate(world.photos, world.products, world.gallery, world.gallery_products)
    photos, gallery = decision.projection.query(world.photos), decision.projection.gallery(world.gallery)
    assert hit_rate(photos, world.products, gallery, world.gallery_products) > before


def test_without_labels_it_is_refused_on_the_catalog_alone_and_on_few_photos(world):
    for photos in (world.photos[:0], world.photos[:49]):
        decision = choose_without_labels(photos, world.gallery)
        assert decision.projection is None
        assert "give at least 50" in decision.reason


def test_without_labels_it_is_refused_where_photos_look_like_the_catalog():
    world = make_world(shift=0.0, noise=0.3)
    decision = choose_without_labels(world.photos, world.gallery)
    assert decision.projection is None
    assert "noise" in decision.reason


def test_distant_folds_fit_on_no_neighbor_of_what_they_judge(world):
    labeled = labeled_of(world)
    looks = look_alikes(labeled.photos, labeled.products)
    folds = list(distant_folds_of(labeled))
    assert sum(fold.judged.sum() for fold in folds) == len(labeled.photos)
    for fold in folds:
        assert set(looks[fold.judged]) == {fold.part}
        assert {fold.part - 1, fold.part, fold.part + 1}.isdisjoint(looks[fold.fitted])
        assert set(labeled.products[fold.judged]) <= set(labeled.products[fold.fitted])


def test_single_photos_of_products_are_judged_in_no_distant_fold(world):
    labeled = labeled_of(world)
    firsts = np.zeros(len(labeled.photos), np.bool_)
    firsts[np.unique(labeled.products, return_index=True)[1]] = True
    assert not any(fold.judged.any() for fold in distant_folds_of(labeled.where(firsts)))
