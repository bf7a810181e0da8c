"""The protocol that all catalogs fulfill."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, Unpack

from sosie.calibration.model import WISHED_PRECISION
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
from sosie.evaluation.relevance import BY_PRODUCT, DEPTH
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
    """Statistics of a catalog: its contents, its adaptation and its calibration.

    ``roles`` maps title, brand, price and other roles to attributes with this role, the most likely first.

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
    """Adds to a result the view that a notebook shows, with the catalog's thumbnails."""
    return replace(result, view=partial(render_result_html, thumbnail=catalog.thumbnail))


class CatalogProtocol(Protocol):
    """A catalog of product pictures: ``Catalog`` uses a store, ``RemoteCatalog`` a Sosie server.

    Several threads can use a catalog at once. Close it, or use it as a context manager. Methods that a server does not
    offer raise ``UsageError`` (``sosie.catalog.remote.refusals``).

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
        """Closes the store and all connections."""

    @abstractmethod
    def exists(self) -> bool:
        """True if the store exists."""

    @abstractmethod
    def create(self) -> bool:
        """Creates an empty store if there is none; returns True if it was created."""

    @abstractmethod
    def warm(self) -> None:
        """Opens the store and loads the network now, not at the first search."""

    @abstractmethod
    def stats(self) -> Stats:
        """The statistics of the catalog."""

    @abstractmethod
    def attributes(self) -> Mapping[str, AttributeType]:
        """The attributes of items, and their types."""

    @abstractmethod
    def get(self, item_id: str) -> Record:
        """The item with this id, without vectors and blobs; ``ItemNotFound`` if there is none."""

    @abstractmethod
    def thumbnail(self, item_id: str) -> bytes:
        """The thumbnail of an item, made when it was indexed: a JPEG of at most 256 × 256 pixels."""

    @abstractmethod
    def items(
        self, where: WhereLike = None, after: After = "", limit: int = 50, *, sort: str | None = None
    ) -> list[Record]:
        """At most ``limit`` items that pass ``where``, after ``after``, ordered by id or by the attribute ``sort``.

        ``sort="price"`` begins with the lowest value, ``sort="-price"`` with the highest. Items without the attribute
        come last. Items with equal values are ordered by id.

        To get the next part of a list, give its last item as ``after``. An item's id is accepted too. But then a sorted
        list continues from the item's current value, and a removed item cannot be found. Over all parts, an unchanged
        item appears exactly once. An item whose value changes may appear twice or not at all.
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
        """Writes the items that pass ``where`` to a .parquet, .csv or .jsonl file, and returns their number.

        ``index`` can read the file. With ``vectors``, each row has the embedding of its picture. With ``thumbnails``, a
        folder, the thumbnails are written into it.
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
        """The values of the named attributes, or of all, with their counts; ``FilterError`` for an unknown name.

        Items that pass ``where`` are counted. With ``disjunctive``, the conditions on an attribute do not apply to its
        own counts, as shops do: with ``brand=Acme`` chosen, the count of another brand says how many items are added if
        that brand is chosen too. With an ``answer``, its matches are counted instead; then ``where`` must be None.
        """

    @abstractmethod
    def update(self, changes: Changes) -> int:
        """Sets attributes of items, by item_id, without their pictures; returns the number of items that existed.

        None removes an attribute; other attributes are kept: ``update({"A-1001": {"price": 12, "sale": None}})``.
        ``SourceError`` for a value that does not fit the attribute's type; then nothing changes.
        """

    @abstractmethod
    def delete(self, item_ids: Sequence[str]) -> int:
        """Removes items; returns the number that existed."""

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
        """Brings the catalog up to date with a source: adds new pictures, indexes changed ones again, skips the rest.

        Give ``IndexOptions``, or its fields as keywords: ``index("pictures/", sync=True)``. A new store is created when
        the first picture is written. With ``swap=True``, a run that fails, is interrupted or adds nothing leaves the
        old catalog unchanged.

        - ``on_rejection`` is called with each rejection at once, so that none is lost if the run fails.
        - ``confirm_removal`` is called if more items would be removed than ``IndexOptions`` allows. It gets their
          number and the number of all items, and returns True to allow the removal.

        ``SourceError`` if the source is empty. ``UsageError`` if neither the source nor the catalog has the attribute
        in ``codes_in``. If no item has a value for it, the report has a note.
        """

    @abstractmethod
    def retype(self, attribute: str, kind: str, *, dry_run: bool = False) -> RetypeReport:
        """Changes an attribute's type to text, number, boolean or list; ``dry_run`` only reports what would be lost.

        ``UsageError`` for another ``kind``, or if no item has the attribute.
        """

    @abstractmethod
    def upsert(self, incoming: Iterable[Incoming]) -> IndexReport:
        """Adds or replaces single items, durable on return; unchanged items are skipped.

        An item can include the bytes of its picture as ``Fetched``.
        """

    def search(
        self, image: QueryImage, options: SearchOptions | int | None = None, **changes: Unpack[SearchKeywords]
    ) -> SearchResult:
        """Searches for the products in a picture: a path, URL, bytes of a file, PIL image or array (h, w[, 3 or 4]).

        Give ``SearchOptions``, or its fields as keywords: ``search("photo.jpg", k=5, where="price<20")``. A number
        alone is ``k``. ``ImageError`` if the picture cannot be used, ``FilterError`` for an invalid ``where``.
        ``UsageError`` for an invalid k or crop, and for ``min_probability`` if the catalog is not calibrated.
        """
        return self.search_together([image], options, **changes)

    def search_many(
        self,
        images: Iterable[QueryImage],
        options: SearchOptions | int | None = None,
        **changes: Unpack[SearchKeywords],
    ) -> Iterator[SearchResult | ImageError]:
        """Searches by each picture, in order. An unusable picture gives its ``ImageError``."""
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
        """Searches by several pictures of one product."""

    @abstractmethod
    def search_all(
        self, image: QueryImage, options: SearchOptions | int | None = None, **changes: Unpack[SearchKeywords]
    ) -> list[ProductInPhoto]:
        """Finds the products in a photo that shows several, such as a shelf, if their details can be verified.

        Each product comes with its region in the photo, and with its own answer and verdict. The list is empty if no
        details agree. A product without printed design can only be found by ``search`` with a crop. For n products it
        takes about as long as n + 2 calls of ``search``. It raises the same errors as ``search``.

        >>> with sosie.open("shop.sosie") as catalog:
        ...     catalog.search_all("photo.jpg")
        []
        """

    @abstractmethod
    def more(self, answer: SearchResult | str, k: int = 10) -> SearchResult:
        """The next k matches after an answer; ``answer`` is a result or its ``next``. The photo is not needed again.

        No product is repeated or left out, even if the catalog changes meanwhile. Ranks continue from the answer. After
        a search by photo, further matches are ordered by the embedding; their probabilities are never higher than those
        in the answer, and the verdict stays the same. ``UsageError`` if there are no more matches, or if the catalog
        was adapted meanwhile.
        """

    @abstractmethod
    def search_text(
        self, text: str, k: int = 10, *, where: WhereLike = None, minus: str = "", sort: str | None = None
    ) -> SearchResult:
        """Searches by words in titles, brands, categories, tags, ids and codes; typing errors are tolerated.

        If the network has a text encoder, products whose pictures fit the words are added. Products with a word of
        ``minus`` are left out. There are no probabilities and no verdict. With ``sort``, such as ``"-price"``, up to
        1,000 products that match are sorted, and the first k are returned. ``UsageError`` for an empty text or an
        invalid k.
        """

    @abstractmethod
    def similar(
        self, item_id: str, k: int = 10, *, where: WhereLike = None, text: str | None = None, minus: str = "",
        weight: float = WEIGHT, sort: str | None = None,
    ) -> SearchResult:  # fmt: skip
        """The k other products most similar to an item; ``ItemNotFound`` if there is no such item.

        Words steer the search, as described in ``SearchOptions``.
        """

    @abstractmethod
    def identify(
        self, image: QueryImage, by: str = BY_PRODUCT, k: int = 10, *, where: WhereLike = None, crop: Crop = None
    ) -> Identification:
        """Classifies a picture by the attribute ``by`` of its k nearest items, weighted by similarity."""

    @abstractmethod
    def explain(self, image: QueryImage, result: SearchResult, *, crop: Crop = None, most: int = 3) -> Image.Image:
        """Draws an explanation of the first ``most`` matches of an answer to ``image``; RGB.

        It shows the points that agree, or a map of similar regions; see ``docs/explaining.md``.
        """

    @abstractmethod
    def confirm(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        """Records that the picture shows the product of this item; ``ItemNotFound`` if there is no such item."""

    @abstractmethod
    def reject(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        """Records that the picture does not show the product of this item; ``ItemNotFound`` for an unknown id."""

    @abstractmethod
    def feedback(self) -> FeedbackLog:
        """The feedback on answers of the store's current embedder."""

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
        """Adapts the embedding to this catalog.

        It learns from photos with their ``product_id`` and from confirmed feedback, or from ``unlabeled`` photos. The
        adaptation is applied only if it helps on held-out photos; ``dry_run`` only reports. Pictures of the catalog are
        not embedded again, and ``undo_adaptation`` reverts the adaptation. ``UsageError`` if there are no photos.
        """

    @abstractmethod
    def undo_adaptation(self) -> list[str]:
        """Uses the embedder's own vectors again; returns the names of the adapted vectors, which are dropped."""

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
        """Moves the catalog to another network: embeds every picture with the new network, then switches to it.

        The new vectors are stored beside the current ones. Searches and ``index`` continue meanwhile, and every answer
        uses a single network. A run that was killed continues when it is repeated. Feedback, adaptation and calibration
        are learned again if their pictures exist.

        - ``thumbnails``: uses thumbnails in place of missing pictures. As long as an item has no vector, the network is
          not switched.
        - ``compare``: evaluates both networks on these labeled photos, and does not switch.

        ``UsageError`` if this network is already in use.
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
        """Returns to the network before the last migration, with everything that the catalog had learned for it.

        Items that were indexed since the migration are first embedded with that network. If a migration has not
        switched yet, its vectors are dropped. ``UsageError`` if there is nothing to undo.
        """

    @abstractmethod
    def finish_migration(self) -> list[str]:
        """Drops the vectors of the network before the last migration; returns their names.

        The store becomes smaller. The migration can no longer be undone.
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
        """Calibrates probabilities with photos and their ``product_id``, and with feedback.

        ``precision`` is the wanted share of right answers among those with the verdict "match". ``UsageError`` if there
        are too few photos.
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
        """Searches with labeled pictures and records the answers; ``evaluation.summary`` computes figures from them.

        - ``by``: an answer is right if this attribute equals that of the query.
        - ``leave_one_out``: without ``queries``, every item of the catalog is a query, and is left out of its own
          answer.
        - ``per``: attributes of the queries; figures are reported for each of their values.
        - ``depth``: number of products of each answer that are evaluated.

        ``FilterError`` if the catalog does not have ``by``, or if no query has an attribute in ``per``.
        """

    @abstractmethod
    def evaluation_page(self, evaluation: Evaluation) -> str:
        """The evaluation as one self-contained HTML page, with pictures of this catalog."""

    @abstractmethod
    def duplicates(
        self, *, workers: int | None = None, on_progress: Callable[[int, int | None], None] = do_nothing
    ) -> DuplicateReport:
        """Groups of items whose pictures are copies of each other (edited or not), or whose products share a code.

        ``on_progress`` is first called with the number of searched items and None, then with the number of compared
        pairs and the number of all pairs.
        """

    @abstractmethod
    def duplicates_page(self, report: DuplicateReport) -> str:
        """The groups as one self-contained HTML page, with pictures of this catalog."""

    @abstractmethod
    def check(self, *, repair: bool = False, recall: bool = False) -> CheckReport:
        """Checks every item and every cache; with ``repair``, repairs what can be repaired.

        With ``recall``, the report says which share of the ten most similar items a search finds. The queries are items
        of this catalog, and comparison with all items gives the true ten.
        """

    @abstractmethod
    def optimize(self) -> None:
        """Brings the caches for fast search up to date."""
