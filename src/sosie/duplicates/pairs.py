"""Decides whether two pictures are copies: overlays them, and compares them cell by cell.

A cell agrees if the gray levels of each picture are a linear function of the other's colors. So changed colors, light
and contrast are tolerated; changed shapes, prints and words are not. In two copies nearly every cell agrees, or every
cell outside one badge. Two variants of a product with the same layout disagree in several places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sosie.duplicates.alignment import Map, alignments, map_between_pixels, refined
from sosie.duplicates.looks import SQUARE, ComparablePicture
from sosie.duplicates.records import Box

CELL = 16
_RIM = 4
"""Pixels along the frame that are ignored, because the surroundings blend into them."""
_CELLS = (SQUARE - 2 * _RIM) // CELL
_GRAY = np.array([0.299, 0.587, 0.114], np.float32)
_PLAIN = 6.0
"""A cell with a smaller standard deviation of gray levels is plain, and cannot be compared."""
_MOST_WEIGHT = 40.0
_BLUR = 1.0
"""Squares are smoothed by this standard deviation, in pixels, before they are compared; more if one was enlarged."""
_NOISE = 4.0
"""Colors with a smaller variance than this, in squared levels, count as noise in the linear fit (its ridge)."""

Cells = npt.NDArray[np.float32]
Products = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CopySettings:
    """Thresholds for copies. The weight of a cell is its contrast.

    - ``explained``: a cell agrees if the linear fit explains this share of its variance.
    - ``least_share``: this share of the weight must agree, with two exceptions.
    - ``least_recolored``: this share must agree if agreeing cells differ in color by more than ``like_colors`` levels.
    - ``least_uncovered``: this share is enough if agreeing cells differ in color by at most ``same_colors`` levels, and
      all other cells are in one box that covers at most ``most_covered`` of the picture.
    - ``fewest_cells``: this many cells must not be plain.
    - ``least_seen``: this share of each picture must be visible in the other.
    - ``promising``: an alignment with this share of agreement is refined.
    """

    explained: float = 0.9
    least_share: float = 0.9
    least_recolored: float = 0.95
    like_colors: float = 12.0
    least_uncovered: float = 0.6
    same_colors: float = 4.0
    most_covered: float = 0.25
    fewest_cells: int = 8
    least_seen: float = 0.3
    promising: float = 0.2


DEFAULT_SETTINGS = CopySettings()
_FRAME = np.pad(np.ones((SQUARE - 2 * _RIM, SQUARE - 2 * _RIM), np.float32), _RIM)


@dataclass(frozen=True, slots=True, eq=False)
class CopyOverlay:
    """The second picture overlaid on the first.

    - ``agreement``: the share of the weight in agreeing cells.
    - ``differs``: the box around all other cells.
    - ``colors``: the mean difference of color in agreeing cells, in levels.
    - ``seen``: the share of each picture that is visible in the other.
    """

    placement: Map
    agreement: float
    differs: Box | None
    cells: int
    colors: float
    seen: tuple[float, float]

    def is_copy(self, settings: CopySettings) -> bool:
        """True if the overlay shows that the pictures are copies."""
        if self.cells < settings.fewest_cells or min(self.seen) < settings.least_seen:
            return False
        if self.colors > settings.like_colors:
            return self.agreement >= settings.least_recolored
        covered = self.colors <= settings.same_colors and _area(self.differs) <= settings.most_covered
        return self.agreement >= (settings.least_uncovered if covered else settings.least_share)


def find_copy_overlay(
    first: ComparablePicture,
    second: ComparablePicture,
    settings: CopySettings = DEFAULT_SETTINGS,
    by_details: bool = True,
) -> CopyOverlay | None:
    """The overlay that proves two pictures copies; None if there is none. ``by_details``: see ``alignments``."""
    for placement in alignments(first, second, by_details):
        candidate = overlay(first, second, placement, settings)
        if not candidate.is_copy(settings) and candidate.agreement >= settings.promising:
            candidate = overlay(first, second, refined(first, second, placement), settings)
        if candidate.is_copy(settings):
            return candidate
    return None


def overlay(
    first: ComparablePicture, second: ComparablePicture, placement: Map, settings: CopySettings = DEFAULT_SETTINGS
) -> CopyOverlay:
    """Overlays the second picture, mapped by ``placement``, on the first, and compares them."""
    pixels = map_between_pixels(placement)
    inside, back = _laid(_FRAME, pixels), _laid(_FRAME, np.asarray(np.linalg.inv(pixels), np.float64))
    blur = _BLUR * max(1.0, SQUARE / 2 / min(first.side, second.side))
    first_cells, second_cells = _cells(_smooth(first.square, blur)), _cells(_laid(_smooth(second.square, blur), pixels))
    weights, explained = _compared(first_cells, second_cells, _cells(inside).min(axis=(1, 2)) > 0.99)
    agree = (explained > settings.explained) & (weights > 0)
    total = float(weights.sum())
    return CopyOverlay(
        placement=placement,
        agreement=float(weights[agree].sum()) / total if total else 0.0,
        differs=_box(~agree & (weights > 0)),
        cells=int((weights > 0).sum()),
        colors=float(np.abs(first_cells - second_cells)[agree].mean()) if agree.any() else 0.0,
        seen=(_share(inside), _share(back)),
    )


def _laid(square: npt.NDArray[Any], pixels: Map) -> npt.NDArray[Any]:
    """The square warped by a map between pixels; 0 outside."""
    return cv2.warpPerspective(square, pixels, (SQUARE, SQUARE), flags=cv2.INTER_LINEAR)


def _share(frame: npt.NDArray[np.float32]) -> float:
    return min(1.0, float(frame.mean() / _FRAME.mean()))


def _compared(first: Cells, other: Cells, whole: Marks) -> tuple[Cells, Cells]:
    """The weight of each cell, and the share of variance that each picture explains of the other, the smaller share."""
    colors = np.concatenate([first, other], axis=2)
    pixels = first.shape[1]
    colors -= np.full((1, pixels), 1 / pixels, np.float32) @ colors  # The means: faster than NumPy's own.
    products = (colors.transpose(0, 2, 1) @ colors).astype(np.float64)
    of_first, of_other, between = products[:, :3, :3], products[:, 3:, 3:], products[:, :3, 3:]
    variances = [_GRAY @ of_each @ _GRAY for of_each in (of_first, of_other)]
    contrast = np.sqrt(np.maximum(*variances) / pixels)
    weights = np.where(whole & (contrast > _PLAIN), np.minimum(contrast, _MOST_WEIGHT), 0)
    explained = np.minimum(
        _explained(variances[0], of_other, _GRAY @ between, pixels),
        _explained(variances[1], of_first, between @ _GRAY, pixels),
    )
    return weights.astype(np.float32), explained.astype(np.float32)


def _explained(variance: Products, colors: Products, both: Products, pixels: int) -> Products:
    """R² of gray levels as a linear function of colors in each cell, from sums of products of centered numbers.

    ``variance`` (cells,) is the sum of squares of the gray levels, ``colors`` (cells, 3, 3) has the products of colors
    with each other, ``both`` (cells, 3) those of the gray levels with colors.
    """
    rule = np.linalg.solve(colors + np.eye(3) * _NOISE * pixels, both[:, :, np.newaxis])[:, :, 0]
    left = variance - 2 * (rule * both).sum(axis=1) + ((colors @ rule[:, :, np.newaxis])[:, :, 0] * rule).sum(axis=1)
    return np.asarray(1 - left / np.maximum(variance, 1e-6))


def _smooth(square: npt.NDArray[np.uint8], blur: float) -> Cells:
    return np.asarray(cv2.GaussianBlur(square, (0, 0), blur), np.float32)


def _cells(square: npt.NDArray[np.float32] | npt.NDArray[np.uint8]) -> Cells:
    """Cuts a square (side, side[, c]) without its rim into cells, row by row: shape (cells, pixels of a cell, c)."""
    inner = square[_RIM:-_RIM, _RIM:-_RIM]
    parts = inner.reshape(_CELLS, CELL, _CELLS, CELL, -1).transpose(0, 2, 1, 3, 4)
    return np.asarray(parts.reshape(_CELLS * _CELLS, CELL * CELL, -1), np.float32)


def _box(marked: Marks) -> Box | None:
    rows, columns = np.nonzero(marked.reshape(_CELLS, _CELLS))
    if not len(rows):
        return None
    ends = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    left, upper, right, lower = (round(float(end) / _CELLS, 3) for end in ends)
    return left, upper, right, lower


def _area(box: Box | None) -> float:
    return 0.0 if box is None else (box[2] - box[0]) * (box[3] - box[1])
