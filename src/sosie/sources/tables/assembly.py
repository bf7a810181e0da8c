"""Makes items from rows: ids, pictures as views, links and attributes."""

from __future__ import annotations

import itertools
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

from sosie.errors import SourceError
from sosie.roles import candidates, plain_name
from sosie.sources.pictures.finder import PictureFinder
from sosie.sources.pictures.placeholders import is_placeholder
from sosie.sources.report import Journal
from sosie.sources.streamed import Entry, digest_of
from sosie.sources.tables.addresses import Embedded, Picture, links_in, pictures_in
from sosie.sources.tables.attributes import OF_A_PICTURE, AttributeReader
from sosie.sources.tables.columns import Columns, is_translation
from sosie.sources.tables.notation import is_missing
from sosie.sources.tables.typing import ColumnType, bare_text
from sosie.sources.values import Row, to_id, value_at
from sosie.support.urls import is_url
from sosie.types import Item, Rejection

_MOST_ROWS_OF_A_PRODUCT = 5000
_PARENTS_KEPT = 20_000
_PLAIN_URL = re.compile(r"https?://[^\s,;|&<>~^#\"']+")
"""An address that needs no further parsing."""

_NAMES_A_GROUP = re.compile(r"\b(?:parent|group)\b")
"""Columns in which many shops write 0 for a product without a parent."""

NumberedRow = tuple[int, Row | SourceError]


def further_id(item_id: str, address: str) -> str:
    """The id of an additional picture of an item. It depends on the picture's address, not on its position."""
    return f"{item_id}~{digest_of(address):016x}"[: len(item_id) + 9]


class Assembler:
    """Makes the items of one reading of a table."""

    def __init__(
        self,
        columns: Columns,
        types: Mapping[str, ColumnType],
        finder: PictureFinder,
        journal: Journal,
        stem: str,
        grouped: bool,
    ) -> None:
        self._columns = columns
        self._finder = finder
        self._journal = journal
        self._stem = stem
        self._grouped = grouped
        self._attributes = AttributeReader(columns, types, journal)
        self._ids_of_skus: dict[str, str] = {}
        self._parents: OrderedDict[str, Row] = OrderedDict()
        self._skus = [
            name for name in types if plain_name(name) in ("sku", "artikelnummer", "ugs", "codigo", "reference")
        ]
        self._collected = _codes_of_variants(types) if columns.by_product else ()

    def entries(self, rows: Iterable[NumberedRow]) -> Iterator[Entry]:
        """The items of all rows, and the rejections."""
        if not self._grouped:
            for number, row in rows:
                yield from self._of_row(number, row)
            return
        for _, group in itertools.groupby(rows, key=self._product_key):
            while members := list(itertools.islice(group, _MOST_ROWS_OF_A_PRODUCT)):
                yield from self._of_group(members)

    def _product_key(self, numbered: NumberedRow) -> object:
        number, row = numbered
        product = "" if isinstance(row, SourceError) else _text(row.get(self._columns.product_id or ""))
        return number if is_missing(product) else product or number

    def _of_group(self, rows: list[NumberedRow]) -> Iterator[Entry]:
        """The items of the rows of one product. If only the first row has a value in a column, all rows get it."""
        _, lead = rows[0]
        if isinstance(lead, SourceError) or (len(rows) == 1 and not self._columns.by_product):
            yield from self._of_row(*rows[0])
            return
        codes = self._codes(row for _, row in rows)
        seen: set[Picture] = set()
        for number, row in rows:
            if isinstance(row, SourceError):
                yield from self._of_row(number, row)
                continue
            filled = {**self._filled(row, lead), **codes}
            if self._columns.by_product:
                yield from self._of_product_row(number, row, filled, seen, is_last=number == rows[-1][0])
            else:
                yield from self._of_row(number, filled)

    def _filled(self, row: Row, lead: Row) -> Row:
        """A later row of a product. Blank cells get the value of the product's first row."""
        title = self._columns.descriptive.get("title")
        if row is lead or (title and _text(row.get(title))):
            return row
        structural = self._columns.structural
        return {
            name: lead.get(name)
            if name not in structural and _is_blank(cell) and plain_name(name) not in OF_A_PICTURE
            else cell
            for name, cell in row.items()
        }

    def _codes(self, rows: Iterable[Row | SourceError]) -> Row:
        """The codes of all variants of a product, because any of its pictures may show any code."""
        codes_by_name: dict[str, dict[str, None]] = {name: {} for name in self._collected}
        for row in rows:
            for name in codes_by_name:
                if not isinstance(row, SourceError) and (code := bare_text(_text(row.get(name)))):
                    codes_by_name[name][code] = None
        return {name: list(codes) for name, codes in codes_by_name.items()}

    def _of_product_row(self, number: int, row: Row, filled: Row, seen: set[Picture], is_last: bool) -> Iterator[Entry]:
        """The items of a row's new pictures. The first picture of a product has the product's id."""
        product_id = bare_text(_text(row.get(self._columns.product_id or "")))
        place = f"row {number}"
        try:
            if not product_id:
                raise SourceError(f"no product id in the column {self._columns.product_id!r}")
            new_pictures = [picture for picture in self._pictures(row) if picture not in seen]
            if not new_pictures:
                yield from self._without_picture(place, product_id, bool(seen), is_last)
                return
            for picture in new_pictures:
                item_id = product_id if not seen else further_id(product_id, _address_of(picture))
                seen.add(picture)
                yield place, self._item(item_id, product_id, picture, filled)
        except SourceError as error:
            yield place, Rejection(product_id, "source", f"{place}: {error}")

    def _without_picture(self, place: str, product_id: str, has_pictures: bool, is_last: bool) -> Iterator[Entry]:
        if has_pictures:
            self._journal.skip("rows without a picture of their own", "their product has pictures", product_id)
        elif is_last:
            reason = f"{place}: no image: nothing in the column {self._columns.images[0]!r}"
            yield place, Rejection(product_id, "source", reason)
        else:
            self._journal.skip("rows without a picture of their own", "other rows of their product follow", product_id)

    def _of_row(self, number: int, row: Row | SourceError) -> Iterator[Entry]:
        place, item_id = f"row {number}", ""
        try:
            if isinstance(row, SourceError):
                raise row
            if self._is_translation(row):
                return
            pictures = self._pictures(row)
            item_id = self._item_id(row, pictures, number)
            product_id = self._product_id(row) or item_id
            row = self._with_parent(row, item_id, product_id)
            if not pictures:
                yield from self._imageless(place, item_id, product_id)
                return
            first = self._item(item_id, product_id, pictures[0], row)
            yield place, first
            for picture in pictures[1:]:
                yield place, self._view(first, picture)
        except SourceError as error:
            yield place, Rejection(item_id, "source", f"{place}: {error}")

    def _imageless(self, place: str, item_id: str, product_id: str) -> Iterator[Entry]:
        if not self._columns.images:
            folders = " or ".join(repr(str(folder)) for folder in self._finder.given)
            yield place, Rejection(item_id, "read", f"{place}: no picture named {item_id!r} in {folders}")
        elif self._columns.parent and product_id != item_id:
            self._journal.skip("rows without a picture of their own", "variants of another row", item_id)
        else:
            raise SourceError(f"no image: nothing in the column {self._columns.images[0]!r}")

    def _is_translation(self, row: Row) -> bool:
        """True for a row without a picture that only translates another row; it is recorded as skipped."""
        if (
            "store_view_code" not in row
            or not is_translation(row)
            or any(_text(row.get(name)) for name in self._columns.images)
        ):
            return False
        self._journal.skip("rows of a store view", "they only translate another row", _text(row.get("sku")))
        return True

    def _item_id(self, row: Row, pictures: tuple[Picture, ...], number: int) -> str:
        column = self._columns.item_id
        if column is not None:
            item_id = _id(row, column)
            if not item_id:
                raise SourceError(f"no item id in the column {column!r}")
            return item_id
        if not pictures:
            raise SourceError(f"no image: nothing in the column {self._columns.images[0]!r}")
        return _name_of(pictures[0]) or f"{self._stem}-{number}"

    def _product_id(self, row: Row) -> str:
        column = self._columns.product_id
        if column is None:
            return ""
        product_id = _id(row, column)
        if is_missing(product_id) or (product_id == "0" and _NAMES_A_GROUP.search(plain_name(column))):
            return ""
        if not self._columns.parent:
            return product_id
        return self._ids_of_skus.get(product_id, product_id.removeprefix("id:"))

    def _with_parent(self, row: Row, item_id: str, product_id: str) -> Row:
        """A variant. Blank cells get the value of its parent's row."""
        if not self._columns.parent:
            return row
        if product_id == item_id:
            self._parents[item_id] = row
            self._ids_of_skus |= {_text(row.get(name)): item_id for name in self._skus if _text(row.get(name))}
            if len(self._parents) > _PARENTS_KEPT:
                self._parents.popitem(last=False)
            return row
        parent = self._parents.get(product_id)
        structural = self._columns.structural
        return row if parent is None else {
            name: parent.get(name) if name not in structural and _is_blank(cell) else cell for name, cell in row.items()
        }  # fmt: skip

    def _pictures(self, row: Row) -> tuple[Picture, ...]:
        if not self._columns.images:
            return self._by_id(row)
        pictures: dict[Picture, None] = {}
        for column in self._columns.images:
            cell = value_at(row, column)
            if cell is None or cell == "":
                continue
            if isinstance(cell, str) and _PLAIN_URL.fullmatch(cell):
                pictures[cell] = None
                continue
            for picture in self._in_cell(cell, column):
                pictures[picture] = None
        return tuple(picture for picture in pictures if not self._is_placeholder(picture))

    def _is_placeholder(self, picture: Picture) -> bool:
        """True for the picture of a missing picture; it is recorded as skipped."""
        if not isinstance(picture, str) or not is_placeholder(picture):
            return False
        self._journal.skip("placeholders", "they stand for a missing picture, as their name says", picture)
        return True

    def _in_cell(self, cell: object, column: str) -> Iterator[Picture]:
        try:
            pictures = pictures_in(cell)
        except SourceError as error:
            raise SourceError(f"column {column!r}: {error}") from error
        for picture in pictures:
            if isinstance(picture, str) and isinstance(cell, str) and not is_url(picture):
                yield from self._finder.parts(picture)
            else:
                yield picture

    def _by_id(self, row: Row) -> tuple[Picture, ...]:
        item_id = _id(row, self._columns.item_id or "")
        return self._finder.of_id(item_id) if item_id else ()

    def _item(self, item_id: str, product_id: str, picture: Picture, row: Row) -> Item:
        image: str | tuple[str, ...]
        data = None
        if isinstance(picture, str):
            image = self._finder.locate(picture)
        elif isinstance(picture, tuple):
            image = tuple(map(self._finder.locate, picture))
        else:
            image, data = f"{self._finder.folder / self._stem}#{item_id}", picture.data
        links = self._links(row)
        return Item(item_id, product_id, image, links, self._attributes.read(row), data)

    def _view(self, first: Item, picture: Picture) -> Item:
        item_id = further_id(first.item_id, _address_of(picture))
        if isinstance(picture, Embedded):
            image: str | tuple[str, ...] = f"{self._finder.folder / self._stem}#{item_id}"
            return Item(item_id, first.product_id, image, first.links, first.attributes, picture.data)
        image = self._finder.locate(picture) if isinstance(picture, str) else tuple(map(self._finder.locate, picture))
        return Item(item_id, first.product_id, image, first.links, first.attributes)

    def _links(self, row: Row) -> tuple[str, ...]:
        column = self._columns.links
        cell = row.get(column) if column is not None else None
        if column is None or cell is None or cell == "":
            return ()
        if isinstance(cell, str) and _PLAIN_URL.fullmatch(cell):
            return (cell,)
        try:
            return links_in(cell)
        except SourceError as error:
            self._journal.misfit(column, str(error), cell)
            return ()


def _codes_of_variants(types: Mapping[str, ColumnType]) -> tuple[str, ...]:
    names = list(types)
    return tuple(dict.fromkeys(name for role in ("gtin", "item_id") for name in candidates(role, names)
                               if "sku" in plain_name(name) or role == "gtin"))  # fmt: skip


def _id(row: Row, column: str) -> str:
    cell = row.get(column)
    if type(cell) is str and cell.isascii():
        return bare_text(cell)
    try:
        return bare_text(to_id(cell))
    except SourceError as error:
        raise SourceError(f"column {column!r}: {error}") from error


def _text(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell)


def _is_blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _address_of(picture: Picture) -> str:
    if isinstance(picture, Embedded):
        return picture.name or str(digest_of(picture.data[:4096].hex()))
    return picture if isinstance(picture, str) else picture[0]


def _name_of(picture: Picture) -> str:
    """The id for an item without one: the address of its picture, as written."""
    if isinstance(picture, Embedded):
        return PurePath(picture.name).name
    return picture if isinstance(picture, str) else picture[0]
