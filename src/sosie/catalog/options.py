"""The options of searching and indexing, which are checked when they are created.

To add an option, add a field to the dataclass, and the same name to its ``…Keywords`` class. The methods need no
change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import TypeAlias, TypedDict

from sosie.errors import UsageError
from sosie.filters import WhereLike, where_from
from sosie.images.crop import Box, box_of
from sosie.indexing.coverage import Coverage
from sosie.indexing.removal import Removal, RemovalLimit
from sosie.knowledge.thumbnails import SIDES
from sosie.types import Progress, Rejection, Words

Crop: TypeAlias = Box | str | Sequence[float] | None
"""A region of a picture: a box, four numbers or ``"x,y,w,h"``, in pixels or fractions; None for the whole picture."""


def do_nothing(*_: object) -> None:
    """The default callback, which does nothing."""


def refuse_removal(removed: int, total: int) -> bool:
    """The default for ``confirm_removal``: refuses the removal."""
    return False


MAX_K = 1000
"""The largest allowed ``k``."""


def check_k(k: int) -> int:
    """Returns ``k`` if it is valid, else raises ``UsageError``."""
    try:
        whole = index(k)
    except TypeError:
        whole = 0
    if isinstance(k, bool) or not 1 <= whole <= MAX_K:
        raise UsageError(f"k is {k!r}; expected a whole number from 1 to {MAX_K}")
    return whole


WEIGHT = 0.5
"""Default weight of words beside a picture."""


def words_from(text: str | None, minus: str = "", weight: float = WEIGHT) -> Words | None:
    """The words to search for; None if there are none. ``UsageError`` for empty words or a weight outside 0 to 1."""
    if not 0 <= weight <= 1:
        raise UsageError(f"weight is {weight!r}; expected a number from 0, the picture alone, to 1, the words alone")
    if text is None:
        if minus:
            raise UsageError(f"minus words {minus!r} were given without words to search for: give both")
        return None
    if not text.strip():
        raise UsageError("the words to search for are empty: expected at least one")
    return Words(text, minus, weight)


class SearchKeywords(TypedDict, total=False):
    """``SearchOptions`` as keywords of a method."""

    k: int
    where: WhereLike
    crop: Crop
    min_probability: float | None
    text: str | None
    minus: str
    weight: float
    sort: str | None


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Options of a search. Every search method takes these options, or their fields as keywords.

    - ``k``: the number of products.
    - ``where``: a filter that the products must pass.
    - ``crop``: the region of the picture to search by.
    - ``min_probability``: matches with a lower probability are left out.
    - ``text``: words that are added to the picture, which needs a network with a text encoder; ``weight`` is how much
      they count.
    - ``minus``: words to avoid.
    - ``sort``: an attribute such as ``"price"``, or ``"-price"`` for the highest first. In a search by picture, the
      same matches are returned in another order, and keep their ``rank``. In a search by words, up to 1,000 products
      are sorted.

    ``UsageError`` for an invalid ``k``, crop, probability or weight; ``FilterError`` for an invalid ``where``.

    >>> options = sosie.SearchOptions(k=2, where=["price<20", "brand=Acme"])
    >>> with sosie.open("shop.sosie") as catalog:
    ...     result = catalog.search("photo.jpg", options)
    ...     whole = catalog.search("photo.jpg", options, where=None)
    >>> [match.item_id for match in result.matches]
    ['i2', 'i0']
    """

    k: int = 10
    where: WhereLike = None
    crop: Crop = None
    min_probability: float | None = None
    text: str | None = None
    minus: str = ""
    weight: float = WEIGHT
    sort: str | None = None

    @property
    def words(self) -> Words | None:
        """The words of the search; None if there are none."""
        return words_from(self.text, self.minus, self.weight)

    def __post_init__(self) -> None:
        check_k(self.k)
        if self.words is not None and self.min_probability is not None:
            raise UsageError("min_probability was given, and answers to words have no probabilities: leave one out")
        object.__setattr__(self, "where", where_from(self.where))
        object.__setattr__(self, "crop", None if self.crop is None else box_of(self.crop))
        if self.min_probability is not None and not 0 <= self.min_probability <= 1:
            raise UsageError(f"min_probability is {self.min_probability!r}; expected a number from 0 to 1")

    @classmethod
    def of(cls, given: SearchOptions | int | None, changes: SearchKeywords) -> SearchOptions:
        """Combines options, or the number ``k``, with keywords; ``UsageError`` if ``k`` is given twice."""
        if isinstance(given, SearchOptions):
            return replace(given, **changes)
        if given is None:
            return cls(**changes)
        if "k" in changes:
            raise UsageError(f"k was given twice, as {given!r} and as {changes['k']!r}: expected it once")
        return replace(cls(k=given), **changes)


class IndexKeywords(TypedDict, total=False):
    """``IndexOptions`` as keywords of a method."""

    sync: bool
    max_removals: int | str | None
    allow_unread: bool
    dry_run: bool
    swap: bool
    details: bool | None
    thumbnails: int | None
    codes_in: str | None
    workers: int | None


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """Options of indexing.

    - ``sync``: items that the source no longer has are removed. Items that may be in an unreadable part of the source
      are kept, unless ``allow_unread`` is True. The report's ``kept`` is the number of items that were not removed.
    - ``max_removals``: a number, or a share such as ``"25%"``. If more items would be removed, none is. By default the
      limit is 20 items or 10 % of the catalog, whichever is more, and ``confirm_removal`` is called above it.
    - ``dry_run``: only reports changes.
    - ``swap``: a new catalog is built beside the current one, and replaces it at the end.
    - ``details``: True to store the details of pictures, which distinguish similar products. None means True for a new
      store, and no change for an existing store.
    - ``thumbnails``: the longer side of the thumbnails of newly indexed pictures: 256, 128, or 0 for none. None means
      256 for a new store, and no change for an existing store.
    - ``codes_in``: the attribute with the products' EAN or other codes; the store remembers it.
    - ``workers``: the number of threads; None for one more than there are cores.

    ``UsageError`` for options that exclude each other.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     report = catalog.index("catalog.csv", sosie.IndexOptions(sync=True, dry_run=True))
    >>> report.unchanged, report.removed
    (6, 0)
    """

    sync: bool = False
    max_removals: int | str | None = None
    allow_unread: bool = False
    dry_run: bool = False
    swap: bool = False
    details: bool | None = None
    thumbnails: int | None = None
    codes_in: str | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.swap and (self.sync or self.dry_run):
            raise UsageError("--swap builds a new catalog: it cannot be combined with --sync or --dry-run")
        if not self.sync and (self.allow_unread or self.max_removals is not None):
            raise UsageError("--max-removals and --allow-unread work only together with --sync")
        if self.max_removals is not None:
            RemovalLimit.of(self.max_removals)
        if self.thumbnails is not None and self.thumbnails not in SIDES:
            raise UsageError(f"thumbnails is {self.thumbnails!r}; expected a side of 256 or 128 pixels, or 0 for none")
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"workers is {self.workers!r}; expected at least 1, or None for one more than cores")

    def removal(self, coverage: Coverage | None, confirm: Callable[[int, int], bool]) -> Removal | None:
        """The rules for removing items after the source was read; None without ``sync``."""
        if coverage is None:
            return None
        limit = None if self.max_removals is None else RemovalLimit.of(self.max_removals)
        confirm = refuse_removal if self.dry_run else confirm
        return Removal(coverage, self.allow_unread, limit, confirm, self.dry_run)

    @classmethod
    def of(cls, given: IndexOptions | None, changes: IndexKeywords) -> IndexOptions:
        """Combines options with keywords."""
        return replace(given or cls(), **changes)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Callbacks of indexing: for progress, for each rejection, and for the confirmation of removals.

    ``confirm_removal`` is called with the number of items to remove and of all items. It returns True to allow the
    removal.
    """

    on_progress: Callable[[Progress], None] = do_nothing
    on_rejection: Callable[[Rejection], None] = do_nothing
    confirm_removal: Callable[[int, int], bool] = refuse_removal
