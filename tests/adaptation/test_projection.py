"""A projection keeps unit length, mixes two cosines, and survives being written down."""

import numpy as np
import pytest

from sosie.adaptation.centering import center
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection, unit
from sosie.adaptation.whitening import fit
from sosie.errors import StoreDamaged, UsageError
from support.worlds import make_world


@pytest.fixture(scope="module")
def world():
    return make_world()


@pytest.fixture(scope="module")
def projection(world):
    return fit(Labeled.of(world.photos, world.products, world.gallery, world.gallery_products))


def test_projected_vectors_have_unit_length_and_the_announced_dimension(world, projection):
    for projected in (projection.query(world.photos), projection.gallery(world.gallery)):
        assert projected.dtype == np.float32
        assert projected.shape[1] == projection.dim
        assert np.abs(np.linalg.norm(projected, axis=1) - 1).max() < 1e-6


def test_the_cosine_is_the_announced_mixture(world, projection):
    photos, gallery = world.photos - projection.query_mean, world.gallery - projection.gallery_mean
    whole = unit(photos) @ unit(gallery).T
    along = unit(photos @ projection.directions) @ unit(gallery @ projection.directions).T
    expected = (1 - projection.share) * whole + projection.share * along
    assert np.abs(projection.query(world.photos) @ projection.gallery(world.gallery).T - expected).max() < 1e-5


def test_one_vector_is_projected_as_among_many(world, projection):
    alone = projection.query(world.photos[3:4])
    assert np.abs(alone - projection.query(world.photos)[3:4]).max() < 1e-6


def test_written_and_read_it_is_the_same(world, projection):
    again = Projection.from_bytes(projection.to_bytes())
    assert again.fingerprint == projection.fingerprint
    assert np.array_equal(again.query(world.photos), projection.query(world.photos))


def test_the_fingerprint_follows_every_number(projection):
    moved = projection.query_mean.copy()
    moved[0] += 1e-3
    other = Projection(projection.gallery_mean, moved, projection.directions, projection.share)
    assert other.fingerprint != projection.fingerprint


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_what_is_no_projection_is_called_damaged(data):
    with pytest.raises(StoreDamaged, match="adapt again"):
        Projection.from_bytes(data)


def test_a_cut_off_projection_is_called_damaged(projection):
    data = projection.to_bytes()
    with pytest.raises(StoreDamaged):
        Projection.from_bytes(data[: len(data) // 2])


def test_vectors_of_another_embedder_are_refused(projection):
    with pytest.raises(UsageError, match="embedder the store was adapted with"):
        projection.query(np.ones((1, 7), dtype=np.float32))


def test_a_vector_equal_to_the_mean_does_not_become_nan(world):
    projection = center(world.photos, world.gallery)
    assert np.isfinite(projection.query(projection.query_mean[None])).all()
