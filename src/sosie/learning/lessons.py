"""What there is to learn from: photos with the product that they show, from a source and from what people confirmed."""

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
"""So many photos tell what details are worth beside looks; comparing them takes most of the time of learning."""

ITEMS_COMPARED = 40


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A photo and its product: ``content`` is the SHA-256 of the photo.

    ``vector``, shape (dim,), is the embedder's own that a search would ask with. ``compared`` is what details tell of
    catalogue items, by product; None where they were not compared.
    """

    product: str
    content: str
    vector: Vectors
    compared: Mapping[str, Verified] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """The photos that can be learned from, and those that cannot.

    ``origin`` is kept with what is learned: the ``fingerprint`` of the network that embedded them, and where there is
    one, the ``source`` that brought them and whether it is ``labelled``.
    """

    each: tuple[Lesson, ...]
    rejections: tuple[Rejection, ...] = ()
    origin: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def products(self) -> list[str]:
        """The product of each photo."""
        return [lesson.product for lesson in self.each]

    @property
    def vectors(self) -> Vectors:
        """Shape (photos, dim)."""
        return np.stack([lesson.vector for lesson in self.each])


@dataclass(frozen=True, slots=True)
class Teaching:
    """Makes lessons of photos; of about ``most_compared`` of ``total`` photos details are compared, too."""

    searcher: Searcher
    total: int | None
    most_compared: int = MOST_COMPARED

    def __call__(self, photos: Photos) -> Lessons:
        """The lessons in a batch of labelled photos."""
        rows = zip(photos.items, photos.contents, photos.queries, strict=True)
        each = tuple(self._lesson(item.product_id, content, query) for item, content, query in rows)
        return Lessons(each, photos.rejections)

    def _lesson(self, product: str, content: str, query: Query) -> Lesson:
        if not self.searcher.compares_details or not self._is_chosen(content):
            return Lesson(product, content, query.vector)
        return Lesson(product, content, query.vector, self.searcher.compared(query, ITEMS_COMPARED))

    def _is_chosen(self, content: str) -> bool:
        """An even choice that does not depend on the order of the photos."""
        return int(content[:8], 16) * (self.total or self.most_compared) < self.most_compared << 32


def lessons_of(
    batches: Iterable[Lessons],
    confirmed: FeedbackLog | None = None,
    on_photo: Callable[[int, int], None] = lambda *_: None,
) -> Lessons:
    """All lessons, those in what people confirmed included; ``UsageError`` where there are photos and none can be used.

    ``on_photo`` is told how many photos have come, and how many of them were rejected.
    """
    found: list[Lesson] = []
    rejections: list[Rejection] = []
    for batch in batches:
        found += batch.each
        rejections += batch.rejections
        on_photo(len(found) + len(rejections), len(rejections))
    known = {lesson.content for lesson in found}
    found += [lesson for lesson in _confirmed(confirmed) if lesson.content not in known]
    if rejections and not found:
        first = rejections[0]
        raise UsageError(
            f"of {amount(len(rejections), 'photo')} none can be used; "
            f"the first: {first.item_id}: {first.stage}: {first.reason}"
        )
    return Lessons(tuple(found), tuple(rejections))


def _confirmed(log: FeedbackLog | None) -> Iterator[Lesson]:
    for entry in log.entries if log else ():
        if entry.opinion == "confirmed":
            yield Lesson(entry.product_id, entry.content_sha256, Query(entry.vectors).vector)
