"""Everything that can be done with a catalog, wherever it is kept."""

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
    """How much a catalog holds, and of what; whether it is adapted, and which calibration answers use.

    ``roles`` maps title, brand, price and so on to the attributes that play them, the likeliest first.

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
    """The answer of a catalog, which shows itself with the catalog's thumbnails in a notebook."""
    return replace(result, view=partial(render_result_html, thumbnail=catalog.thumbnail))


class CatalogProtocol(Protocol):
    """A catalog of product pictures: ``Catalog`` keeps it in a store, ``RemoteCatalog`` asks a Sosie server for it.

    A catalog may be used from several threads at once; close it, or use it as a context manager. What a server cannot
    do for its callers is refused with a ``UsageError`` (``sosie.catalog.remote.refusals``).

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
        """Let go of all that is open."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is a store yet."""

    @abstractmethod
    def create(self) -> bool:
        """Make an empty store where none is; whether one was made."""

    @abstractmethod
    def warm(self) -> None:
        """Open the store and load the network now instead of at the first search."""

    @abstractmethod
    def stats(self) -> Stats:
        """How much the catalog holds."""

    @abstractmethod
    def attributes(self) -> Mapping[str, AttributeType]:
        """The attributes that items may have, and their types."""

    @abstractmethod
    def get(self, item_id: str) -> Record:
        """What the catalog keeps of an item, without vectors and blobs; ``ItemNotFound`` where it is none."""

    @abstractmethod
    def thumbnail(self, item_id: str) -> bytes:
        """The JPEG of at most 256 × 256 pixels that was made when the item was indexed."""

    @abstractmethod
    def items(
        self, where: WhereLike = None, after: After = "", limit: int = 50, *, sort: str | None = None
    ) -> list[Record]:
        """At most ``limit`` items that pass, in order of their ids or by the attribute ``sort``, behind ``after``.

        ``sort="price"`` begins with the lowest, ``sort="-price"`` with the highest; items without the attribute come
        last, equal ones in order of their ids. ``after`` is the last item of the part before, whole or as its id; whole
        it is the better place, as it stays where it was when the item is changed or removed. Going on so, an item that
        nobody changes meanwhile comes exactly once; one whose value changes may come twice, or not at all.
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
        """Write the items that pass to a .parquet, .csv or .jsonl file that ``index`` reads again; their number.

        With ``vectors`` each row has the embedding of its picture; the thumbnails go into the folder ``thumbnails``.
        """

    @abstractmethod
    def count(self, where: WhereLike = None) -> int:
        """How many items pass."""

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
        """The values of the attributes named, or of all, over the items that pass; ``FilterError`` for unknown ones.

        With ``disjunctive`` the values of an attribute are counted as if the conditions on it alone were not there, as
        shops count: after ``brand=Acme`` the other brands say how many items choosing them, too, would add. With an
        ``answer`` they are counted over its matches instead, and ``where`` must be None.
        """

    @abstractmethod
    def update(self, changes: Changes) -> int:
        """Set attributes of items, by item_id, without their pictures; the number of items that existed.

        None removes an attribute, and what is not named stays: ``update({"A-1001": {"price": 12, "sale": None}})``.
        ``SourceError`` for a value that does not fit the attribute's type; then nothing is changed.
        """

    @abstractmethod
    def delete(self, item_ids: Sequence[str]) -> int:
        """Remove items; the number that existed."""

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
        """Bring the catalog up to date with a source: new pictures in, changed ones anew, the rest left alone.

        ``IndexOptions`` says how, whole or as keywords: ``index("pictures/", sync=True)``. ``SourceError`` where the
        source holds nothing; a new store is made when the first picture is written. A swap that fails, is interrupted
        or adds nothing leaves the old catalog as it was. ``UsageError`` at once where the source is known to have no
        attribute ``codes_in``; where none of its items turns out to have it, the report has a note. ``on_rejection``
        hears of each rejection at once, so that none is lost where the run fails; ``confirm_removal`` is asked whether
        so many items, of all, may be removed where they are more than ``IndexOptions`` lets go unasked.
        """

    @abstractmethod
    def retype(self, attribute: str, kind: str, *, dry_run: bool = False) -> RetypeReport:
        """Keep an attribute as ``kind``: text, number, boolean or list; ``dry_run`` only tells what would be lost.

        ``UsageError`` for another kind, or where no item has the attribute.
        """

    @abstractmethod
    def upsert(self, incoming: Iterable[Incoming]) -> IndexReport:
        """Add or replace single items, durable on return; what is unchanged is skipped.

        An item may come with the bytes of its picture as ``Fetched``.
        """

    def search(
        self, image: QueryImage, options: SearchOptions | int | None = None, **changes: Unpack[SearchKeywords]
    ) -> SearchResult:
        """The products most like a picture: a path, URL, bytes of a file, PIL image or array (h, w[, 3 or 4]).

        ``SearchOptions`` says how, whole or as keywords: ``search("photo.jpg", k=5, where="price<20")``; a number
        alone is ``k``. ``ImageError`` where the picture cannot be used, ``FilterError`` for a bad ``where``,
        ``UsageError`` for a bad k or crop, and for ``min_probability`` while the catalog is not calibrated.
        """
        return self.search_together([image], options, **changes)

    def search_many(
        self,
        images: Iterable[QueryImage],
        options: SearchOptions | int | None = None,
        **changes: Unpack[SearchKeywords],
    ) -> Iterator[SearchResult | ImageError]:
        """An answer for each picture, in order; where a picture cannot be used, its ``ImageError`` stands in."""
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
        """One answer for several pictures of one product."""

    @abstractmethod
    def search_all(
        self, image: QueryImage, options: SearchOptions | int | None = None, **changes: Unpack[SearchKeywords]
    ) -> list[ProductInPhoto]:
        """Every product in a photo of several, as of a shelf or a table: those that can be verified by their details.

        Each comes with its place in the photo and with an answer of its own, whose verdict is about this product. The
        list is empty where nothing agrees in detail; goods without print are only found by ``search``, with a crop.
        Takes about as long as a ``search`` for each product and two more. Errors are those of ``search``.

        >>> with sosie.open("shop.sosie") as catalog:
        ...     catalog.search_all("photo.jpg")
        []
        """

    @abstractmethod
    def more(self, answer: SearchResult | str, k: int = 10) -> SearchResult:
        """The next k matches of a search, behind an answer or at its ``next``; the photo is not looked at again.

        No product comes twice and none is left out, also while the catalog is written. Ranks go on. Matches of a photo
        go on by looks, and none is called more probable than one before; the verdict is that of the first answer.
        ``UsageError`` where there is no more, or the catalog has been adapted since.
        """

    @abstractmethod
    def search_text(
        self, text: str, k: int = 10, *, where: WhereLike = None, minus: str = "", sort: str | None = None
    ) -> SearchResult:
        """The products that words mean, by titles, brands, categories, tags, ids and codes, typing errors forgiven.

        Where the network has a text side, what looks like the words is joined in. Products with ``minus`` words are
        left out. The matches have no probabilities and the answer no verdict. With ``sort``, such as ``"-price"``, all
        that the words find is sorted, at most 1,000 products, and the first k of them come. ``UsageError`` for no words
        or a bad k.
        """

    @abstractmethod
    def similar(
        self, item_id: str, k: int = 10, *, where: WhereLike = None, text: str | None = None, minus: str = "",
        weight: float = WEIGHT, sort: str | None = None,
    ) -> SearchResult:  # fmt: skip
        """The k other products most like an item of the catalog; ``ItemNotFound`` where it is none.

        Words steer it as they do a picture (``SearchOptions``).
        """

    @abstractmethod
    def identify(
        self, image: QueryImage, by: str = BY_PRODUCT, k: int = 10, *, where: WhereLike = None, crop: Crop = None
    ) -> Identification:
        """Which value of the attribute ``by`` the k nearest items vote for, weighted by how near they are."""

    @abstractmethod
    def explain(self, image: QueryImage, result: SearchResult, *, crop: Crop = None, most: int = 3) -> Image.Image:
        """A picture that says why the first ``most`` matches of an answer to ``image`` were found; RGB.

        The points that agree, or a map of the region that carries the similarity; ``docs/explaining.md`` tells more.
        """

    @abstractmethod
    def confirm(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        """Record that the picture shows the product of this item; ``ItemNotFound`` where there is none."""

    @abstractmethod
    def reject(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        """Record that the picture does not show the product of this item; ``ItemNotFound`` where there is none."""

    @abstractmethod
    def feedback(self) -> FeedbackLog:
        """What people said of answers, as far as it belongs to the store's embedder."""

    @abstractmethod
    def adapt(
        self,
        labelled: Source | str | Path | None = None,
        *,
        unlabelled: Source | str | Path | None = None,
        dry_run: bool = False,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
        on_stage: Stage = do_nothing,
    ) -> AdaptReport:
        """Learn what tells this catalog's products apart, from photos with their ``product_id`` and what people
        confirmed; or from ``unlabelled`` photos how photos differ from the catalog.

        It is applied only where it was found to help on photos held out; ``dry_run`` only tells. Nothing is embedded
        again, and ``undo_adaptation`` goes back. ``UsageError`` where there is nothing to learn from.
        """

    @abstractmethod
    def undo_adaptation(self) -> list[str]:
        """Let the embedder's own vectors answer again; the names of the generations that were dropped."""

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
        """Move the catalog to another network: embed every picture with it, beside the one that answers, then switch.

        Searches and runs of ``index`` go on meanwhile, and answers are of one network at any time. What was embedded
        stays, so a run that was killed goes on when it is repeated. With ``thumbnails`` those stand in for pictures
        that are gone; nothing is switched while an item has no vector. Feedback, adaptation and calibration are learned
        anew where their pictures are there. With ``compare`` the labeled photos are asked of both networks, and nothing
        is switched yet. ``UsageError`` where this network answers already.
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
        """Let the network answer that answered before the last migration, with all that the catalog had learned for it.

        What was indexed since then is embedded by it first. Of a migration that has not switched yet, what it wrote is
        dropped. ``UsageError`` where there is nothing to undo.
        """

    @abstractmethod
    def finish_migration(self) -> list[str]:
        """Drop the vectors of the network that answered before the last migration, whose names are returned.

        The store is smaller then, and the migration cannot be undone.
        """

    @abstractmethod
    def calibrate(
        self,
        labelled: Source | str | Path | None = None,
        *,
        precision: float = WISHED_PRECISION,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = do_nothing,
    ) -> CalibrateReport:
        """Learn how probable answers are, from photos with their ``product_id`` and what people confirmed or rejected.

        ``precision`` is the share of answers called "match" that shall be right. ``UsageError`` where there is too
        little to learn from.
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
        """Ask with labelled pictures and keep what came; ``evaluation.summary`` makes figures of it.

        An answer is right when its attribute ``by`` equals the query's. With ``leave_one_out`` and no queries, every
        item is asked for with its own picture left out. ``per`` names attributes of the queries to break figures down
        by, and ``depth`` how many products of each answer are looked at. ``FilterError`` for a ``by`` that the
        catalog does not have, or a ``per`` that no query has.
        """

    @abstractmethod
    def evaluation_page(self, evaluation: Evaluation) -> str:
        """The evaluation as one HTML page that needs nothing beside it, with pictures of this catalog."""

    @abstractmethod
    def duplicates(
        self, *, workers: int | None = None, on_progress: Callable[[int, int | None], None] = do_nothing
    ) -> DuplicateReport:
        """Groups of items whose pictures are copies of each other, edited or not, or whose products share a code.

        ``on_progress`` is told how many items were searched, then how many of how many pairs were compared.
        """

    @abstractmethod
    def duplicates_page(self, report: DuplicateReport) -> str:
        """The groups as one HTML page that needs nothing beside it, with pictures of this catalog."""

    @abstractmethod
    def check(self, *, repair: bool = False, recall: bool = False) -> CheckReport:
        """Look at every item and every cache; with ``repair`` mend what can be mended.

        With ``recall`` the report says how many of the ten most similar items a search finds, measured with items of
        this catalog beside exact comparison.
        """

    @abstractmethod
    def optimize(self) -> None:
        """Bring the caches that make search fast up to date."""
