"""Color ramps: one for heat, one to distinguish lines."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ramp: TypeAlias = npt.NDArray[np.uint8]
"""Colors at equal steps from 0 to 1, shape (n, 3)."""

Colors: TypeAlias = npt.NDArray[np.uint8]
"""RGB in the last axis."""


def _ramp(colors: str) -> Ramp:
    return np.array([tuple(bytes.fromhex(color)) for color in colors.split()], np.uint8)


HEAT = _ramp("000004 210c4a 57106e 8a226a bc3754 e45a31 f98e09 f9cb35 fcffa4")
"""Nine colors of "inferno" (van der Walt and Smith 2015, CC0). Lightness rises evenly, so it is readable in gray."""

LINES = _ramp("7c5cff 388cff 00bed6 18c878 b0d628 ffc414 ff823c ff508c")
"""Bright colors of many hues, for thin lines on photos."""


def interpolate(ramp: Ramp, shares: npt.NDArray[np.floating]) -> Colors:
    """The colors at positions ``shares`` in [0, 1], shape (…, 3), interpolated between the steps of the ramp."""
    steps = np.linspace(0, 1, len(ramp))
    channels = [np.interp(shares, steps, ramp[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
