"""What is tried quickly, from shared parts, is what a projection would do."""

import numpy as np
import pytest

from sosie.adaptation import trials as trying
from sosie.adaptation.folds import folds_of
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.scatter import CATALOG_WEIGHT, Scatter
from sosie.adaptation.trials import SETTINGS, try_settings
from sosie.adaptation.whitening import fit, principal_basis
from support.worlds import make_world


@pytest.fixture(scope="module")
def labeled():
    world = make_world()
    return Labeled.of(world.photos, world.products, world.gallery, world.gallery_products)


def hits(photos, products, labeled, gallery):
    return (labeled.gallery_products[(photos @ gallery.T).argmax(axis=1)] == products).astype(float)


@pytest.mark.parametrize("chunk", [7, 1_000])
def test_a_trial_gives_for_every_setting_the_result_of_its_projection(labeled, chunk, monkeypatch):
    monkeypatch.setattr(trying, "_CHUNK", chunk)
    basis, folds = principal_basis(labeled), list(folds_of(labeled))
    for fold, trial in zip(folds, try_settings(labeled, basis, folds), strict=True):
        photos, products = labeled.photos[fold.judged], labeled.products[fold.judged]
        assert np.array_equal(trial.products, products)
        assert np.array_equal(trial.before, hits(photos, products, labeled, labeled.gallery))
        for setting in SETTINGS:
            item = fit(labeled.where(fold.fitted), *setting, basis=basis)
            after = hits(item.query(photos), products, labeled, item.gallery(labeled.gallery))
            assert np.abs(after - trial.after[setting]).mean() < 0.01, setting


@pytest.mark.parametrize("shrinkage", [0.2, 0.7, 1.0])
def test_along_the_directions_the_shrunk_spread_is_one_and_means_do_not_vary_together(shrinkage):
    rng = np.random.default_rng(0)
    products = np.repeat([f"product{number}" for number in range(20)], 5)
    photos = rng.standard_normal((100, 8)).astype(np.float32) * np.arange(1, 9, dtype=np.float32)
    gallery = rng.standard_normal((20, 8)).astype(np.float32)
    names = np.array(list(dict.fromkeys(products)))
    weight, per_product = CATALOG_WEIGHT, photos.reshape(20, 5, 8)
    photo_means = per_product.mean(axis=1)
    around = np.mean([np.cov(rows.T, bias=True) for rows in per_product], axis=0)
    apart = photo_means - gallery
    within = (1 - weight) * around + weight * (1 - weight) * apart.T @ apart / 20
    shrunk = (1 - shrinkage) * within + shrinkage * np.trace(within) / 8 * np.eye(8)
    order = np.argsort(names)
    results = Scatter.of(photos, products, gallery[order], names[order]).directions(shrinkage)
    assert np.allclose(results.T @ shrunk @ results, np.eye(8), atol=1e-4)
    means = (1 - weight) * photo_means + weight * gallery
    between = np.cov(means.T) @ results
    strengths = results.T @ between
    assert np.allclose(strengths, np.diag(np.diag(strengths)), atol=1e-3 * strengths.max())
    assert (np.diff(np.diag(strengths)) < 0).all()


@pytest.mark.parametrize("part", [2, 4])
def test_the_principal_basis_holds_what_varies_most_whichever_way_it_is_found(labeled, part):
    rows = np.concatenate([labeled.photos, labeled.gallery])
    rows = rows - rows.mean(axis=0)
    size = rows.shape[1] // part
    result = principal_basis(labeled, size)
    assert np.allclose(result.T @ result, np.eye(size), atol=1e-4)
    most = np.linalg.svd(rows, compute_uv=False)[:size]
    assert np.linalg.norm(rows @ result) ** 2 > 0.9 * (most**2).sum()
