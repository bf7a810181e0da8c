"""What every embedder promises, as checks that any implementation can be put through."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sosie.embedders.base import Embedder
from sosie.types import EmbedderSpec
from support.pixels import draw_pixels


def check_unit_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed(draw_pixels(embedder.spec, seeds=range(3)))
    assert vectors.shape == (3, embedder.spec.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def check_no_pictures(embedder: Embedder) -> None:
    vectors = embedder.embed(draw_pixels(embedder.spec, seeds=()))
    assert vectors.shape == (0, embedder.spec.dim)
    assert vectors.dtype == np.float32


def check_batch_does_not_matter(embedder: Embedder) -> None:
    together = embedder.embed(draw_pixels(embedder.spec, seeds=range(5)))
    alone = [embedder.embed(draw_pixels(embedder.spec, seeds=[seed])) for seed in range(5)]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)


def check_order_is_kept(embedder: Embedder) -> None:
    forwards = embedder.embed(draw_pixels(embedder.spec, seeds=[0, 1, 2]))
    backwards = embedder.embed(draw_pixels(embedder.spec, seeds=[2, 1, 0]))
    np.testing.assert_allclose(forwards, backwards[::-1], atol=1e-5)


def check_pictures_differ(embedder: Embedder) -> None:
    vectors = embedder.embed(draw_pixels(embedder.spec, seeds=range(4)))
    assert (vectors @ vectors.T)[~np.eye(4, dtype=bool)].max() < 0.9999


def check_same_again(embedder: Embedder) -> None:
    pixels = draw_pixels(embedder.spec, seeds=range(2))
    np.testing.assert_array_equal(embedder.embed(pixels), embedder.embed(pixels))


def check_pixels_are_left_alone(embedder: Embedder) -> None:
    pixels = draw_pixels(embedder.spec, seeds=[0])
    before = [array.copy() for array in pixels]
    embedder.embed(pixels)
    for now, then in zip(pixels, before, strict=True):
        np.testing.assert_array_equal(now, then)


def check_threads_at_once(embedder: Embedder) -> None:
    batches = [draw_pixels(embedder.spec, seeds=[seed]) for seed in range(6)]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(embedder.embed, batches))
    np.testing.assert_allclose(np.concatenate(at_once), np.concatenate(list(map(embedder.embed, batches))), atol=1e-5)


def check_plain_pictures_have_vectors(embedder: Embedder) -> None:
    for value in (0, 255):
        pixels = draw_pixels(embedder.spec, seeds=[0], ground=value)
        assert np.isfinite(embedder.embed(pixels)).all()


def check_wrong_pixels_are_refused(embedder: Embedder) -> None:
    good = draw_pixels(embedder.spec, seeds=[0, 1])
    first, rest = good[0], good[1:]
    wrong = {
        "too few arrays": good[:-1],
        "too many arrays": [*good, first],
        "channels last": [first.transpose(0, 2, 3, 1), *rest],
        "another size": [first[:, :, 1:, 1:], *rest],
        "no batch": [first[0], *rest],
        "another type": [first.astype(np.float64), *rest],
    }
    if rest:
        wrong["batches of two lengths"] = [first[:1], *rest]
    for pixels in wrong.values():
        with pytest.raises(ValueError, match="takes"):
            embedder.embed(pixels)


def check_spec_describes_the_network(embedder: Embedder) -> None:
    spec: EmbedderSpec = embedder.spec
    assert spec == embedder.spec
    assert len(spec.weights_sha256) == 64
    assert spec.dim > 0
    assert spec.transforms
    assert embedder.batch_size >= 1


CHECKS: tuple[Callable[[Embedder], None], ...] = (
    check_unit_vectors,
    check_no_pictures,
    check_batch_does_not_matter,
    check_order_is_kept,
    check_pictures_differ,
    check_same_again,
    check_pixels_are_left_alone,
    check_threads_at_once,
    check_plain_pictures_have_vectors,
    check_wrong_pixels_are_refused,
    check_spec_describes_the_network,
)
