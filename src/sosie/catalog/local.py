"""A catalog in a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np
from PIL import Image

from sosie.calibration.model import WISHED_PRECISION
from sosie.catalog import asking, by_words, reading
from sosie.catalog.base import CatalogProtocol, Stats, with_view
from sosie.catalog.options import (
    WEIGHT,
    Callbacks,
    Crop,
    IndexKeywords,
    IndexOptions,
    SearchKeywords,
    SearchOptions,
    do_nothing,
    refuse_removal,
    words_from,
)
from sosie.catalog.places import After, next_of
from sosie.catalog.resources import OpeningOptions, Resources, Wrap
from sosie.embedders.runtime import Device, check_device
from sosie.errors import ImageError, UsageError
from sosie.evaluation.relevance import BY_PRODUCT, DEPTH
from sosie.filters import WhereLike
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.limits import DEFAULT_LIMITS, Limits
from sosie.images.query import QueryImage, load_query
from sosie.stores.base import Store
from sosie.support.old_names import accept_old_names
from sosie.types import (
    EMBEDDING,
    AttributeType,
    CheckReport,
    Facet,
    IndexReport,
    Progress,
    Record,
    Rejection,
    SearchResult,
)

if TYPE_CHECKING:
    from sosie.catalog.migrating import MigrateReport
    from sosie.duplicates.records import DuplicateReport
    from sosie.evaluation.records import Evaluation
    from sosie.indexing.embedding import Incoming
    from sosie.indexing.retyping import RetypeReport
    from sosie.indexing.updating import Changes
    from sosie.learning.adapting import AdaptReport, Stage
    from sosie.learning.calibrating import CalibrateReport
    from sosie.learning.feedback import Feedback, FeedbackLog
    from sosie.searching.identify import Identification
    from sosie.searching.regions import ProductInPhoto
    from sosie.sources.base import Source, SourceLike


class Catalog(CatalogProtocol):
    """A catalog of product pictures in a store. ``CatalogProtocol`` describes its methods.

    The store is opened at the first call, and created by the first ``index``. A catalog is thread-safe. It can be sent
    to another process, which opens it again.

    - ``embedder``: the network for a new store. For an existing store it must equal the store's network.
    - ``limits``: the largest picture that is read.
    - ``fetch``: options for pictures behind URLs; ``world`` is the network connection that fetches them.
    - ``wrap``: wraps the embedder of queries and of ``upsert``.
    - ``threads``: the number of threads of the embedder of queries and of ``upsert``; None for every core, or
      for all but one if the catalog has details.
    - ``quick``: embeds photos only as a whole. This takes a quarter of the time, and lowers the hit rate.
    - ``device``: where the network runs: "cpu", "cuda", "coreml" or "auto", which uses a CUDA GPU if ONNX Runtime has
      one.

    >>> with sosie.Catalog("new.sosie", limits=sosie.Limits(max_pixels=10_000_000)) as catalog:
    ...     catalog.index("pictures/").added
    6
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
        device: Device = "auto",
    ) -> None:
        self.uri = str(uri)
        options = OpeningOptions(
            embedder, limits or DEFAULT_LIMITS, fetch, world, wrap, threads, quick, check_device(device)
        )
        self._resources = Resources(self.uri, options)

    def __reduce__(self) -> tuple[Callable[[], Catalog], tuple[()]]:
        if self.uri == "memory:":
            raise UsageError(
                "a catalog in memory cannot be sent to another process: index into a folder such as s.sosie"
            )
        return partial(Catalog, self.uri, **self._resources.options.given()), ()

    def close(self) -> None:
        self._resources.close()

    def exists(self) -> bool:
        return self._resources.exists()

    def create(self) -> bool:
        from sosie.catalog import indexing

        return indexing.create_store(self._resources)

    def warm(self) -> None:
        asking.query_of(self._resources, self._resources.knowledge, np.zeros((8, 8, 3), np.uint8), None)

    def stats(self) -> Stats:
        return reading.stats_of(self._store, self.uri)

    def attributes(self) -> Mapping[str, AttributeType]:
        return dict(self._store.manifest.attributes)

    def get(self, item_id: str) -> Record:
        return reading.item_record(self._store, item_id)

    def thumbnail(self, item_id: str) -> bytes:
        return reading.thumbnail_of(self._store, item_id)

    def items(
        self, where: WhereLike = None, after: After = "", limit: int = 50, *, sort: str | None = None
    ) -> list[Record]:
        return reading.items_of(self._store, where, after, limit, sort)

    def export(
        self,
        path: str | Path,
        *,
        where: WhereLike = None,
        vectors: bool = False,
        thumbnails: str | Path | None = None,
        on_progress: Callable[[int, int | None], None] = do_nothing,
    ) -> int:
        from sosie.catalog.exporting import export_catalog, table_format

        table_format(path)
        manifest = self._store.manifest
        dim = manifest.vectors[manifest.active[EMBEDDING]] if vectors else 0
        rows = reading.exported_rows(self._store, where, vectors)
        return export_catalog(self, rows, path, self.count(where), dim, thumbnails, on_progress)

    def count(self, where: WhereLike = None) -> int:
        return reading.count_of(self._store, where)

    def facets(
        self,
        names: Sequence[str] = (),
        where: WhereLike = None,
        limit: int = 20,
        *,
        disjunctive: bool = False,
        answer: SearchResult | None = None,
    ) -> list[Facet]:
        if answer is not None:
            return reading.facets_of_answer(answer, self.attributes(), names, where, limit)
        return reading.facets_of(self._store, names, where, limit, disjunctive)

    def update(self, changes: Changes) -> int:
        from sosie.indexing.updating import update_attributes

        return update_attributes(self._store, changes)

    def delete(self, item_ids: Sequence[str]) -> int:
        return self._store.delete(item_ids)

    def index(
        self,
        source: SourceLike,
        options: IndexOptions | None = None,
        *,
        on_progress: Callable[[Progress], None] = do_nothing,
        on_rejection: Callable[[Rejection], None] = do_nothing,
        confirm_removal: Callable[[int, int], bool] = refuse_removal,
        **changes: Unpack[IndexKeywords],
    ) -> IndexReport:
        from sosie.catalog import indexing
        from sosie.sources.opening import opened

        chosen = IndexOptions.of(options, changes)
        return indexing.index_source(
            self._resources, opened(source), chosen, Callbacks(on_progress, on_rejection, confirm_removal)
        )

    def retype(self, attribute: str, kind: str, *, dry_run: bool = False) -> RetypeReport:
        from sosie.indexing.retyping import retype_attribute

        return retype_attribute(self._store, attribute, kind, dry_run)

    def upsert(self, incoming: Iterable[Incoming]) -> IndexReport:
        from sosie.catalog import indexing

        return indexing.upsert_items(self._resources, incoming)

    def fetch(self, url: str) -> bytes:
        """Fetches the bytes of the picture at a URL; ``ImageNotFetched`` if there is none."""
        return self._resources.fetch(url)

    def examine(self, image: QueryImage) -> None:
        """Raises ``ImageError`` if this picture cannot be used."""
        load_query(image, self._resources.limits)

    def search_many(
        self,
        images: Iterable[QueryImage],
        options: SearchOptions | int | None = None,
        **changes: Unpack[SearchKeywords],
    ) -> Iterator[SearchResult | ImageError]:
        for answer in asking.answer_pictures_one_by_one(self._resources, images, SearchOptions.of(options, changes)):
            yield answer if isinstance(answer, ImageError) else with_view(self, answer)

    def search_together(
        self,
        images: Sequence[QueryImage],
        options: SearchOptions | int | None = None,
        **changes: Unpack[SearchKeywords],
    ) -> SearchResult:
        return with_view(self, asking.answer_pictures(self._resources, images, SearchOptions.of(options, changes)))

    def search_all(
        self, image: QueryImage, options: SearchOptions | int | None = None, **changes: Unpack[SearchKeywords]
    ) -> list[ProductInPhoto]:
        return asking.answer_regions(self._resources, image, SearchOptions.of(options, changes))

    def more(self, answer: SearchResult | str, k: int = 10) -> SearchResult:
        return with_view(self, asking.answer_more(self._resources, next_of(answer), k))

    def search_text(
        self, text: str, k: int = 10, *, where: WhereLike = None, minus: str = "", sort: str | None = None
    ) -> SearchResult:
        options = SearchOptions(k, where, text=text, minus=minus, sort=sort)
        return with_view(self, by_words.answer_text(self._resources, options))

    def similar(
        self, item_id: str, k: int = 10, *, where: WhereLike = None, text: str | None = None, minus: str = "",
        weight: float = WEIGHT, sort: str | None = None,
    ) -> SearchResult:  # fmt: skip
        words = words_from(text, minus, weight)
        return with_view(self, asking.answer_similar(self._resources, item_id, k, where, words, sort))

    def identify(
        self, image: QueryImage, by: str = BY_PRODUCT, k: int = 10, *, where: WhereLike = None, crop: Crop = None
    ) -> Identification:
        return asking.identify_picture(self._resources, image, by, k, where, crop)

    def explain(self, image: QueryImage, result: SearchResult, *, crop: Crop = None, most: int = 3) -> Image.Image:
        return asking.draw_explanation(self._resources, image, result, crop, most)

    def confirm(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        from sosie.catalog import learning

        return learning.give_feedback(self._resources, "confirmed", image, item_id, crop)

    def reject(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        from sosie.catalog import learning

        return learning.give_feedback(self._resources, "rejected", image, item_id, crop)

    def feedback(self) -> FeedbackLog:
        from sosie.catalog import learning

        return learning.feedback_of(self._resources)

    @accept_old_names(labelled="labeled", unlabelled="unlabeled")
    def adapt(
        self,
        labeled: Source | str | Path | None = None,
        *,
        unlabeled: Source | str | Path | None = None,
        dry_run: bool = False,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
        on_stage: Stage = do_nothing,
    ) -> AdaptReport:
        from sosie.catalog import learning

        return learning.adapt_catalog(self._resources, labeled, unlabeled, dry_run, workers, on_progress, on_stage)

    def undo_adaptation(self) -> list[str]:
        from sosie.learning.generation import undo_adaptation

        return undo_adaptation(self._store)

    def migrate(
        self,
        embedder: str,
        *,
        thumbnails: bool = False,
        compare: Source | str | Path | None = None,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
        on_stage: Stage = do_nothing,
    ) -> MigrateReport:
        from sosie.catalog import migrating

        options = migrating.MigrateOptions(thumbnails, compare, workers, on_progress, on_stage)
        return migrating.migrate_catalog(self._resources, embedder, options)

    def undo_migration(
        self,
        *,
        thumbnails: bool = False,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
        on_stage: Stage = do_nothing,
    ) -> MigrateReport:
        from sosie.catalog import migrating

        options = migrating.MigrateOptions(thumbnails, None, workers, on_progress, on_stage)
        return migrating.undo_migration(self._resources, options)

    def finish_migration(self) -> list[str]:
        from sosie.catalog import migrating

        return migrating.finish_migration(self._resources)

    @accept_old_names(labelled="labeled")
    def calibrate(
        self,
        labeled: Source | str | Path | None = None,
        *,
        precision: float = WISHED_PRECISION,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
    ) -> CalibrateReport:
        from sosie.catalog import learning

        return learning.calibrate_catalog(self._resources, labeled, precision, workers, on_progress)

    def evaluate(
        self,
        queries: Source | str | Path | None = None,
        *,
        by: str = BY_PRODUCT,
        leave_one_out: bool = False,
        per: Sequence[str] = (),
        depth: int = DEPTH,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
    ) -> Evaluation:
        from sosie.catalog import quality

        return quality.evaluate_catalog(self._resources, queries, by, leave_one_out, per, depth, workers, on_progress)

    def evaluation_page(self, evaluation: Evaluation) -> str:
        from sosie.catalog import quality

        return quality.evaluation_page(self._resources, evaluation)

    def duplicates(
        self, *, workers: int | None = None, on_progress: Callable[[int, int | None], None] = do_nothing
    ) -> DuplicateReport:
        from sosie.catalog import quality

        return quality.duplicates_of(self._resources, workers, on_progress)

    def duplicates_page(self, report: DuplicateReport) -> str:
        from sosie.catalog import quality

        return quality.duplicates_page(self._resources, report)

    def check(self, *, repair: bool = False, recall: bool = False) -> CheckReport:
        from sosie.catalog.checking import check_catalog

        return check_catalog(self._resources, repair, recall)

    def optimize(self) -> None:
        self._store.optimize()

    @property
    def _store(self) -> Store:
        return self._resources.store
