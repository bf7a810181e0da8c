"""Collects lessons (photos with their products) from a source and from confirmed feedback."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from sosie.errors import UsageError
from sosie.learning.feedback import FeedbackLog
from sosie.searching.evidence import Verified
from sosie.searching.photos import Photos
from sosie.searching.query import Query
from sosie.searching.searcher import Searcher
from sosie.support.wording import amount
from sosie.types import JSON, Rejection, Vectors

MOST_COMPARED = 400
"""Number of photos whose details are compared, because this takes most of the time of learning."""

ITEMS_COMPARED = 40


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A photo and its product. ``content`` is the photo's SHA-256.

    ``vector`` (dim,) is the query's vector before any adaptation. ``compared`` has the compared details of catalog
    items, by product; None if they were not compared.
    """

    product: str
    content: str
    vector: Vectors
    compared: Mapping[str, Verified] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """The usable photos, and the rejected photos.

    ``origin`` is stored with the result: the ``fingerprint`` of the network and, if there is a source, its address
    (``source``) and whether it is ``labelled``. ``contents`` are the SHA-256 of a source's usable photos, by
    ``item_id``.
    """

    items: tuple[Lesson, ...]
    rejections: tuple[Rejection, ...] = ()
    origin: Mapping[str, JSON] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)

    @property
    def products(self) -> list[str]:
        """The product of each photo."""
        return [lesson.product for lesson in self.items]

    @property
    def vectors(self) -> Vectors:
        """The vectors of the photos, shape (photos, dim)."""
        return np.stack([lesson.vector for lesson in self.items])


@dataclass(frozen=True, slots=True)
class LessonMaker:
    """Makes lessons from photos. Of ``total`` photos, about ``most_compared`` have their details compared."""

    searcher: Searcher
    total: int | None
    most_compared: int = MOST_COMPARED

    def __call__(self, photos: Photos) -> Lessons:
        """The lessons in a batch of labeled photos."""
        rows = zip(photos.items, photos.contents, photos.queries, strict=True)
        items = tuple(self._lesson(item.product_id, content, query) for item, content, query in rows)
        contents = {item.item_id: content for item, content in zip(photos.items, photos.contents, strict=True)}
        return Lessons(items, photos.rejections, contents=contents)

    def _lesson(self, product: str, content: str, query: Query) -> Lesson:
        if not self.searcher.compares_details or not self._is_chosen(content):
            return Lesson(product, content, query.vector)
        return Lesson(product, content, query.vector, self.searcher.compared(query, ITEMS_COMPARED))

    def _is_chosen(self, content: str) -> bool:
        """True for the chosen photos: a random selection by hash, which does not depend on the order of the photos."""
        return int(content[:8], 16) * (self.total or self.most_compared) < self.most_compared << 32


def lessons_of(
    batches: Iterable[Lessons],
    confirmed: FeedbackLog | None = None,
    on_photo: Callable[[int, int], None] = lambda *_: None,
) -> Lessons:
    """All lessons, including those from confirmed feedback; ``UsageError`` if no photo can be used.

    ``on_photo`` is called with the number of photos and the number of rejected photos.
    """
    lessons: list[Lesson] = []
    rejections: list[Rejection] = []
    read: dict[str, str] = {}
    for batch in batches:
        read |= batch.contents
        lessons += batch.items
        rejections += batch.rejections
        on_photo(len(lessons) + len(rejections), len(rejections))
    contents = {lesson.content for lesson in lessons}
    lessons += [lesson for lesson in _confirmed(confirmed) if lesson.content not in contents]
    if rejections and not lessons:
        first = rejections[0]
        raise UsageError(
            f"none of {amount(len(rejections), 'photo')} can be used; "
            f"the first: {first.item_id}: {first.stage}: {first.reason}"
        )
    return Lessons(tuple(lessons), tuple(rejections), contents=read)


def _confirmed(log: FeedbackLog | None) -> Iterator[Lesson]:
    for entry in log.entries if log else ():
        if entry.opinion == "confirmed":
            yield Lesson(entry.product_id, entry.content_sha256, Query(entry.vectors).vector)
