"""What the work on one catalogue needs: its store, its embedder, and a way to fetch pictures, each opened when used."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from sosie.embedders import registry
from sosie.embedders.base import Embedder
from sosie.errors import EmbedderMismatch, StoreNotFound
from sosie.images.decode import Limits
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.query import QueryImage
from sosie.indexing.target import NewStore, Target
from sosie.knowledge.details import with_details
from sosie.knowledge.generations import first_manifest, inherited
from sosie.stores.base import Store
from sosie.stores.opening import open_store
from sosie.support.urls import is_url
from sosie.types import EmbedderIdentity, EmbedderSpec, Manifest

if TYPE_CHECKING:
    from sosie.images.fetch.fetcher import Fetcher

Wrap = Callable[[Embedder], Embedder]


class Workbench:
    """The store, the embedder and the fetcher of one catalogue; safe in many threads.

    ``embedder`` names the network for a new store. ``wrap`` is put around the embedder of queries when it is loaded,
    and ``threads`` work on one call of it: None means every core.
    """

    def __init__(
        self,
        uri: str,
        *,
        embedder: str | None = None,
        limits: Limits | None = None,
        fetch: FetchOptions | None = None,
        world: World | None = None,
        wrap: Wrap | None = None,
        threads: int | None = None,
    ) -> None:
        self.uri = uri
        self.limits = limits or Limits()
        self.fetch_options = fetch
        self.world = world
        self._embedder_name = embedder
        self._threads = threads
        self._wrap = wrap or (lambda embedder: embedder)
        self._opened: Store | None = None
        self._loaded: Embedder | None = None
        self._fetcher: Fetcher | None = None
        self._opening = Lock()

    def close(self) -> None:
        """Let go of the store, and of connections to fetch pictures."""
        if self._fetcher is not None:
            self._fetcher.close()
            self._fetcher = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def beside(self, store: Store, embedder: str) -> Workbench:
        """A workbench for a store that is filled to take the place of this one's."""
        other = Workbench(self.uri, embedder=embedder, limits=self.limits, fetch=self.fetch_options, world=self.world)
        other._opened = store
        return other

    @property
    def store(self) -> Store:
        """The store; ``StoreNotFound`` where none is."""
        with self._opening:
            if self._opened is None:
                self._opened = open_store(self.uri)
            return self._opened

    @property
    def embedder(self) -> Embedder:
        """The embedder that filled the store, for queries; loaded once."""
        if self._loaded is not None:
            return self._loaded
        stored = self.store.manifest.embedder
        with self._opening:
            if self._loaded is None:
                embedder = registry.load(self._embedder_name or stored.name, threads=self._threads)
                check_same(stored, embedder.spec, self.uri)
                self._loaded = self._wrap(embedder)
            return self._loaded

    def embedder_for_indexing(self) -> Embedder:
        """One network thread for each worker: the pipeline has a worker for each core."""
        embedder = registry.load(self.embedder_name(), threads=1)
        if stored := self._stored_embedder():
            check_same(stored, embedder.spec, self.uri)
        return embedder

    def embedder_name(self) -> str:
        """The embedder that was asked for, else the one that filled the store, else the default."""
        stored = self._stored_embedder()
        return self._embedder_name or (stored.name if stored else registry.DEFAULT)

    def target(self, spec: EmbedderSpec, dry_run: bool, details: bool) -> Target:
        """The store to index into, or what stands for one that is not there yet; a dry run leaves nothing of it."""
        if self._opened is not None:
            return self._opened
        empty = open_store("memory:", create=_new_manifest(spec, details))
        return empty if dry_run else NewStore(empty, lambda: self.make(spec, details))

    def make(self, spec: EmbedderSpec, details: bool = True) -> Store:
        """A new store, unless another process has made it meanwhile; then its embedder must be the same."""
        self._opened = open_store(self.uri, create=_new_manifest(spec, details))
        check_same(self._opened.manifest.embedder, spec, self.uri)
        return self._opened

    def manifest_anew(self, spec: EmbedderSpec, details: bool) -> Manifest:
        """The manifest with which a store that takes this one's place begins."""
        return inherited(self.store.manifest, spec) if self.exists else _new_manifest(spec, details)

    @property
    def exists(self) -> bool:
        """Whether there is a store yet."""
        return self._stored_embedder() is not None

    def at_hand(self, image: QueryImage) -> QueryImage:
        """The picture behind a URL; everything else as it is."""
        if isinstance(image, str) and is_url(image):
            return self.fetch(image)
        return image

    def fetch(self, url: str) -> bytes:
        """The picture behind a URL, as it was sent; ``ImageNotFetched`` where there is none."""
        from sosie.images.fetch.fetcher import QUERY_OPTIONS, Fetcher

        with self._opening:
            if self._fetcher is None:
                self._fetcher = Fetcher(self.fetch_options or QUERY_OPTIONS, self.world)
            fetcher = self._fetcher
        return fetcher.fetch_one(url).data

    def _stored_embedder(self) -> EmbedderIdentity | None:
        """The embedder that filled the store, None where there is no store yet."""
        try:
            return self.store.manifest.embedder
        except StoreNotFound:
            return None


def _new_manifest(spec: EmbedderSpec, details: bool) -> Manifest:
    manifest = first_manifest(spec)
    return with_details(manifest) if details else manifest


def check_same(stored: EmbedderIdentity, spec: EmbedderSpec, uri: str) -> None:
    """``EmbedderMismatch`` unless the embedder gives the numbers that the store was filled with."""
    if spec.fingerprint != stored.fingerprint:
        raise EmbedderMismatch(
            f"{uri} was filled by {stored.name} ({stored.fingerprint}, {stored.dim} numbers), and this is {spec.name} "
            f"({spec.fingerprint}, {spec.dim} numbers): their vectors cannot be compared. Leave --embedder out to use "
            "the store's own, or index into a new store"
        )
