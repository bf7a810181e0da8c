"""The facade: everything that can be done with a catalogue, in the words of the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np
from PIL import Image

from sosie.embedders import registry
from sosie.embedders.base import Embedder
from sosie.errors import EmbedderMismatch, ImageError, ItemNotFound, StoreNotFound, UsageError
from sosie.filters import WhereLike, bind, where_from
from sosie.images.crop import Box, crop, parse_box
from sosie.images.decode import Limits
from sosie.images.query import QueryImage, load_query, name_of
from sosie.images.transform import shorter_side_needed, to_pixels
from sosie.indexing.batch import BatchWorker
from sosie.indexing.pipeline import Progress, run
from sosie.ranking import check_k, count_views, to_matches, together
from sosie.sources.base import Source
from sosie.sources.opening import open_source
from sosie.stores.base import Store
from sosie.stores.opening import open_store
from sosie.timing import Stopwatch
from sosie.types import (
    EMBEDDING,
    THUMBNAIL,
    AttributeType,
    CheckReport,
    EmbedderIdentity,
    EmbedderSpec,
    Hit,
    IndexReport,
    Manifest,
    Record,
    SearchResult,
    Vectors,
)

FIRST_GENERATION = f"{EMBEDDING}@1"
Crop = Box | str | None


@dataclass(frozen=True, slots=True)
class Stats:
    """What a catalogue holds."""

    store: str
    items: int
    products: int
    embedder: str
    fingerprint: str
    vectors: dict[str, int]
    attributes: dict[str, AttributeType]


class Catalog:
    """A catalogue of product pictures in a store.

    Opening is lazy: the store is touched at the first call, and created by the first ``index``. ``embedder`` names
    the network for a new store; for one that exists it is checked against the one that filled it. A catalogue may be
    used from several threads at once; close it, or use it as a context manager.
    """

    def __init__(self, uri: str, *, embedder: str | None = None, limits: Limits | None = None) -> None:
        self.uri = uri
        self._embedder_name = embedder
        self._limits = limits or Limits()
        self._opened: Store | None = None

    def __enter__(self) -> Catalog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def index(
        self,
        source: Source | str | Path,
        *,
        sync: bool = False,
        dry_run: bool = False,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> IndexReport:
        """Bring the catalogue up to date with a source: new pictures in, changed ones anew, the rest left alone.

        With ``sync`` items that the source no longer has are removed; ``dry_run`` only says what would be done.
        ``SourceError`` where the source holds nothing at all.
        """
        opened = open_source(source) if isinstance(source, str | Path) else source
        embedder = self._embedder_for_indexing()
        store = self._store_for_indexing(embedder, dry_run)
        worker = BatchWorker(store, embedder, store.manifest.active[EMBEDDING], self._limits, dry_run)
        report = run(opened, worker, total=opened.count(), sync=sync, workers=workers, on_progress=on_progress)
        if not dry_run:
            store.optimize()
        return report

    def search(
        self,
        image: QueryImage,
        k: int = 10,
        *,
        where: WhereLike = None,
        crop: Crop = None,
        min_probability: float | None = None,
    ) -> SearchResult:
        """The k products most like a picture: a path, the bytes of a file, a PIL image or an array (h, w[, 3 or 4]).

        ``crop`` is a region of the picture, as ``Box`` or ``"x,y,w,h"`` in pixels or fractions. ``ImageError`` where
        the picture cannot be used, ``FilterError`` for a bad ``where``, ``UsageError`` for a bad k or crop, and for
        ``min_probability`` while the catalogue is not calibrated.
        """
        return self.search_together([image], k, where=where, crop=crop, min_probability=min_probability)

    def search_many(
        self,
        images: Iterable[QueryImage],
        k: int = 10,
        *,
        where: WhereLike = None,
        crop: Crop = None,
        min_probability: float | None = None,
    ) -> Iterator[SearchResult | ImageError]:
        """An answer for each picture, in order; where a picture cannot be used, its ``ImageError`` stands in."""
        for image in images:
            try:
                yield self.search(image, k, where=where, crop=crop, min_probability=min_probability)
            except ImageError as error:
                yield error

    def search_together(
        self,
        images: Sequence[QueryImage],
        k: int = 10,
        *,
        where: WhereLike = None,
        crop: Crop = None,
        min_probability: float | None = None,
    ) -> SearchResult:
        """One answer for several pictures of one product."""
        if not images:
            raise UsageError("no picture was given: expected at least one")
        check_k(k)
        refuse_uncalibrated(min_probability, self.uri)
        watch = Stopwatch()
        with watch.stage("open"):
            store, manifest = self._store, self._store.manifest
            bound = bind(where_from(where), manifest.attributes)
            embedder = self._embedder
        query = together(self._embed(images, crop, embedder, watch))
        with watch.stage("search"):
            [hits] = store.search(manifest.active[EMBEDDING], query, k, bound, distinct="product_id")
        return self._result(hits, " + ".join(map(name_of, images)), manifest, watch)

    def similar(self, item_id: str, k: int = 10, *, where: WhereLike = None) -> SearchResult:
        """The k other products most like an item of the catalogue; ``ItemNotFound`` where it is none."""
        check_k(k)
        watch = Stopwatch()
        store, manifest = self._store, self._store.manifest
        name = manifest.active[EMBEDDING]
        with watch.stage("read"):
            record = self._record(item_id, (name,))
        if name not in record.vectors:
            raise ItemNotFound(f"item {item_id!r} has no vector {name}; index its picture again")
        with watch.stage("search"):
            bound = bind(where_from(where), manifest.attributes)
            [hits] = store.search(name, record.vectors[name][np.newaxis], k + 1, bound, distinct="product_id")
            others = [hit for hit in hits if hit.record.product_id != record.product_id]
        return self._result(others[:k], item_id, manifest, watch)

    def get(self, item_id: str) -> Record:
        """What the catalogue keeps of an item, without vectors and blobs; ``ItemNotFound`` where it is none."""
        return self._record(item_id, ())

    def thumbnail(self, item_id: str) -> bytes:
        """The JPEG of at most 256 × 256 pixels that was made when the item was indexed."""
        record = self._record(item_id, (THUMBNAIL,))
        if THUMBNAIL not in record.blobs:
            raise ItemNotFound(f"item {item_id!r} has no thumbnail; index its picture again")
        return record.blobs[THUMBNAIL]

    def delete(self, item_ids: Sequence[str]) -> int:
        """Remove items; the number that existed."""
        return self._store.delete(item_ids)

    def stats(self) -> Stats:
        """What the catalogue holds."""
        store = self._store
        manifest = store.manifest
        [products] = store.facets(["product_id"], limit=1)
        return Stats(
            store=self.uri,
            items=store.count(),
            products=products.distinct,
            embedder=manifest.embedder.name,
            fingerprint=manifest.embedder.fingerprint,
            vectors=dict(manifest.vectors),
            attributes=dict(manifest.attributes),
        )

    def check(self, *, repair: bool = False) -> CheckReport:
        """Look at every item and every cache; with ``repair`` mend what can be mended."""
        return self._store.check(repair)

    def optimize(self) -> None:
        """Bring the caches that make search fast up to date."""
        self._store.optimize()

    @property
    def _store(self) -> Store:
        if self._opened is None:
            self._opened = open_store(self.uri)
        return self._opened

    @cached_property
    def _embedder(self) -> Embedder:
        """The embedder that filled the store, for queries; loaded once."""
        stored = self._store.manifest.embedder
        embedder = registry.load(self._embedder_name or stored.name)
        check_same(stored, embedder.spec, self.uri)
        return embedder

    def _embedder_for_indexing(self) -> Embedder:
        """One network thread for each worker: the pipeline has a worker for each core."""
        try:
            stored = self._store.manifest.embedder
        except StoreNotFound:
            return registry.load(self._embedder_name or registry.DEFAULT, threads=1)
        embedder = registry.load(self._embedder_name or stored.name, threads=1)
        check_same(stored, embedder.spec, self.uri)
        return embedder

    def _store_for_indexing(self, embedder: Embedder, dry_run: bool) -> Store:
        if self._opened is not None:
            return self._opened
        new = first_manifest(embedder.spec)
        if dry_run:
            return open_store("memory:", create=new)
        self._opened = open_store(self.uri, create=new)
        return self._opened

    def _record(self, item_id: str, fields: Sequence[str]) -> Record:
        found = self._store.get([item_id], fields)
        if not found:
            raise ItemNotFound(f"no item {item_id!r} in {self.uri}; `sosie stats` tells what it holds")
        return found[0]

    def _embed(self, images: Sequence[QueryImage], crop: Crop, embedder: Embedder, watch: Stopwatch) -> Vectors:
        transforms = embedder.spec.transforms
        with watch.stage("decode"):
            needed = shorter_side_needed(transforms) if crop is None else None
            pictures = [cropped(load_query(image, self._limits, needed), crop) for image in images]
            pixels = [to_pixels(picture, transforms) for picture in pictures]
        with watch.stage("embed"):
            return embedder.embed([np.stack(arrays) for arrays in zip(*pixels, strict=True)])

    def _result(self, hits: Sequence[Hit], query: str, manifest: Manifest, watch: Stopwatch) -> SearchResult:
        with watch.stage("join"):
            views = count_views(self._store, [hit.record.product_id for hit in hits])
        return SearchResult(
            matches=to_matches(hits, views),
            verdict=None,
            query=query,
            embedder=manifest.embedder.name,
            calibration=None,
            timings=watch.seconds,
        )


def first_manifest(spec: EmbedderSpec) -> Manifest:
    """The manifest of a store that an embedder is about to fill."""
    return Manifest(
        embedder=EmbedderIdentity(spec.name, spec.fingerprint, spec.dim),
        vectors={FIRST_GENERATION: spec.dim},
        active={EMBEDDING: FIRST_GENERATION},
    )


def check_same(stored: EmbedderIdentity, spec: EmbedderSpec, uri: str) -> None:
    """``EmbedderMismatch`` unless the embedder gives the numbers that the store was filled with."""
    if spec.fingerprint != stored.fingerprint:
        raise EmbedderMismatch(
            f"{uri} was filled by {stored.name} ({stored.fingerprint}, {stored.dim} numbers), and this is {spec.name} "
            f"({spec.fingerprint}, {spec.dim} numbers): their vectors cannot be compared. Leave --embedder out to use "
            "the store's own, or index into a new store"
        )


def refuse_uncalibrated(min_probability: float | None, uri: str) -> None:
    """``UsageError`` where a probability is asked of a catalogue that gives none."""
    if min_probability is not None:
        raise UsageError(
            f"min_probability = {min_probability} was asked for, and {uri} is not calibrated, so its matches have "
            "scores but no probabilities; leave it out"
        )


def cropped(picture: Image.Image, region: Crop) -> Image.Image:
    """The region of a picture, or all of it."""
    if region is None:
        return picture
    return crop(picture, parse_box(region) if isinstance(region, str) else region)
