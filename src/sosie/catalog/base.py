"""The protocol of catalogs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, Unpack

from sosie.calibration.fitting import WISHED_PRECISION
from sosie.catalog.options import (
    WEIGHT,
    Crop,
    IndexKeywords,
    IndexOptions,
    SearchKeywords,
    SearchOptions,
    do_nothing,
    refuse_removal,
)
from sosie.catalog.places import After
from sosie.errors import ImageError
from sosie.evaluation.relevance import BY_PRODUCT
from sosie.evaluation.running import DEPTH
from sosie.filters import WhereLike
from sosie.images.query import QueryImage
from sosie.sheets.html import render_result_html
from sosie.types import AttributeType, CheckReport, Facet, IndexReport, Progress, Record, Rejection, SearchResult

if TYPE_CHECKING:
    from PIL import Image

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


@dataclass(frozen=True, slots=True)
class Stats:
    """Statistics of a catalog: its contents, whether it is adapted, and its calibration.

    ``roles`` maps title, brand, price and so on to attributes with that role, the likeliest first.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     stats = catalog.stats()
    >>> stats.items, stats.products, stats.attributes["price"]
    (6, 3, 'number')
    """

    store: str
    items: int
    products: int
    embedder: str
    fingerprint: str
    vectors: dict[str, int]
    attributes: dict[str, AttributeType]
    adapted: bool = False
    calibration: str | None = None
    roles: dict[str, list[str]] = field(default_factory=dict)


def with_view(catalog: CatalogProtocol, result: SearchResult) -> SearchResult:
    """Add to a result the view that a notebook shows, with the catalog's thumbnails."""
    return replace(result, view=partial(render_result_html, thumbnail=catalog.thumbnail))


class CatalogProtocol(Protocol):
    """A catalog of product pictures: ``Catalog`` uses a store, ``RemoteCatalog`` a Sosie server.

    A catalog may be used from several threads at once; close it, or use it as a context manager. Methods that a server
    does not offer raise ``UsageError`` (``sosie.catalog.remote.refusals``).

    >>> def best_product(catalog: sosie.CatalogProtocol, photo: str) -> str:
    ...     return catalog.search(photo, k=1).matches[0].product_id
    >>> with sosie.open("shop.sosie") as catalog:
    ...     best_product(catalog, "photo.jpg")
    'p1'
    """

    uri: str

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close the store and all connections."""

    @abstractmethod
    def exists(self) -> bool:
        """True if the store exists."""

    @abstractmethod
    def create(self) -> bool:
        """Create an empty store if there is none; returns True if it was created."""

    @abstractmethod
    def warm(self) -> None:
        """Open the store and load the network now, not at the first search."""

    @abstractmethod
    def stats(self) -> Stats:
        """The statistics of the catalog."""

    @abstractmethod
    def attributes(self) -> Mapping[str, AttributeType]:
        """The attributes of items, and their types."""

    @abstractmethod
    def get(self, item_id: str) -> Record:
        """An item, without vectors and blobs; ``ItemNotFound`` if there is none with that id."""

    @abstractmethod
    def thumbnail(self, item_id: str) -> bytes:
        """The thumbnail of an item, a JPEG of at most 256 × 256 pixels, made when it was indexed."""

    @abstractmethod
    def items(
        self, where: WhereLike = None, after: After = "", limit: int = 50, *, sort: str | None = None
    ) -> list[Record]:
        """At most ``limit`` items that pass ``where``, ordered by id or by the attribute ``sort``, after ``after``.

        ``sort="price"`` begins with the lowest, ``sort="-price"`` with the highest; items without the attribute come
        last, equal ones in order of their ids. To get the next part, give as ``after`` the last item of the previous
        part. Its id is accepted too, but then a sorted list continues from the item's present value, and a removed item
        cannot be found. Over all parts, an unchanged item appears exactly once; an item whose value changes may appear
        twice, or not at all.
        """

    @abstractmethod
    def export(
        self,
        path: str | Path,
        *,
        where: WhereLike = None,
        vectors: bool = False,
        thumbnails: str | Path | None = None,
        on_progress: Callable[[int, int | None], None] = do_nothing,
    ) -> int:
        """Write the items that pass ``where`` to a .parquet, .csv or .jsonl file for ``index``; returns their number.

        With ``vectors`` each row has the embedding of its picture; the thumbnails go into the folder ``thumbnails``.
        """

    @abstractmethod
    def count(self, where: WhereLike = None) -> int:
        """The number of items that pass ``where``."""

    @abstractmethod
    def facets(
        self,
        names: Sequence[str] = (),
        where: WhereLike = None,
        limit: int = 20,
        *,
        disjunctive: bool = False,
        answer: SearchResult | None = None,
    ) -> list[Facet]:
        """The values of the named attributes, or of all, with their counts; ``FilterError`` for unknown names.

        Items that pass ``where`` are counted. With ``disjunctive`` the values of an attribute are counted without the
        conditions on that attribute, as in shops: with ``brand=Acme`` chosen, the count of another brand is the number
        of items that choosing that brand as well would add. With an ``answer`` its matches are counted instead, and
        ``where`` must be None.
        """

    @abstractmethod
    def update(self, changes: Changes) -> int:
        """Set attributes of items, by item_id, without their pictures; returns the number of items that existed.

        None removes an attribute, and other attributes are kept: ``update({"A-1001": {"price": 12, "sale": None}})``.
        ``SourceError`` for a value that does not fit the attribute's type; then nothing is changed.
        """

    @abstractmethod
    def delete(self, item_ids: Sequence[str]) -> int:
        """Remove items; returns the number that existed."""

    @abstractmethod
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
        """Bring the catalog up to date with a source: add new pictures, index changed ones again, keep the rest.

        Give ``IndexOptions`` or its fields as keywords: ``index("pictures/", sync=True)``. ``SourceError`` if the
        source is empty; a new store is created when the first picture is written. With ``swap=True``, a run that
        fails, is interrupted or adds nothing leaves the old catalog unchanged. ``UsageError`` if neither the source nor
        the catalog has the attribute that ``codes_in`` names; if it is there but no item has a value, the report has a
        note. ``on_rejection`` is called with each rejection at once, so that none is lost if the run fails. If more
        items are to be removed than the limit in ``IndexOptions``, ``confirm_removal`` is called with their number and
        with the number of all items; it returns True to allow the removal.
        """

    @abstractmethod
    def retype(self, attribute: str, kind: str, *, dry_run: bool = False) -> RetypeReport:
        """Change an attribute's type to text, number, boolean or list; ``dry_run`` only reports what would be lost.

        ``UsageError`` for another ``kind``, or if no item has the attribute.
        """

    @abstractmethod
    def upsert(self, incoming: Iterable[Incoming]) -> IndexReport:
        """Add or replace single items, durable on return; unchanged ones are skipped.

        An item may include the bytes of its picture as ``Fetched``.
        """

    def search(
        self, image: QueryImage, options: SearchOptions | int | None = None, **changes: Unpack[SearchKeywords]
    ) -> SearchResult:
        """Search for the products in a picture: a path, URL, bytes of a file, PIL image or array (h, w[, 3 or 4]).

        Give ``SearchOptions`` or its fields as keywords: ``search("photo.jpg", k=5, where="price<20")``; a number alone
        is ``k``. ``ImageError`` if the picture cannot be used, ``FilterError`` for a bad ``where``, ``UsageError`` for
        a bad k or crop, and for ``min_probability`` if the catalog is not calibrated.
        """
        return self.search_together([image], options, **changes)

    def search_many(
        self,
        images: Iterable[QueryImage],
        options: SearchOptions | int | None = None,
        **changes: Unpack[SearchKeywords],
    ) -> Iterator[SearchResult | ImageError]:
        """Search by each picture, in order; an unusable picture gives its ``ImageError``."""
        chosen = SearchOptions.of(options, changes)
        for image in images:
            try:
                yield self.search(image, chosen)
            except ImageError as error:
                yield error

    @abstractmethod
    def search_together(
        self,
        images: Sequence[QueryImage],
        options: SearchOptions | int | None = None,
        **changes: Unpack[SearchKeywords],
    ) -> SearchResult:
        """Search by several pictures of one product."""

    @abstractmethod
    def search_all(
        self, image: QueryImage, options: SearchOptions | int | None = None, **changes: Unpack[SearchKeywords]
    ) -> list[ProductInPhoto]:
        """Find the products in a photo that shows several, such as a shelf, if their details can be verified.

        Each comes with its place in the photo and with an answer of its own, whose verdict is about this product. The
        list is empty where nothing agrees in detail; goods without print are only found by ``search``, with a crop.
        For n products it takes about as long as n + 2 calls of ``search``. Errors are those of ``search``.

        >>> with sosie.open("shop.sosie") as catalog:
        ...     catalog.search_all("photo.jpg")
        []
        """

    @abstractmethod
    def more(self, answer: SearchResult | str, k: int = 10) -> SearchResult:
        """The next k matches after an answer, which is given itself or as its ``next``; the photo is not needed again.

        No product comes twice and none is left out, also while the catalog is written. Ranks continue from the answer.
        After a search by photo, further matches are ordered by looks, and their probabilities are never higher than
        those in the answer; the verdict is that of the first answer.
        ``UsageError`` where there is no more, or the catalog has been adapted since.
        """

    @abstractmethod
    def search_text(
        self, text: str, k: int = 10, *, where: WhereLike = None, minus: str = "", sort: str | None = None
    ) -> SearchResult:
        """Search by words in titles, brands, categories, tags, ids and codes, tolerating typing errors.

        If the network has a text encoder, products that look like the words are added. Products with ``minus`` words
        are left out. The matches have no probabilities and the answer no verdict. With ``sort``, such as ``"-price"``,
        all that the words find is sorted, at most 1,000 products, and the first k of them come. ``UsageError`` for no
        words or a bad k.
        """

    @abstractmethod
    def similar(
        self, item_id: str, k: int = 10, *, where: WhereLike = None, text: str | None = None, minus: str = "",
        weight: float = WEIGHT, sort: str | None = None,
    ) -> SearchResult:  # fmt: skip
        """The k other products most similar to an item; ``ItemNotFound`` if there is no such item.

        Words steer the search as with pictures (``SearchOptions``).
        """

    @abstractmethod
    def identify(
        self, image: QueryImage, by: str = BY_PRODUCT, k: int = 10, *, where: WhereLike = None, crop: Crop = None
    ) -> Identification:
        """Classify a picture by the attribute ``by`` of its k nearest items, weighted by their similarity."""

    @abstractmethod
    def explain(self, image: QueryImage, result: SearchResult, *, crop: Crop = None, most: int = 3) -> Image.Image:
        """Draw an explanation of the first ``most`` matches of an answer to ``image``; RGB.

        It shows the points that agree, or a map of the similar region; see ``docs/explaining.md``.
        """

    @abstractmethod
    def confirm(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        """Record that the picture shows the product of this item; ``ItemNotFound`` if there is no such item."""

    @abstractmethod
    def reject(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        """Record that the picture does not show the product of this item; ``ItemNotFound`` if there is no such item."""

    @abstractmethod
    def feedback(self) -> FeedbackLog:
        """The feedback on answers for the store's embedder."""

    @abstractmethod
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
        """Adapt the embedding to this catalog.

        It learns from photos with their ``product_id`` and from confirmed feedback, or from ``unlabeled`` photos.

        The adaptation is applied only if it helps on held-out photos; ``dry_run`` only reports. Nothing is embedded
        again, and ``undo_adaptation`` reverts it. ``UsageError`` if there are no photos.
        """

    @abstractmethod
    def undo_adaptation(self) -> list[str]:
        """Use the embedder's own vectors again; returns the names of the adapted vectors, which are dropped."""

    @abstractmethod
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
        """Move the catalog to another network: embed every picture with it beside the current one, then switch.

        Searches and ``index`` continue meanwhile, and every answer uses a single network. A run that was killed
        continues when it is repeated. With ``thumbnails``, thumbnails replace missing pictures; the network is not
        switched while an item has no vector. Feedback, adaptation and calibration are learned again if their pictures
        exist. With ``compare`` both networks are evaluated on the labeled photos, and nothing is switched.
        ``UsageError`` if this network is in use already.
        """

    @abstractmethod
    def undo_migration(
        self,
        *,
        thumbnails: bool = False,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
        on_stage: Stage = do_nothing,
    ) -> MigrateReport:
        """Go back to the network before the last migration, with everything that the catalog had learned for it.

        Items indexed since the migration are first embedded with that network. If a migration has not switched
        yet, its vectors are dropped. ``UsageError`` if there is nothing to undo.
        """

    @abstractmethod
    def finish_migration(self) -> list[str]:
        """Drop the vectors of the network before the last migration; returns their names.

        The store becomes smaller, and the migration cannot be undone.
        """

    @abstractmethod
    def calibrate(
        self,
        labeled: Source | str | Path | None = None,
        *,
        precision: float = WISHED_PRECISION,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
    ) -> CalibrateReport:
        """Calibrate probabilities with photos and their ``product_id``, and with feedback.

        ``precision`` is the desired share of right answers among those called "match". ``UsageError`` if there are too
        few photos.
        """

    @abstractmethod
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
        """Search with labeled pictures and record the answers; ``evaluation.summary`` computes figures.

        An answer is right when its attribute ``by`` equals the query's. With ``leave_one_out`` and no queries,
        every item of the catalog is a query, and is left out of its own answer. ``per`` names attributes of the queries
        for which figures are reported, and ``depth`` is the number of products of each answer that are evaluated.
        ``FilterError`` for a ``by`` that the catalog does not have, or a ``per`` that no query has.
        """

    @abstractmethod
    def evaluation_page(self, evaluation: Evaluation) -> str:
        """The evaluation as one self-contained HTML page, with pictures of this catalog."""

    @abstractmethod
    def duplicates(
        self, *, workers: int | None = None, on_progress: Callable[[int, int | None], None] = do_nothing
    ) -> DuplicateReport:
        """Groups of items whose pictures are copies of each other, edited or not, or whose products share a code.

        ``on_progress`` is called with the number of searched items and None, then with the number of compared pairs and
        that of all pairs.
        """

    @abstractmethod
    def duplicates_page(self, report: DuplicateReport) -> str:
        """The groups as one self-contained HTML page, with pictures of this catalog."""

    @abstractmethod
    def check(self, *, repair: bool = False, recall: bool = False) -> CheckReport:
        """Check every item and every cache; with ``repair``, repair what can be repaired.

        With ``recall`` the report says how many of the ten most similar items a search finds. Items of this catalog are
        the queries, and exact comparison with all items gives the ten.
        """

    @abstractmethod
    def optimize(self) -> None:
        """Bring the caches for fast search up to date."""
