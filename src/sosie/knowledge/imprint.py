"""What of a picture is kept beside what its source says of it."""

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
"""The shorter side, in pixels, from which details lose nothing."""


class Detailer(Protocol):
    """Makes what is kept of the details of a picture."""

    def __call__(self, picture: Image.Image) -> StoredDetails:
        """The details of one upright RGB picture."""

    def is_complete(self, sealed: bytes | None, has_words: bool) -> bool:
        """Whether these are all the details that the picture would be given now."""


@dataclass(frozen=True, slots=True)
class Imprint:
    """The named vectors of a picture, how each is made from the embedder's own, shape (dim,), and its details.

    ``detailer`` is None where no details are kept. ``beside`` are vectors of another embedder, which stay as long as
    the picture does. ``thumbnail_side`` is the longer side of the thumbnail, in pixels, 0 for none.
    """

    names: tuple[str, ...]
    stored: Callable[[Vectors], Mapping[str, Vectors]]
    detailer: Detailer | None = None
    beside: tuple[str, ...] = ()
    thumbnail_side: int = THUMBNAIL_SIDE

    @property
    def proof(self) -> tuple[str, ...]:
        """The fields that show whether a record is ``complete``."""
        return self.names if self.detailer is None else (*self.names, DETAILS, VISUAL_WORDS)

    @property
    def fields(self) -> tuple[str, ...]:
        """What two records of the same picture share."""
        thumbnail = (THUMBNAIL,) if self.thumbnail_side else ()
        return (*self.proof, *self.beside, *thumbnail)

    @property
    def shorter_side(self) -> int:
        """The shorter side, in pixels, that a picture should be decoded with."""
        return THUMBNAIL_SIDE if self.detailer is None else SIDE_FOR_DETAILS

    def complete(self, record: Record) -> bool:
        """Whether the record has everything that indexing its picture again would give it."""
        if not all(name in record.vectors for name in self.names):
            return False
        has_words = VISUAL_WORDS in record.blobs
        return self.detailer is None or self.detailer.is_complete(record.blobs.get(DETAILS), has_words)

    def looked_at(self, picture: Image.Image) -> dict[str, bytes]:
        """The blobs that come from the picture itself."""
        side = self.thumbnail_side
        blobs = {THUMBNAIL: encode_thumbnail(picture, side)} if side else {}
        if self.detailer is None:
            return blobs
        kept = self.detailer(picture)
        words = {} if kept.words is None else {VISUAL_WORDS: kept.words.to_bytes()}
        return {**blobs, DETAILS: kept.sealed, **words}
