"""The text side of a network on the Hub: words as vectors in the space of its pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sosie.embedders.hub.layout import TOKENIZER, TOKENIZER_CONFIG, find_graph
from sosie.embedders.hub.reading import read_output
from sosie.embedders.hub.tokenizer import Padding, WordTokenizer
from sosie.embedders.network import pool
from sosie.embedders.runtime import DTYPES, Array, Device, Session, Tensor
from sosie.embedders.vectors import to_unit_length
from sosie.errors import EmbedderUnavailable
from sosie.types import JSON, Vectors

if TYPE_CHECKING:
    from sosie.embedders.hub.opening import Located

LONGEST = 512
"""Tokens of a text where a network's own settings name no length."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a type of network was taught words: what they stand in, and how their tokens are filled up."""

    template: str
    length: int
    always: bool = False
    lower: bool = False


SIGLIP = Wording("This is a photo of {}.", 64, always=True, lower=True)
CLIP = Wording("a photo of {}", 77)
WORDINGS: Mapping[str, Wording] = {
    "clip": CLIP,
    "chinese_clip": Wording("{}", 52),
    "mobileclip": Wording("a photo of {}", 77, always=True),
    "jina_clip": Wording("{}", LONGEST),
    "siglip": SIGLIP,
    "siglip2": SIGLIP,
}
"""By model type; types that are not here have no text side."""


class HubTextEncoder:
    """Words → unit vectors. The graph is opened and tried once when it is made."""

    def __init__(self, located: Located, settings: Mapping[str, JSON], threads: int, device: Device) -> None:
        self._name = str(located.address)
        model_type = str(settings["model_type"])
        wording = WORDINGS[model_type]
        self._lower = wording.lower
        self._template = located.address.options.get("template", wording.template)
        tokenizer_settings = located.settings(TOKENIZER_CONFIG) if located.has(TOKENIZER_CONFIG) else {}
        padding = Padding(_length(settings, wording), wording.always)
        self._tokenizer = WordTokenizer(located.path(TOKENIZER), tokenizer_settings, padding)
        self._session = Session(located.weights(located.graph("text")), threads, device)
        self._reading = read_output(model_type, self._session.outputs, "text", {}, located.address.repository)
        self._masks_padding = not wording.always

    def embed_words(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dim), float32; each text is put into the network's template first."""
        features = [self._features(text) for text in texts]
        return to_unit_length(np.concatenate(features), self._name)

    def _features(self, text: str) -> Array:
        asked = self._template.replace("{}", text)
        ids, mask = self._tokenizer.encode(asked.lower() if self._lower else asked)
        feeds = {one.name: self._feed(one, ids, mask) for one in self._session.inputs}
        return pool(self._session.run(self._reading.output or self._session.outputs[0], feeds), self._reading.pooling)

    def _feed(self, tensor: Tensor, ids: Array, mask: Array) -> Array:
        if tensor.name == "input_ids":
            return ids.astype(DTYPES[tensor.type])
        if tensor.name == "attention_mask":
            return (mask if self._masks_padding else np.ones_like(mask)).astype(DTYPES[tensor.type])
        if tensor.rank == 4 or tensor.name == "token_type_ids":
            side = ids.shape[1] if tensor.rank == 2 else 1
            return self._session.blank(tensor, side)
        raise EmbedderUnavailable(
            f"{self._name} wants {tensor.name!r} beside its words, which Sosie does not know; name another network"
        )


def may_have_words(model_type: str) -> bool:
    """Whether networks of this type have a text side."""
    return model_type in WORDINGS


def has_text_files(files: Collection[str], variant: str | None) -> bool:
    """Whether a repository has all that words need."""
    return TOKENIZER in files and find_graph(files, "text", variant) is not None


def _length(settings: Mapping[str, JSON], wording: Wording) -> int:
    """The most tokens that the network has places for."""
    text = settings.get("text_config")
    places = text.get("max_position_embeddings") if isinstance(text, Mapping) else None
    return places if isinstance(places, int) and 2 <= places <= LONGEST else wording.length
