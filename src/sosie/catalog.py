"""The facade: everything that can be done with a catalogue, in the words of the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from sosie.coded import name_code_attribute
from sosie.contents import Contents
from sosie.embedders import registry
from sosie.embedders.base import Embedder
from sosie.errors import EmbedderMismatch, ImageError, ItemNotFound, StoreNotFound, UsageError
from sosie.evaluation.judging import BY_PRODUCT
from sosie.evaluation.page.page import render_page
from sosie.evaluation.page.pictures import Pictures
from sosie.evaluation.records import Evaluation
from sosie.evaluation.running import DEPTH, Plan, evaluate
from sosie.feedback import Feedback, FeedbackLog, Opinion, read_feedback, to_row
from sosie.filters import WhereLike, bind
from sosie.identifying import Identification, vote
from sosie.images.crop import Box, crop, parse_box
from sosie.images.decode import Limits
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.query import QueryImage, content_sha256, load_query, name_of
from sosie.images.transform import shorter_side_needed, to_pixels
from sosie.indexing.batch import BatchWorker
from sosie.indexing.embedding import Incoming, embed_items
from sosie.indexing.pipeline import Progress, not_empty, run
from sosie.indexing.remote import with_pictures
from sosie.ranking import check_k, count_views, to_matches, together
from sosie.sources.base import Source
from sosie.sources.opening import open_source
from sosie.stores.base import Store
from sosie.stores.opening import open_replacement, open_store
from sosie.timing import Stopwatch
from sosie.types import (
    EMBEDDING,
    CheckReport,
    EmbedderIdentity,
    EmbedderSpec,
    Hit,
    IndexReport,
    Manifest,
    SearchResult,
    Vectors,
)
from sosie.urls import is_url

if TYPE_CHECKING:
    from sosie.duplicates.records import DuplicateReport
    from sosie.images.fetch.fetcher import Fetcher

FIRST_GENERATION = f"{EMBEDDING}@1"
Crop = Box | str | None
Wrap = Callable[[Embedder], Embedder]


class Catalog(Contents):
    """A catalogue of product pictures in a store.

    Opening is lazy: the store is touched at the first call, and created by the first ``index``. ``embedder`` names
    the network for a new store; for one that exists it is checked against the one that filled it. A catalogue may be
    used from several threads at once; close it, or use it as a context manager. ``fetch`` says how pictures behind
    URLs are fetched, ``world`` which network that means. ``wrap`` is put around the embedder of queries and of
    ``upsert`` when it is loaded, and ``threads`` work on one call of it: None means every core.
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
        self._embedder_name = embedder
        self._limits = limits or Limits()
        self._fetch = fetch
        self._world = world
        self._threads = threads
        self._wrap = wrap or (lambda embedder: embedder)
        self._opened: Store | None = None
        self._loaded: Embedder | None = None
        self._fetcher: Fetcher | None = None
        self._opening = Lock()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store, and of connections to fetch pictures."""
        if self._fetcher is not None:
            self._fetcher.close()
            self._fetcher = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def index(
        self,
        source: Source | str | Path,
        *,
        sync: bool = False,
        dry_run: bool = False,
        swap: bool = False,
        code_attribute: str | None = None,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> IndexReport:
        """Bring the catalogue up to date with a source: new pictures in, changed ones anew, the rest left alone.

        With ``sync`` items that the source no longer has are removed; ``dry_run`` only says what would be done.
        With ``swap`` a new catalogue is built beside the one in use and takes its place in the end; a run that fails,
        is interrupted or adds nothing leaves the old one as it was. ``code_attribute`` names the attribute that holds
        the products' EAN or other codes; the store keeps the name, and it is looked for after everything else is done.
        ``SourceError`` where the source holds nothing, ``UsageError`` where no item has that attribute.
        """
        if swap:
            return self._index_anew(source, sync or dry_run, code_attribute, workers, on_progress)
        opened = open_source(source) if isinstance(source, str | Path) else source
        embedder = self._embedder_for_indexing()
        stream = not_empty(with_pictures(opened, self._fetch, self._world), str(opened))
        store = self._store_for_indexing(embedder, dry_run)
        worker = BatchWorker(store, embedder, store.manifest.active[EMBEDDING], self._limits, dry_run)
        report = run(stream, worker, total=opened.count(), sync=sync, workers=workers, on_progress=on_progress)
        if not dry_run:
            store.optimize()
            if code_attribute is not None:
                name_code_attribute(store, code_attribute)
        return report

    def _index_anew(
        self,
        source: Source | str | Path,
        otherwise: bool,
        code_attribute: str | None,
        workers: int | None,
        on_progress: Callable[[Progress], None],
    ) -> IndexReport:
        if otherwise:
            raise UsageError("--swap builds everything anew: it goes with neither --sync nor --dry-run")
        name = self._name_for_indexing()
        spec = registry.load(name, threads=1).spec
        with open_replacement(self.uri, first_manifest(spec)) as replacement:
            beside = Catalog(self.uri, embedder=name, limits=self._limits, fetch=self._fetch, world=self._world)
            beside._opened = replacement.store
            report = beside.index(source, code_attribute=code_attribute, workers=workers, on_progress=on_progress)
            if report.added and not report.interrupted:
                replacement.commit()
        return report

    def create(self) -> bool:
        """Make an empty store where none is; whether one was made."""
        try:
            _ = self._store
        except StoreNotFound:
            self._store_for_indexing(self._embedder_for_indexing(), dry_run=False)
            return True
        return False

    def warm(self) -> None:
        """Open the store and load the network now instead of at the first search."""
        self._embed([np.zeros((8, 8, 3), np.uint8)], None, self._embedder, Stopwatch())

    def upsert(self, incoming: Iterable[Incoming]) -> IndexReport:
        """Add or replace single items, durable on return; what is unchanged is skipped.

        An item may come with the bytes of its picture as ``Fetched``.
        """
        store = self._store
        worker = BatchWorker(store, self._embedder, store.manifest.active[EMBEDDING], self._limits)
        return run(incoming, worker, workers=1)

    def fetch(self, url: str) -> bytes:
        """The picture behind a URL, as it was sent; ``ImageNotFetched`` where there is none."""
        from sosie.images.fetch.fetcher import QUERY_OPTIONS, Fetcher

        with self._opening:
            if self._fetcher is None:
                self._fetcher = Fetcher(self._fetch or QUERY_OPTIONS, self._world)
            fetcher = self._fetcher
        return fetcher.fetch_one(url).data

    def examine(self, image: QueryImage) -> None:
        """Raise the ``ImageError`` with which this picture would be refused, if it would."""
        load_query(image, self._limits)

    def search(
        self,
        image: QueryImage,
        k: int = 10,
        *,
        where: WhereLike = None,
        crop: Crop = None,
        min_probability: float | None = None,
    ) -> SearchResult:
        """The k products most like a picture: a path, URL, bytes of a file, PIL image or array (h, w[, 3 or 4]).

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
            bound = bind(where, manifest.attributes)
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
            bound = bind(where, manifest.attributes)
            [hits] = store.search(name, record.vectors[name][np.newaxis], k + 1, bound, distinct="product_id")
            others = [hit for hit in hits if hit.record.product_id != record.product_id]
        return self._result(others[:k], item_id, manifest, watch)

    def evaluate(
        self,
        queries: Source | str | Path | None = None,
        *,
        by: str = BY_PRODUCT,
        leave_one_out: bool = False,
        per: Sequence[str] = (),
        depth: int = DEPTH,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Evaluation:
        """Ask with labelled pictures and keep what came; ``evaluation.summary`` makes figures of it.

        An answer is right when its attribute ``by`` equals the query's. With ``leave_one_out`` and no queries, every
        item is asked for with its own picture left out. ``per`` names attributes of the queries to break figures down
        by, and ``depth`` how many products of each answer are looked at.
        """
        if (queries is None) != leave_one_out:
            raise UsageError("an evaluation needs either labelled queries or leave_one_out, and not both")
        store, plan = self._store, Plan(by, tuple(per), check_k(depth))
        if queries is None:
            return evaluate(store, self.uri, None, plan, store.count(), on_progress)
        source = open_source(queries) if isinstance(queries, str | Path) else queries
        stream = embed_items(source, self._embedder_for_indexing(), self._limits, workers)
        return evaluate(store, self.uri, stream, plan, source.count(), on_progress)

    def evaluation_page(self, evaluation: Evaluation) -> str:
        """The evaluation as one HTML page that needs nothing beside it, with pictures of this catalogue."""
        return render_page(evaluation, Pictures(self._store, self._limits))

    def duplicates(
        self, *, workers: int | None = None, on_progress: Callable[[int, int | None], None] = lambda done, total: None
    ) -> DuplicateReport:
        """Groups of items whose pictures are copies of each other, edited or not, or whose products share a code.

        ``on_progress`` is told how many items were searched, then how many of how many pairs were compared.
        """
        from sosie.duplicates import find_duplicates

        return find_duplicates(self._store, workers, on_progress)

    def duplicates_page(self, report: DuplicateReport) -> str:
        """The groups as one HTML page that needs nothing beside it, with pictures of this catalogue."""
        from sosie.duplicates.page.page import render_page

        return render_page(report, self.uri, Pictures(self._store, self._limits))

    def identify(
        self, image: QueryImage, by: str = BY_PRODUCT, k: int = 10, *, where: WhereLike = None, crop: Crop = None
    ) -> Identification:
        """Which value of the attribute ``by`` the k nearest items vote for, weighted by how near they are."""
        store, manifest = self._store, self._store.manifest
        store.facets([by], limit=1)
        bound = bind(where, manifest.attributes)
        query = self._embed([image], crop, self._embedder, Stopwatch())
        [hits] = store.search(manifest.active[EMBEDDING], query, check_k(k), bound)
        return vote(hits, by, name_of(image))

    def confirm(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        """Keep that the picture shows the product of this item; ``ItemNotFound`` where there is none."""
        return self._give_feedback("confirmed", image, item_id, crop)

    def reject(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        """Keep that the picture does not show the product of this item; ``ItemNotFound`` where there is none."""
        return self._give_feedback("rejected", image, item_id, crop)

    def feedback(self) -> FeedbackLog:
        """What people said of answers, as far as it belongs to the store's embedder."""
        return read_feedback(self._store.feedback(), self._store.manifest.embedder.fingerprint)

    def check(self, *, repair: bool = False) -> CheckReport:
        """Look at every item and every cache; with ``repair`` mend what can be mended."""
        return self._store.check(repair)

    def optimize(self) -> None:
        """Bring the caches that make search fast up to date."""
        self._store.optimize()

    @property
    def _store(self) -> Store:
        with self._opening:
            if self._opened is None:
                self._opened = open_store(self.uri)
            return self._opened

    @property
    def _embedder(self) -> Embedder:
        """The embedder that filled the store, for queries; loaded once."""
        stored = self._store.manifest.embedder
        with self._opening:
            if self._loaded is None:
                embedder = registry.load(self._embedder_name or stored.name, threads=self._threads)
                check_same(stored, embedder.spec, self.uri)
                self._loaded = self._wrap(embedder)
            return self._loaded

    def _at_hand(self, image: QueryImage) -> QueryImage:
        """The picture behind a URL; everything else as it is."""
        if isinstance(image, str) and is_url(image):
            return self.fetch(image)
        return image

    def _embedder_for_indexing(self) -> Embedder:
        """One network thread for each worker: the pipeline has a worker for each core."""
        embedder = registry.load(self._name_for_indexing(), threads=1)
        if stored := self._stored_embedder():
            check_same(stored, embedder.spec, self.uri)
        return embedder

    def _name_for_indexing(self) -> str:
        """The embedder that was asked for, else the one that filled the store, else the default."""
        stored = self._stored_embedder()
        return self._embedder_name or (stored.name if stored else registry.DEFAULT)

    def _stored_embedder(self) -> EmbedderIdentity | None:
        """The embedder that filled the store, None where there is no store yet."""
        try:
            return self._store.manifest.embedder
        except StoreNotFound:
            return None

    def _store_for_indexing(self, embedder: Embedder, dry_run: bool) -> Store:
        if self._opened is not None:
            return self._opened
        new = first_manifest(embedder.spec)
        if dry_run:
            return open_store("memory:", create=new)
        self._opened = open_store(self.uri, create=new)
        return self._opened

    def _embed(self, images: Sequence[QueryImage], crop: Crop, embedder: Embedder, watch: Stopwatch) -> Vectors:
        transforms = embedder.spec.transforms
        with watch.stage("decode"):
            needed = shorter_side_needed(transforms) if crop is None else None
            pictures = [cropped(load_query(self._at_hand(image), self._limits, needed), crop) for image in images]
            pixels = [to_pixels(picture, transforms) for picture in pictures]
        with watch.stage("embed"):
            return embedder.embed([np.stack(arrays) for arrays in zip(*pixels, strict=True)])

    def _give_feedback(self, opinion: Opinion, image: QueryImage, item_id: str, crop: Crop) -> Feedback:
        record, manifest = self.get(item_id), self._store.manifest
        at_hand = self._at_hand(image)
        feedback = Feedback(
            opinion=opinion,
            item_id=item_id,
            product_id=record.product_id,
            query=name_of(image),
            content_sha256=content_sha256(at_hand, self._limits),
            fingerprint=manifest.embedder.fingerprint,
            generation=manifest.active[EMBEDDING],
            vectors=self._embed([at_hand], crop, self._embedder, Stopwatch()),
        )
        self._store.add_feedback([to_row(feedback)])
        return feedback

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
