"""The text side of a graph: words in, vectors in the space of its pictures out."""

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
    """How a network was taught words: what they stand in, and how their tokens are filled up.

    ``length`` is the most tokens of a text; with ``always`` every text is filled up to it. ``lower``: in lower case.
    """

    template: str
    length: int
    always: bool = False
    lower: bool = False


class GraphTextEncoder:
    """Words → unit vectors, by an open graph that takes ``input_ids`` and perhaps ``attention_mask``."""

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
        """Unit vectors, shape (n, dim), float32; each text is put into the network's template first."""
        features = [self._features(text) for text in texts]
        return to_unit_length(np.concatenate(features), self._name)

    def _features(self, text: str) -> Array:
        filled = self._wording.template.replace("{}", text)
        ids, mask = self._tokenizer.encode(filled.lower() if self._wording.lower else filled)
        feeds = {one.name: self._feed(one, ids, mask) for one in self._session.inputs}
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
            f"{self._name} wants {tensor.name!r} beside its words, which Sosie does not know; name another network"
        )
