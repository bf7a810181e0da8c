"""The only place that calls zvec: builds an index, opens it, queries it.

Vectors go in as half-precision numbers: measured against int8, which keeps a single-precision copy beside it, the
folder is less than half as large and the first candidates are as right as the numbers themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sosie.errors import SosieError
from sosie.types import Vectors

if TYPE_CHECKING:
    from sosie.stores.local.truth.vectors import Rows


class SnapshotIndexError(Exception):
    """zvec failed; whatever it holds can be made anew."""


FIELD = "v"
INSERTED_AT_ONCE = 1000
LINKS, BUILDING_EF, LEAST_EF = 16, 128, 400


class SnapshotIndex:
    """A finished collection, opened to be read. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self._zvec = _library()
        with _translated():
            self._collection = self._zvec.open(str(folder), self._zvec.CollectionOption(read_only=True))

    @property
    def number(self) -> int:
        """How many vectors it holds."""
        return int(self._collection.stats.doc_count)

    def best(self, query: Vectors, number: int) -> tuple[Rows, Vectors]:
        """About the ``number`` nearest rows and their approximate cosines, best first."""
        param = self._zvec.HnswQueryParam(ef=max(LEAST_EF, number))
        asked = self._zvec.Query(FIELD, vector=query.astype(np.float16), param=param)
        with _translated():
            found = self._collection.query(asked, topk=number, output_fields=[])
        rows = np.fromiter((int(one.id) for one in found), np.int64, len(found))
        distances = np.fromiter((one.score for one in found), np.float32, len(found))
        return rows, 1 - distances


def build_index(folder: Path, dim: int, blocks: Iterable[list[tuple[int, bytes]]]) -> int:
    """Make a collection in a folder that is not there yet from (row, half-precision bytes); the number of rows."""
    zvec = _library()
    with _translated():
        collection = zvec.create_and_open(str(folder), _schema(zvec, dim))
        try:
            return _filled(zvec, collection, blocks)
        finally:
            collection.close()


def _filled(zvec: Any, collection: Any, blocks: Iterable[list[tuple[int, bytes]]]) -> int:
    number = 0
    for block in blocks:
        for start in range(0, len(block), INSERTED_AT_ONCE):
            _insert(zvec, collection, block[start : start + INSERTED_AT_ONCE])
        number += len(block)
    collection.flush()
    collection.optimize()
    return number


def _insert(zvec: Any, collection: Any, part: list[tuple[int, bytes]]) -> None:
    docs = [zvec.Doc(id=str(row), vectors={FIELD: np.frombuffer(data, "<f2")}) for row, data in part]
    for status in collection.insert(docs):
        if not status.ok():
            raise SnapshotIndexError(f"zvec refused a vector: {status.message()}")


def _schema(zvec: Any, dim: int) -> Any:
    param = zvec.HnswIndexParam(metric_type=zvec.MetricType.COSINE, m=LINKS, ef_construction=BUILDING_EF)
    vector = zvec.VectorSchema(FIELD, zvec.DataType.VECTOR_FP16, dim, index_param=param)
    return zvec.CollectionSchema(name="snapshot", fields=[], vectors=[vector])


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SosieError:
        raise  # from the blocks that it is being given
    except Exception as error:  # its errors have no class in common
        raise SnapshotIndexError(str(error)) from error


@cache
def _library() -> Any:
    """zvec, imported when first needed and told not to write to the terminal."""
    import zvec

    try:
        zvec.init(log_type=zvec.LogType.CONSOLE, log_level=zvec.LogLevel.FATAL)
    except RuntimeError:
        return zvec  # the program that uses Sosie has set it up already
    return zvec
