"""Are two pictures copies? One is laid on the other, and they are compared cell by cell.

Within a cell the grey of one must follow from the colours of the other by one linear rule, so that new colours, light
and contrast do no harm, and other shapes, prints and words do. Between two copies nearly every cell agrees, or all but
those under one badge; two variants of one brand, drawn on one layout, disagree here and there.
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
"""Pixels along the frames that are left out: what lay beside a frame bleeds into them."""
_CELLS = (SQUARE - 2 * _RIM) // CELL
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
_PLAIN = 6.0
"""A cell whose greys deviate by less, in levels, shows nothing that could be compared."""
_MOST_WEIGHT = 40.0
_BLUR = 1.0
"""Standard deviation in pixels of the smoothing before squares are compared; more where one was enlarged."""
_NOISE = 4.0
"""Colours that deviate by no more than this, in levels, are noise to the linear rule."""

Cells = npt.NDArray[np.float32]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CopySettings:
    """When two pictures are copies.

    A cell agrees when the linear rule explains ``explained`` of its variance. Cells are weighed by their contrast, and
    ``least_share`` of the weight must agree; ``least_recoloured`` where the colours of what agrees differ by more than
    ``like_colours`` levels on the average, and only ``least_uncovered`` where they differ by at most ``same_colours``
    and everything else lies in one box of at most ``most_covered`` of the picture. At least ``fewest_cells`` must have
    something to compare, and the picture that is seen less must be seen by ``least_seen`` of its area. An alignment
    under which ``promising`` agrees is made finer.
    """

    explained: float = 0.9
    least_share: float = 0.9
    least_recoloured: float = 0.95
    like_colours: float = 12.0
    least_uncovered: float = 0.6
    same_colours: float = 4.0
    most_covered: float = 0.25
    fewest_cells: int = 8
    least_seen: float = 0.3
    promising: float = 0.2


DEFAULT_SETTINGS = CopySettings()
_FRAME = np.pad(np.ones((SQUARE - 2 * _RIM, SQUARE - 2 * _RIM), np.float32), _RIM)


@dataclass(frozen=True, slots=True, eq=False)
class CopyOverlay:
    """The second picture laid on the first.

    ``agreement`` is the share of the weight in agreeing cells, ``differs`` the box round the others, ``colours`` the
    mean difference of colour where they agree, in levels, and ``seen`` the share of each picture that the other shows.
    """

    found: Map
    agreement: float
    differs: Box | None
    cells: int
    colours: float
    seen: tuple[float, float]

    def is_copy(self, settings: CopySettings) -> bool:
        """Whether that much agreement makes one a copy of the other."""
        if self.cells < settings.fewest_cells or min(self.seen) < settings.least_seen:
            return False
        if self.colours > settings.like_colours:
            return self.agreement >= settings.least_recoloured
        covered = self.colours <= settings.same_colours and _area(self.differs) <= settings.most_covered
        return self.agreement >= (settings.least_uncovered if covered else settings.least_share)


def find_copy_overlay(
    first: ComparablePicture, second: ComparablePicture, settings: CopySettings = DEFAULT_SETTINGS
) -> CopyOverlay | None:
    """The overlay that shows the two to be copies, None where none does."""
    for found in alignments(first, second):
        laid = overlay(first, second, found, settings)
        if not laid.is_copy(settings) and laid.agreement >= settings.promising:
            laid = overlay(first, second, refined(first, second, found), settings)
        if laid.is_copy(settings):
            return laid
    return None


def overlay(
    first: ComparablePicture, second: ComparablePicture, found: Map, settings: CopySettings = DEFAULT_SETTINGS
) -> CopyOverlay:
    """What agrees when the second picture is laid on the first by a map."""
    pixels = map_between_pixels(found)
    inside, back = _laid(_FRAME, pixels), _laid(_FRAME, np.asarray(np.linalg.inv(pixels), np.float64))
    blur = _BLUR * max(1.0, SQUARE / 2 / min(first.side, second.side))
    one, other = _cells(_smooth(first.square, blur)), _cells(_laid(_smooth(second.square, blur), pixels))
    weights, explained = _compared(one, other, _cells(inside).min(axis=(1, 2)) > 0.99)
    agree = (explained > settings.explained) & (weights > 0)
    total = float(weights.sum())
    return CopyOverlay(
        found=found,
        agreement=float(weights[agree].sum()) / total if total else 0.0,
        differs=_box(~agree & (weights > 0)),
        cells=int((weights > 0).sum()),
        colours=float(np.abs(one - other)[agree].mean()) if agree.any() else 0.0,
        seen=(_share(inside), _share(back)),
    )


def _laid(square: npt.NDArray[Any], pixels: Map) -> npt.NDArray[Any]:
    """The square where the map brings it, 0 around it."""
    return cv2.warpPerspective(square, pixels, (SQUARE, SQUARE), flags=cv2.INTER_LINEAR)


def _share(frame: npt.NDArray[np.float32]) -> float:
    return min(1.0, float(frame.mean() / _FRAME.mean()))


def _compared(one: Cells, other: Cells, whole: Marks) -> tuple[Cells, Cells]:
    """The weight of each cell, and the share of its variance that each explains of the other, the lower of both."""
    contrast = np.maximum((one @ _GREY).std(axis=1), (other @ _GREY).std(axis=1))
    weights = np.where(whole & (contrast > _PLAIN), np.minimum(contrast, _MOST_WEIGHT), 0)
    explained = np.minimum(_explained(one @ _GREY, other), _explained(other @ _GREY, one))
    return weights.astype(np.float32), explained


def _explained(greys: Cells, colours: Cells) -> Cells:
    """R² of greys, shape (cells, pixels), as a linear function of colours, shape (cells, pixels, 3), in each cell."""
    target = greys - greys.mean(axis=1, keepdims=True)
    given = colours - colours.mean(axis=1, keepdims=True)
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
