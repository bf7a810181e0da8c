"""The series of segments: one for the embeddings of each name, one for visual words, one for attributes.

Rows that are newer than the last segment are read from the database. When there are many, they get a segment of their
own, which is later merged with segments of similar size.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.attributes import open_columns, write_columns
from sosie.stores.local.snapshots.columns import AttributeColumns
from sosie.stores.local.snapshots.embeddings import EmbeddingSegment, open_segment, write_segment
from sosie.stores.local.snapshots.inverted import InvertedFile, invert, open_inverted_file, write_inverted_file
from sosie.stores.local.truth import meta
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.item_changes import are_changes_kept, count_items_between, forget_deleted
from sosie.stores.local.truth.spans import Space, blocks_between, count_between
from sosie.stores.local.truth.words import words_between, words_space
from sosie.types import VISUAL_WORDS

_BYTES_OF_ATTRIBUTES = 1024
"""More than twice what about ten attributes take."""

T = TypeVar("T", bound=Sized, covariant=True)

_BYTES_A_NUMBER = 8
"""More than twice what a number of an embedding takes in a segment: half precision, and its share of the code."""

_BYTES_OF_WORDS = 16_384
"""More than twice what the visual words of an item with many points take in a segment."""


@dataclass(frozen=True, slots=True)
class Series(Generic[T]):
    """A series of segments.

    - ``key``: its key in the table ``snapshot``.
    - ``min_rows``: a segment is built when more than this many rows are outside segments.
    - ``max_bytes_per_row``: most disk space that a segment takes for each row.
    - ``count``: counts the rows that were set in a span of writes.
    - ``write``: writes these rows into a new folder and returns their number.
    - ``open``: opens such a folder; ``SegmentError`` if it is invalid.
    - ``on_published``: called with the span of a new segment, in the transaction that adds it to the table.
    """

    label: str
    key: int
    min_rows: int
    max_bytes_per_row: int
    count: Callable[[sqlite3.Connection, int, int], int]
    write: Callable[[Path, Database, int, int], int]
    open: Callable[[Path], T]
    on_published: Callable[[sqlite3.Connection, int, int], None] = lambda connection, after, until: None


def every_series(connection: sqlite3.Connection, settings: LocalSettings) -> Iterator[Series[Any]]:
    """Every series of the store."""
    dims = meta.manifest_of(connection).vectors
    for name, number in meta.vector_names(connection).items():
        if name in dims:
            yield embeddings_series(name, Space(number, dims[name]), settings)
    space = words_space(connection)
    if space is not None:
        yield words_series(space, settings)
    if are_changes_kept(connection):
        yield attributes_series(settings)


def embeddings_series(name: str, space: Space, settings: LocalSettings) -> Series[EmbeddingSegment]:
    """The embeddings of one name. The key is negative, because earlier versions used the positive key."""

    def write(folder: Path, database: Database, after: int, until: int) -> int:
        return write_segment(folder, space.dim, blocks_between(database, space, after, until))

    return Series(
        label=name,
        key=-space.number,
        min_rows=settings.tail_rows,
        max_bytes_per_row=_BYTES_A_NUMBER * space.dim,
        count=lambda connection, after, until: count_between(connection, space, after, until),
        write=write,
        open=lambda folder: open_segment(folder, space.dim),
    )


def words_series(space: Space, settings: LocalSettings) -> Series[InvertedFile]:
    """The visual words."""

    def write(folder: Path, database: Database, after: int, until: int) -> int:
        return write_inverted_file(folder, map(invert, words_between(database, space, after, until)))

    return Series(
        label=VISUAL_WORDS,
        key=space.number,
        min_rows=settings.tail_items,
        max_bytes_per_row=_BYTES_OF_WORDS,
        count=lambda connection, after, until: count_between(connection, space, after, until),
        write=write,
        open=open_inverted_file,
    )


def attributes_series(settings: LocalSettings) -> Series[AttributeColumns]:
    """The attributes, which filters use. The key is 0, because no vector name has this number."""
    return Series(
        label="attributes",
        key=0,
        min_rows=settings.tail_rows,
        max_bytes_per_row=_BYTES_OF_ATTRIBUTES,
        count=count_items_between,
        write=write_columns,
        open=open_columns,
        on_published=_forget_deleted,
    )


def _forget_deleted(connection: sqlite3.Connection, after: int, until: int) -> None:
    if not after:
        forget_deleted(connection, until)
