"""Selects, by the type of network, the output that is the embedding, and how its tokens are pooled.

``docs/embedders.md`` has the table with the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sosie.embedders.network import Pooling, Reading
from sosie.errors import EmbedderUnavailable

LAST_HIDDEN_STATE = "last_hidden_state"
POOLER_OUTPUT = "pooler_output"
PROJECTED = {
    "vision": ("image_embeds", "image_embeddings"),
    "text": ("text_embeds", "text_embeddings"),
}
"""Outputs for pictures and for words that are comparable with each other."""


@dataclass(frozen=True, slots=True)
class Family:
    """How to read networks of a type without such an output: by their pooler, or by their tokens."""

    pooling: Pooling
    has_pooler: bool = True


_SHARED_SPACE = Family("none")
_CLS = Family("cls")
FAMILIES: Mapping[str, Family] = {
    "clip": _SHARED_SPACE,
    "clip_vision_model": _SHARED_SPACE,
    "chinese_clip": _SHARED_SPACE,
    "mobileclip": _SHARED_SPACE,
    "jina_clip": _SHARED_SPACE,
    "siglip": _SHARED_SPACE,
    "siglip_vision_model": _SHARED_SPACE,
    "siglip2": _SHARED_SPACE,
    "dinov2": _CLS,
    "dinov2_with_registers": _CLS,
    "dinov3_vit": _CLS,
    "dinov3_convnext": Family("mean"),
    "vit": Family("cls", has_pooler=False),
    "vit_msn": Family("cls", has_pooler=False),
    "nomic_bert": Family("cls", has_pooler=False),
    "convnext": Family("mean"),
    "convnextv2": Family("mean"),
}
"""By type. The pooler of a ViT belongs to its training task, and is random if the weights lack it: the CLS token is
used."""


def read_output(
    model_type: str, outputs: Sequence[str], side: Literal["vision", "text"], options: Mapping[str, str], source: str
) -> Reading:
    """The output and pooling for a type; ``EmbedderUnavailable`` for an unknown type."""
    if "output" in options:
        return Reading(options["output"], _pooling(options, FAMILIES.get(model_type, Family("cls")).pooling))
    for name in PROJECTED[side]:
        if name in outputs:
            return Reading(name, _pooling(options, "none"))
    family = FAMILIES.get(model_type)
    if POOLER_OUTPUT in outputs and (family is None or family.has_pooler):
        return Reading(POOLER_OUTPUT, _pooling(options, "mean" if family and family.pooling == "mean" else "none"))
    tokens = next((name for name in (LAST_HIDDEN_STATE, *outputs) if name in outputs), None)
    pooling = _pooling(options, family.pooling if family else "none")
    if tokens is None or pooling == "none":
        raise EmbedderUnavailable(
            f"{source} is of type {model_type!r} and gives {', '.join(outputs)}; Sosie does not know which is the "
            "embedding: choose with --embedder-option output=NAME and pooling=cls or mean"
        )
    return Reading(tokens, pooling)


def _pooling(options: Mapping[str, str], default: Pooling) -> Pooling:
    chosen = options.get("pooling", default)
    return "cls" if chosen == "cls" else "mean" if chosen == "mean" else "none"
