"""Opens embedders on the Hub through the cache."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

from sosie.embedders.base import TextEncoder
from sosie.embedders.hub import client
from sosie.embedders.hub.address import HubAddress
from sosie.embedders.hub.client import Listing
from sosie.embedders.hub.layout import CONFIG, PREPROCESSOR, GraphFiles, Side, choose_graph, find_graph
from sosie.embedders.hub.preprocessor import read_transform
from sosie.embedders.hub.reading import read_output
from sosie.embedders.hub.text import has_text_files, may_have_words, open_hub_text
from sosie.embedders.network import Reading
from sosie.embedders.onnx import OnnxEmbedder
from sosie.embedders.runtime import Device, Weights
from sosie.errors import EmbedderUnavailable
from sosie.types import JSON

logger = logging.getLogger("sosie.embedders")


@dataclass(frozen=True, slots=True)
class Located:
    """An address with its commit, and the files of this commit."""

    address: HubAddress
    listing: Listing

    def has(self, name: str) -> bool:
        """True if the repository has this file."""
        return name in self.listing.files

    def path(self, name: str) -> Path:
        """The path of a file in the cache."""
        return client.fetch_file(self.listing, name)

    def graph(self, side: Side) -> GraphFiles:
        """The graph for pictures or words; ``EmbedderUnavailable`` if there is none."""
        return choose_graph(self.listing.files, side, self.address.variant, self.address.repository)

    def weights(self, graph: GraphFiles) -> Weights:
        """The graph's files, in the cache."""
        paths = {name: self.path(name) for name in graph.in_order}
        return Weights(paths[graph.graph], {graph.name_in_graph(name): paths[name] for name in graph.data})

    def settings(self, name: str) -> Mapping[str, JSON]:
        """The JSON object in a file of the repository."""
        return _read_object(self.path(name), f"{name} of {self.address.repository}")


class HubEmbedder(OnnxEmbedder):
    """A network of the Hub. Its text encoder is downloaded and opened with the first words."""

    def __init__(self, located: Located, threads: int | None, device: Device) -> None:
        repository, settings = located.address.repository, located.settings(CONFIG)
        self.model_type = str(settings.get("model_type", ""))
        super().__init__(
            str(located.address),
            located.weights(located.graph("vision")),
            read_transform(located.settings(PREPROCESSOR), f"{PREPROCESSOR} of {repository}"),
            reading=partial(_choose, located.address, self.model_type),
            threads=threads,
            device=device,
        )
        self._located = located
        self._text_settings = (settings, self._threads, device)
        self._opening_text = Lock()
        self._text: TextEncoder | None = None

    def open_text(self) -> TextEncoder | None:
        """The text encoder; None if networks of this type have none. It is downloaded if the cache lacks it."""
        if not may_have_words(self.model_type):
            return None
        with self._opening_text:
            if self._text is None:
                self._text = open_hub_text(with_text(self._located), *self._text_settings)
            return self._text


def open_hub(name: str, threads: int | None = None, device: Device = "auto") -> HubEmbedder:
    """The embedder of a name that begins with ``hub:``, downloaded if the cache lacks it, and run once as a check.

    The embedder's own name contains the commit, so a store always uses the files that filled it.
    """
    located = locate(HubAddress.parse(name))
    announce(located, "vision")
    embedder = HubEmbedder(located, threads, device)
    _ = embedder.spec
    return embedder


def pull(name: str) -> str:
    """Downloads all files of a network, with its text encoder; returns its name with the commit."""
    address = HubAddress.parse(name)
    located = locate(address) if client.is_offline() else look_up(address)
    announce(located, "vision")
    embedder = HubEmbedder(located, None, "cpu")
    _ = embedder.spec
    if may_have_words(embedder.model_type) and has_text_files(located.listing.files, address.variant):
        embedder.open_text()
    return embedder.spec.name


def with_text(located: Located) -> Located:
    """The same network with the files of its text encoder; ``EmbedderUnavailable`` if there is none."""
    variant = located.address.variant
    if not has_text_files(located.listing.files, variant):
        located = look_up(located.address)
    announce(located, "text")
    if not has_text_files(located.listing.files, variant):
        raise EmbedderUnavailable(
            f"{located.address} has no tokenizer.json or no graph for words, so it embeds only pictures; "
            "words are still searched in titles"
        )
    return located


def locate(address: HubAddress) -> Located:
    """The files of an address: from the cache if they are complete there, else from the Hub."""
    commit = address.revision if address.is_pinned else _commit_without_network(address)
    if commit is not None:
        cached = client.cached_listing(address.repository, commit)
        if _is_complete(cached, address):
            return Located(address.pinned(commit), cached)
    return look_up(address)


def look_up(address: HubAddress) -> Located:
    """The current files of an address on the Hub."""
    listing = client.list_repository(address.repository, address.revision)
    if not address.is_pinned:
        client.remember_commit(address.repository, address.revision, listing.commit)
    return Located(address.pinned(listing.commit), listing)


def _commit_without_network(address: HubAddress) -> str | None:
    """The last known commit of a branch, if the network must not be used."""
    return client.cached_commit(address.repository, address.revision) if client.is_offline() else None


def _is_complete(cached: Listing, address: HubAddress) -> bool:
    """True if the cache has all files for pictures. A graph is downloaded last, after its weights."""
    files = cached.files
    return CONFIG in files and PREPROCESSOR in files and find_graph(files, "vision", address.variant) is not None


def announce(located: Located, side: Side) -> None:
    """Logs license and size before a download."""
    listing = located.listing
    graph = find_graph(listing.files, side, located.address.variant)
    files = graph.in_order if graph else ()
    missing = [name for name in files if not client.cached_file(listing.repository, listing.commit, name)]
    if missing:
        size = sum(listing.files[name].size or 0 for name in missing) / 1e6
        logger.warning("downloading %s (%s), %.1f MB, license: %s", located.address, side, size, listing.license)


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
