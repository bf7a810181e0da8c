"""Loads embedders by name.

mobilenet_v2            one of ``names()``
mobilenet_v2.imagenet   the same, with the tag of its training data
onnx:PATH               a network of your own: see ``sosie.embedders.model_file`` for the files beside it
keras:NAME              a network of ``keras.applications`` (needs ``sosie[keras]``)
hub:OWNER/NAME          a network of the Hugging Face Hub: ``sosie.embedders.hub`` (needs ``sosie[hub]``)
a+b                     several combined: better and slower
duo                     short for mobilenet_v2+efficientnet_lite1
trio                    short for mobilenet_v2+efficientnet_lite0+efficientnet_lite2
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from sosie.embedders.base import Embedder
from sosie.embedders.bundled import NETWORKS
from sosie.embedders.hub.address import PREFIX as HUB
from sosie.embedders.joined import JoinedEmbedder
from sosie.embedders.model_file import open_model_file
from sosie.embedders.runtime import Device
from sosie.errors import UnknownEmbedder

DEFAULT = "duo"
"""The default embedder; docs/quality.md gives the reasons."""

JOINS: Mapping[str, str] = {
    "duo": "mobilenet_v2+efficientnet_lite1",
    "trio": "mobilenet_v2+efficientnet_lite0+efficientnet_lite2",
}
RUNTIME = "onnx:"
KERAS = "keras:"


def names() -> tuple[str, ...]:
    """The bundled embedders, fastest first."""
    return (*NETWORKS, *JOINS)


def load(name: str = DEFAULT, threads: int | None = None, device: Device = "auto") -> Embedder:
    """The embedder with this name. Files are read on first use, except for ``onnx:``, ``keras:`` and ``hub:``.

    A network of the Hub is downloaded if the cache lacks it. ``threads`` is the number of threads for a call of
    ``embed``; None for every core. Give 1 if several threads call at once. ``device`` runs the network.
    ``UnknownEmbedder`` for an unknown name, ``EmbedderUnavailable`` for a network that cannot be opened.
    """
    embedders = [_load_single(part, name, threads, device) for part in _split(name)]
    if len(embedders) == 1:
        return embedders[0]
    return JoinedEmbedder(name if name in JOINS else "+".join(embedder.spec.name for embedder in embedders), embedders)


def _split(name: str) -> list[str]:
    if name.startswith(RUNTIME) and Path(name.removeprefix(RUNTIME)).expanduser().is_file():
        return [name]
    return "+".join(JOINS.get(part, part) for part in name.split("+")).split("+")


def _load_single(part: str, full_name: str, threads: int | None, device: Device) -> Embedder:
    if part.startswith(RUNTIME):
        return open_model_file(Path(part.removeprefix(RUNTIME)), threads, device)
    if part.startswith(KERAS):
        from sosie.embedders.keras_model import open_keras

        return open_keras(part)
    if part.startswith(HUB):
        from sosie.embedders.hub.opening import open_hub

        return open_hub(part, threads, device)
    name, dot, tag = part.partition(".")
    bundled = NETWORKS.get(name)
    if bundled is None or (dot and tag != bundled.tag):
        raise UnknownEmbedder(_unknown(part, full_name))
    return bundled.open(part, threads, device)


def _unknown(part: str, full_name: str) -> str:
    within = "" if part == full_name else f" in {full_name!r}"
    near = difflib.get_close_matches(part.lower(), names(), n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names())}."
    return (
        f"unknown embedder {part!r}{within}; {hint} Write onnx:PATH for a network of your own, hub:OWNER/NAME for a "
        "network of the Hub, keras:NAME for a network of Keras; join several with +"
    )
