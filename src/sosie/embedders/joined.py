"""Combines several embedders."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from threading import Thread

import numpy as np

from sosie.embedders.base import Embedder, Openable, TextEncoder, text_encoder_of
from sosie.embedders.vectors import check_pixel_arrays
from sosie.types import EmbedderSpec, Pixels, Vectors


class JoinedEmbedder:
    """An embedder that concatenates the unit vectors of its parts, scaled by 1/√parts to unit length.

    So the cosine of two joined vectors is the mean of the cosines of the parts.
    """

    def __init__(self, name: str, parts: Sequence[Embedder]) -> None:
        self._name = name
        self._parts = tuple(parts)
        self._opening = False

    @property
    def batch_size(self) -> int:
        """The smallest batch size of the parts."""
        return min(part.batch_size for part in self._parts)

    @cached_property
    def spec(self) -> EmbedderSpec:
        """The transforms of the parts in order, the sum of their dimensions, and a hash of their hashes."""
        specs = [part.spec for part in self._parts]
        hashes = "+".join(spec.weights_sha256 for spec in specs)
        return EmbedderSpec(
            name=self._name,
            weights_sha256=hashlib.sha256(hashes.encode()).hexdigest(),
            dim=sum(spec.dim for spec in specs),
            transforms=tuple(transform for spec in specs for transform in spec.transforms),
        )

    def embed(self, pixels: Sequence[Pixels]) -> Vectors:
        """Unit vectors, shape (n, dim). ``pixels`` has the arrays of the first part, then of the second, …

        While the first part embeds for the first time, the others are opened in a thread.
        """
        if not self._opening:
            self._opening = True
            Thread(target=self._open_others, name="sosie-open").start()
        arrays = iter(check_pixel_arrays(pixels, self.spec))
        return _side_by_side([part.embed([next(arrays) for _ in part.spec.transforms]) for part in self._parts])

    def _open_others(self) -> None:
        """Opens all parts but the first. If one cannot be opened, its ``embed`` raises the error."""
        for part in self._parts[1:]:
            if isinstance(part, Openable):
                with suppress(Exception):
                    part.open()

    def open_text(self) -> TextEncoder | None:
        """The combined text encoder; None if a part has none."""
        sides = [text_encoder_of(part) for part in self._parts]
        present = [side for side in sides if side is not None]
        return JoinedTextEncoder(present) if len(present) == len(sides) else None


class JoinedTextEncoder:
    """Combines the text encoders of all parts, as their pictures are combined."""

    def __init__(self, parts: Sequence[TextEncoder]) -> None:
        self._parts = parts

    def embed_words(self, texts: Sequence[str]) -> Vectors:
        """See ``TextEncoder``."""
        return _side_by_side([part.embed_words(texts) for part in self._parts])


def _side_by_side(parts: Sequence[Vectors]) -> Vectors:
    return np.concatenate(parts, axis=1) / np.float32(np.sqrt(len(parts)))
