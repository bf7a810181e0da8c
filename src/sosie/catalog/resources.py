"""The store, the embedder and the fetcher of a catalog, each opened on first use."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from sosie.embedders import registry
from sosie.embedders.base import Embedder, TextEncoder, text_encoder_of
from sosie.embedders.runtime import Device
from sosie.errors import EmbedderMismatch, StoreNotFound
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.limits import DEFAULT_LIMITS, Limits
from sosie.images.query import QueryImage
from sosie.indexing.target import NewStore, Target
from sosie.knowledge.details import keeps_details
from sosie.knowledge.generations import inherited
from sosie.knowledge.knowledge import Knowledge, knowledge_of
from sosie.stores.base import Store
from sosie.stores.opening import open_store
from sosie.support.cores import usable_cores
from sosie.support.urls import is_url
from sosie.types import EmbedderIdentity, EmbedderSpec, Manifest

if TYPE_CHECKING:
    from sosie.images.fetch.fetcher import Fetcher

_log = logging.getLogger("sosie.catalog")
Wrap = Callable[[Embedder], Embedder]


@dataclass(frozen=True, slots=True)
class OpeningOptions:
    """Options for opening a catalog; see ``Catalog``."""

    embedder: str | None = None
    limits: Limits = DEFAULT_LIMITS
    fetch: FetchOptions | None = None
    world: World | None = None
    wrap: Wrap | None = None
    threads: int | None = None
    quick: bool = False
    device: Device = "auto"

    def given(self) -> dict[str, Any]:
        """The options as keywords of ``Catalog``."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Loaded:
    """An embedder as it was loaded, and as it is wrapped for queries."""

    bare: Embedder
    wrapped: Embedder


MOST_LOADED = 2


class Resources:
    """The open resources of a catalog; thread-safe."""

    def __init__(self, uri: str, options: OpeningOptions) -> None:
        self.uri = uri
        self.options = options
        self._opened: Store | None = None
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._fetcher: Fetcher | None = None
        self._opening = Lock()

    def close(self) -> None:
        """Closes the store and the fetcher's connections."""
        if self._fetcher is not None:
            self._fetcher.close()
            self._fetcher = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def with_store(self, store: Store, embedder: str) -> Resources:
        """The same resources with another store, which will replace the current store."""
        other = Resources(self.uri, replace(self.options, embedder=embedder))
        other._opened = store
        return other

    @property
    def limits(self) -> Limits:
        """The largest picture that is read."""
        return self.options.limits

    @property
    def store(self) -> Store:
        """The store at the address; ``StoreNotFound`` if there is none. Opened again if it was moved or replaced."""
        with self._opening:
            if self._opened is not None and not self._opened.is_in_place():
                _log.warning("the store %s was moved, deleted or replaced: opening it again", self.uri)
                self._opened.close()
                self._opened = None
            if self._opened is None:
                self._opened = open_store(self.uri)
            return self._opened

    @property
    def knowledge(self) -> Knowledge:
        """The typed view of the store's current manifest. Operations that belong together should use one view."""
        return knowledge_of(self.store.manifest)

    def embedder_of(self, manifest: Manifest) -> Embedder:
        """The embedder of this manifest, for queries; loaded once."""
        return self._loaded_for(manifest).wrapped

    def text_encoder(self, manifest: Manifest) -> TextEncoder | None:
        """The text encoder of this manifest's embedder; None if it has none."""
        return text_encoder_of(self._loaded_for(manifest).bare)

    def _loaded_for(self, manifest: Manifest) -> Loaded:
        """The embedder of this manifest. During a migration, two may be in use."""
        stored = manifest.embedder
        with self._opening:
            if stored.fingerprint not in self._loaded:
                bare = registry.load(
                    self.options.embedder or stored.name, threads=self._threads(manifest), device=self.options.device
                )
                check_same(stored, bare.spec, self.uri)
                self._loaded[stored.fingerprint] = Loaded(bare, self.options.wrap(bare) if self.options.wrap else bare)
                if len(self._loaded) > MOST_LOADED:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(stored.fingerprint)
            return self._loaded[stored.fingerprint]

    def _threads(self, manifest: Manifest) -> int:
        """The threads of the embedder for queries. A core is left for details, which are compared meanwhile."""
        return self.options.threads or max(1, usable_cores() - keeps_details(manifest))

    def embedder_for_batches(self, manifest: Manifest) -> Embedder:
        """The embedder of this manifest with one thread, because each core has a worker for batches."""
        embedder = registry.load(self.options.embedder or manifest.embedder.name, threads=1, device=self.options.device)
        check_same(manifest.embedder, embedder.spec, self.uri)
        return embedder

    def embedder_for_indexing(self) -> Embedder:
        """The embedder with one thread, because the pipeline has a worker for each core."""
        embedder = registry.load(self.embedder_name(), threads=1, device=self.options.device)
        if stored := self._stored_embedder():
            check_same(stored, embedder.spec, self.uri)
        return embedder

    def embedder_name(self) -> str:
        """The name of the requested embedder, else of the store's embedder, else of the default embedder."""
        stored = self._stored_embedder()
        return self.options.embedder or (stored.name if stored else registry.DEFAULT)

    def target(self, first: Manifest, dry_run: bool) -> Target:
        """The store to index into. A dry run for a store that does not exist yet gets a stand-in.

        ``first`` is the manifest of a new store.
        """
        if self._opened is not None:
            return self._opened
        empty = open_store("memory:", create=first)
        return empty if dry_run else NewStore(empty, lambda: self.make(first))

    def make(self, first: Manifest) -> Store:
        """Creates the store. If another process has created it, opens it; then the embedder must be the same."""
        self._opened = open_store(self.uri, create=first)
        check_same(self._opened.manifest.embedder, first.embedder, self.uri)
        return self._opened

    def manifest_anew(self, first: Manifest, spec: EmbedderSpec) -> Manifest:
        """The first manifest of a store that replaces this one; ``first`` if there is no store."""
        return inherited(self.store.manifest, spec) if self.exists() else first

    def forget_named_embedder(self) -> None:
        """Uses the store's embedder from now on, because a migration has changed it."""
        self.options = replace(self.options, embedder=None)

    def exists(self) -> bool:
        """True if the store exists."""
        return self._stored_embedder() is not None

    def with_bytes(self, image: QueryImage) -> QueryImage:
        """Fetches a picture that is given by its URL; returns any other picture unchanged."""
        return self.fetch(image) if isinstance(image, str) and is_url(image) else image

    def fetch(self, url: str) -> bytes:
        """Fetches the bytes of the picture at a URL; ``ImageNotFetched`` if there is none."""
        from sosie.images.fetch.fetcher import QUERY_OPTIONS, Fetcher

        with self._opening:
            if self._fetcher is None:
                self._fetcher = Fetcher(self.options.fetch or QUERY_OPTIONS, self.options.world)
            fetcher = self._fetcher
        return fetcher.fetch_one(url).data

    def _stored_embedder(self) -> EmbedderIdentity | None:
        """The embedder that filled the store; None if there is no store yet."""
        try:
            return self.store.manifest.embedder
        except StoreNotFound:
            return None


def check_same(stored: EmbedderIdentity, spec: EmbedderSpec | EmbedderIdentity, uri: str) -> None:
    """Raises ``EmbedderMismatch`` unless the embedder is the one that filled the store."""
    if spec.fingerprint != stored.fingerprint and spec.name == stored.name:
        raise EmbedderMismatch(
            f"{uri} was filled by {stored.name} ({stored.fingerprint}), and its files have changed "
            f"({spec.fingerprint}): remove them from the cache and fetch them again, or index into a new store"
        )
    if spec.fingerprint != stored.fingerprint:
        raise EmbedderMismatch(
            f"{uri} was filled by {stored.name} ({stored.fingerprint}, {stored.dim} numbers), and this is {spec.name} "
            f"({spec.fingerprint}, {spec.dim} numbers): their vectors cannot be compared. Leave --embedder out to use "
            "the store's own, or index into a new store"
        )
