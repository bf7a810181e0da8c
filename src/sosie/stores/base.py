"""The interface of stores. A suite of tests checks that every store fulfills it."""

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
    """A store that is filled to replace another store."""

    @property
    def store(self) -> Store:
        """The new store, empty at first."""

    def commit(self) -> None:
        """Replaces the old store by the new one in one step; ``StoreError`` if the old store has changed meanwhile."""


class Store(Protocol):
    """Records with named vectors and blobs, searched by id, by filter, by vector and by words.

    - A record is identified by its ``item_id``.
    - ``fields`` names the vectors (``embedding@1``) and blobs (``thumbnail``) to load with a record. A record without
      such a field is returned without it.
    - ``where`` is a filter, bound to the manifest's attribute types by ``filters.bind``. A search returns k items
      whenever at least k items pass the filter.
    """

    @property
    def manifest(self) -> Manifest:
        """The current manifest, including changes by other processes."""

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        """Writes ``new`` if the manifest still equals ``expected``; else raises ``ManifestConflict``."""

    @property
    def items_at_once(self) -> int:
        """The best number of records for a call of ``upsert``; 1 if small calls are about as fast."""

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        """Inserts records, or replaces them completely. They are durable on return.

        A local store writes all records or none. A remote store may refuse single records, which are returned as
        rejections. If several records have the same id, the last is stored. ``ValueError`` for:

        - a vector that is not float32, not of the manifest's dimension, or not of unit length
        - an empty item_id
        - an attribute with the name of a record field
        - a number that is not finite
        """

    def update(self, attributes: Mapping[str, Attributes], expected: Mapping[str, Attributes] | None = None) -> int:
        """Replaces the attributes of existing items, and nothing else; returns the number of changed items.

        ``expected`` gives the attributes that each item should have now, by item_id. ``UpdateConflict`` if an item has
        others. Then a local store changes nothing; a remote store may already have changed the items that have no
        conflict. ``ValueError`` for attributes that ``upsert`` refuses.
        """

    def delete(self, item_ids: Sequence[str]) -> int:
        """Removes items; returns the number that existed. Unknown ids are ignored."""

    def put_vectors(self, name: str, item_ids: Sequence[str], matrix: Vectors) -> int:
        """Sets a named vector of existing items; returns their number. ``matrix`` has shape (len(item_ids), dim).

        ``ValueError`` if the name is not in the manifest's ``vectors``, or if a row is not a unit vector.
        """

    def drop_vectors(self, name: str) -> None:
        """Removes a named vector from every item; an unknown name is ignored. The manifest does not change."""

    def get(self, item_ids: Sequence[str], fields: Sequence[str] = ()) -> list[Record]:
        """The existing records, each once, in the order of the ids."""

    def scan(self, where: Where | None = None, after: str = "", fields: Sequence[str] = ()) -> Iterator[Record]:
        """Every record that passes ``where``, in order of item_id (by Unicode code point), after the id ``after``.

        The store may be written during the scan.
        """

    def scan_sorted(
        self, order: SortOrder, where: Where | None = None, after: Place | None = None, fields: Sequence[str] = ()
    ) -> Iterator[Record]:
        """Every record that passes ``where``, ordered by an attribute, after the place ``after``.

        ``order`` comes from ``order_from``. An unchanged item is returned exactly once, even if other items are written
        meanwhile. An item whose value changes may be returned twice or not at all.
        """

    def count(self, where: Where | None = None) -> int:
        """The number of items that pass ``where``."""

    def facets(self, attributes: Sequence[str], where: Where | None = None, limit: int = 100) -> list[Facet]:
        """The values of each attribute (or record field) of the items that pass ``where``, at most ``limit`` each.

        Most frequent first; equal counts are ordered by value. Each string of a list is counted, once per item.
        Numbers are floats. ``FilterError`` for a name that is not in the manifest.
        """

    def search(
        self,
        vector_name: str,
        queries: Vectors,
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """For each query, the k items of highest cosine; with ``distinct``, the best items of k products.

        ``queries`` are float32 unit vectors, shape (n, dim). Best first; equal scores are ordered by item_id. Items
        without this vector are left out. ``ValueError`` for a name that is not in the manifest, for other queries, or
        for k < 1.
        """

    def search_details(
        self,
        queries: Sequence[WordsQuery],
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """For each query, the k items (with ``distinct``, products) whose visual words get the most votes.

        ``stores.voting`` computes the votes, which are the score. Best first; equal scores are ordered by item_id.
        Items without ``VISUAL_WORDS`` or without votes are left out. ``ValueError`` for queries whose parts do not fit
        together, or k < 1.
        """

    def search_text(
        self,
        words: str,
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
        minus: str = "",
    ) -> list[Hit]:
        """The k items that match the words best, best first; with ``distinct``, the best items of k products.

        The words of an item are the runs of letters and digits in its ids and string attributes. Case is ignored. A
        searched word matches

        - the same word
        - its other endings in the catalog's language
        - from three letters on, words that begin with it
        - if no item has the word: words with the same first letter that differ in one other letter, or in two if the
          searched word has at least six letters. Words with digits, such as codes, must match exactly

        If the text has one or two words, all must match. All must also match if it has no spaces, such as the code
        ``AB-12-C``. Otherwise three quarters of the words must match. Items with a word of ``minus`` are left out. The
        score is None. Without words there are no hits. ``ValueError`` for k < 1.
        """

    def add_feedback(self, rows: Sequence[JSON]) -> None:
        """Adds rows of plain JSON objects. They are durable on return."""

    def feedback(self) -> list[JSON]:
        """Every row of feedback, oldest first."""

    def check(self, repair: bool = False) -> CheckReport:
        """Checks every record and every cache. With ``repair``, repairs problems without losing readable items."""

    def optimize(self) -> None:
        """Brings the caches for fast search up to date. Search results do not change."""

    def flush(self) -> None:
        """Makes all writes visible to every search."""

    def is_in_place(self) -> bool:
        """True if the store is still at its address and was not replaced."""

    def close(self) -> None:
        """Closes files and connections. A second call does nothing."""
