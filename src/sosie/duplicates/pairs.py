"""Decides whether two pictures are copies: one is laid on the other, and they are compared cell by cell.

In each cell the gray levels of one picture must be a linear function of the colors of the other, so that changed
colors, light and contrast are tolerated, and changed shapes, prints and words are not. In two copies nearly every cell
agrees, or all but those under one badge; two variants of a brand with the same layout disagree in several places.
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
"""Pixels along the frames that are ignored, because the surroundings of a frame bleed into them."""
_CELLS = (SQUARE - 2 * _RIM) // CELL
_GRAY = np.array([0.299, 0.587, 0.114], np.float32)
_PLAIN = 6.0
"""A cell whose gray levels have a smaller standard deviation has nothing to compare."""
_MOST_WEIGHT = 40.0
_BLUR = 1.0
"""Standard deviation in pixels of the smoothing before squares are compared; more if one was enlarged."""
_NOISE = 4.0
"""Standard deviation, in levels, up to which colors count as noise in the linear fit."""

Cells = npt.NDArray[np.float32]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CopySettings:
    """Thresholds for copies.

    A cell agrees if the linear fit explains ``explained`` of its variance. Cells are weighed by their contrast, and
    ``least_share`` of the weight must agree. There are two exceptions. ``least_recolored`` must agree if the colors of
    agreeing cells differ by more than ``like_colors`` levels on average. ``least_uncovered`` is enough if they differ
    by at most ``same_colors``, and all other cells lie in one box of at most ``most_covered`` of the picture. At least
    ``fewest_cells`` must have something to compare, and at least ``least_seen`` of each picture must be visible in the
    other. An alignment under which ``promising`` of the weight agrees is refined.
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
    """The second picture laid on the first.

    ``agreement`` is the share of the weight in agreeing cells, ``differs`` the box around the remaining cells,
    ``colors`` the mean color difference of agreeing cells, in levels, and ``seen`` the share of each picture visible in
    the other.
    """

    placement: Map
    agreement: float
    differs: Box | None
    cells: int
    colors: float
    seen: tuple[float, float]

    def is_copy(self, settings: CopySettings) -> bool:
        """True if the agreement is enough for a copy."""
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
    """The overlay that proves the two pictures copies; None if there is none. ``by_details`` as for ``alignments``."""
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
    """Compare the second picture, laid on the first by ``placement``, with the first."""
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
    """The square transformed by a map between pixels, 0 outside."""
    return cv2.warpPerspective(square, pixels, (SQUARE, SQUARE), flags=cv2.INTER_LINEAR)


def _share(frame: npt.NDArray[np.float32]) -> float:
    return min(1.0, float(frame.mean() / _FRAME.mean()))


def _compared(first: Cells, other: Cells, whole: Marks) -> tuple[Cells, Cells]:
    """The weight of each cell, and the share of variance that the pictures explain of each other, the lower of both."""
    contrast = np.maximum((first @ _GRAY).std(axis=1), (other @ _GRAY).std(axis=1))
    weights = np.where(whole & (contrast > _PLAIN), np.minimum(contrast, _MOST_WEIGHT), 0)
    explained = np.minimum(_explained(first @ _GRAY, other), _explained(other @ _GRAY, first))
    return weights.astype(np.float32), explained


def _explained(grays: Cells, colors: Cells) -> Cells:
    """R² of grays, shape (cells, pixels), as a linear function of colors, shape (cells, pixels, 3), in each cell."""
    target = grays - grays.mean(axis=1, keepdims=True)
    given = colors - colors.mean(axis=1, keepdims=True)
    turned = given.transpose(0, 2, 1)
    ridge = np.eye(3, dtype=np.float32) * _NOISE * given.shape[1]
    rule = np.linalg.solve(turned @ given + ridge, turned @ target[:, :, np.newaxis])
    left = target - (given @ rule)[:, :, 0]
    return np.asarray(1 - (left**2).sum(axis=1) / np.maximum((target**2).sum(axis=1), 1e-6), np.float32)


def _smooth(square: npt.NDArray[np.uint8], blur: float) -> Cells:
    return np.asarray(cv2.GaussianBlur(square, (0, 0), blur), np.float32)


def _cells(square: npt.NDArray[np.float32] | npt.NDArray[np.uint8]) -> Cells:
    """Shape (side, side[, c]) → (cells, pixels of a cell, c), row by row, without the rim."""
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
