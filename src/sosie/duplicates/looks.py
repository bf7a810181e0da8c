"""What is kept of a thumbnail while pairs are compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.details.base import Details
from sosie.details.extract import ExtractionSettings, extract
from sosie.duplicates.signature import SIDE
from sosie.types import RGB

SQUARE = 168
"""Side in pixels of the squares that are compared cell by cell."""

THUMBNAIL_DETAILS = ExtractionSettings(points=300, least_side=256, most_side=256)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A picture squashed to a square of ``SQUARE`` pixels, its coarse grey, shape (32, 32), and its details.

    ``side`` is the shorter side of the picture in pixels.
    """

    side: int
    square: RGB
    coarse: Floats
    details: Details


def square_of(picture: Image.Image, side: int = SQUARE) -> RGB:
    """The picture squashed to a square, shape (side, side, 3)."""
    rgb = np.asarray(picture)
    shrunk = min(rgb.shape[:2]) >= side
    return np.asarray(
        cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA if shrunk else cv2.INTER_LINEAR), np.uint8
    )


def look_at(picture: Image.Image) -> Look:
    """What two pictures are compared by, from an RGB thumbnail."""
    square = square_of(picture)
    grey = cv2.cvtColor(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return Look(min(picture.size), square, _standardised(grey.astype(np.float32)), extract(picture, THUMBNAIL_DETAILS))


def mirrored(details: Details) -> Details:
    """The details of the picture as a mirror shows it, left and right exchanged.

    In a descriptor, 4 × 4 fields of 8 directions along the point's own direction, the rows of fields and the sense of
    the directions change places.
    """
    across = np.array([details.size[0], 0], np.float32)
    fields = details.descriptors.reshape(-1, 4, 4, 8)[:, ::-1, :, -np.arange(8) % 8]
    return replace(
        details,
        points=np.abs(across - details.points).astype(np.float32),
        angles=(180 - details.angles) % 360,
        descriptors=np.ascontiguousarray(fields.reshape(-1, 128)),
    )


def _standardised(grey: Floats) -> Floats:
    centred = grey - grey.mean()
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-6), np.float32)
