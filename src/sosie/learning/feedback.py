"""Stores feedback on answers with the query's vectors, for adaptation and calibration.

A row is plain JSON. Its vectors come from the embedder, before any adaptation, so that every later generation can use
them. Rows from another embedder are skipped.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from sosie.types import JSON, Vectors

Opinion: TypeAlias = Literal["confirmed", "rejected"]
OPINIONS: tuple[Opinion, ...] = ("confirmed", "rejected")


@dataclass(frozen=True, slots=True, eq=False)
class Feedback:
    """Feedback on an answer: whether the query shows the product of an item.

    - ``query``: the query's name; ``content_sha256`` is the hash of its picture.
    - ``vectors``: shape (views, dim), float32, unit length.
    - ``generation``: the full name of the vector that was active.
    - ``given_at``: seconds since 1970, UTC.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     feedback = catalog.confirm("photo.jpg", "i3")
    >>> feedback.opinion, feedback.product_id
    ('confirmed', 'p1')
    """

    opinion: Opinion
    item_id: str
    product_id: str
    query: str
    content_sha256: str
    fingerprint: str
    generation: str
    vectors: Vectors
    given_at: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True)
class FeedbackLog:
    """The valid feedback, oldest first, and the numbers of ignored rows.

    ``superseded`` rows have newer feedback on the same picture and item; ``foreign`` rows belong to another embedder;
    ``unreadable`` rows are invalid.
    """

    entries: tuple[Feedback, ...]
    superseded: int = 0
    foreign: int = 0
    unreadable: int = 0

    @property
    def confirmed(self) -> int:
        """The number of confirmations."""
        return sum(entry.opinion == "confirmed" for entry in self.entries)


def to_row(feedback: Feedback) -> dict[str, JSON]:
    """The feedback as plain JSON. Vectors are in half precision, which changes a cosine by less than 0.001."""
    return {
        "opinion": feedback.opinion,
        "item_id": feedback.item_id,
        "product_id": feedback.product_id,
        "query": feedback.query,
        "content_sha256": feedback.content_sha256,
        "fingerprint": feedback.fingerprint,
        "generation": feedback.generation,
        "views": len(feedback.vectors),
        "float16": base64.b64encode(feedback.vectors.astype("<f2").tobytes()).decode("ascii"),
        "given_at": feedback.given_at,
    }


def from_row(row: JSON) -> Feedback:
    """Reads the feedback that ``to_row`` wrote, with vectors scaled to unit length; ``ValueError`` if it is invalid."""
    try:
        if row["opinion"] not in OPINIONS:
            raise ValueError(f"the opinion is {row['opinion']!r}; expected one of {', '.join(OPINIONS)}")
        return Feedback(
            opinion=row["opinion"],
            item_id=str(row["item_id"]),
            product_id=str(row["product_id"]),
            query=str(row["query"]),
            content_sha256=str(row["content_sha256"]),
            fingerprint=str(row["fingerprint"]),
            generation=str(row["generation"]),
            vectors=_vectors(row["float16"], int(row["views"])),
            given_at=float(row["given_at"]),
        )
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValueError(f"this row is not valid feedback: {error!r}") from error


def read_feedback(rows: Iterable[JSON], fingerprint: str) -> FeedbackLog:
    """Reads the valid feedback for an embedder. Of several rows on one picture and item, the last counts."""
    last: dict[tuple[str, str], Feedback] = {}
    superseded = foreign = unreadable = 0
    for row in rows:
        try:
            feedback = from_row(row)
        except ValueError:
            unreadable += 1
            continue
        if feedback.fingerprint != fingerprint:
            foreign += 1
            continue
        superseded += last.pop((feedback.content_sha256, feedback.item_id), None) is not None
        last[feedback.content_sha256, feedback.item_id] = feedback
    return FeedbackLog(tuple(last.values()), superseded, foreign, unreadable)


def _vectors(text: str, views: int) -> Vectors:
    flat = np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)
    matrix = flat.reshape(views, -1)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not (matrix.size and np.isfinite(lengths).all() and (lengths > 0).all()):
        raise ValueError("its vectors are empty or not finite")
    return np.asarray(matrix / lengths, np.float32)
