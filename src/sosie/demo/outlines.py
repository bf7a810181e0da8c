"""Outlines for drawings: arrays of points, shape (n, 2), x to the right and y down, both from 0 to 100."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float64]
XY: TypeAlias = tuple[float, float]

SAG = 0.12
"""How far a circle around an upright body bends down in the picture, as a share of its radius."""


def points(*corners: XY) -> Points:
    """Straight edges from corner to corner."""
    return np.array(corners, np.float64)


def oval(x: float, y: float, rx: float, ry: float, start: float = 0.0, end: float = 360.0) -> Points:
    """An ellipse around (x, y), or the part of it from ``start`` to ``end`` degrees, clockwise from three o'clock."""
    angles = np.radians(np.linspace(start, end, 73))
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], axis=1)


def box(left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> Points:
    """An upright rectangle with round corners."""
    r = min(radius, (right - left) / 2, (bottom - top) / 2)
    corners = [
        (right - r, bottom - r, 0),
        (left + r, bottom - r, 90),
        (left + r, top + r, 180),
        (right - r, top + r, 270),
    ]
    return np.concatenate([oval(x, y, r, r, a, a + 90)[::8] for x, y, a in corners])


def smooth(knots: Sequence[XY], closed: bool = True) -> Points:
    """The Catmull–Rom curve through the knots (Catmull and Rom, 1974)."""
    k = np.array(knots, np.float64)
    padded = np.concatenate([k[-1:], k, k[:2]]) if closed else np.concatenate([k[:1], k, k[-1:]])
    t = np.linspace(0.0, 1.0, 14, endpoint=False)[:, None]
    pieces = [_between(padded[i : i + 4], t) for i in range(len(padded) - 3)]
    return np.concatenate(pieces if closed else [*pieces, k[-1:]])


def _between(knots: Points, t: Points) -> Points:
    a, b, c, d = knots
    return np.asarray(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))


def revolved(profile: Sequence[XY], x: float = 50.0) -> Points:
    """A solid of revolution about a vertical axis, seen slightly from above.

    ``profile`` lists (y, half width) from top to bottom.
    """
    knots = np.array(profile, np.float64)
    t = np.linspace(0.0, 1.0, 12)[:, None]
    e = 3 * t**2 - 2 * t**3
    pieces = [np.hstack([b[1] * e + a[1] * (1 - e), b[0] * t + a[0] * (1 - t)]) for a, b in pairwise(knots)]
    half = np.concatenate(pieces) + np.array([x, 0.0])
    foot, width = profile[-1]
    return np.concatenate([half, oval(x, foot, width, width * SAG, 0, 180), [[2 * x, 0]] + half[::-1] * [-1, 1]])


def star(x: float, y: float, outer: float, inner: float, tips: int = 5) -> Points:
    """A star with its first tip up."""
    angles = np.radians(-90 + np.arange(2 * tips) * 180 / tips)
    radii = np.where(np.arange(2 * tips) % 2, inner, outer)
    return np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1)


def moved(outline: Points, dx: float = 0.0, dy: float = 0.0, scale: float = 1.0, degrees: float = 0.0) -> Points:
    """The outline, scaled and rotated by ``degrees`` clockwise around the origin, then moved."""
    a = np.radians(degrees)
    return np.asarray(scale * outline @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) + [dx, dy])
