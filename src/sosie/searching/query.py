"""Queries: pictures of a product with their vectors."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from PIL import Image

from sosie.embedders.base import Embedder
from sosie.errors import SosieError, UsageError
from sosie.images.crop import Box
from sosie.images.crop import crop as crop_picture
from sosie.images.limits import Limits
from sosie.images.query import QueryImage, load_query
from sosie.images.transform import Resized, resize
from sosie.indexing.embedding import embed_each
from sosie.knowledge.imprint import SIDE_FOR_DETAILS
from sosie.searching.views import CLOSER, shorter_side_for, views_of
from sosie.support.blas import one_blas_thread
from sosie.support.timing import Stopwatch
from sosie.types import Vectors

if TYPE_CHECKING:
    from sosie.codes.base import Code
    from sosie.details.base import Details
    from sosie.support.visual_words import WordsQuery

SIDE_FOR_CODES = 960
"""The least shorter side, in pixels, at which narrow bars can be read."""


SIDE_OF_CLOSER_LOOKS = 640
"""The longer side, in pixels, from which a closer look shows more."""

Look: TypeAlias = Literal["usual", "closer", "several"]
"""How many details are extracted: most, of the smallest things, in a picture of several products."""


@dataclass(frozen=True, eq=False)
class Shot:
    """An upright RGB picture of a query. ``content`` is its SHA-256 if results for it are cached, else empty."""

    load: Callable[[], Image.Image]
    content: str = ""
    look: Look = "usual"

    @classmethod
    def of(cls, picture: Image.Image, look: Look = "usual") -> Shot:
        """A shot from a decoded picture."""
        return cls(lambda: picture, look=look)

    @property
    def closer(self) -> Shot | None:
        """The same picture at a closer look; None if that shows no more."""
        if self.look != "usual" or max(self.picture.size) < SIDE_OF_CLOSER_LOOKS:
            return None
        shot = Shot.of(self.picture, "closer")
        if "codes" in self.__dict__:
            shot.__dict__["codes"] = self.codes
        return shot

    @cached_property
    def picture(self) -> Image.Image:
        """The picture, decoded on first use."""
        return self.load()

    @cached_property
    def details(self) -> Details:
        """The details of the picture, extracted on first use."""
        from sosie.details.base import PHOTO, PHOTO_CLOSER, PHOTO_OF_SEVERAL
        from sosie.details.extract import extract

        settings = {"usual": PHOTO, "closer": PHOTO_CLOSER, "several": PHOTO_OF_SEVERAL}
        return extract(self.picture, settings[self.look])

    @cached_property
    def words(self) -> WordsQuery:
        """The visual words of the details, computed on first use."""
        from sosie.details.vocabulary import MOST_POINTS, shipped_vocabulary

        with one_blas_thread():
            return shipped_vocabulary().query(self.details, MOST_POINTS if self.look == "usual" else len(self.details))

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """The barcodes and QR codes in the picture, read on first use."""
        from sosie.codes.reading import read_codes

        return read_codes(self.picture)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A query by one or several pictures of a product.

    ``views`` are the embedder's own unit vectors, shape (views, dim): the whole picture, then its center squares, for
    each picture. ``shots`` are the pictures themselves, empty if details and codes are not used.
    """

    views: Vectors
    shots: tuple[Shot, ...] = ()

    @property
    def vector(self) -> Vectors:
        """The mean vector of all views, shape (dim,), unit length; before any adaptation."""
        return np.asarray(mean_vector(self.views)[0], np.float32)

    @property
    def closer(self) -> Query | None:
        """The same query with closer looks at its pictures; None if they show no more."""
        closer = [shot.closer for shot in self.shots]
        if not any(closer):
            return None
        return Query(self.views, tuple(new or shot for new, shot in zip(closer, self.shots, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPictures:
    """Upright RGB pictures of a product, and their shots."""

    pictures: tuple[Image.Image, ...]
    shots: tuple[Shot, ...]


def _as_given(image: QueryImage) -> QueryImage:
    return image


@dataclass(frozen=True, slots=True)
class QueryMaker:
    """Makes queries from pictures, for every kind of search.

    ``closer`` are the center squares that are embedded beside the whole picture. ``detailed`` is True if the store has
    details, ``coded`` if it has an attribute with codes. ``limits`` apply to all pictures, and ``fetch`` returns the
    bytes of a picture by its URL.
    """

    embedder: Embedder
    closer: tuple[float, ...] = CLOSER
    detailed: bool = False
    coded: bool = False
    limits: Limits = field(default_factory=Limits)
    fetch: Callable[[QueryImage], QueryImage] = _as_given

    def queries(
        self, batch: Sequence[Sequence[QueryImage]], crop: Box | None, watch: Stopwatch
    ) -> list[Query | SosieError]:
        """Return a query, or an error, for the pictures of each product.

        Errors are returned in place of queries, so that a bad picture does not end a batch. ``watch`` records the time
        for decoding and embedding.
        """
        prepared = self.prepare_each(batch, crop, watch)
        return self.embed_prepared(prepared, watch)

    def prepare_each(
        self, batch: Sequence[Sequence[QueryImage]], crop: Box | None, watch: Stopwatch
    ) -> list[PreparedPictures | SosieError]:
        """The first half of ``queries``: decode the pictures of each product."""
        with watch.stage("decode"):
            return [self._prepare_or_error(images, crop) for images in batch]

    def embed_prepared(
        self, prepared: Sequence[PreparedPictures | SosieError], watch: Stopwatch
    ) -> list[Query | SosieError]:
        """The second half of ``queries``: embed what could be decoded."""
        with watch.stage("embed"):
            embedded = iter(self.embed([pictures for pictures in prepared if isinstance(pictures, PreparedPictures)]))
            return [pictures if isinstance(pictures, SosieError) else next(embedded) for pictures in prepared]

    def _prepare_or_error(self, images: Sequence[QueryImage], crop: Box | None) -> PreparedPictures | SosieError:
        try:
            return self.prepare([self._load(image, crop) for image in images])
        except SosieError as error:
            return error

    def _load(self, image: QueryImage, crop: Box | None) -> Image.Image:
        """The upright RGB picture, or its region; a region is decoded in full size, as it may be small."""
        picture = load_query(self.fetch(image), self.limits, self.shorter_side if crop is None else None)
        return picture if crop is None else crop_picture(picture, crop)

    @property
    def shorter_side(self) -> int:
        """The shorter side, in pixels, with which pictures should be decoded."""
        needed = shorter_side_for(self.embedder.spec.transforms, self.closer)
        return max(needed, SIDE_FOR_DETAILS * self.detailed, SIDE_FOR_CODES * self.coded)

    def prepare(self, pictures: Sequence[Image.Image]) -> PreparedPictures:
        """Prepare pictures of a product for the network and the comparison of details."""
        return PreparedPictures(tuple(pictures), tuple(map(Shot.of, pictures)) if self.detailed or self.coded else ())

    def embed(self, prepared: Sequence[PreparedPictures]) -> list[Query | SosieError]:
        """Return a query, or an error, for the pictures of each product; all are embedded in batches."""
        views = [self._views(each.pictures) for each in prepared]
        flat = list(itertools.chain.from_iterable(views))
        size = max(1, self.embedder.batch_size)
        vectors = [
            vector
            for start in range(0, len(flat), size)
            for vector in embed_each(self.embedder, flat[start : start + size])
        ]
        rest = iter(vectors)
        return [
            _query(list(itertools.islice(rest, len(own))), each.shots)
            for own, each in zip(views, prepared, strict=True)
        ]

    def _views(self, pictures: Sequence[Image.Image]) -> list[Resized]:
        """Every view of the pictures, resized for the network."""
        transforms = self.embedder.spec.transforms
        return [resize(view, transforms) for picture in pictures for view in views_of(picture, self.closer)]


def _query(views: Sequence[np.ndarray | SosieError], shots: tuple[Shot, ...]) -> Query | SosieError:
    failed = next((view for view in views if isinstance(view, SosieError)), None)
    return failed or Query(np.stack([view for view in views if isinstance(view, np.ndarray)]), shots)


def mean_vector(vectors: Vectors) -> Vectors:
    """The mean of several views of a product, shape (n, dim) → (1, dim), normalized to unit length."""
    mean = vectors.mean(axis=0, keepdims=True)
    length = np.linalg.norm(mean)
    if not length > 1e-6:
        raise UsageError("these pictures cancel each other out; search them one by one")
    return np.asarray(mean / length, np.float32)
