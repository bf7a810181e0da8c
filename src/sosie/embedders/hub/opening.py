"""From an address on the Hub to an embedder, through the cache."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sosie.embedders.hub import client
from sosie.embedders.hub.address import HubAddress
from sosie.embedders.hub.client import Listing
from sosie.embedders.hub.layout import CONFIG, PREPROCESSOR, GraphFiles, choose_graph, find_graph
from sosie.embedders.hub.preprocessor import read_transform
from sosie.embedders.hub.reading import read_output
from sosie.embedders.network import Reading
from sosie.embedders.onnx import OnnxEmbedder
from sosie.embedders.runtime import Device, Weights
from sosie.errors import EmbedderUnavailable
from sosie.types import JSON

logger = logging.getLogger("sosie.embedders")


@dataclass(frozen=True, slots=True)
class Located:
    """An address pinned to its commit, and what there is at that commit."""

    address: HubAddress
    listing: Listing

    def graph(self, side: Any) -> GraphFiles:
        """The graph of a side; ``EmbedderUnavailable`` where there is none."""
        return choose_graph(self.listing.files, side, self.address.variant, self.address.repository)

    def weights(self, graph: GraphFiles) -> Weights:
        """The graph's files, in the cache."""
        paths = {name: client.fetch_file(self.listing, name) for name in graph.in_order}
        return Weights(paths[graph.graph], {graph.name_in_graph(name): paths[name] for name in graph.data})

    def settings(self, name: str) -> Mapping[str, JSON]:
        """The JSON object in a file of the repository."""
        return _read_object(client.fetch_file(self.listing, name), f"{name} of {self.address.repository}")


def open_hub(name: str, threads: int | None = None, device: Device = "auto") -> OnnxEmbedder:
    """The embedder of a name that begins with ``hub:``, downloaded where it is not in the cache, and tried once.

    Its own name has the commit in it, so that a store stays with the files that filled it.
    """
    located = locate(HubAddress.parse(name))
    _announce(located)
    settings = located.settings(CONFIG)
    source = f"{PREPROCESSOR} of {located.address.repository}"
    transform = read_transform(located.settings(PREPROCESSOR), source)
    weights = located.weights(located.graph("vision"))
    choose = partial(_choose, located.address, str(settings.get("model_type", "")))
    embedder = OnnxEmbedder(
        str(located.address), weights, transform, reading=choose, threads=threads, device=device
    )  # fmt: skip
    _ = embedder.spec
    return embedder


def locate(address: HubAddress) -> Located:
    """What the cache has of an address at its commit where that is complete, else what the Hub has."""
    commit = address.revision if address.is_pinned else _commit_without_network(address)
    if commit is not None:
        cached = client.cached_listing(address.repository, commit)
        if _is_complete(cached, address):
            return Located(address.pinned(commit), cached)
    listing = client.list_repository(address.repository, address.revision)
    if not address.is_pinned:
        client.remember_commit(address.repository, address.revision, listing.commit)
    return Located(address.pinned(listing.commit), listing)


def _commit_without_network(address: HubAddress) -> str | None:
    """The commit of a branch as it was last seen, where the Hub must not be asked for the newest."""
    return client.cached_commit(address.repository, address.revision) if client.is_offline() else None


def _is_complete(cached: Listing, address: HubAddress) -> bool:
    """Whether the cache has all that pictures need: a graph is downloaded last, after its weights."""
    files = cached.files
    return CONFIG in files and PREPROCESSOR in files and find_graph(files, "vision", address.variant) is not None


def _announce(located: Located) -> None:
    """Name license and size before a download."""
    listing, graph = located.listing, located.graph("vision")
    missing = [one for one in graph.in_order if not client.cached_file(listing.repository, listing.commit, one)]
    if missing:
        size = sum(listing.files[name].size or 0 for name in missing) / 1e6
        logger.warning(
            "downloading %s, %.1f MB, license: %s", located.address, size, listing.license
        )  # fmt: skip


def _choose(address: HubAddress, model_type: str, outputs: Sequence[str]) -> Reading:
    return read_output(model_type, outputs, "vision", address.options, address.repository)


def _read_object(path: Path, what: str) -> Mapping[str, JSON]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EmbedderUnavailable(f"{what} is not JSON: {error}") from error
    if not isinstance(settings, dict):
        raise EmbedderUnavailable(f"{what} holds {settings!r:.60}; expected a JSON object")
    return settings
