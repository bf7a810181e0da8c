"""Prepares thumbnails for comparison."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.details.base import Details, ExtractionSettings
from sosie.details.extract import extract
from sosie.details.kept import is_current, unpack_details
from sosie.duplicates.signature import SIDE
from sosie.errors import StoreDamaged
from sosie.images.decode import decode
from sosie.types import DETAILS, RGB, THUMBNAIL, Record

SQUARE = 168
"""Side, in pixels, of the squares that are compared cell by cell."""

THUMBNAIL_DETAILS = ExtractionSettings(points=300, side=256)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ComparablePicture:
    """A picture prepared for comparison: resized to a square of ``SQUARE`` pixels; coarse and gray; and its details.

    The coarse gray picture has shape (32, 32). ``side`` is the shorter side of the original in pixels.
    """

    side: int
    square: RGB
    coarse: Floats
    details: Details


def square_of(picture: Image.Image, side: int = SQUARE) -> RGB:
    """The picture resized to a square, shape (side, side, 3); its aspect ratio is not kept."""
    rgb = np.asarray(picture)
    shrunk = min(rgb.shape[:2]) >= side
    return np.asarray(
        cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA if shrunk else cv2.INTER_LINEAR), np.uint8
    )


def comparable_picture(record: Record) -> ComparablePicture:
    """The comparable picture of a record with a thumbnail. Stored details are used if they are not damaged."""
    return prepare_picture(open_thumbnail(record), kept_details(record))


def open_thumbnail(record: Record) -> Image.Image:
    """The thumbnail of a record as RGB; ``ImageError`` if it is damaged."""
    return decode(record.blobs[THUMBNAIL])


def prepare_picture(picture: Image.Image, details: Details | None = None) -> ComparablePicture:
    """Prepares an RGB thumbnail for comparison. Without ``details``, they are extracted."""
    square = square_of(picture)
    details_used = extract(picture, THUMBNAIL_DETAILS) if details is None else details
    return ComparablePicture(min(picture.size), square, coarse_of(square), details_used)


def coarse_of(square: RGB) -> Floats:
    """The square made coarse and gray, shape (SIDE, SIDE), with mean 0 and length 1."""
    gray = cv2.cvtColor(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return _standardized(gray.astype(np.float32))


def kept_details(record: Record) -> Details | None:
    """The strongest details of a record in the store; None if it has none, or damaged ones."""
    sealed = record.blobs.get(DETAILS)
    try:
        details = unpack_details(sealed) if sealed is not None and is_current(sealed) else None
    except StoreDamaged:
        return None
    return None if details is None else details.where(np.arange(len(details)) < THUMBNAIL_DETAILS.points)


def _standardized(gray: Floats) -> Floats:
    centered = gray - gray.mean()
    return np.asarray(centered / max(float(np.linalg.norm(centered)), 1e-6), np.float32)
