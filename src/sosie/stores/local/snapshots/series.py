"""Series of segments: the embeddings of each name, the visual words, and the attributes.

Rows set since the newest segment are searched in the database, get a segment when there are many, and segments of
similar size are merged.
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
"""More than twice what some ten attributes take."""

T = TypeVar("T", bound=Sized, covariant=True)

_BYTES_A_NUMBER = 8
"""More than twice what a number of an embedding takes in a segment: in half precision, and in the graph."""

_BYTES_OF_WORDS = 16_384
"""More than twice what the visual words of an item with many points take in a segment."""


@dataclass(frozen=True, slots=True)
class Series(Generic[T]):
    """A series of segments.

    The table ``snapshot`` has them under ``key``. A new segment is built once more than ``least`` rows stand outside;
    building takes at most ``bytes_a_row`` of disk. ``count`` says how many rows were set in a span of writes; ``write``
    puts them into a folder that is not there yet and gives their number; ``open`` raises ``SegmentError`` for a folder
    that it did not write; ``published`` is called in the transaction that names a new segment, with its span.
    """

    label: str
    key: int
    least: int
    bytes_a_row: int
    count: Callable[[sqlite3.Connection, int, int], int]
    write: Callable[[Path, Database, int, int], int]
    open: Callable[[Path], T]
    published: Callable[[sqlite3.Connection, int, int], None] = lambda connection, after, until: None


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
    """The embeddings of a name. Its own number is used by snapshots of earlier versions."""

    def write(folder: Path, database: Database, after: int, until: int) -> int:
        return write_segment(folder, space.dim, blocks_between(database, space, after, until))

    return Series(
        label=name,
        key=-space.name,
        least=settings.tail_rows,
        bytes_a_row=_BYTES_A_NUMBER * space.dim,
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
        key=space.name,
        least=settings.tail_items,
        bytes_a_row=_BYTES_OF_WORDS,
        count=lambda connection, after, until: count_between(connection, space, after, until),
        write=write,
        open=open_inverted_file,
    )


def attributes_series(settings: LocalSettings) -> Series[AttributeColumns]:
    """The attributes, by which a ``where`` is answered. No vector has the number 0."""
    return Series(
        label="attributes",
        key=0,
        least=settings.tail_rows,
        bytes_a_row=_BYTES_OF_ATTRIBUTES,
        count=count_items_between,
        write=write_columns,
        open=open_columns,
        published=_forget_deleted,
    )


def _forget_deleted(connection: sqlite3.Connection, after: int, until: int) -> None:
    if not after:
        forget_deleted(connection, until)
