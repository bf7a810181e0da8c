"""Salvages a damaged ``catalog.db``: writes every readable item into a new file.

Tables are read row by row, and damaged parts are left out, as SQLite's ``.recover`` does. Indexes and words are
rebuilt. The schema is known, so even a lost first page can be restored.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sosie.errors import StoreDamaged
from sosie.stores.local.files import copy_database, put_in_place, remove_database
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.sqlite_errors import is_damage
from sosie.stores.local.truth import meta, schema
from sosie.stores.local.truth.creating import create_file
from sosie.stores.local.truth.damage import last_row, most_rows, read_around
from sosie.stores.local.truth.database import open_connection
from sosie.stores.local.truth.encoding import ITEM_COLUMNS, is_vector, record_of
from sosie.stores.local.truth.schema import ROW_MASK, vector_key
from sosie.stores.local.truth.writing import write_attributes
from sosie.support.visual_words import VisualWords
from sosie.support.wording import amount
from sosie.types import VISUAL_WORDS, EmbedderIdentity, Manifest, Record

MOST_NAMED = 50
_ANY_MANIFEST: Final = Manifest(EmbedderIdentity("none", "none", 1), {}, {})
_CHUNK = 500
_INSERT_ITEM = f"INSERT INTO item (row, {ITEM_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608


@dataclass(slots=True)
class Salvaged:
    """The number of salvaged items, and the ids of lost items."""

    items: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """The result as a sentence."""
        return (
            f"a new catalog.db has the {amount(self.items, 'item')} that could be read; the damaged file "
            "is kept as catalog.db.damaged"
        )

    @property
    def problems(self) -> Iterator[str]:
        """One sentence for each lost item."""
        for item_id in self.lost[:MOST_NAMED]:
            yield f"item {item_id!r} is lost: index it again"
        if len(self.lost) > MOST_NAMED:
            yield f"{len(self.lost) - MOST_NAMED} more items are lost: index the source again"


def salvage(file: Path, settings: LocalSettings) -> Salvaged:
    """Writes the readable part of ``file`` into a new file, which replaces it. The damaged file is kept beside it.

    ``StoreDamaged`` if the manifest is unreadable, because vectors cannot be read without it.
    """
    new = file.with_name(f"{file.name}.salvaged")
    remove_database(new)
    try:
        with _readable(file, settings) as source:
            manifest = meta.read_manifest(source)
            create_file(new, manifest, settings)
            with closing(open_connection(new, "rw", settings.busy_seconds)) as target:
                target.execute("PRAGMA synchronous = OFF")
                target.execute("BEGIN IMMEDIATE")
                salvaged = _Rescue(source, target, manifest).run()
                target.execute("COMMIT")
                target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        put_in_place(new, file)
    finally:
        remove_database(new)
    return salvaged


class _Rescue:
    """Copies the readable part of a damaged database."""

    def __init__(self, source: sqlite3.Connection, target: sqlite3.Connection, manifest: Manifest) -> None:
        self._source = source
        self._target = target
        self._manifest = manifest
        self._rows: set[int] = set()

    def run(self) -> Salvaged:
        """Copies every table that is not an index of another table."""
        indexed = self._ids_in_index()
        saved = self._copy_items()
        self._copy_vectors()
        self._copy_blobs()
        self._copy_feedback()
        self._copy_change()
        return Salvaged(len(saved), sorted(indexed - saved))

    def _copy_items(self) -> set[str]:
        saved: set[str] = set()
        for rows in self._chunks(f"SELECT row, {ITEM_COLUMNS} FROM item NOT INDEXED WHERE row", last_row(self._source)):  # noqa: S608
            good = {row: record for row, *values in rows if (record := _record(values)) and record.item_id not in saved}
            values_of = {row: values for row, *values in rows}
            self._target.executemany(_INSERT_ITEM, ((row, *values_of[row]) for row in good))
            write_attributes(
                self._target,
                {row: (record.item_id, record.product_id, record.attributes) for row, record in good.items()},
            )
            saved |= {record.item_id for record in good.values()}
            self._rows |= good.keys()
        return saved

    def _copy_vectors(self) -> None:
        numbers = self._all("SELECT name, full_name FROM vector_name")
        for number, full_name in numbers:
            if full_name not in self._manifest.vectors and full_name != VISUAL_WORDS:
                continue
            self._target.execute("INSERT INTO vector_name (name, full_name) VALUES (?, ?)", (number, full_name))
            query = "SELECT key, name, change, data FROM vector NOT INDEXED WHERE key"
            for rows in self._chunks(query, max(self._rows, default=0), vector_key(number, 0)):
                good = [row for row in rows if row[0] & ROW_MASK in self._rows and self._is_sound(full_name, row[3])]
                self._target.executemany("INSERT INTO vector (key, name, change, data) VALUES (?, ?, ?, ?)", good)

    def _is_sound(self, full_name: str, data: Any) -> bool:
        if full_name != VISUAL_WORDS:
            return is_vector(data, self._manifest.vectors[full_name])
        try:
            VisualWords.from_bytes(data)
        except (ValueError, TypeError):
            return False
        return True

    def _copy_blobs(self) -> None:
        [(last,)] = self._all("SELECT max(rowid) FROM blob") or [(most_rows(self._source),)]
        for rows in self._chunks("SELECT row, name, data FROM blob NOT INDEXED WHERE rowid", last or 0):
            good = [row for row in rows if row[0] in self._rows and isinstance(row[2], bytes)]
            self._target.executemany("INSERT OR IGNORE INTO blob (row, name, data) VALUES (?, ?, ?)", good)

    def _copy_feedback(self) -> None:
        [(last,)] = self._all("SELECT max(number) FROM feedback") or [(most_rows(self._source),)]
        for rows in self._chunks("SELECT number, body FROM feedback WHERE number", last or 0):
            good = [row for row in rows if _is_json(row[1])]
            self._target.executemany("INSERT INTO feedback (number, body) VALUES (?, ?)", good)

    def _copy_change(self) -> None:
        """Sets the number of the last write above that of every vector. All items get this number."""
        [change] = self._target.execute("SELECT coalesce(max(change), 0) + 1 FROM vector").fetchone()
        self._target.execute("UPDATE meta SET value = ? WHERE key = 'change'", (change,))
        self._target.execute("UPDATE item_change SET change = ?", (change,))

    def _ids_in_index(self) -> set[str]:
        """The ids in the index of the table ``item``; empty if the index is damaged too."""
        ids = self._all("SELECT item_id FROM item INDEXED BY sqlite_autoindex_item_1")
        return {item_id for (item_id,) in ids if isinstance(item_id, str)}

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        try:
            return self._source.execute(query).fetchall()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            return []

    def _chunks(self, query: str, last: int, first: int = 0) -> Iterator[list[tuple[Any, ...]]]:
        """Runs a query for ranges of keys, from ``first`` to ``first + last``. The query ends in the key's name."""

        def read(low: int, high: int) -> Sequence[tuple[Any, ...]]:
            return self._source.execute(f"{query} >= ? AND {query.rpartition(' ')[2]} < ?", (low, high)).fetchall()

        for start in range(first, first + last + 1, _CHUNK):
            yield list(read_around(read, start, min(start + _CHUNK, first + last + 1), most_failures=2 * _CHUNK))


@contextmanager
def _readable(file: Path, settings: LocalSettings) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of the database whose tables can be listed."""
    copy = file.with_name(f"{file.name}.copy")
    remove_database(copy)
    try:
        copy_database(file, copy)
        if not _names_tables(copy, settings):
            _put_first_page_back(copy, settings)
        with closing(open_connection(copy, "rw", settings.busy_seconds)) as connection:
            connection.execute("PRAGMA cell_size_check = ON")
            yield connection
    except sqlite3.Error as error:
        raise StoreDamaged(f"{file} cannot be read at all ({error}): restore a backup") from error
    finally:
        remove_database(copy)


def _names_tables(file: Path, settings: LocalSettings) -> bool:
    try:
        with closing(open_connection(file, "rw", settings.busy_seconds)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            connection.execute("SELECT count(*) FROM meta").fetchone()
    except sqlite3.Error:
        return False
    return {"meta", "item", "vector", "vector_name", "blob", "feedback"} <= names


def _put_first_page_back(file: Path, settings: LocalSettings) -> None:
    """Restores the first page, which lists the tables. It is the same in every store except for the number of pages.

    The log is left out, because it belongs to the lost page.
    """
    template = file.with_name(f"{file.name}.empty")
    remove_database(template)
    try:
        create_file(template, _ANY_MANIFEST, settings)
        with closing(open_connection(template, "rw", settings.busy_seconds)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = bytearray(template.read_bytes()[: schema.PAGE_SIZE])
    finally:
        remove_database(template)
    file.with_name(f"{file.name}-wal").unlink(missing_ok=True)
    pages = -(-file.stat().st_size // schema.PAGE_SIZE)
    page[28:32] = pages.to_bytes(4, "big")
    page[32:40] = bytes(8)
    page[92:96] = page[24:28]
    with file.open("r+b") as opened:
        opened.write(page)


def _record(values: Sequence[Any]) -> Record | None:
    try:
        record = record_of(values, {}, {})
        json.dumps([record.item_id, record.product_id])
    except (StoreDamaged, TypeError, ValueError):
        return None
    texts = (record.item_id, record.product_id, record.content_sha256)
    return record if all(isinstance(text, str) for text in texts) and record.item_id else None


def _is_json(body: Any) -> bool:
    try:
        json.loads(body)
    except (ValueError, TypeError):
        return False
    return True
