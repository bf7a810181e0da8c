"""SQLite databases: the table of products, with the pictures that another table lists."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from sosie.errors import SourceError
from sosie.roles import candidates, is_further_image, plain_name, roles_of_products
from sosie.sources.files.data import DataFile
from sosie.sources.formats.table_file import TableFile
from sosie.sources.report import Journal
from sosie.sources.values import Row

_POSITIONS = frozenset(("position", "sort order", "sort", "rank", "ordering", "display order"))


@dataclass(frozen=True, slots=True)
class _PictureTable:
    """A table of pictures: its column ``key`` has the value that ``of`` has in the table of products."""

    name: str
    key: str
    of: str
    address: str
    position: str


class SqliteRows(TableFile):
    """The rows of the table with most columns that products have, numbered from 1.

    If a table of pictures refers to it, one more column has their addresses.
    """

    format = "SQLite"

    def __init__(self, file: DataFile) -> None:
        """``SourceError`` if the file cannot be read, or no table has a title or a picture."""
        super().__init__(file)
        with self._connection() as connection:
            self._tables = _tables_of(connection)
            self._table = self._richest()
            self._pictures = self._table_of_pictures(connection)
        has_own = bool(candidates("image", self._tables[self._table]))
        self._added = "additional_images" if has_own else "images"

    @property
    def dialect(self) -> Mapping[str, str]:
        """See ``Rows``."""
        pictures = {"table of pictures": self._pictures.name} if self._pictures else {}
        return {"table": self._table, **pictures}

    def columns(self, wanted: Collection[str]) -> list[str]:
        """The columns of the table, and the one for the pictures of another table."""
        return [*self._tables[self._table], *([self._added] if self._pictures else [])]

    def every_column(self) -> list[str]:
        """The columns of the table, and the one for the pictures of another table."""
        return self.columns(())

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row, with typed values."""
        names = self._tables[self._table]
        with self._connection() as connection:
            addresses = _addresses_in(connection, self._pictures) if self._pictures else {}
            query = f"SELECT * FROM {_quoted(self._table)}"  # noqa: S608
            for number, values in enumerate(connection.execute(query), 1):
                row: dict[str, object] = dict(zip(names, values, strict=True))
                if self._pictures:
                    row[self._added] = addresses.get(row[self._pictures.of])
                yield number, row

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self._file.path))}?mode=ro", uri=True)) as connection:
                connection.text_factory = lambda text: text.decode("utf-8", "replace")
                connection.execute("PRAGMA trusted_schema = OFF")
                yield connection
        except sqlite3.Error as error:
            raise SourceError(
                f"{str(self._file)!r} is a SQLite database that cannot be read: {error}; export its products as CSV"
            ) from error

    def _richest(self) -> str:
        """The table with most columns that products have."""
        counts = {name: roles_of_products(columns)
                  for name, columns in self._tables.items()
                  if any(candidates(role, columns) for role in ("title", "image"))}  # fmt: skip
        if not counts:
            raise SourceError(
                f"{str(self._file)!r} is a SQLite database without a table of products: expected one with titles or "
                f"pictures, found {', '.join(map(repr, self._tables)) or 'no table'}"
            )
        return max(counts, key=counts.__getitem__)

    def _table_of_pictures(self, connection: sqlite3.Connection) -> _PictureTable | None:
        """The first table of pictures that refers to the table of products."""
        for name, columns in self._tables.items():
            reference = None if name == self._table else self._reference(connection, name)
            addresses = [
                *candidates("image", columns),
                *filter(is_further_image, columns),
                *candidates("links", columns),
            ]
            addresses = [column for column in addresses if reference and column != reference[0]]
            if reference and addresses:
                position = next((column for column in columns if plain_name(column) in _POSITIONS), "")
                return _PictureTable(name, *reference, addresses[0], position)
        return None

    def _reference(self, connection: sqlite3.Connection, table: str) -> tuple[str, str] | None:
        """The column of a table that refers to a product, and the column of the products that it refers to."""
        for _, _, target, source, of, *_ in connection.execute(f"PRAGMA foreign_key_list({_quoted(table)})"):
            if target.lower() == self._table.lower():
                return source, of or self._key()
        names = {plain_name(self._table + " id"), plain_name(self._table.rstrip("s") + " id"), "product id"}
        key = next((column for column in self._tables[table] if plain_name(column) in names), None)
        return (key, self._key()) if key else None

    def _key(self) -> str:
        columns = self._tables[self._table]
        return next((name for name in columns if plain_name(name) in ("id", "product id")), columns[0])


def _tables_of(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The columns of every table and view."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return {
        name: [column for _, column, *_ in connection.execute(f"PRAGMA table_info({_quoted(name)})")]
        for (name,) in names.fetchall()
    }


def _addresses_in(connection: sqlite3.Connection, pictures: _PictureTable) -> dict[object, list[str]]:
    """The addresses of the pictures of each product, in their order."""
    key, address = _quoted(pictures.key), _quoted(pictures.address)
    order = f" ORDER BY {_quoted(pictures.position)}" if pictures.position else ""
    table = f"{_quoted(pictures.name)} WHERE typeof({address}) = 'text'"
    query = f"SELECT {key}, {address} FROM {table}{order}"  # noqa: S608
    addresses: dict[object, list[str]] = {}
    for product, picture in connection.execute(query):
        addresses.setdefault(product, []).append(picture)
    return addresses


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
