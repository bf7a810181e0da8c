"""Lists embedders: bundled ones, those in the Hub's cache, and recommended ones."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np

from sosie.embedders import registry
from sosie.embedders.bundled import NETWORKS, WEIGHTS
from sosie.embedders.hub.address import PREFIX
from sosie.embedders.hub.recommended import RECOMMENDED, Recommended
from sosie.types import JSON

State = Literal["bundled", "cached", "recommended"]
BUNDLED_LICENSE = "apache-2.0"
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class EmbedderEntry:
    """An embedder. A field is None if it is unknown before the download.

    ``published`` is its authors' figure, which Sosie has not measured.
    """

    name: str
    state: State
    dim: int | None
    megabytes: float | None
    license: str
    words: bool
    purpose: str = ""
    published: str = ""


def list_embedders() -> list[EmbedderEntry]:
    """Bundled embedders, those in the cache, and recommended ones that are not in the cache."""
    cached = list(_cached()) if find_spec("huggingface_hub") else []
    held = {entry.name.removeprefix(PREFIX).partition("@")[0] for entry in cached}
    return [*_bundled(), *cached, *(_entry(network) for network in RECOMMENDED if network.repository not in held)]


def measure_speed(name: str) -> float:
    """Milliseconds a picture on this machine, on every core: the best of a few batches."""
    embedder = registry.load(name)
    size = embedder.batch_size
    draw = np.random.default_rng(0)
    shapes = [(size, 3, transform.size, transform.size) for transform in embedder.spec.transforms]
    pixels = [draw.standard_normal(shape, np.float32) for shape in shapes]
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        embedder.embed(pixels)
        seconds.append(time.perf_counter() - began)
    return min(seconds) / size * 1000


def _bundled() -> Iterator[EmbedderEntry]:
    sizes = {name: (WEIGHTS / network.file).stat().st_size / 1e6 for name, network in NETWORKS.items()}
    for name in registry.names():
        parts = registry.JOINS.get(name, name).split("+")
        dim, megabytes = sum(NETWORKS[part].dim for part in parts), sum(sizes[part] for part in parts)
        yield EmbedderEntry(name, "bundled", dim, round(megabytes, 1), BUNDLED_LICENSE, words=False)


def _cached() -> Iterator[EmbedderEntry]:
    from sosie.embedders.hub import client
    from sosie.embedders.hub.layout import CONFIG, find_graphs
    from sosie.embedders.hub.text import may_have_words

    recommended = {network.repository: network for network in RECOMMENDED}
    for repository, commit in client.cached_repositories():
        listing = client.cached_listing(repository, commit)
        config = client.cached_file(repository, commit, CONFIG)
        settings = _read(config.read_bytes()) if config else {}
        about = recommended.get(repository)
        for variant, graph in find_graphs(listing.files, "vision"):
            yield EmbedderEntry(
                f"{PREFIX}{repository}@{commit}" + (f":{variant}" if variant else ""),
                "cached",
                _dim(settings),
                round(sum(listing.files[name].size or 0 for name in graph.in_order) / 1e6, 1),
                about.license if about else "see its page",
                may_have_words(str(settings.get("model_type"))),
                about.purpose if about else "",
                about.published if about else "",
            )


def _entry(network: Recommended) -> EmbedderEntry:
    return EmbedderEntry(
        f"{PREFIX}{network.repository}", "recommended", network.dim, float(network.megabytes),
        network.license, network.words, network.purpose,
        network.published,
    )  # fmt: skip


def _read(data: bytes) -> Mapping[str, JSON]:
    try:
        settings = json.loads(data)
    except ValueError:
        return {}
    return settings if isinstance(settings, dict) else {}


def _dim(settings: Mapping[str, JSON]) -> int | None:
    """The dimension in a network's settings; None if they have none."""
    vision = settings.get("vision_config")
    inner = vision.get("hidden_size") if isinstance(vision, Mapping) else None
    for value in (settings.get("projection_dim"), inner, settings.get("hidden_size")):
        if isinstance(value, int):
            return value
    return None
