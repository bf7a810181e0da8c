"""An embedder that runs a network from an ONNX file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np

from sosie.embedders.network import FIRST_OUTPUT, Choose, Features, Network, Reading
from sosie.embedders.runtime import Device, Weights
from sosie.embedders.vectors import check_pixel_arrays, to_unit_length
from sosie.errors import EmbedderError
from sosie.support.cores import usable_cores
from sosie.types import EmbedderSpec, Pixels, Transform, Vectors

BATCH_SIZE = 16


class OnnxEmbedder:
    """A network that is opened with the first ``embed``.

    - ``dim``: if omitted, the first use of ``spec`` opens the network and determines it.
    - ``reading``: selects the output that is the embedding. A function selects it when the graph is open.
    - ``threads``: the number of threads for a call; None for every core. Give 1 if several threads call at once.
    """

    batch_size = BATCH_SIZE

    def __init__(
        self,
        name: str,
        weights: Path | Weights,
        transform: Transform,
        dim: int | None = None,
        *,
        reading: Reading | Choose = FIRST_OUTPUT,
        threads: int | None = None,
        device: Device = "auto",
    ) -> None:
        self._name = name
        self._weights = Weights(weights) if isinstance(weights, Path) else weights
        self._transform = transform
        self._dim = dim
        self._reading = reading
        self._device: Device = device
        self._threads = threads or usable_cores()
        self._opening = Lock()
        self._network: Network | None = None

    @cached_property
    def spec(self) -> EmbedderSpec:
        """The identity of the embedder; ``EmbedderUnavailable`` if the weights cannot be read."""
        reading = self._reading if isinstance(self._reading, Reading) else self._opened().reading
        sha256 = self._weights.sha256(*reading.choices)
        return EmbedderSpec(self._name, sha256, self._dim or self._measure_dim(), (self._transform,))

    def embed(self, pixels: Sequence[Pixels]) -> Vectors:
        """Unit vectors of one array of pictures, shape (n, 3, size, size); see ``Embedder.embed``.

        ``ValueError`` for pixels of another shape or type. ``EmbedderError`` if the network fails, or if a vector is
        zero or not finite.
        """
        (pictures,) = check_pixel_arrays(pixels, self.spec)
        if len(pictures) == 0:
            return np.empty((0, self.spec.dim), np.float32)
        features = self._opened().run(pictures)
        if features.shape[1] != self.spec.dim:
            raise EmbedderError(
                f"{self._weights.graph} gave {features.shape[1]} numbers a picture, not {self.spec.dim}"
            )
        return to_unit_length(features, self._name)

    def open(self) -> None:
        """Opens the network; ``EmbedderUnavailable`` if that fails."""
        self._opened()

    def _measure_dim(self) -> int:
        size = self._transform.size
        blank: Features = np.zeros((1, 3, size, size), np.float32)
        return int(self._opened().run(blank).shape[1])

    def _choose(self, outputs: Sequence[str]) -> Reading:
        return self._reading if isinstance(self._reading, Reading) else self._reading(outputs)

    def _opened(self) -> Network:
        with self._opening:
            if self._network is None:
                size = self._transform.size
                self._network = Network(self._weights, size, self._choose, self._threads, self._device)
            return self._network
