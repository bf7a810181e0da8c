"""The interface that every store implements; the contract suite in the tests says the same as executable checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

from sosie.filters import Where
from sosie.filters.order import Place, SortOrder
from sosie.support.visual_words import WordsQuery
from sosie.types import (
    JSON,
    Attributes,
    CheckReport,
    Facet,
    Hit,
    Manifest,
    Record,
    Rejection,
    Vectors,
)


class Replacement(Protocol):
    """A store that is being filled to take the place of another one."""

    @property
    def store(self) -> Store:
        """The new store, empty at first."""

    def commit(self) -> None:
        """Let the new store stand where the old one stood, in one step; ``StoreError`` where that one has changed."""


class Store(Protocol):
    """Records with named vectors and blobs, found by id, by ``where``, by vector and by words.

    Identity is ``item_id``. ``fields`` names the vectors (``embedding@1``) and blobs (``thumbnail``) to load beside
    the light part of a record; what a record lacks is left out. ``where`` is a pre-filter: k answers come back
    whenever k exist. A ``Where`` arrives bound to the manifest's attribute types (``filters.bind``).
    """

    @property
    def manifest(self) -> Manifest:
        """The manifest as it stands now, other processes' changes included."""

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        """Write ``new`` if the manifest still equals ``expected``, else raise ``ManifestConflict``."""

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        """Insert or wholly replace records by id; durable on return. Locally one transaction: all or nothing.

        The last of several records with one id wins. Vectors are float32 of the manifest's dimension and unit length;
        others raise ``ValueError``, as do an empty item_id, an attribute named like a field of the record and a number
        that is not finite. What a remote store refuses row by row comes back as rejections.
        """

    def update(self, attributes: Mapping[str, Attributes], expected: Mapping[str, Attributes] | None = None) -> int:
        """Replace the attributes of the items that exist, leaving all else; the number of items changed.

        With ``expected``, by item_id too, ``UpdateConflict`` where an item has other attributes than those by now; then
        nothing is changed locally, and a remote store may have changed the items without a conflict.
        ``ValueError`` for attributes that ``upsert`` would refuse.
        """

    def delete(self, item_ids: Sequence[str]) -> int:
        """Remove items; the number that existed. Ids that do not exist are no error."""

    def put_vectors(self, name: str, item_ids: Sequence[str], matrix: Vectors) -> int:
        """Set one named vector, rows of shape (len(item_ids), dim), on the items that exist; how many did.

        The name must stand in the manifest's ``vectors`` and every row be a unit vector, else ``ValueError``.
        """

    def drop_vectors(self, name: str) -> None:
        """Forget a named vector of every item; a name that is not there is no error. The manifest stays as it is."""

    def get(self, item_ids: Sequence[str], fields: Sequence[str] = ()) -> list[Record]:
        """The records that exist, in the order asked, each id once."""

    def scan(self, where: Where | None = None, after: str = "", fields: Sequence[str] = ()) -> Iterator[Record]:
        """Every record that passes, in order of item_id (by Unicode code point), from the first id after ``after``.

        One may write to the store while going through it.
        """

    def scan_sorted(
        self, order: SortOrder, where: Where | None = None, after: Place | None = None, fields: Sequence[str] = ()
    ) -> Iterator[Record]:
        """Every record that passes, in an order by an attribute, from the first behind the place ``after``.

        ``order`` is one that ``order_from`` made. An item that nobody changes meanwhile comes exactly once, also where
        others are written; one whose value changes may come twice, or not at all.
        """

    def count(self, where: Where | None = None) -> int:
        """How many items pass."""

    def facets(self, attributes: Sequence[str], where: Where | None = None, limit: int = 100) -> list[Facet]:
        """The values of each attribute (or record field) over the items that pass, at most ``limit`` values each.

        Most frequent first, ties by value. Each string of a list counts as a value, once an item. Numbers come as
        floats. ``FilterError`` for a name that the manifest does not know.
        """

    def search(
        self,
        vector_name: str,
        queries: Vectors,
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """For each query, shape (n, dim), the k items of highest cosine; with ``distinct`` the best item of k products.

        Best first, ties by item_id. Items without that vector are not found. ``ValueError`` for a name that is not
        in the manifest, queries that are not float32 unit vectors of its dimension, or k < 1.
        """

    def search_details(
        self,
        queries: Sequence[WordsQuery],
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """For each query the k items whose visual words get most votes (``stores.voting``); with ``distinct`` products.

        The votes are the score. Best first, ties by item_id. Items without ``VISUAL_WORDS``, and those that nothing
        votes for, are not found. ``ValueError`` for queries whose parts do not belong together, or k < 1.
        """

    def search_text(
        self,
        words: str,
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
        minus: str = "",
    ) -> list[Hit]:
        """The k items that match the words best, best first; with ``distinct`` the best item of k products.

        Words are runs of letters and digits in any case, and those of an item are the ones in its ids and string
        attributes, lists included. A word matches itself, other endings of it in the language of the catalog, and from
        three letters on whatever begins with it. One that no item has matches what differs in one letter, in two from
        six letters on, but not in the first; words with digits, such as codes, are taken as they are. Of up to two
        words, and of a text without spaces, all must match, else three quarters. Items with one of the words ``minus``
        are left out. The score is None. No words find nothing. ``ValueError`` for k < 1.
        """

    def add_feedback(self, rows: Sequence[JSON]) -> None:
        """Append rows of plain JSON objects, durable on return."""

    def feedback(self) -> list[JSON]:
        """Every feedback row, in the order in which they were added."""

    def check(self, repair: bool = False) -> CheckReport:
        """Look at every record and every cache; with ``repair`` mend what can be mended without losing an item."""

    def optimize(self) -> None:
        """Bring the caches that make search fast up to date; changes no answer."""

    def flush(self) -> None:
        """After it, everything written is found by every search."""

    def is_in_place(self) -> bool:
        """Whether the store is still what lies at its address, and no other was put there."""

    def close(self) -> None:
        """Let go of files and connections. Closing twice is no error."""
