"""Finds out how one copy was edited to give the other, and describes it in words."""

from __future__ import annotations

import math

import numpy as np

from sosie.duplicates.alignment import Map
from sosie.duplicates.pairs import DEFAULT_SETTINGS, CopyOverlay
from sosie.duplicates.records import Edit, Likeness

_CROPPED = 0.93
"""If at most this share of a picture is visible in the other, the picture was cropped, or the other has a border."""


def likeness(first: str, second: str, copy_overlay: CopyOverlay) -> Likeness:
    """The evidence that two items' pictures are copies, from an overlay of the two."""
    turned, mirrored = _rotation_of(copy_overlay.placement)
    covered = copy_overlay.agreement < DEFAULT_SETTINGS.least_share
    edits: dict[Edit, bool] = {
        "turned": turned != 0,
        "mirrored": mirrored,
        "cropped": min(copy_overlay.seen) < _CROPPED,
        "recoloured": copy_overlay.colors > DEFAULT_SETTINGS.like_colors,
        "covered": covered,
    }
    return Likeness(
        first,
        second,
        "same picture",
        agreement=round(copy_overlay.agreement, 3),
        edits=tuple(name for name, done in edits.items() if done),
        turned=turned,
        differs=copy_overlay.differs if covered else None,
    )


def describe_likeness(likeness: Likeness) -> str:
    """The evidence in words."""
    if likeness.reason != "same picture":
        return f"{likeness.reason} {likeness.code or ''}".strip()
    descriptions = {
        "turned": f"turned by {likeness.turned}°",
        "covered": "covered in one place",
        "recoloured": "recolored",
    }
    edits = [descriptions.get(edit, edit) for edit in likeness.edits]
    return ", ".join([likeness.reason, *edits]) + f" ({likeness.agreement:.0%} agrees)"


def _rotation_of(placement: Map) -> tuple[int, bool]:
    """The clockwise rotation of the second picture against the first, rounded to 90°, and whether it is mirrored.

    Mirroring exchanges left and right, and comes before the rotation.
    """
    across, down = np.linalg.inv(placement)[:2, :2].T
    mirrored = bool(across[0] * down[1] < across[1] * down[0])
    x, y = -across if mirrored else across
    return round(math.degrees(math.atan2(y, x)) / 90) % 4 * 90, mirrored
