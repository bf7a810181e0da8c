"""Queries: the pictures of a product with their vectors."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
from sosie.support.lazily import lazy
from sosie.support.timing import Stopwatch
from sosie.types import Vectors

if TYPE_CHECKING:
    from sosie.codes.base import Code
    from sosie.details.base import Details
    from sosie.searching.ahead import Ahead
    from sosie.support.visual_words import WordsQuery

SIDE_FOR_CODES = 960
"""The shorter side, in pixels, that a picture needs so that narrow bars of a code can be read."""


SIDE_OF_CLOSER_LOOKS = 640
"""Only in a picture with at least this longer side, in pixels, does a second extraction give more details."""

Look: TypeAlias = Literal["usual", "closer", "several"]
"""How many details are extracted: "closer" finds smaller ones, "several" most of all, for several products."""


@dataclass(frozen=True, eq=False)
class Shot:
    """An upright RGB picture of a query. ``content`` is its SHA-256 if its results are cached, else empty."""

    load: Callable[[], Image.Image]
    content: str = ""
    look: Look = "usual"

    @classmethod
    def of(cls, picture: Image.Image, look: Look = "usual") -> Shot:
        """A shot of a decoded picture."""
        return cls(lambda: picture, look=look)

    @property
    def closer(self) -> Shot | None:
        """The same picture with more details; None if there are no more."""
        if self.look != "usual" or max(self.picture.size) < SIDE_OF_CLOSER_LOOKS:
            return None
        shot = Shot.of(self.picture, "closer")
        if "codes" in self.__dict__:
            shot.__dict__["codes"] = self.codes
        return shot

    @lazy
    def picture(self) -> Image.Image:
        """The picture, decoded on first use."""
        return self.load()

    @lazy
    def details(self) -> Details:
        """The details of the picture, extracted on first use."""
        from sosie.details.base import PHOTO, PHOTO_CLOSER, PHOTO_OF_SEVERAL
        from sosie.details.extract import extract

        settings = {"usual": PHOTO, "closer": PHOTO_CLOSER, "several": PHOTO_OF_SEVERAL}
        return extract(self.picture, settings[self.look])

    @lazy
    def words(self) -> WordsQuery:
        """The visual words of the details, computed on first use."""
        from sosie.details.vocabulary import MOST_POINTS, shipped_vocabulary

        with one_blas_thread():
            return shipped_vocabulary().query(self.details, MOST_POINTS if self.look == "usual" else len(self.details))

    @lazy
    def codes(self) -> tuple[Code, ...]:
        """The barcodes and QR codes in the picture, read on first use."""
        from sosie.codes.reading import read_codes

        return read_codes(self.picture)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A query by one or several pictures of a product.

    ``views`` are unit vectors from the embedder, shape (views, dim): for each picture the whole picture, then its
    center squares. ``shots`` are the pictures themselves; empty if details and codes are not used. ``ahead`` has
    the candidates by details, if these were searched for while the network ran.
    """

    views: Vectors
    shots: tuple[Shot, ...] = ()
    ahead: Ahead | None = None

    @property
    def vector(self) -> Vectors:
        """The mean vector of all views, shape (dim,), unit length, before any adaptation."""
        return np.asarray(mean_vector(self.views)[0], np.float32)

    @property
    def closer(self) -> Query | None:
        """The same query with more details of its pictures; None if there are no more."""
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

    - ``closer``: the center squares that are embedded besides the whole picture.
    - ``detailed``: True if the store has details.
    - ``coded``: True if the store has an attribute with codes.
    - ``limits``: the limits for all pictures.
    - ``fetch``: returns the bytes of a picture by its URL.
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
        """Returns a query, or an error, for the pictures of each product.

        An error takes the place of a query, so one bad picture does not end a batch. ``watch`` measures the time for
        decoding and embedding.
        """
        prepared = self.prepare_each(batch, crop, watch)
        return self.embed_prepared(prepared, watch)

    def prepare_each(
        self, batch: Sequence[Sequence[QueryImage]], crop: Box | None, watch: Stopwatch
    ) -> list[PreparedPictures | SosieError]:
        """Decodes the pictures of each product: the first half of ``queries``."""
        with watch.stage("decode"):
            return [self._prepare_or_error(images, crop) for images in batch]

    def embed_prepared(
        self, prepared: Sequence[PreparedPictures | SosieError], watch: Stopwatch
    ) -> list[Query | SosieError]:
        """Embeds the pictures that could be decoded: the second half of ``queries``."""
        with watch.stage("embed"):
            embedded = iter(self.embed([pictures for pictures in prepared if isinstance(pictures, PreparedPictures)]))
            return [pictures if isinstance(pictures, SosieError) else next(embedded) for pictures in prepared]

    def _prepare_or_error(self, images: Sequence[QueryImage], crop: Box | None) -> PreparedPictures | SosieError:
        try:
            return self.prepare([self._load(image, crop) for image in images])
        except SosieError as error:
            return error

    def _load(self, image: QueryImage, crop: Box | None) -> Image.Image:
        """The upright RGB picture, or its region. A region is cut from the picture in full size."""
        picture = load_query(self.fetch(image), self.limits, self.shorter_side if crop is None else None)
        return picture if crop is None else crop_picture(picture, crop)

    @property
    def shorter_side(self) -> int:
        """The shorter side, in pixels, at which pictures should be decoded."""
        needed = shorter_side_for(self.embedder.spec.transforms, self.closer)
        return max(needed, SIDE_FOR_DETAILS * self.detailed, SIDE_FOR_CODES * self.coded)

    def prepare(self, pictures: Sequence[Image.Image]) -> PreparedPictures:
        """Prepares pictures of a product for the network and for the comparison of details."""
        return PreparedPictures(tuple(pictures), tuple(map(Shot.of, pictures)) if self.detailed or self.coded else ())

    def embed(self, prepared: Sequence[PreparedPictures]) -> list[Query | SosieError]:
        """Returns a query, or an error, for the pictures of each product. All are embedded in batches."""
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
    """The mean of several views of a product, (n, dim) → (1, dim), scaled to unit length."""
    mean = vectors.mean(axis=0, keepdims=True)
    length = np.linalg.norm(mean)
    if not length > 1e-6:
        raise UsageError("these pictures cancel each other out; search them one by one")
    return np.asarray(mean / length, np.float32)
