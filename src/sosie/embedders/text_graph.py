"""A text encoder from a graph. Its vectors are comparable with those of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sosie.embedders.network import Pooling, pool
from sosie.embedders.runtime import DTYPES, Array, Session, Tensor
from sosie.embedders.vectors import to_unit_length
from sosie.errors import EmbedderUnavailable
from sosie.types import Vectors

if TYPE_CHECKING:
    from sosie.embedders.hub.tokenizer import WordTokenizer


@dataclass(frozen=True, slots=True)
class Wording:
    """The form of texts that a network was trained with: their template, and the padding of their tokens.

    ``length`` is the most tokens of a text; with ``always`` every text is padded to it. ``lower`` means lower case.
    """

    template: str
    length: int
    always: bool = False
    lower: bool = False


class GraphTextEncoder:
    """Embeds words with an open graph that takes ``input_ids`` and perhaps ``attention_mask``."""

    def __init__(
        self,
        name: str,
        session: Session,
        tokenizer: WordTokenizer,
        wording: Wording,
        output: str | None = None,
        pooling: Pooling = "none",
    ) -> None:
        self._name = name
        self._session = session
        self._tokenizer = tokenizer
        self._wording = wording
        self._output = output or session.outputs[0]
        self._pooling: Pooling = pooling

    def embed_words(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dim), float32. Each text is inserted into the network's template."""
        features = [self._features(text) for text in texts]
        return to_unit_length(np.concatenate(features), self._name)

    def _features(self, text: str) -> Array:
        filled = self._wording.template.replace("{}", text)
        ids, mask = self._tokenizer.encode(filled.lower() if self._wording.lower else filled)
        feeds = {tensor.name: self._feed(tensor, ids, mask) for tensor in self._session.inputs}
        return pool(self._session.run(self._output, feeds), self._pooling)

    def _feed(self, tensor: Tensor, ids: Array, mask: Array) -> Array:
        if tensor.name == "input_ids":
            return ids.astype(DTYPES[tensor.type])
        if tensor.name == "attention_mask":
            return (np.ones_like(mask) if self._wording.always else mask).astype(DTYPES[tensor.type])
        if tensor.rank == 4 or tensor.name == "token_type_ids":
            side = ids.shape[1] if tensor.rank == 2 else 1
            return self._session.blank(tensor, side)
        raise EmbedderUnavailable(
            f"{self._name} needs the input {tensor.name!r}, which Sosie does not support; use another network"
        )
