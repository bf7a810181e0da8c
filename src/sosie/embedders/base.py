"""What an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

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


class TextEncoder(Protocol):
    """The text side of a network, in the space of its pictures."""

    def embed_words(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dim), float32, whose cosine with a picture says how well it fits the words."""


@runtime_checkable
class WithText(Protocol):
    """An embedder that may have a text side."""

    def open_text(self) -> TextEncoder | None:
        """The text side, None where it has none; ``EmbedderUnavailable`` where it cannot be opened."""


def text_encoder_of(embedder: Embedder) -> TextEncoder | None:
    """The text side of an embedder, None where it has none."""
    return embedder.open_text() if isinstance(embedder, WithText) else None
