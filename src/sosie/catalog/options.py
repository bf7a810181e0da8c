"""The options of searching and of indexing: frozen, and checked in one place.

A new option is one field here, beside its keyword: every method passes the options on whole.
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
"""A region of a picture: a box, four numbers or ``"x,y,w,h"``, in pixels or fractions; None for all of it."""


def do_nothing(*_: object) -> None:
    """The callback of a caller who does not want to hear how a run goes."""


def refuse_removal(removed: int, total: int) -> bool:
    """No: nobody can be asked whether so many items, of all, may be removed."""
    return False


MAX_K = 1000
"""How many products can be searched for at once."""


def check_k(k: int) -> int:
    """``k`` if it can be asked for, else ``UsageError``."""
    try:
        whole = index(k)
    except TypeError:
        whole = 0
    if isinstance(k, bool) or not 1 <= whole <= MAX_K:
        raise UsageError(f"k = {k!r} was asked for; expected a whole number from 1 to {MAX_K}")
    return whole


WEIGHT = 0.5
"""How much words count beside a picture unless told."""


def words_from(text: str | None, minus: str = "", weight: float = WEIGHT) -> Words | None:
    """Words to search for, None where there are none; ``UsageError`` for empty ones or a weight outside 0 to 1."""
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
    """How to search: for ``k`` products that pass ``where``, with the region ``crop`` of the picture.

    ``min_probability`` leaves out matches that are less probable. ``text`` are words beside the picture, which count
    ``weight`` of it and need a network with a text side, and ``minus`` words to keep away from. ``sort``, an attribute
    such as ``"price"`` or, the highest first, ``"-price"``, puts the matches in another order: which products they are,
    and the verdict, is decided by the picture as without it; ``rank`` tells the place that each has so. Every method
    that searches takes these options, or the same names as keywords. ``UsageError`` for a ``k``, crop, probability or
    weight that cannot be, ``FilterError`` for a ``where`` that cannot be read.

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
        """The words of the search, None where it has none."""
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
        """The options given whole, or as the number ``k``, with the keywords changed; ``k`` twice is refused."""
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
    """How to index.

    With ``sync`` items that the source no longer has are removed. None is removed that may be in a part of the source
    that could not be read, unless with ``allow_unread``; and at most ``max_removals``, a number or a share such as
    ``"25%"``, where None allows 10 % of the catalog, and 20 items in any case. Otherwise the report's ``kept`` counts
    them. ``dry_run`` only says what would be done. With ``swap`` a new catalog is built beside the one in use and takes
    its place in the end. ``details`` says whether the details of pictures are kept, by which exact products are told
    apart: None means yes in a new store, and as before in an old one. ``thumbnails`` is the longer side of the
    thumbnails of pictures that are indexed from now on, 256, 128, or 0 for none: None means 256 in a new store, and as
    before in an old one. ``codes_in`` names the attribute that holds the
    products' EAN or other codes; the store keeps the name. ``workers`` is the number of threads, None for one more than
    there are cores. ``UsageError`` for options that exclude each other.

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
            raise UsageError("--swap builds everything anew: it goes with neither --sync nor --dry-run")
        if not self.sync and (self.allow_unread or self.max_removals is not None):
            raise UsageError("--max-removals and --allow-unread say what --sync may remove: give --sync, too")
        if self.max_removals is not None:
            RemovalLimit.of(self.max_removals)
        if self.thumbnails is not None and self.thumbnails not in SIDES:
            raise UsageError(f"thumbnails is {self.thumbnails!r}; expected a side of 256 or 128 pixels, or 0 for none")
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"workers is {self.workers!r}; expected at least 1, or None for one more than cores")

    def removal(self, coverage: Coverage | None, confirm: Callable[[int, int], bool]) -> Removal | None:
        """What decides which items go after a reading of the source; None without one."""
        if coverage is None:
            return None
        limit = None if self.max_removals is None else RemovalLimit.of(self.max_removals)
        return Removal(coverage, self.allow_unread, limit, refuse_removal if self.dry_run else confirm)

    @classmethod
    def of(cls, given: IndexOptions | None, changes: IndexKeywords) -> IndexOptions:
        """The options given whole, with the keywords changed."""
        return replace(given or cls(), **changes)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What a run of indexing calls: how far it is, and each rejection at once, so that none is lost if it fails.

    ``confirm_removal`` is asked whether so many items, of all, may be removed.
    """

    on_progress: Callable[[Progress], None] = do_nothing
    on_rejection: Callable[[Rejection], None] = do_nothing
    confirm_removal: Callable[[int, int], bool] = refuse_removal
