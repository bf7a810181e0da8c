"""The text encoder of a network on the Hub: its vectors are comparable with those of pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.embedders.hub.layout import TOKENIZER, TOKENIZER_CONFIG, find_graph
from sosie.embedders.hub.reading import read_output
from sosie.embedders.hub.tokenizer import Padding, WordTokenizer
from sosie.embedders.runtime import Device, Session
from sosie.embedders.text_graph import GraphTextEncoder, Wording
from sosie.types import JSON

if TYPE_CHECKING:
    from sosie.embedders.hub.opening import Located

LONGEST = 512
"""Most tokens of a text, if a network's settings do not say it."""


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
"""By model type. Other types have no text encoder."""


def open_hub_text(located: Located, settings: Mapping[str, JSON], threads: int, device: Device) -> GraphTextEncoder:
    """Opens the text encoder of a repository."""
    address, model_type = located.address, str(settings["model_type"])
    default = WORDINGS[model_type]
    template = address.options.get("template", default.template)
    wording = replace(default, template=template, length=_length(settings, default))
    tokenizer_settings = located.settings(TOKENIZER_CONFIG) if located.has(TOKENIZER_CONFIG) else {}
    tokenizer = WordTokenizer(located.path(TOKENIZER), tokenizer_settings, Padding(wording.length, wording.always))
    session = Session(located.weights(located.graph("text")), threads, device)
    reading = read_output(model_type, session.outputs, "text", {}, address.repository)
    return GraphTextEncoder(str(address), session, tokenizer, wording, reading.output, reading.pooling)


def may_have_words(model_type: str) -> bool:
    """True if networks of this type have a text encoder."""
    return model_type in WORDINGS


def has_text_files(files: Collection[str], variant: str | None) -> bool:
    """True if a repository has all files for words."""
    return TOKENIZER in files and find_graph(files, "text", variant) is not None


def _length(settings: Mapping[str, JSON], wording: Wording) -> int:
    """The most tokens that the network accepts."""
    text = settings.get("text_config")
    places = text.get("max_position_embeddings") if isinstance(text, Mapping) else None
    return places if isinstance(places, int) and 2 <= places <= LONGEST else wording.length
