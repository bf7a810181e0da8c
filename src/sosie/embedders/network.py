"""Runs the image part of a graph: pictures to features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.embedders.runtime import DTYPES, Array, Device, Session, Tensor, Weights
from sosie.errors import EmbedderError, EmbedderUnavailable
from sosie.types import Pixels

Features: TypeAlias = npt.NDArray[np.float32]
"""A network's output before it is scaled to unit length: shape (n, dim), float32."""

Pooling: TypeAlias = Literal["none", "cls", "mean"]
"""How tokens (n, tokens, dim) or maps (n, dim, h, w) become (n, dim): not at all, by the first token, or by the
mean."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The output that is the embedding (None for the first output), and its pooling."""

    output: str | None = None
    pooling: Pooling = "none"

    @property
    def choices(self) -> tuple[str, ...]:
        """The choices that are part of the fingerprint."""
        return (self.output or "", "" if self.pooling == "none" else f"/{self.pooling}")


FIRST_OUTPUT = Reading()

Choose: TypeAlias = Callable[[Sequence[str]], Reading]
"""Selects the reading, given the names of a graph's outputs."""

PICTURES_A_THREAD = 2
"""More pictures would exceed a core's caches: with eight, each takes a sixth longer (`benchmarks/batches.py`)."""
PICTURES_ON_A_GPU = 64


class Network:
    """A graph with one input for pictures (channels first or last) and one output. Inputs for words get zeros.

    If the graph takes exactly n pictures, batches are filled up with black ones, whose output is dropped. ``threads``
    is the number of threads for a call. They sleep between calls, so several callers share the cores. ``run`` is
    thread-safe.
    """

    def __init__(self, weights: Weights, size: int, choose: Choose, threads: int, device: Device = "cpu") -> None:
        self._session = Session(weights, threads, device)
        self.reading = choose(self._session.outputs)
        self._input = _image_input(self._session, size)
        self._channels_last = not _fits(self._input.shape[1:], (3, size, size))
        self._other_inputs = {
            tensor.name: self._session.blank(tensor) for tensor in self._session.inputs if tensor is not self._input
        }
        self._output = _check_output(self._session, self.reading.output)
        at_once = PICTURES_A_THREAD * threads if self._session.on_cpu else PICTURES_ON_A_GPU
        batch = self._input.shape[0]
        self._fixed = batch if isinstance(batch, int) and batch > 0 else None
        self._at_once = self._fixed or at_once

    def run(self, pixels: Pixels) -> Features:
        """The network's output for pictures of shape (n, 3, size, size), n ≥ 1; ``EmbedderError`` if it fails."""
        batches = [pixels[i : i + self._at_once] for i in range(0, len(pixels), self._at_once)]
        features = np.concatenate([self._run_batch(batch) for batch in batches])
        return np.ascontiguousarray(features, dtype=np.float32)

    def _run_batch(self, pixels: Pixels) -> Array:
        answer = self._session.run(self._output, {self._input.name: self._as_taken(pixels), **self._other_inputs})
        features = pool(answer, self.reading.pooling)[: len(pixels) if self._fixed else None]
        if features.ndim != 2 or len(features) != len(pixels):
            raise EmbedderError(
                f"output {self._output!r} of {self._session.path} has shape {features.shape} for {len(pixels)} "
                "pictures; expected (n, dim): export the network with its pooling, or name another output"
            )
        return features

    def _as_taken(self, pixels: Pixels) -> Array:
        """The pixels in the type, order and number that the graph expects."""
        lacking = (self._fixed or len(pixels)) - len(pixels)
        filled = np.concatenate([pixels, np.zeros((lacking, *pixels.shape[1:]), np.float32)]) if lacking else pixels
        ordered = np.ascontiguousarray(filled.transpose(0, 2, 3, 1)) if self._channels_last else filled
        return ordered.astype(DTYPES[self._input.type], copy=False)


def pool(features: Array, pooling: Pooling) -> Array:
    """Pools tokens (n, tokens, dim) or maps (n, dim, h, w) to (n, dim). Features (n, dim) stay unchanged."""
    if features.ndim == 3 and pooling == "cls":
        return np.asarray(features[:, 0])
    if features.ndim == 3 and pooling == "mean":
        return np.asarray(features.mean(axis=1, dtype=np.float32))
    if features.ndim == 4 and pooling != "none":
        return np.asarray(features.mean(axis=(2, 3), dtype=np.float32))
    return features


def _image_input(session: Session, size: int) -> Tensor:
    images = [tensor for tensor in session.inputs if tensor.rank == 4]
    words = [tensor for tensor in session.inputs if tensor.rank <= 2 and tensor.type in ("int64", "int32", "bool")]
    if len(images) == 1 and len(images) + len(words) == len(session.inputs):
        [image] = images
        shapes = (3, size, size), (size, size, 3)
        if any(_fits(image.shape[1:], shape) for shape in shapes) and image.type in ("float", "float16"):
            return image
    description = ", ".join(f"{tensor.name}: tensor({tensor.type}) {tensor.shape}" for tensor in session.inputs)
    if len(images) > 1:
        raise EmbedderUnavailable(
            f"{session.path} takes {len(images)} pictures at once ({description}), not one: export the part that "
            "embeds a single picture"
        )
    raise EmbedderUnavailable(
        f"{session.path} takes {description}; expected float32 of shape (n, 3, {size}, {size}) or channels last, "
        "and size in the JSON must agree"
    )


def _fits(shape: Sequence[int | str | None], expected: tuple[int, ...]) -> bool:
    """True if a shape can be the expected shape. Free dimensions are a name or None."""
    return len(shape) == len(expected) and all(
        not isinstance(size, int) or size == expected_size for size, expected_size in zip(shape, expected, strict=True)
    )


def _check_output(session: Session, wanted: str | None) -> str:
    if wanted is not None and wanted not in session.outputs:
        raise EmbedderUnavailable(
            f"{session.path} has no output {wanted!r}; expected one of {', '.join(session.outputs)}"
        )
    return wanted or session.outputs[0]
