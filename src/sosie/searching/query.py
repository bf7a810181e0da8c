"""What is asked: pictures of one product as the embedder sees them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

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
"""The shorter side, in pixels, from which narrow bars can be told apart."""


@dataclass(frozen=True, eq=False)
class Shot:
    """An upright RGB picture that is asked.

    ``content`` is what identifies it where what is computed of it is kept, empty where it is not. A picture of several
    products is looked at ``closely``: more details, of smaller things.
    """

    load: Callable[[], Image.Image]
    content: str = ""
    closely: bool = False

    @classmethod
    def of(cls, picture: Image.Image, closely: bool = False) -> Shot:
        """A picture that is decoded already."""
        return cls(lambda: picture, closely=closely)

    @cached_property
    def picture(self) -> Image.Image:
        """The picture, decoded when it is first needed."""
        return self.load()

    @cached_property
    def details(self) -> Details:
        """Its details, found when they are first asked for."""
        from sosie.details.base import PHOTO, PHOTO_OF_SEVERAL
        from sosie.details.extract import extract

        return extract(self.picture, PHOTO_OF_SEVERAL if self.closely else PHOTO)

    @cached_property
    def words(self) -> WordsQuery:
        """The visual words of its details, found when they are first asked for."""
        from sosie.details.vocabulary import MOST_POINTS, shipped_vocabulary

        with one_blas_thread():
            return shipped_vocabulary().query(self.details, len(self.details) if self.closely else MOST_POINTS)

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """The barcodes and QR codes in it, read when they are first asked for."""
        from sosie.codes.reading import read_codes

        return read_codes(self.picture)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """One or several pictures of one product.

    ``views`` are the embedder's own unit vectors, shape (views, dim): of each picture the whole, then its centre
    squares. ``shots`` are the pictures themselves, none where details are not asked for.
    """

    views: Vectors
    shots: tuple[Shot, ...] = ()

    @property
    def vector(self) -> Vectors:
        """The one vector that stands for all views, shape (dim,), unit length; before any adaptation."""
        return np.asarray(mean_vector(self.views)[0], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Pictures of one product, ready for the network: every view resized, and the shots."""

    views: Sequence[Resized]
    shots: tuple[Shot, ...]


def _as_given(image: QueryImage) -> QueryImage:
    return image


@dataclass(frozen=True, slots=True)
class Questioner:
    """Makes queries of pictures: every search, by one photo or by thousands, takes this way.

    ``closer`` are the center squares that are embedded beside the whole picture. ``detailed`` where the store keeps
    details, ``coded`` where it names the attribute with codes. ``limits`` hold for pictures of every kind, and
    ``fetch`` turns the URL of a picture into its bytes.
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
        """A query for each product's pictures, or why there is none.

        ``UsageError`` and other errors are kept for the pictures that they belong to, like ``ImageError``, so that
        one bad picture does not end a batch. ``watch`` is told how long decoding and embedding took.
        """
        with watch.stage("decode"):
            seen = [self._see_or_error(images, crop) for images in batch]
        with watch.stage("embed"):
            embedded = iter(self.embed([one for one in seen if isinstance(one, Seen)]))
            return [one if isinstance(one, SosieError) else next(embedded) for one in seen]

    def _see_or_error(self, images: Sequence[QueryImage], crop: Box | None) -> Seen | SosieError:
        try:
            return self.see([self._load(image, crop) for image in images])
        except SosieError as error:
            return error

    def _load(self, image: QueryImage, crop: Box | None) -> Image.Image:
        """The upright RGB picture, or its region; a region needs every pixel, since it may be small."""
        picture = load_query(self.fetch(image), self.limits, self.shorter_side if crop is None else None)
        return picture if crop is None else crop_picture(picture, crop)

    @property
    def shorter_side(self) -> int:
        """The shorter side, in pixels, with which pictures should be decoded."""
        needed = shorter_side_for(self.embedder.spec.transforms, self.closer)
        return max(needed, SIDE_FOR_DETAILS * self.detailed, SIDE_FOR_CODES * self.coded)

    def see(self, pictures: Sequence[Image.Image]) -> Seen:
        """What the network and the geometry need of pictures of one product."""
        transforms = self.embedder.spec.transforms
        views = [resize(view, transforms) for picture in pictures for view in views_of(picture, self.closer)]
        return Seen(views, tuple(map(Shot.of, pictures)) if self.detailed or self.coded else ())

    def embed(self, seen: Sequence[Seen]) -> list[Query | SosieError]:
        """The query of each product's pictures, or why there is none; many are embedded in one go."""
        flat = [view for one in seen for view in one.views]
        size = max(1, self.embedder.batch_size)
        vectors = [
            vector
            for start in range(0, len(flat), size)
            for vector in embed_each(self.embedder, flat[start : start + size])
        ]
        rest = iter(vectors)
        return [_query(list(itertools.islice(rest, len(one.views))), one.shots) for one in seen]


def _query(views: Sequence[np.ndarray | SosieError], shots: tuple[Shot, ...]) -> Query | SosieError:
    failed = next((one for one in views if isinstance(one, SosieError)), None)
    return failed or Query(np.stack([one for one in views if isinstance(one, np.ndarray)]), shots)


def mean_vector(vectors: Vectors) -> Vectors:
    """One query from several views of one product, shape (n, dim) → (1, dim): their mean, of unit length again."""
    mean = vectors.mean(axis=0, keepdims=True)
    length = np.linalg.norm(mean)
    if not length > 1e-6:
        raise UsageError("these pictures cancel each other out; search them one by one")
    return np.asarray(mean / length, np.float32)
