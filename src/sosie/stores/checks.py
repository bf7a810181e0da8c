"""Checks of arguments, for all stores.

They raise ``ValueError``, because a wrong vector is an error of the calling code, not of a catalog.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sosie.errors import UpdateConflict
from sosie.stores.voting import MOST_WORDS_A_POINT
from sosie.support.visual_words import VisualWords, WordsQuery
from sosie.types import RECORD_FIELDS, VISUAL_WORDS, Attributes, Manifest, Record, Vectors

UNIT_TOLERANCE = 1e-3
"""Largest deviation of a vector's length from 1. Rounding to half precision changes it by at most 2⁻¹¹ ≈ 0.0005.

So vectors of a store in half precision can be copied to another store.
"""


def check_records(records: Sequence[Record], manifest: Manifest) -> None:
    """Refuses invalid records: an empty id, or attributes or vectors that other checks refuse."""
    for record in records:
        if not record.item_id:
            raise ValueError("item_id is empty: every item needs an id of its own")
        check_attributes(record.item_id, record.attributes)
        _check_words(record)
        for name, vector in record.vectors.items():
            _check_rows(f"vector {name!r} of item {record.item_id!r}", vector, (dimension(name, manifest),))


def check_unchanged(records: Iterable[Record], expected: Mapping[str, Attributes]) -> None:
    """Raises ``UpdateConflict`` if a record has other attributes than expected."""
    for record in records:
        if record.item_id in expected and dict(record.attributes) != dict(expected[record.item_id]):
            raise UpdateConflict(f"item {record.item_id!r} was changed meanwhile: read it again and repeat the change")


def check_attributes(item_id: str, attributes: Attributes) -> None:
    """Refuses an attribute with the name of a record field, and a number that is not a finite 64-bit float."""
    for name, value in attributes.items():
        if name in RECORD_FIELDS:
            raise ValueError(f"item {item_id!r}: an attribute cannot be named {name!r}, as a field of the record is")
        if isinstance(value, int | float) and not _is_finite(value):
            raise ValueError(f"item {item_id!r}: attribute {name!r} must be a finite number, got {value!r}")


def check_matrix(name: str, item_ids: Sequence[str], matrix: Vectors, manifest: Manifest) -> None:
    """Refuses a matrix for ``put_vectors`` unless it has one unit vector for each item."""
    _check_rows(f"vectors {name!r}", matrix, (len(item_ids), dimension(name, manifest)))


def check_search(name: str, queries: Vectors, k: int, manifest: Manifest) -> None:
    """Refuses an unknown vector name, queries that are not unit vectors of shape (n, dim), and k < 1."""
    check_positive_k(k)
    dim = dimension(name, manifest)
    if queries.ndim != 2:
        raise ValueError(f"queries for {name!r}: expected shape (n, {dim}), got {queries.shape}")
    _check_rows(f"queries for {name!r}", queries, (len(queries), dim))


def check_words_search(queries: Sequence[WordsQuery], k: int) -> None:
    """Refuses queries whose parts do not fit together, and k < 1."""
    check_positive_k(k)
    for query in queries:
        shapes = (query.words.shape, query.signatures.shape, query.weights.shape)
        if query.words.ndim != 2 or len(set(shapes)) > 1 or not 1 <= query.words.shape[1] <= MOST_WORDS_A_POINT:
            raise ValueError(
                f"a query by visual words: expected three arrays of shape (points, 1 to {MOST_WORDS_A_POINT}), "
                f"got {', '.join(map(str, shapes))}"
            )


def check_positive_k(k: int) -> None:
    """Refuses k < 1."""
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")


def dimension(name: str, manifest: Manifest) -> int:
    """The dimension of a vector, given its full name."""
    if name not in manifest.vectors:
        names = ", ".join(map(repr, sorted(manifest.vectors))) or "none"
        raise ValueError(f"vector {name!r} is not in the manifest; known: {names}")
    return manifest.vectors[name]


def _check_words(record: Record) -> None:
    try:
        VisualWords.from_bytes(record.blobs.get(VISUAL_WORDS, b""))
    except ValueError as error:
        raise ValueError(f"the blob {VISUAL_WORDS!r} of item {record.item_id!r}: {error}") from error


def _check_rows(what: str, rows: Vectors, shape: tuple[int, ...]) -> None:
    if rows.dtype != np.float32 or rows.shape != shape:
        raise ValueError(f"{what}: expected float32 of shape {shape}, got {rows.dtype} of shape {rows.shape}")
    wrong = ~is_unit(rows)
    if wrong.any():
        where = f", first in row {int(wrong.argmax())}" if rows.ndim == 2 else ""
        raise ValueError(
            f"{what}: expected finite numbers and length 1 within {UNIT_TOLERANCE}, got other vectors{where}"
        )


def is_unit(rows: Vectors) -> npt.NDArray[np.bool_]:
    """True for each vector (along the last axis) that is finite and of unit length within ``UNIT_TOLERANCE``."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=-1)
    unit: npt.NDArray[np.bool_] = np.abs(lengths - 1) <= UNIT_TOLERANCE
    return unit


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
