"""The protocols of embedders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from sosie.types import EmbedderSpec, Pixels, Vectors


class Embedder(Protocol):
    """A network, or several combined, that turns pictures into unit vectors."""

    @property
    def spec(self) -> EmbedderSpec:
        """The identity of the embedder."""

    @property
    def batch_size(self) -> int:
        """The best number of pictures to embed at once."""

    def embed(self, pixels: Sequence[Pixels]) -> Vectors:
        """Unit vectors, shape (n, dim), float32.

        ``pixels`` has one array of shape (n, 3, size, size) for each of ``spec.transforms``, in the same order.
        Thread-safe. The vector of a picture does not depend on other pictures in the batch.
        """


class TextEncoder(Protocol):
    """The text encoder of a network. Its vectors are comparable with those of pictures."""

    def embed_words(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dim), float32. The cosine with a picture measures its similarity to the words."""


@runtime_checkable
class WithText(Protocol):
    """An embedder that may have a text encoder."""

    def open_text(self) -> TextEncoder | None:
        """The text encoder; None if there is none. ``EmbedderUnavailable`` if it cannot be opened."""


@runtime_checkable
class Openable(Protocol):
    """An embedder that opens its network on first use."""

    def open(self) -> None:
        """Opens the network now. ``EmbedderUnavailable`` if it cannot be opened."""


def text_encoder_of(embedder: Embedder) -> TextEncoder | None:
    """The text encoder of an embedder; None if it has none."""
    return embedder.open_text() if isinstance(embedder, WithText) else None
