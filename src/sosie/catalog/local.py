"""The facade: everything that can be done with a catalogue, in the words of the command line."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from sosie.calibration.fitting import WISHED_PRECISION
from sosie.catalog.asking import Asking, Crop
from sosie.catalog.contents import Contents
from sosie.catalog.intake import Watching, imprint_of, index
from sosie.catalog.workbench import Workbench, Wrap
from sosie.embedders import registry
from sosie.embedders.base import Embedder
from sosie.errors import ItemNotFound, SosieError, StoreNotFound, UsageError
from sosie.evaluation.grouping import refuse_unknown
from sosie.evaluation.page.page import render_evaluation_page
from sosie.evaluation.page.pictures import PagePictures
from sosie.evaluation.records import Evaluation
from sosie.evaluation.relevance import BY_PRODUCT
from sosie.evaluation.running import DEPTH, Plan, evaluate
from sosie.filters import WhereLike, bind
from sosie.images.crop import box_of, crop
from sosie.images.decode import Limits
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.query import QueryImage, content_sha256, load_query, query_name
from sosie.indexing.batch import BatchWorker
from sosie.indexing.embedding import Incoming
from sosie.indexing.pipeline import run
from sosie.indexing.remote import with_pictures
from sosie.indexing.writing import Writer
from sosie.knowledge.calibrations import calibration_of
from sosie.knowledge.codes import code_attribute, refuse_without_codes, with_codes_named
from sosie.knowledge.details import keeps_details
from sosie.knowledge.generations import generations_of
from sosie.learning.adapting import AdaptReport, Stage, adapt_by_labels, adapt_by_photos
from sosie.learning.calibrating import Batch, CalibrateReport, calibrate_store, counted, hear, hear_feedback
from sosie.learning.feedback import Feedback, FeedbackLog, Opinion, read_feedback, to_row
from sosie.learning.generation import undo_adaptation
from sosie.learning.lessons import MOST_COMPARED, Lessons, Teaching, lessons_of
from sosie.searching.answer import Answer, Candidate, to_result
from sosie.searching.identify import Identification, vote
from sosie.searching.photos import Done, Photos, answers_to, ask_photos
from sosie.searching.query import Query, Questioner
from sosie.searching.ranking import check_k
from sosie.searching.reasons import SIDE, Reasons
from sosie.searching.searcher import Searcher, answer_now
from sosie.searching.views import CLOSER, WHOLE
from sosie.sources.base import Source
from sosie.sources.opening import opened
from sosie.stores.base import Store
from sosie.stores.opening import open_replacement
from sosie.support.timing import Stopwatch
from sosie.types import EMBEDDING, CheckReport, IndexReport, Manifest, Progress, Rejection, SearchResult

if TYPE_CHECKING:
    from sosie.duplicates.records import DuplicateReport


class Catalog(Asking, Contents):
    """A catalogue of product pictures in a store.

    Opening is lazy: the store is touched at the first call, and created by the first ``index``. ``embedder`` names
    the network for a new store; for one that exists it is checked against the one that filled it. A catalogue may be
    used from several threads at once; close it, or use it as a context manager. ``fetch`` says how pictures behind
    URLs are fetched, ``world`` which network that means. ``wrap`` is put around the embedder of queries and of
    ``upsert`` when it is loaded, and ``threads`` work on one call of it: None means every core. ``quick`` looks at
    photos as a whole only, in a quarter of the time, and finds less.
    """

    def __init__(
        self,
        uri: str | Path,
        *,
        embedder: str | None = None,
        limits: Limits | None = None,
        fetch: FetchOptions | None = None,
        world: World | None = None,
        wrap: Wrap | None = None,
        threads: int | None = None,
        quick: bool = False,
    ) -> None:
        self.uri = str(uri)
        self._closer = WHOLE if quick else CLOSER
        self._bench = Workbench(
            self.uri, embedder=embedder, limits=limits, fetch=fetch, world=world, wrap=wrap, threads=threads
        )

    def close(self) -> None:
        """Let go of the store, and of connections to fetch pictures."""
        self._bench.close()

    def index(
        self,
        source: Source | str | Path,
        *,
        sync: bool = False,
        dry_run: bool = False,
        swap: bool = False,
        details: bool | None = None,
        codes_in: str | None = None,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        on_rejection: Callable[[Rejection], None] = lambda _: None,
    ) -> IndexReport:
        """Bring the catalogue up to date with a source: new pictures in, changed ones anew, the rest left alone.

        With ``sync`` items that the source no longer has are removed; ``dry_run`` only says what would be done.
        With ``swap`` a new catalogue is built beside the one in use and takes its place in the end; a run that fails,
        is interrupted or adds nothing leaves the old one as it was. ``SourceError`` where the source holds nothing; a
        new store is made when the first picture is written. ``details`` says whether the details of pictures are kept,
        by which exact products are told apart: None means yes in a new store, and as before in an old one.
        ``codes_in`` names the attribute that holds the products' EAN or other codes; the store keeps the name.
        ``UsageError`` at once where the source is known to have no such attribute; where none of its items turns out to
        have it, the report has a note. ``on_rejection`` hears of each rejection at once, so that none is lost where the
        run fails.
        """
        if swap and (sync or dry_run):
            raise UsageError("--swap builds everything anew: it goes with neither --sync nor --dry-run")
        watching, entries = Watching(workers, on_progress, on_rejection), opened(source)
        if codes_in is not None:
            held = self._store.manifest.attributes if self.exists() and not swap else {}
            refuse_without_codes(codes_in, entries, held)
        if swap:
            return self._index_anew(entries, watching, details, codes_in)
        report = index(self._bench, entries, watching, sync=sync, dry_run=dry_run, details=details)
        if codes_in is None or dry_run or not self.exists():
            return report
        return with_codes_named(self._store, codes_in, report)

    def _index_anew(
        self, source: Source, watching: Watching, details: bool | None, codes_in: str | None
    ) -> IndexReport:
        name = self._bench.embedder_name()
        spec = registry.load(name, threads=1).spec
        with open_replacement(self.uri, self._bench.manifest_anew(spec, details is not False)) as replacement:
            beside = self._bench.beside(replacement.store, name)
            report = index(beside, source, watching, details=details)
            if report.added and not report.interrupted:
                if codes_in is not None:
                    report = with_codes_named(replacement.store, codes_in, report)
                replacement.commit()
        return report

    def create(self) -> bool:
        """Make an empty store where none is; whether one was made."""
        try:
            _ = self._store
        except StoreNotFound:
            self._bench.make(self._bench.embedder_for_indexing().spec)
            return True
        return False

    def exists(self) -> bool:
        """Whether there is a store yet."""
        return self._bench.exists

    def warm(self) -> None:
        """Open the store and load the network now instead of at the first search."""
        self._query([np.zeros((8, 8, 3), np.uint8)], None, Stopwatch())

    def upsert(self, incoming: Iterable[Incoming]) -> IndexReport:
        """Add or replace single items, durable on return; what is unchanged is skipped.

        An item may come with the bytes of its picture as ``Fetched``.
        """
        bench = self._bench
        worker = BatchWorker(bench.store, bench.embedder, lambda: imprint_of(bench.store), bench.limits)
        return run(incoming, worker, Writer(bench.store), workers=1)

    def fetch(self, url: str) -> bytes:
        """The picture behind a URL, as it was sent; ``ImageNotFetched`` where there is none."""
        return self._bench.fetch(url)

    def examine(self, image: QueryImage) -> None:
        """Raise the ``ImageError`` with which this picture would be refused, if it would."""
        load_query(image, self._bench.limits)

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
        watch = Stopwatch()
        with watch.stage("open"):
            store, manifest = self._store, self._store.manifest
            refuse_uncalibrated(min_probability, manifest, self.uri)
            bound = bind(where, manifest.attributes)
        query = self._query(images, crop, watch)
        with watch.stage("search"):
            answer = answer_now(store, query, k, bound)
        with watch.stage("join"):
            named = " + ".join(map(query_name, images))
            result = to_result(answer, store, manifest, named, k, min_probability)
        return replace(result, timings=watch.seconds)

    def explain(self, image: QueryImage, result: SearchResult, *, crop: Crop = None, most: int = 3) -> Image.Image:
        """A picture that says why the first ``most`` matches of an answer to ``image`` were found; RGB.

        The points that agree, or a map of the region that carries the similarity; ``docs/explaining.md`` tells more.
        """
        bench = self._bench
        picture = cropped(load_query(bench.at_hand(image), bench.limits, None if crop else SIDE), crop)
        return Reasons(bench.store, bench.embedder, bench.limits).draw(picture, result, most)

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
            others = tuple(Candidate(hit) for hit in hits if hit.record.product_id != record.product_id)
        with watch.stage("join"):
            result = to_result(Answer(others), store, manifest, item_id, k, None)
        return replace(result, timings=watch.seconds)

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
        by, and ``depth`` how many products of each answer are looked at. ``FilterError`` for a ``by`` that the
        catalogue does not have, or a ``per`` that no query has.
        """
        if (queries is None) != leave_one_out:
            raise UsageError("an evaluation needs either labelled queries or leave_one_out, and not both")
        store, plan = self._store, Plan(by, tuple(per), check_k(depth))
        source = None if queries is None else opened(queries)
        refuse_unknown(per, source, store)
        if source is None:
            return evaluate(store, self.uri, None, plan, store.count(), on_progress)
        searcher = Searcher(store, store.manifest)
        asked = self._asked(source, lambda photos: answers_to(photos, searcher, depth), workers)
        plan = replace(plan, calibration=searcher.calibration)
        return evaluate(store, self.uri, asked, plan, source.count(), on_progress)

    def adapt(
        self,
        labelled: Source | str | Path | None = None,
        *,
        unlabelled: Source | str | Path | None = None,
        dry_run: bool = False,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        on_stage: Stage = lambda _: None,
    ) -> AdaptReport:
        """Learn what tells this catalogue's products apart, from photos with their ``product_id`` and what people
        confirmed; or from ``unlabelled`` photos how photos differ from the catalogue.

        It is applied only where it was found to help on photos held out; ``dry_run`` only tells. Nothing is embedded
        again, and ``undo_adaptation`` goes back. ``UsageError`` where there is nothing to learn from.
        """
        if labelled is not None and unlabelled is not None:
            raise UsageError("labelled and unlabelled photos were given: adapt with the labelled ones alone")
        feedback = None if unlabelled is not None else self.feedback()
        source = labelled if labelled is not None else unlabelled
        if source is None and not (feedback and feedback.confirmed):
            raise UsageError(
                "there is nothing to learn from: name a source of labelled photos, or of unlabelled ones, or confirm "
                "answers first (`sosie confirm`)"
            )
        batches: Iterator[Lessons] = iter(())
        total = None
        if source is not None:
            source = opened(source)
            total = source.count()
            compared = 0 if labelled is None else MOST_COMPARED
            teaching = Teaching(Searcher(self._store, self._store.manifest), total, compared)
            batches = self._asked(source, teaching, workers)
        by_labels = labelled is not None or (feedback is not None and feedback.confirmed)
        lessons = lessons_of(batches, feedback, lambda done, bad: on_progress(Progress(done, total, bad)))
        learn = adapt_by_labels if by_labels else adapt_by_photos
        return learn(self._store, lessons, dry_run, on_stage)

    def undo_adaptation(self) -> list[str]:
        """Let the embedder's own vectors answer again; the names of the generations that were dropped."""
        return undo_adaptation(self._store)

    def calibrate(
        self,
        labelled: Source | str | Path | None = None,
        *,
        precision: float = WISHED_PRECISION,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> CalibrateReport:
        """Learn how probable answers are, from photos with their ``product_id`` and what people confirmed or rejected.

        ``precision`` is the share of answers called "match" that shall be right. ``UsageError`` where there is too
        little to learn from.
        """
        searcher = Searcher(self._store, self._store.manifest)
        heard: Iterable[Batch] = [(hear_feedback(self.feedback(), searcher), ())]
        if labelled is not None:
            source = opened(labelled)
            photos = self._asked(source, lambda batch: hear(batch, searcher), workers)
            heard = itertools.chain(counted(photos, source.count(), on_progress), heard)
        return calibrate_store(self._store, heard, precision)

    def evaluation_page(self, evaluation: Evaluation) -> str:
        """The evaluation as one HTML page that needs nothing beside it, with pictures of this catalogue."""
        return render_evaluation_page(evaluation, PagePictures(self._store, self._bench.limits))

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
        from sosie.duplicates.page.page import render_duplicates_page

        return render_duplicates_page(report, self.uri, PagePictures(self._store, self._bench.limits))

    def identify(
        self, image: QueryImage, by: str = BY_PRODUCT, k: int = 10, *, where: WhereLike = None, crop: Crop = None
    ) -> Identification:
        """Which value of the attribute ``by`` the k nearest items vote for, weighted by how near they are."""
        store, manifest = self._store, self._store.manifest
        store.facets([by], limit=1)
        bound = bind(where, manifest.attributes)
        own = self._query([image], crop, Stopwatch()).vector[np.newaxis]
        generations = generations_of(manifest)
        [hits] = store.search(generations.active, generations.asked(own), check_k(k), bound)
        return vote(hits, by, query_name(image))

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
        return self._bench.store

    def _asked(self, source: Source, then: Callable[[Photos], Done], workers: int | None) -> Iterator[Done]:
        bench = self._bench
        stream = with_pictures(source, bench.fetch_options, bench.world)
        return ask_photos(stream, self._questioner(bench.embedder_for_indexing()), bench.limits, then, workers)

    def _questioner(self, embedder: Embedder) -> Questioner:
        manifest = self._store.manifest
        return Questioner(embedder, self._closer, keeps_details(manifest), code_attribute(manifest) is not None)

    def _query(self, images: Sequence[QueryImage], crop: Crop, watch: Stopwatch) -> Query:
        bench = self._bench
        with watch.stage("open"):
            questioner = self._questioner(bench.embedder)
        with watch.stage("decode"):
            needed = questioner.shorter_side if crop is None else None
            pictures = [cropped(load_query(bench.at_hand(image), bench.limits, needed), crop) for image in images]
            seen = questioner.see(pictures)
        with watch.stage("embed"):
            [query] = questioner.embed([seen])
        if isinstance(query, SosieError):
            raise query
        with watch.stage("details"):
            _ = [shot.details for shot in query.shots if questioner.detailed]
        return query

    def _give_feedback(self, opinion: Opinion, image: QueryImage, item_id: str, crop: Crop) -> Feedback:
        record, manifest = self.get(item_id), self._store.manifest
        at_hand = self._bench.at_hand(image)
        feedback = Feedback(
            opinion=opinion,
            item_id=item_id,
            product_id=record.product_id,
            query=query_name(image),
            content_sha256=content_sha256(at_hand, self._bench.limits),
            fingerprint=manifest.embedder.fingerprint,
            generation=manifest.active[EMBEDDING],
            vectors=self._query([at_hand], crop, Stopwatch()).views,
        )
        self._store.add_feedback([to_row(feedback)])
        return feedback


def refuse_uncalibrated(min_probability: float | None, manifest: Manifest, uri: str) -> None:
    """``UsageError`` where a probability is asked of a catalogue that gives none."""
    if min_probability is not None and calibration_of(manifest) is None:
        raise UsageError(
            f"a probability of at least {min_probability} was asked for, and {uri} is not calibrated, so its "
            "matches have scores but no probabilities; calibrate it, or leave it out"
        )


def cropped(picture: Image.Image, region: Crop) -> Image.Image:
    """The region of a picture, or all of it."""
    if region is None:
        return picture
    return crop(picture, box_of(region))
