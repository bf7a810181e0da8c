"""What is remembered of labeled photos tells products in the catalog from others, and stays small."""

import numpy as np
import pytest

from sosie.adaptation import memory as remembering
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.memory import remember
from sosie.adaptation.projection import Projection
from sosie.adaptation.whitening import fit
from sosie.errors import UsageError
from sosie.evaluation.reliability import auroc
from support.worlds import make_world


@pytest.fixture(scope="module")
def world():
    return make_world()


@pytest.fixture(scope="module")
def labeled(world):
    return Labeled.of(world.photos, world.products, world.gallery, world.gallery_products)


def test_familiar_is_the_distance_to_the_products_mean_photo():
    along = np.array([[0.0, 0.0], [2.0, 0.0], [5.0, 5.0]], dtype=np.float32)
    results = remember(along, np.array(["b", "b", "a"])).familiar(
        np.array([[1.0, 2.0]], dtype=np.float32), np.array(["b", "none", "a"])
    )
    assert results[0, 0] == pytest.approx(-np.log(4.0))
    assert np.isnan(results[0, 1])
    assert results[0, 2] == pytest.approx(-np.log(25.0))


def test_photos_of_known_products_are_more_familiar_than_others(labeled):
    seen = labeled.products < "product020"
    projection = fit(labeled.where(seen & (np.arange(len(seen)) % 2 == 0)))
    gallery = projection.gallery(labeled.gallery)
    familiar = projection.evidence(labeled.photos, gallery, labeled.gallery_products)["familiar"]
    requested = np.arange(len(seen)) % 2 == 1
    assert auroc(np.nanmax(familiar, axis=1)[requested].astype(float), seen[requested]) > 0.8


def test_evidence_is_computed_for_each_candidate(labeled):
    half = labeled.where(labeled.products < "product020")
    projection = fit(half)
    gallery = projection.gallery(labeled.gallery)
    outcome = projection.evidence(labeled.photos[:3], gallery, labeled.gallery_products)
    assert {name: values.shape for name, values in outcome.items()} == dict.fromkeys(
        ("learned", "familiar", "has_labels"), (3, len(gallery))
    )
    has_labels = labeled.gallery_products < "product020"
    assert np.array_equal(outcome["has_labels"][0], has_labels)
    assert np.array_equal(np.isfinite(outcome["familiar"][0]), has_labels)
    learned = projection.learned(projection.query(labeled.photos[:3])) @ projection.learned(gallery).T
    assert np.allclose(outcome["learned"], learned, atol=1e-5)


def test_the_memory_survives_being_written_down_and_counts_in_the_fingerprint(labeled):
    projection = fit(labeled)
    again = Projection.from_bytes(projection.to_bytes())
    gallery = projection.gallery(labeled.gallery)
    report, told_again = (
        item.evidence(labeled.photos, gallery, labeled.gallery_products)["familiar"] for item in (projection, again)
    )
    assert np.array_equal(report, told_again)
    bare = Projection(projection.gallery_mean, projection.query_mean, projection.directions, projection.share)
    assert projection.fingerprint == again.fingerprint != bare.fingerprint


def test_products_with_most_photos_are_remembered_first(monkeypatch):
    monkeypatch.setattr(remembering, "MOST_PRODUCTS", 2)
    result = remember(np.zeros((6, 1), dtype=np.float32), np.array(["a", "b", "b", "c", "c", "c"]))
    assert result.products.tolist() == ["b", "c"]


@pytest.mark.parametrize("products", [0, 1])
def test_fewer_than_two_products_teach_nothing(labeled, products):
    kept = np.isin(labeled.products, labeled.gallery_products[:products])
    with pytest.raises(UsageError, match=f"photos of {products} product"):
        fit(labeled.where(kept))
