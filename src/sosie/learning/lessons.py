"""What there is to learn from: photos with the product that they show, from a source and from what people confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sosie.errors import UsageError
from sosie.feedback import FeedbackLog
from sosie.searching.photos import Photos
from sosie.searching.query import Query
from sosie.types import Rejection, Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A photo and its product: ``content`` is the SHA-256 of the photo; its vectors have shape (dim,).

    ``whole`` is the embedder's vector of the whole photo, ``asked`` the one that a search would ask with.
    """

    product: str
    content: str
    whole: Vectors
    asked: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """The photos that can be learned from, and those that cannot."""

    each: tuple[Lesson, ...]
    rejections: tuple[Rejection, ...] = ()

    @property
    def products(self) -> list[str]:
        """The product of each photo."""
        return [lesson.product for lesson in self.each]

    @property
    def wholes(self) -> Vectors:
        """The vectors of the whole photos, shape (photos, dim)."""
        return np.stack([lesson.whole for lesson in self.each])

    @property
    def asked(self) -> Vectors:
        """The vectors that searches would ask with, shape (photos, dim)."""
        return np.stack([lesson.asked for lesson in self.each])


def lessons_of(
    photos: Iterable[Photos],
    confirmed: FeedbackLog | None = None,
    on_photo: Callable[[int, int], None] = lambda *_: None,
) -> Lessons:
    """The lessons in batches of labelled photos, and in what people confirmed; ``UsageError`` where all are rejected.

    ``on_photo`` is told how many photos have come, and how many of them were rejected.
    """
    found: list[Lesson] = []
    rejections: list[Rejection] = []
    for batch in photos:
        rejections += batch.rejections
        rows = zip(batch.items, batch.contents, batch.queries, strict=True)
        found += [_lesson(item.product_id, content, query) for item, content, query in rows]
        on_photo(len(found) + len(rejections), len(rejections))
    known = {lesson.content for lesson in found}
    found += [lesson for lesson in _confirmed(confirmed) if lesson.content not in known]
    if rejections and not found:
        first = rejections[0]
        raise UsageError(
            f"none of {len(rejections)} photos can be used; the first: {first.item_id}: {first.stage}: {first.reason}"
        )
    return Lessons(tuple(found), tuple(rejections))


def _confirmed(log: FeedbackLog | None) -> Iterator[Lesson]:
    for entry in log.entries if log else ():
        if entry.opinion == "confirmed":
            yield _lesson(entry.product_id, entry.content_sha256, Query(entry.vectors))


def _lesson(product: str, content: str, query: Query) -> Lesson:
    return Lesson(product, content, query.views[0], query.vector)
