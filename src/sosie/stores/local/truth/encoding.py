"""Encodes records and vectors for SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.errors import StoreDamaged
from sosie.stores.fulltext.words import words_of
from sosie.types import JSON, VISUAL_WORDS, Attributes, AttributeValue, Record, Vectors

ITEM_COLUMNS = "item_id, product_id, content_sha256, updated_at, image, links, attributes"
_SIGN_AND_NUMBER = np.array(0x8FFFE000, np.uint32).view(np.int32)
SqlValue: TypeAlias = str | int | float | bytes


def item_values(record: Record, now: float) -> tuple[SqlValue, ...]:
    """The values of ``ITEM_COLUMNS`` for a record; ``now`` replaces a missing ``updated_at``."""
    return (
        record.item_id,
        record.product_id,
        record.content_sha256,
        record.updated_at or now,
        json.dumps(record.image),
        json.dumps(record.links),
        json.dumps(dict(record.attributes)),
    )


def record_of(values: Sequence[JSON], vectors: dict[str, Vectors], blobs: dict[str, bytes]) -> Record:
    """The record from the values of ``ITEM_COLUMNS``; ``StoreDamaged`` if its JSON is invalid."""
    item_id, product_id, content, updated_at, image, links, attributes = values
    try:
        return Record(
            item_id=_text(item_id),
            product_id=_text(product_id),
            image=_text_or_texts(_from_json(json.loads(image))),
            links=_texts_only(tuple(json.loads(links))),
            attributes={name: _from_json(value) for name, value in json.loads(attributes).items()},
            content_sha256=_text(content),
            vectors=vectors,
            blobs=blobs,
            updated_at=float(updated_at),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreDamaged(f"item {item_id!r} cannot be read ({error}): delete it or index it again") from error


def attribute_values(attributes: Attributes) -> Iterator[tuple[str, SqlValue]]:
    """Names and values of attributes for filters. Numbers become floats, as in a bound ``where``."""
    for name, value in attributes.items():
        for single_value in dict.fromkeys(value) if isinstance(value, tuple) else (value,):
            yield name, single_value if isinstance(single_value, str) else float(single_value)


def search_text_of(item_id: str, product_id: str, attributes: Attributes) -> str:
    """The text for the word index: ids and string attributes, separated by spaces."""
    texts = [item_id, product_id, *(text for value in attributes.values() for text in _texts(value))]
    return " ".join(words_of("\n".join(texts)))


def indexed_values(record: Record) -> dict[str, bytes]:
    """The values of a record for the table ``vector``, by name: vectors in half precision, and visual words."""
    vectors = {name: half(vector) for name, vector in record.vectors.items()}
    words = record.blobs.get(VISUAL_WORDS)
    return vectors if words is None else {**vectors, VISUAL_WORDS: words}


def is_vector(data: object, dim: int) -> bool:
    """True if the bytes may be a vector of dimension ``dim``, as ``half`` writes it."""
    return isinstance(data, bytes) and len(data) == 2 * dim


def half(vector: Vectors) -> bytes:
    """Encodes a vector in half precision, little-endian."""
    return vector.astype("<f2").tobytes()


def single(data: bytes) -> Vectors:
    """Decodes what ``half`` wrote: shape (dim,), float32, unit length within half precision."""
    return np.frombuffer(data, "<f2").astype(np.float32)


def unit_rows(data: Sequence[bytes], dim: int) -> Vectors:
    """Decodes several vectors that ``half`` wrote: shape (n, dim), float32, scaled to unit length.

    Invalid vectors become zero, and ``sosie check`` reports them: another dimension, numbers that are not finite, or a
    length far from 1.
    """
    data = [entry if is_vector(entry, dim) else bytes(2 * dim) for entry in data]
    return unit_halves(np.frombuffer(b"".join(data), "<f2").reshape(len(data), dim))


def unit_halves(halves: npt.NDArray[np.float16]) -> Vectors:
    """Like ``unit_rows``, for an array in half precision, shape (n, dim)."""
    rows = _widened(halves.view("<i2"))
    lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    sound = np.abs(lengths - 1) < 0.5
    rows *= np.divide(1, lengths, out=np.zeros_like(lengths), where=sound)[:, None]
    return rows


def _widened(halves: npt.NDArray[np.int16]) -> Vectors:
    """Converts half to single precision by moving bits; the exponent's offset is 15 in the one and 127 in the other.

    NumPy's conversion branches on every number. It takes several times as long if many numbers are zero, as after a
    ReLU. Infinite numbers and NaN become large numbers.
    """
    bits = halves.astype(np.int32)
    bits <<= 13
    bits &= _SIGN_AND_NUMBER
    numbers = bits.view(np.float32)
    numbers *= np.float32(2.0 ** (127 - 15))
    return numbers


def _from_json(value: JSON) -> JSON:
    return tuple(value) if isinstance(value, list) else value


def _text(value: JSON) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is in the place of a text")
    return value


def _texts_only(values: tuple[JSON, ...]) -> tuple[str, ...]:
    return tuple(map(_text, values))


def _text_or_texts(value: JSON) -> str | tuple[str, ...]:
    return _texts_only(value) if isinstance(value, tuple) and value else _text(value)


def _texts(value: AttributeValue) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, tuple) else ()
