"""The image side of a graph: pictures in, features out."""

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
"""What a network gives before it is brought to unit length: shape (n, dim), float32."""

Pooling: TypeAlias = Literal["none", "cls", "mean"]
"""How tokens (n, tokens, dim) or maps (n, dim, h, w) become (n, dim): not at all, the first token, or their mean."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Which output is the embedding, None for the first, and how it is pooled."""

    output: str | None = None
    pooling: Pooling = "none"

    @property
    def choices(self) -> tuple[str, ...]:
        """What a fingerprint must hold of it."""
        return (self.output or "", "" if self.pooling == "none" else f"/{self.pooling}")


FIRST_OUTPUT = Reading()

Choose: TypeAlias = Callable[[Sequence[str]], Reading]
"""What decides on the reading once the names of a graph's outputs are there."""

PICTURES_A_THREAD = 2
"""More in one run would outgrow the caches of a core: eight take a sixth longer each (`benchmarks/batches.py`)."""
PICTURES_ON_A_GPU = 64


class Network:
    """One input for pictures, channels first or last, and one output; inputs for words are fed with zeros.

    A graph that takes exactly n pictures gets black ones beside those that there are, whose answers are dropped.
    ``threads`` work on one call; they sleep between calls, so that several callers share the cores. ``run`` may be
    called from several threads at once.
    """

    def __init__(self, weights: Weights, size: int, choose: Choose, threads: int, device: Device = "cpu") -> None:
        self._session = Session(weights, threads, device)
        self.reading = choose(self._session.outputs)
        self._input = _image_input(self._session, size)
        self._channels_last = not _fits(self._input.shape[1:], (3, size, size))
        self._others = {one.name: self._session.blank(one) for one in self._session.inputs if one is not self._input}
        self._output = _check_output(self._session, self.reading.output)
        at_once = PICTURES_A_THREAD * threads if self._session.on_cpu else PICTURES_ON_A_GPU
        batch = self._input.shape[0]
        self._fixed = batch if isinstance(batch, int) and batch > 0 else None
        self._at_once = self._fixed or at_once

    def run(self, pixels: Pixels) -> Features:
        """The network's answer for pictures of shape (n, 3, size, size), n ≥ 1; ``EmbedderError`` where it fails."""
        batches = [pixels[i : i + self._at_once] for i in range(0, len(pixels), self._at_once)]
        features = np.concatenate([self._run_batch(batch) for batch in batches])
        return np.ascontiguousarray(features, dtype=np.float32)

    def _run_batch(self, pixels: Pixels) -> Array:
        answer = self._session.run(self._output, {self._input.name: self._as_taken(pixels), **self._others})
        features = pool(answer, self.reading.pooling)[: len(pixels) if self._fixed else None]
        if features.ndim != 2 or len(features) != len(pixels):
            raise EmbedderError(
                f"output {self._output!r} of {self._session.path} has shape {features.shape} for {len(pixels)} "
                "pictures; expected (n, dim): export the network with its pooling, or name another output"
            )
        return features

    def _as_taken(self, pixels: Pixels) -> Array:
        """The pixels in the type, order and number that the graph takes."""
        lacking = (self._fixed or len(pixels)) - len(pixels)
        filled = np.concatenate([pixels, np.zeros((lacking, *pixels.shape[1:]), np.float32)]) if lacking else pixels
        ordered = np.ascontiguousarray(filled.transpose(0, 2, 3, 1)) if self._channels_last else filled
        return ordered.astype(DTYPES[self._input.type], copy=False)


def pool(features: Array, pooling: Pooling) -> Array:
    """Tokens (n, tokens, dim) or maps (n, dim, h, w) as (n, dim); what is (n, dim) already stays, as does ``none``."""
    if features.ndim == 3 and pooling == "cls":
        return np.asarray(features[:, 0])
    if features.ndim == 3 and pooling == "mean":
        return np.asarray(features.mean(axis=1, dtype=np.float32))
    if features.ndim == 4 and pooling != "none":
        return np.asarray(features.mean(axis=(2, 3), dtype=np.float32))
    return features


def _image_input(session: Session, size: int) -> Tensor:
    images = [one for one in session.inputs if one.rank == 4]
    words = [one for one in session.inputs if one.rank <= 2 and one.type in ("int64", "int32", "bool")]
    if len(images) == 1 and len(images) + len(words) == len(session.inputs):
        [image] = images
        shapes = (3, size, size), (size, size, 3)
        if any(_fits(image.shape[1:], shape) for shape in shapes) and image.type in ("float", "float16"):
            return image
    found = ", ".join(f"{one.name}: tensor({one.type}) {one.shape}" for one in session.inputs)
    if len(images) > 1:
        raise EmbedderUnavailable(
            f"{session.path} takes {len(images)} pictures at once ({found}), and Sosie gives one: export the part that "
            "embeds a single picture"
        )
    raise EmbedderUnavailable(
        f"{session.path} takes {found}; expected one input of float32, shape (n, 3, {size}, {size}) or channels last, "
        "and size in the JSON must agree"
    )


def _fits(shape: Sequence[int | str | None], expected: tuple[int, ...]) -> bool:
    """Whether a shape, in which a free dimension is a name or None, can be the expected one."""
    return len(shape) == len(expected) and all(
        not isinstance(found, int) or found == wanted for found, wanted in zip(shape, expected, strict=True)
    )


def _check_output(session: Session, wanted: str | None) -> str:
    if wanted is not None and wanted not in session.outputs:
        raise EmbedderUnavailable(
            f"{session.path} has no output {wanted!r}; expected one of {', '.join(session.outputs)}"
        )
    return wanted or session.outputs[0]
