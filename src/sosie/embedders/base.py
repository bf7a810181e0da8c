"""What an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sosie.types import EmbedderSpec, Pixels, Vectors


class Embedder(Protocol):
    """A network, or several joined, that turns pictures into unit vectors."""

    @property
    def spec(self) -> EmbedderSpec:
        """What identifies the numbers."""

    @property
    def batch_size(self) -> int:
        """How many pictures are best embedded at once."""

    def embed(self, pixels: Sequence[Pixels]) -> Vectors:
        """Unit vectors, shape (n, dim), float32.

        ``pixels`` has one array of shape (n, 3, size, size) for each of ``spec.transforms``, in that order. Safe to
        call from several threads at once; the answer for one picture does not depend on its neighbours in the batch.
        """
