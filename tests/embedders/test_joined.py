from pathlib import Path
from threading import Event, Thread, current_thread

import numpy as np
import pytest

from sosie.embedders.base import Embedder, open_meanwhile
from sosie.embedders.joined import JoinedEmbedder
from sosie.embedders.onnx import OnnxEmbedder
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
    """Notes which thread opened it."""

    def __init__(self) -> None:
        super().__init__(1)
        self.opened = Event()
        self.opened_by: Thread | None = None

    def open(self) -> None:
        self.opened_by = current_thread()
        self.opened.set()


def test_every_part_that_can_be_opened_is_opened_in_another_thread(parts: list[Embedder]) -> None:
    opened = [OpenedEmbedder(), OpenedEmbedder()]
    open_meanwhile(JoinedEmbedder("all", [opened[0], parts[0], opened[1]]))
    assert all(part.opened.wait(60) for part in opened)
    assert opened[0].opened_by is opened[1].opened_by
    assert opened[0].opened_by is not current_thread()


def test_an_embedder_that_cannot_be_opened_meanwhile_fails_when_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no graph")
    embedder = OnnxEmbedder("broken", tmp_path / "broken.onnx", Transform(8, (0, 0, 0), (255, 255, 255)), 3)
    open_meanwhile(embedder)
    with pytest.raises(EmbedderUnavailable, match=r"broken\.onnx is not a network"):
        embedder.embed([np.zeros((1, 3, 8, 8), np.float32)])
