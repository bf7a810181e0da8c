"""Columns of attributes: for each value of an attribute, the rows that have it. Values are sorted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.filters import Condition
from sosie.stores.local.truth.encoding import SqlValue
from sosie.stores.local.truth.vectors import Rows

Numbers: TypeAlias = npt.NDArray[np.float64]
Starts: TypeAlias = npt.NDArray[np.int64]
Entries: TypeAlias = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts in UTF-8, sorted by code point: text i is ``data[starts[i] : starts[i + 1]]``."""

    starts: Starts
    data: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> bytes:
        return self.data[self.starts[number] : self.starts[number + 1]].tobytes()


class AttributeColumn(NamedTuple):
    """The column of one attribute. Its sorted values are ``numbers``, then ``texts``, counted from 0.

    The rows with value v are ``entries[starts[v] : starts[v + 1]]``.
    """

    numbers: Numbers
    texts: Texts
    starts: Starts
    entries: Entries

    def value(self, number: int) -> str | float:
        """The value with this index."""
        before = len(self.numbers)
        return float(self.numbers[number]) if number < before else self.texts[number - before].decode()

    def rows_of(self, condition: Condition) -> Iterator[Entries]:
        """The rows whose value meets a condition; for ``!=`` and ``has``, the rows with any value."""
        for first, end in self._values_of(condition):
            yield self.entries[self.starts[first] : self.starts[end]]

    def _values_of(self, condition: Condition) -> Iterable[tuple[int, int]]:
        if condition.operator in ("!=", "has"):
            return [(0, len(self.starts) - 1)]
        if condition.operator == "=":
            return [self._equal(value) for value in condition.values]
        [value] = condition.values
        first, end = self._equal(value)
        low, high = (len(self.numbers), len(self.starts) - 1) if isinstance(value, str) else (0, len(self.numbers))
        return [{"<": (low, first), "<=": (low, end), ">": (end, high), ">=": (first, high)}[condition.operator]]

    def _equal(self, value: str | float) -> tuple[int, int]:
        """The index range of a value: of length 1, or empty at the place where the value would be."""
        if not isinstance(value, str):
            number = float(value)
            return int(np.searchsorted(self.numbers, number)), int(np.searchsorted(self.numbers, number, "right"))
        text, before = value.encode(), len(self.numbers)
        return before + bisect_left(self.texts, text), before + bisect_right(self.texts, text)


@dataclass(frozen=True, slots=True, eq=False)
class AttributeColumns:
    """The attributes of n rows.

    ``rows`` (n,) ascend. ``alive`` is False for rows whose item was deleted.
    """

    rows: Rows
    alive: npt.NDArray[np.bool_]
    columns: Mapping[str, AttributeColumn]

    def __len__(self) -> int:
        return len(self.rows)


class ColumnsBuilder:
    """Builds columns from rows with their attributes; rows are added in ascending order."""

    def __init__(self) -> None:
        self._values: dict[str, dict[SqlValue, int]] = {}
        self._entries: dict[str, tuple[list[int], list[int]]] = {}
        self._parts: dict[str, list[tuple[Entries, Entries]]] = {}

    def add(self, attributes: Iterable[tuple[int, str, SqlValue]]) -> None:
        """Adds attributes. A value that is neither number nor text is left out; ``check`` reports it."""
        for row, name, value in attributes:
            if isinstance(value, str | int | float):
                values = self._values.setdefault(name, {})
                rows, numbers = self._entries.setdefault(name, ([], []))
                rows.append(row)
                numbers.append(values.setdefault(value, len(values)))
        for name, (rows, numbers) in self._entries.items():
            self._parts.setdefault(name, []).append((np.array(rows, np.uint32), np.array(numbers, np.uint32)))
        self._entries.clear()

    def finish(self, rows: Rows, alive: npt.NDArray[np.bool_]) -> AttributeColumns:
        """The columns of all added attributes."""
        return AttributeColumns(rows, alive, {name: self._column(name) for name in sorted(self._values)})

    def _column(self, name: str) -> AttributeColumn:
        values, parts = self._values[name], self._parts.pop(name)
        rows, numbers = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        figures = sorted((float(value), number) for value, number in values.items() if not isinstance(value, str))
        texts = sorted((value.encode(), number) for value, number in values.items() if isinstance(value, str))
        places = np.empty(len(values), np.int64)
        places[[number for _, number in (*figures, *texts)]] = np.arange(len(values))
        of_entries = places[numbers]
        lengths = np.bincount(of_entries, minlength=len(values))
        return AttributeColumn(
            np.array([value for value, _ in figures], np.float64),
            _texts([text for text, _ in texts]),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            rows[np.argsort(of_entries, kind="stable")],
        )


def _texts(every: list[bytes]) -> Texts:
    starts = np.concatenate([[0], np.cumsum([len(text) for text in every])]).astype(np.int64)
    return Texts(starts, np.frombuffer(b"".join(every), np.uint8))
