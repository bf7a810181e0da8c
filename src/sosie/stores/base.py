"""The interface of stores; the contract suite in the tests checks it."""

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
    """A store that is filled to replace another one."""

    @property
    def store(self) -> Store:
        """The new store, empty at first."""

    def commit(self) -> None:
        """Replace the old store with the new one in one step; ``StoreError`` if the old one has changed."""


class Store(Protocol):
    """Records with named vectors and blobs, which are searched by id, by ``where``, by vector and by words.

    Identity is ``item_id``. ``fields`` names the vectors (``embedding@1``) and blobs (``thumbnail``) to load beside the
    light part of a record; missing ones are left out. ``where`` is a pre-filter: a search returns k items whenever k
    items pass. A ``Where`` arrives bound to the manifest's attribute types (``filters.bind``).
    """

    @property
    def manifest(self) -> Manifest:
        """The current manifest, with changes by other processes."""

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        """Write ``new`` if the manifest still equals ``expected``, else raise ``ManifestConflict``."""

    @property
    def items_at_once(self) -> int:
        """The number of records that ``upsert`` is best called with; 1 if small calls cost hardly more a record."""

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        """Insert or wholly replace records by id; durable on return. Locally one transaction: all or nothing.

        If several records have the same id, the last is stored. Vectors are float32 of the manifest's dimension and
        unit length; others raise ``ValueError``, as do an empty item_id, an attribute named like a field of the record
        and a number that is not finite. Single rows that a remote store refuses are returned as rejections.
        """

    def update(self, attributes: Mapping[str, Attributes], expected: Mapping[str, Attributes] | None = None) -> int:
        """Replace the attributes of existing items, and nothing else; returns the number of changed items.

        With ``expected``, by item_id too, ``UpdateConflict`` if an item has other attributes than those now; then a
        local store changes nothing, and a remote store may have changed the items without a conflict. ``ValueError``
        for attributes that ``upsert`` would refuse.
        """

    def delete(self, item_ids: Sequence[str]) -> int:
        """Remove items; returns the number that existed. Ids without an item are ignored."""

    def put_vectors(self, name: str, item_ids: Sequence[str], matrix: Vectors) -> int:
        """Set one named vector, rows of shape (len(item_ids), dim), on existing items; returns their number.

        The name must be in the manifest's ``vectors`` and every row be a unit vector, else ``ValueError``.
        """

    def drop_vectors(self, name: str) -> None:
        """Drop a named vector of every item; an unknown name is ignored. The manifest does not change."""

    def get(self, item_ids: Sequence[str], fields: Sequence[str] = ()) -> list[Record]:
        """The existing records, in the order of the ids, each once."""

    def scan(self, where: Where | None = None, after: str = "", fields: Sequence[str] = ()) -> Iterator[Record]:
        """Every record that passes ``where``, in order of item_id (by Unicode code point), after the id ``after``.

        The store may be written during the scan.
        """

    def scan_sorted(
        self, order: SortOrder, where: Where | None = None, after: Place | None = None, fields: Sequence[str] = ()
    ) -> Iterator[Record]:
        """Every record that passes ``where``, in an order by an attribute, after the place ``after``.

        ``order`` is from ``order_from``. An unchanged item is returned exactly once, even if other items are written
        meanwhile; an item whose value changes may be returned twice, or not at all.
        """

    def count(self, where: Where | None = None) -> int:
        """The number of items that pass ``where``."""

    def facets(self, attributes: Sequence[str], where: Where | None = None, limit: int = 100) -> list[Facet]:
        """The values of each attribute (or record field) of the items that pass ``where``, at most ``limit`` each.

        Most frequent first, ties by value. Each string of a list counts as a value, once an item. Numbers are floats.
        ``FilterError`` for a name that is not in the manifest.
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

        Best first, ties by item_id. Items without that vector are left out. ``ValueError`` for a name that is not in
        the manifest, queries that are not float32 unit vectors of its dimension, or k < 1.
        """

    def search_details(
        self,
        queries: Sequence[WordsQuery],
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """The k items, or products if ``distinct``, whose visual words get most votes of a query (``stores.voting``).

        The votes are the score. Best first, ties by item_id. Items without ``VISUAL_WORDS`` or votes are left out.
        ``ValueError`` for queries with inconsistent parts, or k < 1.
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
        attributes, lists included. A word matches itself, its other endings in the language of the catalog and, with
        three letters or more, words that begin with it. A word that no item has matches words that differ in one
        letter, or in two if it has six letters or more, but not in the first; words with digits, such as codes, must
        match exactly. With up to two words, and for a text without spaces, all must match, else three quarters. Items
        with a word of ``minus`` are left out. The score is None. Without words there are no hits. ``ValueError`` for k
        < 1.
        """

    def add_feedback(self, rows: Sequence[JSON]) -> None:
        """Append rows of plain JSON objects, durable on return."""

    def feedback(self) -> list[JSON]:
        """Every feedback row, in the order in which they were added."""

    def check(self, repair: bool = False) -> CheckReport:
        """Check every record and every cache; with ``repair``, repair what can be repaired without losing an item."""

    def optimize(self) -> None:
        """Bring the caches for fast search up to date; search results do not change."""

    def flush(self) -> None:
        """Make everything written visible to every search."""

    def is_in_place(self) -> bool:
        """True if the store is still at its address, and has not been replaced."""

    def close(self) -> None:
        """Close files and connections. It may be called twice."""
