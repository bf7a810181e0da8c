"""Filters by segments of attributes: marks the rows that pass, and counts the values of their attributes."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.filters import AnyOf, Condition, Expression, Not, Where
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.attributes import read_columns
from sosie.stores.local.snapshots.columns import AttributeColumn, AttributeColumns
from sosie.stores.local.snapshots.held import Held
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.series import attributes_series
from sosie.stores.local.truth.conditions import candidate_query
from sosie.stores.local.truth.damage import check_damage
from sosie.stores.local.truth.item_changes import are_changes_kept, count_items_between
from sosie.stores.local.truth.meta import change_of
from sosie.stores.local.truth.vectors import Rows
from sosie.types import RECORD_FIELDS

Mask: TypeAlias = npt.NDArray[np.bool_]
"""True for each row that passes, by row number: shape (largest row + 1,)."""

ATTRIBUTES_A_VECTOR = 4
"""Items need less memory than vectors, so this many times as many are kept in memory before a segment is built."""

MOST_MASKS = 4
"""Masks that are cached. A page needs several answers with the same filter: results, their number, and facets."""

MOST_COUNTED = 20_000
"""Most values that are counted over several segments. For more, SQLite is faster, because its index has them in
order."""


VALUES_SUMMED = 8
"""From this many entries a value on, adding up the marks of each value is faster than one running sum."""


def marked(mask: Mask, rows: Rows) -> npt.NDArray[np.bool_]:
    """The mask's entry for each row; False for rows beyond the end of the mask."""
    if not len(mask):
        return np.zeros(len(rows), np.bool_)
    if rows.max(initial=0) < len(mask):
        return mask[rows]
    return np.asarray(mask[np.minimum(rows, len(mask) - 1)] & (rows < len(mask)))


class ValueCounts(NamedTuple):
    """Values and the number of rows with each, most frequent first, up to a limit. ``distinct`` counts all values."""

    values: list[tuple[str | float, int]]
    distinct: int
    minimum: float | None
    maximum: float | None


class Attributes:
    """The attributes of every item as one transaction sees them, by segment, oldest first."""

    def __init__(self, files: Sequence[AttributeColumns]) -> None:
        self._files = files
        self.size = 1 + max((int(file.rows[-1]) for file in files if len(file)), default=-1)
        self.exists = self._empty()
        for file in files:
            self.exists[file.rows] = file.alive
        self._owners = self._owned()
        self._recent: tuple[tuple[Expression, Mask], ...] = ()

    def _empty(self) -> Mask:
        return np.zeros(self.size, np.bool_)

    def _owned(self) -> npt.NDArray[np.uint8] | None:
        """For each row, the index of its newest segment; None if there is only one segment."""
        if len(self._files) < 2:
            return None
        owners = np.zeros(self.size, np.uint8)
        for number, file in enumerate(self._files):
            owners[file.rows] = number
        return owners

    def passing(self, expression: Expression, connection: sqlite3.Connection) -> Mask:
        """The mask of the rows that pass; do not change it, because it is cached."""
        for expression_before, mask in self._recent:
            if expression_before == expression:
                return mask
        mask = self._evaluated(expression, connection)
        self._recent = ((expression, mask), *self._recent)[:MOST_MASKS]
        return mask

    def _evaluated(self, expression: Expression, connection: sqlite3.Connection) -> Mask:
        if isinstance(expression, Where):
            return self._all([self._evaluated(part, connection) for part in expression.conditions])
        if isinstance(expression, AnyOf):
            anything = self._empty()
            for part in expression.operands:
                anything = anything | self._evaluated(part, connection)
            return anything
        if isinstance(expression, Not):
            return self.exists & ~self._evaluated(expression.operand, connection)
        return self._comparison(expression, connection)

    def _all(self, masks: Sequence[Mask]) -> Mask:
        everything = self.exists
        for mask in masks:
            everything = everything & mask
        return everything

    def _comparison(self, condition: Condition, connection: sqlite3.Connection) -> Mask:
        if condition.operator == "!=":
            equal = Condition(condition.attribute, "=", condition.values)
            present = Condition(condition.attribute, "has")
            return self._comparison(present, connection) & ~self._comparison(equal, connection)
        if condition.attribute in RECORD_FIELDS:
            return self._of_field(condition, connection)
        mask = self._empty()
        for number, file in enumerate(self._files):
            if number:
                mask[file.rows] = False
            column = file.columns.get(condition.attribute)
            for rows in column.rows_of(condition) if column else ():
                mask[rows] = True
        return mask

    def _of_field(self, condition: Condition, connection: sqlite3.Connection) -> Mask:
        """The rows that pass a condition on a record field, by SQLite: it indexes ids and fields with many values."""
        if condition.operator == "has":
            return self.exists
        query = candidate_query(condition)
        entries = connection.execute(query.text, query.values).fetchall()
        rows = np.fromiter((row for (row,) in entries), np.int64, len(entries))
        mask = self._empty()
        mask[rows[rows < self.size]] = True
        return mask

    def count_values(self, name: str, passing: Mask, limit: int) -> ValueCounts | None:
        """The number of passing rows with each value of an attribute; None if SQLite is faster."""
        counted = [(column, _counts(column, mask)) for column, mask in self._columns_of(name, passing)]
        if len(counted) == 1:
            return _most_frequent(*counted[0], limit)
        total = Counter[str | float]()
        for column, counts in counted:
            values = np.flatnonzero(counts)
            if len(total) + len(values) > MOST_COUNTED:
                return None
            for value, count in zip(values.tolist(), counts[values].tolist(), strict=True):
                total[column.value(value)] += count
        return _ranked(total, limit)

    def _columns_of(self, name: str, passing: Mask) -> Iterator[tuple[AttributeColumn, Mask | None]]:
        """The columns of an attribute, each with a mask of the rows to count; None to count every row."""
        counts_all = self._owners is None and passing is self.exists and all(file.alive.all() for file in self._files)
        for number, file in enumerate(self._files):
            column = file.columns.get(name)
            if column and len(column.entries):
                of_segment = passing if self._owners is None else passing & (self._owners == number)
                yield column, None if counts_all else of_segment


class AttributeIndex:
    """The attributes of a store; thread-safe."""

    def __init__(self, snapshots: Snapshots, settings: LocalSettings) -> None:
        self._snapshots = snapshots
        self._series = attributes_series(settings)
        self._most = ATTRIBUTES_A_VECTOR * settings.cached_rows
        self._held = Held(snapshots, read_columns, self._most)
        self._attributes: tuple[list[AttributeColumns], Attributes] = ([], Attributes([]))
        self._lock = threading.Lock()

    def at(self, connection: sqlite3.Connection) -> Attributes | None:
        """The attributes that a transaction can see; None if there are no segments, or too many newer rows."""
        try:
            if not are_changes_kept(connection):
                return None
            segments = self._snapshots.segments(connection, self._series)
            change = change_of(connection)
            if not segments or count_items_between(connection, segments[-1].change, change) > self._most:
                return None
            files = self._held.at(connection, self._series, change)
        except sqlite3.Error as error:
            check_damage(error, "the changes of items")
            return None
        with self._lock:
            held, attributes = self._attributes
            if list(map(id, held)) != list(map(id, files)):
                attributes = Attributes(files)
                self._attributes = files, attributes
            return attributes


def _counts(column: AttributeColumn, mask: Mask | None) -> npt.NDArray[np.int64]:
    """The number of marked rows with each value."""
    if mask is None:
        return np.diff(column.starts)
    marks = mask[column.entries]
    if VALUES_SUMMED * len(column.starts) < len(marks):
        return np.add.reduceat(marks, column.starts[:-1], dtype=np.int64)
    return np.diff(np.concatenate([[0], np.cumsum(marks, dtype=np.int64)])[column.starts])


def _most_frequent(column: AttributeColumn, counts: npt.NDArray[np.int64], limit: int) -> ValueCounts:
    """The most frequent values of a column; equal counts are ordered by value."""
    distinct = int(np.count_nonzero(counts))
    least = _largest(counts, limit) if distinct > limit else 1
    above = np.flatnonzero(counts > least)
    chosen = np.concatenate([above, np.flatnonzero(counts == least)[: limit - len(above)]])
    chosen = chosen[np.lexsort((chosen, -counts[chosen]))]
    values = [(column.value(value), int(counts[value])) for value in chosen.tolist()]
    numbers = column.numbers[np.flatnonzero(counts[: len(column.numbers)])]
    low, high = (float(numbers[0]), float(numbers[-1])) if len(numbers) else (None, None)
    return ValueCounts(values, distinct, low, high)


def _largest(counts: npt.NDArray[np.int64], place: int) -> int:
    """The count at index ``place`` in descending order. NumPy's partition is slow if most counts are equal."""
    frequencies = np.bincount(counts)[::-1]
    return len(frequencies) - 1 - int(np.searchsorted(np.cumsum(frequencies), place))


def _ranked(total: Counter[str | float], limit: int) -> ValueCounts:
    order = sorted(total.items(), key=lambda pair: (-pair[1], isinstance(pair[0], str), pair[0]))
    numbers = [value for value in total if not isinstance(value, str)]
    return ValueCounts(order[:limit], len(total), min(numbers, default=None), max(numbers, default=None))
