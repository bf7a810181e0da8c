"""Extracts the details of an upright picture: RootSIFT points, spread over the picture."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.details.base import PHOTO, Details, ExtractionSettings, no_details

cv2.setNumThreads(1)
# Pictures are already processed in parallel, so OpenCV's own threads would only compete with each other.


_FAINT = 1.0
"""A difference in steps of gray. OpenCV requires about twice as much of a point."""

_FINEST, _COARSER = 0.8, 2.0
"""Standard deviations of Gaussian blurs, in pixels: OpenCV's finest one, and a coarser one to compare it with."""

_RIM = 5
"""OpenCV detects no points nearer to the rim, in pixels."""

Gray = npt.NDArray[np.uint8]


def extract(picture: Image.Image, settings: ExtractionSettings = PHOTO) -> Details:
    """The details of an upright RGB picture (see ``sosie.images.decode``); no points if it has no texture.

    Descriptors are RootSIFT: the square root of L1-normalized SIFT (Lowe 2004; Arandjelović and Zisserman 2012).
    Deterministic and thread-safe.
    """
    gray = working_gray(picture, settings)
    size = (gray.shape[1], gray.shape[0])
    if is_featureless(gray):
        return no_details(size)
    finder = cv2.SIFT.create(nfeatures=round(settings.points * settings.surplus), contrastThreshold=settings.contrast)
    keypoints, raw = finder.detectAndCompute(gray, None)
    if not keypoints:
        return no_details(size)
    points = np.asarray(cv2.KeyPoint.convert(keypoints), np.float32)
    strengths = np.array([keypoint.response for keypoint in keypoints], np.float32)
    kept = spread(points, strengths, size, settings)
    return Details(
        size,
        points[kept],
        np.array([keypoints[row].size for row in kept], np.float32),
        np.array([keypoints[row].angle % 360 for row in kept], np.float32),
        root_sift(np.asarray(raw, np.float32)[kept]),
    )


def working_gray(picture: Image.Image, settings: ExtractionSettings = PHOTO) -> Gray:
    """The gray picture in which points are detected, shape (height, width)."""
    gray = np.asarray(picture.convert("L"))
    scale = settings.side / max(gray.shape)
    if scale == 1:
        return gray
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return np.asarray(
        cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8
    )


def is_featureless(gray: Gray) -> bool:
    """True if no pixel stands out from its surroundings, so that no points can be detected.

    Takes about a millisecond, a tenth of the time of detection.
    """
    level = cv2.GaussianBlur(gray.astype(np.float32), (0, 0), _FINEST)
    inner = np.s_[_RIM:-_RIM, _RIM:-_RIM]
    while min(level.shape) > 2 * _RIM:
        coarser = cv2.GaussianBlur(level, (0, 0), _COARSER)
        if cv2.norm(level[inner], coarser[inner], cv2.NORM_INF) > _FAINT:
            return False
        level = np.asarray(cv2.pyrDown(level), np.float32)
    return True


def spread(
    points: npt.NDArray[np.float32],
    strengths: npt.NDArray[np.float32],
    size: tuple[int, int],
    settings: ExtractionSettings,
) -> npt.NDArray[np.intp]:
    """Rows of the points to keep, strongest first.

    Points are ranked within their cell of the grid, so a cell with strong texture does not displace the points of other
    cells.
    """
    order = np.argsort(-strengths, kind="stable")
    fields = np.minimum((points / np.asarray(size, np.float32) * settings.grid).astype(int), settings.grid - 1)
    ranks = _rank_within(fields[order] @ (settings.grid, 1))
    taken = np.sort(np.argsort(ranks, kind="stable")[: settings.points])
    return order[taken]


def _rank_within(groups: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
    """For each row, the number of earlier rows with the same group."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], groups[order], side="left")
    ranks = np.empty(len(groups), int)
    ranks[order] = np.arange(len(groups)) - starts
    return ranks


def root_sift(raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """SIFT descriptors, shape (n, 128), as RootSIFT: unit length, and their dot product is the Hellinger kernel."""
    total = np.maximum(raw.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return np.asarray(np.sqrt(raw / total), np.float32)
