"""Decides which data a store keeps of a picture, besides the data from the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PIL import Image

from sosie.images.transform import THUMBNAIL_SIDE, encode_thumbnail
from sosie.types import DETAILS, THUMBNAIL, VISUAL_WORDS, Record, Vectors

if TYPE_CHECKING:
    from sosie.details.kept import StoredDetails

SIDE_FOR_DETAILS = 480
"""Decoded with this shorter side, in pixels, a photo has all its details."""

SIDE_FOR_STORED_DETAILS = 360
"""Decoded with this shorter side, in pixels, a catalog picture has all its details."""


class Detailer(Protocol):
    """Extracts the details of a picture for storage."""

    def __call__(self, picture: Image.Image) -> StoredDetails:
        """The details of an upright RGB picture."""

    def is_complete(self, sealed: bytes | None, has_words: bool) -> bool:
        """True if these are all the details that would be extracted now."""


@dataclass(frozen=True, slots=True)
class Imprint:
    """Computes the vectors and details that a store keeps of a picture, from the embedder's vector of shape (dim,).

    - ``detailer``: extracts details; None if no details are kept.
    - ``beside``: vectors of another embedder, which are kept while the picture is unchanged.
    - ``thumbnail_side``: the longer side of the thumbnail in pixels; 0 for no thumbnail.
    """

    names: tuple[str, ...]
    stored: Callable[[Vectors], Mapping[str, Vectors]]
    detailer: Detailer | None = None
    beside: tuple[str, ...] = ()
    thumbnail_side: int = THUMBNAIL_SIDE

    @property
    def proof(self) -> tuple[str, ...]:
        """The fields that ``complete`` needs to check a record."""
        return self.names if self.detailer is None else (*self.names, DETAILS, VISUAL_WORDS)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are equal for two records of the same picture."""
        thumbnail = (THUMBNAIL,) if self.thumbnail_side else ()
        return (*self.proof, *self.beside, *thumbnail)

    @property
    def shorter_side(self) -> int:
        """The shorter side, in pixels, at which a picture should be decoded."""
        return THUMBNAIL_SIDE if self.detailer is None else SIDE_FOR_STORED_DETAILS

    def complete(self, record: Record) -> bool:
        """True if the record has everything that indexing its picture again would produce."""
        if not all(name in record.vectors for name in self.names):
            return False
        has_words = VISUAL_WORDS in record.blobs
        return self.detailer is None or self.detailer.is_complete(record.blobs.get(DETAILS), has_words)

    def looked_at(self, picture: Image.Image) -> dict[str, bytes]:
        """The blobs that are made from the picture itself."""
        side = self.thumbnail_side
        blobs = {THUMBNAIL: encode_thumbnail(picture, side)} if side else {}
        if self.detailer is None:
            return blobs
        kept = self.detailer(picture)
        words = {} if kept.words is None else {VISUAL_WORDS: kept.words.to_bytes()}
        return {**blobs, DETAILS: kept.sealed, **words}
