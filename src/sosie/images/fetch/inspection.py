"""Checks fetched bytes: only bytes that can be decoded completely count as a picture."""

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
    """What a picture's header says: Pillow's name of the format, and width and height as stored."""

    format: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        """The file name extension of the format, without a dot."""
        return _EXTENSIONS.get(self.format, self.format.lower())


def inspect_picture(data: bytes, limits: Limits = DEFAULT_LIMITS) -> PictureHeader:
    """Decodes the whole picture, at reduced scale if the format allows it, and returns its header.

    ``FetchError`` with the reason for anything that is not a complete picture.
    """
    with errors_with_reason(data), refusals(data):
        picture = open_picture(data, limits)
        header = _header_of(picture)
        picture.draft(None, (1, 1))
        with without_size_warning(picture.size):
            picture.load()
    return header


def inspect_header(data: bytes, limits: Limits = DEFAULT_LIMITS) -> PictureHeader:
    """Reads only the header, for bytes that will be decoded anyway. Raises like ``inspect_picture``."""
    with errors_with_reason(data), refusals(data):
        return _header_of(open_picture(data, limits))


@contextmanager
def errors_with_reason(data: bytes) -> Iterator[None]:
    """Turns the ``ImageError`` of unusable bytes into a ``FetchError`` with the reason."""
    if not data:
        raise FetchError(Reason.EMPTY, "the response has 0 bytes")
    try:
        yield
    except FetchError:
        raise
    except ImageError as error:
        raise FetchError(_reason(data, error), str(error)) from error


def _header_of(picture: Image.Image) -> PictureHeader:
    return PictureHeader(picture.format or "unknown", *picture.size)


def _reason(data: bytes, error: ImageError) -> Reason:
    if isinstance(error, CorruptImage):
        return Reason.CORRUPT_IMAGE
    if isinstance(error, ImageTooLarge):
        return Reason.TOO_LARGE
    kind = describe(data)
    return next((reason for word, reason in _OTHER_KINDS if word in kind), Reason.NOT_AN_IMAGE)
