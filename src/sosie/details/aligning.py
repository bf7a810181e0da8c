"""Aligns a photo with a catalog picture by the homography of their details, and compares the pixels.

Variants of a product share logo and layout, so their details agree equally well. Their colors and patterns differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.details.geometry import Homography
from sosie.details.verify import Agreement

SIDE = 128
"""Catalog pictures are compared at this size: the longer side, in pixels."""

_REACH = 0.25
"""Pixels farther from the agreeing points are not compared. A share of the longer side."""

_GROUND_DISTANCE = 6.0
_WHOLE = 0.99
_WINDOW, _NEIGHBORHOOD = 13, 9
_SHIFTS = ((0, 0), (-2, 0), (2, 0), (0, -2), (0, 2))
_LEAST_REGION = 64
_LEAST_CONTRAST = 4.0
_LIGHTNESS_WEIGHT = 0.5
_GAINS = (0.6, 1.8)
_MOSTLY = 0.5
_LEAST_LIKE = 0.1
"""A place differs if its correlation of lightness is below this.

Chosen on photos of groceries, drawn (seeds 905, 915) and real, with the product in the catalog and without it.
"""

_TINTED, _MOST_TINTED = 20.0, 0.15
"""A print differs if a larger share of it than the second has a difference of color, in Lab, above the first.

Labels and hands tint less of a product than another flavor does. Chosen on real photos of groceries, and on drawn ones
with labels and hands (benchmarks/hidden.py with seed 73).
"""

_MOST_BRIGHT, _RIM = 15.0, 7
"""Glare hides the print: a place that is brighter by more than the first, in L of Lab, is not compared.

Nor is what lies within a window of the second around it.
"""

_ALIKE = 0.7
"""From this correlation of lightness on, a place looks like the catalog picture."""

_MARGIN = 8
"""Pixels added around both pictures, so that no window at a border sees the opposite border after a shift."""

Softened = npt.NDArray[np.float32]
"""Slightly blurred RGB from 0 to 1, shape (height, width, 3)."""

Lab = npt.NDArray[np.float32]
Plane = npt.NDArray[np.float32]
Described = tuple[Plane, Plane, Plane]
"""A plane, and its mean and standard deviation in a window around each pixel."""

Region = npt.NDArray[np.bool_]

Likeness = tuple[Plane, Region]
"""The correlation of lightness in a window around each pixel, −1 … 1, and the pixels whose window has contrast."""


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A photo warped onto a catalog picture of h × w pixels.

    - ``way`` maps positions in the catalog picture to the photo, in pixels.
    - ``seen`` is the warped photo and ``shown`` the catalog picture: Lab, shape (h, w, 3), float32.
    - ``visible`` (h, w) marks the pixels of the product that are inside the photo.
    - ``region`` (h, w) marks those of them that are near agreeing points: only there the alignment is precise.
    """

    way: Homography
    seen: Lab
    shown: Lab
    visible: Region
    region: Region


def align(photo: Softened, catalog: Image.Image, agreement: Agreement, item_size: tuple[int, int]) -> Aligned | None:
    """The photo aligned with a catalog picture; None if fewer than ``_LEAST_REGION`` pixels can be compared.

    ``photo`` has the size of the query's working picture; ``item_size`` is the size of the item's working picture.
    """
    size = _size(catalog)
    shown = _lab(soften(catalog, size))
    way = agreement.homography @ np.diag([item_size[0] / size[0], item_size[1] / size[1], 1.0])
    visible = _product(shown) & _inside(photo, way, size)
    region = visible & _near(agreement, size)
    if region.sum() < _LEAST_REGION:
        return None
    return Aligned(way, _lab(_laid(photo, way, size)), shown, visible, region)


def color(aligned: Aligned) -> float:
    """Correlation of the color channels (Lab a and b) of both pictures, −1 … 1; NaN if one has no color contrast."""
    seen, shown = (part[..., 1:][aligned.region] for part in (aligned.seen, aligned.shown))
    first, second = (seen - seen.mean(axis=0)).ravel(), (shown - shown.mean(axis=0)).ravel()
    spread = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / spread if spread > 0 else np.nan


def likeness_of(aligned: Aligned) -> Likeness:
    """The correlation of lightness around each pixel, the best over small shifts (``_SHIFTS``).

    Small shifts are allowed for, because a carton is not quite flat.
    """
    first, second = (_described(lab[..., 0]) for lab in (aligned.seen, aligned.shown))
    correlation = np.max([_correlation(_aside(first, shift), second) for shift in _SHIFTS], axis=0)
    inner = slice(_MARGIN, -_MARGIN)
    return correlation[inner, inner].clip(-1.0, 1.0), second[2][inner, inner] > _LEAST_CONTRAST


def pattern(aligned: Aligned, likeness: Likeness) -> float:
    """Mean correlation of lightness over all windows with contrast, −1 … 1; NaN if there are none."""
    correlation, has_contrast = likeness
    marked = aligned.region & has_contrast
    return float(correlation[marked].mean()) if marked.any() else np.nan


def alike(aligned: Aligned, likeness: Likeness) -> float:
    """The share of the visible product with contrast that looks like the catalog picture; NaN if too little has any.

    A sibling looks like it near the agreeing points, and less elsewhere.
    """
    correlation, has_contrast = likeness
    marked = aligned.visible & has_contrast
    return float((correlation[marked] > _ALIKE).mean()) if marked.sum() >= _LEAST_REGION else np.nan


def differs(aligned: Aligned, likeness: Likeness, agreement: Agreement) -> bool:
    """True if a place between the agreeing points does not look like the catalog picture.

    Then the photo may show a sibling, for example another flavor of the brand with nearly the same printed design.
    """
    size = (aligned.shown.shape[1], aligned.shown.shape[0])
    between = aligned.region & (_filled(np.rint(np.array(agreement.item_polygon) * size), size) > 0)
    if between.sum() < _LEAST_REGION:
        return False
    clear = between & ~_glare(aligned, between)
    if clear.sum() < _LEAST_REGION:
        return False
    correlation, has_contrast = likeness
    unlike = -_largest_mean(-correlation, clear & has_contrast, _WINDOW) < _LEAST_LIKE
    return unlike or bool((_tint(aligned, clear)[clear] > _TINTED).mean() > _MOST_TINTED)


def preference(first: Aligned, second: Aligned) -> float:
    """Which of two catalog pictures the photo resembles where the two differ: from 1 (``first``) to −1 (``second``).

    Each pixel counts by the difference between the two catalog pictures. 0 if the pictures have no region in common.
    """
    across = np.linalg.inv(second.way) @ first.way
    size = (first.shown.shape[1], first.shown.shape[0])
    other = _laid(second.shown, across, size)
    both = first.region & (_laid(second.region.astype(np.float32), across, size) > _WHOLE)
    if both.sum() < _LEAST_REGION:
        return 0.0
    seen = _in_the_light_of(first.seen, np.asarray((first.shown + other) / 2, np.float32), both)
    nearer = _difference(seen, other) - _difference(seen, first.shown)
    differing = float(_difference(first.shown, other)[both].sum())
    return float(nearer[both].sum()) / differing if differing > 0 else 0.0


def soften(picture: Image.Image, size: tuple[int, int]) -> Softened:
    """The picture resized to this width and height and slightly blurred."""
    rgb = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0))
    return np.asarray(cv2.blur(rgb, (3, 3)), np.float32) / np.float32(255)


def _lab(soft: Softened) -> Lab:
    return np.asarray(cv2.cvtColor(soft, cv2.COLOR_RGB2LAB), np.float32)


def _size(catalog: Image.Image) -> tuple[int, int]:
    scale = SIDE / max(catalog.size)
    return max(1, round(catalog.width * scale)), max(1, round(catalog.height * scale))


def _laid(picture: Plane, way: Homography, size: tuple[int, int]) -> Plane:
    """The picture warped to this width and height; ``way`` maps positions of the result to the picture. 0 outside."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(picture, way, size, flags=flags), np.float32)


def _inside(photo: Softened, way: Homography, size: tuple[int, int]) -> Region:
    """The pixels of the catalog picture that are inside the photo."""
    return _laid(np.ones(photo.shape[:2], np.float32), way, size) > _WHOLE


def _near(agreement: Agreement, size: tuple[int, int]) -> Region:
    """The pixels of the catalog picture near the agreeing points."""
    hull = _filled(np.rint(np.array(agreement.item_polygon) * size), size)
    reach = 2 * round(_REACH * SIDE) + 1
    return np.asarray(cv2.dilate(hull, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))) > 0)


def _product(shown: Lab) -> Region:
    """The product without its plain background: the hull of all pixels that differ from the picture's rim."""
    rim = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    differs = np.linalg.norm(shown - np.median(rim, axis=0), axis=2) > _GROUND_DISTANCE
    points = cv2.findNonZero(differs.astype(np.uint8))
    # OpenCV returns None where there are no points, which its type stubs do not say.
    return _filled(np.empty((0, 2)) if points is None else cv2.convexHull(points)[:, 0], shown.shape[1::-1]) > 0


def _filled(hull: npt.NDArray[np.generic], size: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """A filled convex polygon: 1 inside and 0 outside, shape (height, width). Corners are in pixels."""
    plane = np.zeros(size[::-1], np.uint8)
    if len(hull):
        cv2.fillConvexPoly(plane, hull.astype(np.int32), 1)
    return plane


def _in_the_light_of(seen: Lab, shown: Lab, region: Region) -> Lab:
    """The photo with mean and contrast of each channel adjusted to ``shown``, estimated within the region."""
    first, second = seen[region], shown[region]
    means, targets = first.mean(axis=0), second.mean(axis=0)
    joint = ((first - means) * (second - targets)).mean(axis=0)
    gains = np.clip(joint / np.maximum(first.var(axis=0), 1e-3), *_GAINS)
    return np.asarray((seen - means) * gains + targets, np.float32)


def _difference(first: Lab, second: Lab) -> Plane:
    """The color difference of two pictures, averaged in a window around each pixel; shape (h, w)."""
    weights = np.array([_LIGHTNESS_WEIGHT, 1, 1], np.float32)
    return _mean(np.asarray(np.linalg.norm((first - second) * weights, axis=2), np.float32), _NEIGHBORHOOD)


def _tint(aligned: Aligned, region: Region) -> Plane:
    """The difference of Lab a and b that a change of light does not explain; shape (h, w).

    The photo's colors are first adjusted to the catalog picture by an affine map, fitted in the region.
    """
    shown = aligned.shown[..., 1:]
    return np.asarray(np.linalg.norm(_adjusted(aligned.seen, shown, region) - shown, axis=2), np.float32)


def _glare(aligned: Aligned, region: Region) -> Region:
    """The places that are brighter than in the catalog picture, adjusted by an affine map in the region."""
    seen, shown = aligned.seen[..., 0], aligned.shown[..., 0]
    bright = _mean(np.asarray(seen - _adjusted(shown, seen, region), np.float32)) > _MOST_BRIGHT
    return cv2.dilate(bright.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8)) > 0


def _adjusted(picture: Lab | Plane, target: Lab | Plane, region: Region) -> Lab | Plane:
    """The picture mapped to the target by the affine map of channels that fits best in the region."""
    channels = np.dstack([picture, np.ones(region.shape, np.float32)])
    return np.asarray(channels @ np.linalg.lstsq(channels[region], target[region], rcond=None)[0])


def _largest_mean(plane: Plane, region: Region, window: int) -> float:
    """The largest mean over the pixels of a window that are in the region.

    Only windows with more than ``_MOSTLY`` of their pixels in the region count; NaN if there are none.
    """
    inside = region.astype(np.float32)
    share = _mean(inside, window)
    mostly = share > _MOSTLY
    return float((_mean(plane * inside, window)[mostly] / share[mostly]).max()) if mostly.any() else np.nan


def _described(plane: Plane) -> Described:
    """The plane with a margin, and its mean and standard deviation in a window around each pixel."""
    wide = np.asarray(cv2.copyMakeBorder(plane, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_REFLECT_101), np.float32)
    return wide, _mean(wide), _deviation(wide)


def _aside(planes: Described, shift: tuple[int, int]) -> Described:
    plane, mean, deviation = (np.asarray(np.roll(plane, shift, (0, 1)), np.float32) for plane in planes)
    return plane, mean, deviation


def _correlation(first: Described, second: Described) -> Plane:
    joint = _mean(first[0] * second[0]) - first[1] * second[1]
    return np.asarray(joint / np.maximum(first[2] * second[2], 1.0), np.float32)


def _deviation(plane: Plane) -> Plane:
    return np.asarray(np.sqrt(np.maximum(_mean(plane * plane) - _mean(plane) ** 2, 0)), np.float32)


def _mean(plane: Plane, window: int = _WINDOW) -> Plane:
    return np.asarray(cv2.blur(plane, (window, window)), np.float32)
