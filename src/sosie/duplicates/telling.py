"""From an overlay to words: what was done to one of two copies."""

from __future__ import annotations

import math

import numpy as np

from sosie.duplicates.alignment import Map
from sosie.duplicates.pairs import DEFAULT_SETTINGS, CopyOverlay
from sosie.duplicates.records import Edit, Likeness

_CROPPED = 0.93
"""A picture of which no more than this share is seen in the other has lost something, or gained a border."""


def likeness(first: str, second: str, laid: CopyOverlay) -> Likeness:
    """The evidence that an overlay of two items' pictures gives."""
    turned, flipped = _turn_of(laid.found)
    covered = laid.agreement < DEFAULT_SETTINGS.least_share
    edits: dict[Edit, bool] = {
        "turned": turned != 0,
        "mirrored": flipped,
        "cropped": min(laid.seen) < _CROPPED,
        "recoloured": laid.colours > DEFAULT_SETTINGS.like_colours,
        "covered": covered,
    }
    return Likeness(
        first,
        second,
        "same picture",
        agreement=round(laid.agreement, 3),
        edits=tuple(name for name, done in edits.items() if done),
        turned=turned,
        differs=laid.differs if covered else None,
    )


def describe_likeness(one: Likeness) -> str:
    """The evidence in words."""
    if one.reason != "same picture":
        return f"{one.reason} {one.code or ''}".strip()
    told = {"turned": f"turned by {one.turned}°", "covered": "covered in one place"}
    edits = [told.get(edit, edit) for edit in one.edits]
    return ", ".join([one.reason, *edits]) + f" ({one.agreement:.0%} agrees)"


def _turn_of(found: Map) -> tuple[int, bool]:
    """Degrees clockwise by which the second is the first turned, to the nearest 90, and whether it is mirrored.

    One that is both was first mirrored, left and right exchanged, and then turned.
    """
    across, down = np.linalg.inv(found)[:2, :2].T
    flipped = bool(across[0] * down[1] < across[1] * down[0])
    x, y = -across if flipped else across
    return round(math.degrees(math.atan2(y, x)) / 90) % 4 * 90, flipped
