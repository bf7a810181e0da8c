from threading import Event, Thread, current_thread

import numpy as np
import pytest

from sosie.embedders.base import Embedder
from sosie.embedders.joined import JoinedEmbedder
from sosie.embedders.vectors import check_pixel_arrays, to_unit_length
from sosie.errors import EmbedderUnavailable
from sosie.types import EmbedderSpec, Pixels, Transform, Vectors
from support.pixels import draw_pixels


class MeanColor:
    """The mean of each channel on a grid of cells × cells."""

    batch_size = 4

    def __init__(self, cells: int, size: int = 8) -> None:
        self.cells = cells
        transform = Transform(size=size, mean=(0, 0, 0), std=(255, 255, 255))
        self.spec = EmbedderSpec(f"mean{cells}", f"{cells}" * 64, 3 * cells**2, (transform,))

    def embed(self, pixels: list[Pixels]) -> Vectors:
        (array,) = check_pixel_arrays(pixels, self.spec)
        n, _, h, _ = array.shape
        cells = array.reshape(n, 3, self.cells, h // self.cells, self.cells, h // self.cells).mean(axis=(3, 5))
        return to_unit_length(cells.reshape(n, -1) + 0.01, self.spec.name)


@pytest.fixture
def parts() -> list[Embedder]:
    return [MeanColor(1), MeanColor(2, size=16), MeanColor(4)]


def test_cosine_is_the_mean_of_the_parts_cosines(parts: list[Embedder]) -> None:
    joined = JoinedEmbedder("all", parts)
    pixels = draw_pixels(joined.spec, seeds=range(4))
    each = [part.embed([array]) for part, array in zip(parts, pixels, strict=True)]
    expected = np.mean([vectors @ vectors.T for vectors in each], axis=0)
    vectors = joined.embed(pixels)
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-6)


def test_spec_sums_up_the_parts(parts: list[Embedder]) -> None:
    spec = JoinedEmbedder("all", parts).spec
    assert spec.dim == 3 + 12 + 48
    assert [transform.size for transform in spec.transforms] == [8, 16, 8]


def test_joins_of_joins_take_their_pixels_in_order(parts: list[Embedder]) -> None:
    nested = JoinedEmbedder("nested", [JoinedEmbedder("two", parts[:2]), parts[2]])
    pixels = draw_pixels(nested.spec, seeds=range(3))
    inner, last = JoinedEmbedder("two", parts[:2]).embed(pixels[:2]), parts[2].embed(pixels[2:])
    np.testing.assert_allclose(nested.embed(pixels), np.hstack([inner, last]) / np.sqrt(2), atol=1e-6)


def test_name_does_not_change_the_fingerprint_but_parts_do(parts: list[Embedder]) -> None:
    assert JoinedEmbedder("a", parts).spec.fingerprint == JoinedEmbedder("b", parts).spec.fingerprint
    assert JoinedEmbedder("a", parts).spec.fingerprint != JoinedEmbedder("a", parts[::-1]).spec.fingerprint


def test_batch_is_that_of_the_smallest_part(parts: list[Embedder]) -> None:
    small = MeanColor(1)
    small.batch_size = 2
    assert JoinedEmbedder("all", [*parts, small]).batch_size == 2


class OpenedEmbedder(MeanColor):
    """Notes which thread opened it, and embeds only when it was opened."""

    def __init__(self, cells: int, failure: Exception | None = None) -> None:
        super().__init__(cells)
        self.failure = failure
        self.opened = Event()
        self.opened_by: list[Thread] = []

    def open(self) -> None:
        self.opened_by.append(current_thread())
        self.opened.set()
        if self.failure:
            raise self.failure


class WaitingEmbedder(MeanColor):
    """Embeds when another embedder has been opened."""

    def __init__(self, other: OpenedEmbedder) -> None:
        super().__init__(1)
        self.other = other
        self.was_opened: list[bool] = []

    def embed(self, pixels: list[Pixels]) -> Vectors:
        self.was_opened.append(self.other.opened.wait(60))
        return super().embed(pixels)


@pytest.mark.parametrize("failure", [None, EmbedderUnavailable("not now")])
def test_other_parts_are_opened_once_while_the_first_embeds(failure: Exception | None) -> None:
    last = OpenedEmbedder(2, failure)
    first = WaitingEmbedder(last)
    joined = JoinedEmbedder("all", [first, MeanColor(4), last])
    for _ in range(2):
        assert joined.embed(draw_pixels(joined.spec, seeds=range(2))).shape == (2, 63)
    assert first.was_opened == [True, True]
    assert len(last.opened_by) == 1
    assert last.opened_by[0] is not current_thread()
