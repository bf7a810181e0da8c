"""Reads items in the order of an attribute, page by page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sosie.filters import Where
from sosie.filters.order import Place, SortOrder, place_of, sort_records
from sosie.stores.local.truth import reading
from sosie.stores.local.truth.conditions import Sql, find_expression
from sosie.stores.local.truth.damage import check_damage
from sosie.stores.local.truth.encoding import SqlValue
from sosie.stores.local.truth.reading import CHUNK, load_records
from sosie.types import RECORD_FIELDS, Record

_HAS = "EXISTS (SELECT 1 FROM attribute WHERE row = item.row AND name = ?)"


class SortedPage(NamedTuple):
    """A page of records in order, and the place to continue after; None on the last page."""

    records: list[Record]
    after: Place | None


def sorted_page(
    connection: sqlite3.Connection, order: SortOrder, where: Where | None, after: Place | None, fields: Sequence[str]
) -> SortedPage:
    """The next page of records that pass the filter."""
    try:
        places = _places(connection, order, where, after)
    except sqlite3.Error as error:
        check_damage(error, "the attributes")
        rest = sort_records(_every_record(connection, where), order, after)
        places = [(place_of(record, order), row) for record, row in _with_rows(connection, rest[:CHUNK])]
    records = load_records(connection, [row for _, row in places], fields)
    return SortedPage(
        [records[row] for _, row in places if row in records], places[-1][0] if len(places) == CHUNK else None
    )


def _places(
    connection: sqlite3.Connection, order: SortOrder, where: Where | None, after: Place | None
) -> list[tuple[Place, int]]:
    """The next places in the order, with their rows: first items with a value, then items without one."""
    places = []
    if after is None or after.value is not None:
        query = _with_value(order, where, after)
        places = [(Place(value, item_id), row) for value, item_id, row in connection.execute(*query)]
        after = None
    if len(places) < CHUNK and order.attribute not in RECORD_FIELDS:
        query = _without_value(order, where, after.item_id if after else "", CHUNK - len(places))
        places += [(Place(None, item_id), row) for item_id, row in connection.execute(*query)]
    return places


def _with_value(order: SortOrder, where: Where | None, after: Place | None) -> Sql:
    condition = find_expression(where)
    is_field = order.attribute in RECORD_FIELDS
    value = f"item.{order.attribute}" if is_field else "sorted.value"
    table = "item" if is_field else "attribute AS sorted CROSS JOIN item ON item.row = sorted.row AND sorted.name = ?"
    behind = "1"
    values: list[SqlValue] = [] if is_field else [order.attribute]
    if after is not None and after.value is not None:
        sign = "<" if order.descending else ">"
        behind = f"{value} {sign}= ? AND ({value} {sign} ? OR item.item_id > ?)"
        values += [after.value, after.value, after.item_id]
    text = f"""SELECT {value}, item.item_id, item.row FROM {table} WHERE {behind} AND {condition.text}
        ORDER BY {value} {"DESC" if order.descending else "ASC"}, item.item_id LIMIT {CHUNK}"""  # noqa: S608
    return Sql(text, [*values, *condition.values])


def _without_value(order: SortOrder, where: Where | None, after: str, limit: int) -> Sql:
    condition = find_expression(where)
    text = f"""SELECT item_id, row FROM item WHERE item_id > ? AND NOT {_HAS} AND {condition.text}
        ORDER BY item_id LIMIT ?"""  # noqa: S608
    return Sql(text, [after, order.attribute, *condition.values, limit])


def _every_record(connection: sqlite3.Connection, where: Where | None) -> Iterator[Record]:
    page = reading.page(connection, where, "", ())
    yield from page.records
    while page.after is not None:
        page = reading.page(connection, where, page.after, ())
        yield from page.records


def _with_rows(connection: sqlite3.Connection, records: Sequence[Record]) -> list[tuple[Record, int]]:
    rows = reading.rows_of(connection, [record.item_id for record in records])
    return [(record, rows[record.item_id]) for record in records if record.item_id in rows]
