"""What arrived is looked at, not believed: only bytes that decode to their end are a picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from sosie.errors import CorruptImage, ImageError, ImageTooLarge
from sosie.images.container import open_picture, refusals, without_size_warning
from sosie.images.fetch.reasons import FetchError, Reason
from sosie.images.limits import DEFAULT_LIMITS, Limits
from sosie.images.sniff import describe

_EXTENSIONS = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif", "HEIF": "heic", "JPEG2000": "jp2", "PPM": "pnm"}
_OTHER_KINDS = (("HTML", Reason.HTML), ("XML", Reason.XML), ("SVG", Reason.XML), ("JSON", Reason.JSON))


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What a picture's own bytes say: Pillow's name of the format, and width and height as stored."""

    format: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        """The file name extension of the format, without a dot."""
        return _EXTENSIONS.get(self.format, self.format.lower())


def look(data: bytes, limits: Limits = DEFAULT_LIMITS) -> PictureHeader:
    """Decodes the whole picture, at reduced scale where the format allows it, and says what it is.

    Raises ``FetchError`` with the word for what came in its place.
    """
    with kind_named(data), refusals(data):
        picture = open_picture(data, limits)
        seen = _seen(picture)
        picture.draft(None, (1, 1))
        with without_size_warning(picture.size):
            picture.load()
    return seen


def glance(data: bytes, limits: Limits = DEFAULT_LIMITS) -> PictureHeader:
    """What the header says, for bytes that are to be decoded anyway. Raises as ``look`` does."""
    with kind_named(data), refusals(data):
        return _seen(open_picture(data, limits))


@contextmanager
def kind_named(data: bytes) -> Iterator[None]:
    """Turns the ``ImageError`` of bytes that cannot be used into the ``FetchError`` that names their kind."""
    if not data:
        raise FetchError(Reason.EMPTY, "the answer has 0 bytes")
    try:
        yield
    except FetchError:
        raise
    except ImageError as error:
        raise FetchError(_reason(data, error), str(error)) from error


def _seen(picture: Image.Image) -> PictureHeader:
    return PictureHeader(picture.format or "unknown", *picture.size)


def _reason(data: bytes, error: ImageError) -> Reason:
    if isinstance(error, CorruptImage):
        return Reason.CORRUPT_IMAGE
    if isinstance(error, ImageTooLarge):
        return Reason.TOO_LARGE
    kind = describe(data)
    return next((reason for word, reason in _OTHER_KINDS if word in kind), Reason.NOT_AN_IMAGE)
