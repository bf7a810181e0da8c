"""Colours that run: one ramp for heat, one for telling lines apart."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ramp: TypeAlias = npt.NDArray[np.uint8]
"""Colours at equal steps from 0 to 1, shape (n, 3)."""

Colours: TypeAlias = npt.NDArray[np.uint8]
"""RGB in the last axis."""


def _ramp(colours: str) -> Ramp:
    return np.array([tuple(bytes.fromhex(colour)) for colour in colours.split()], np.uint8)


HEAT = _ramp("000004 210c4a 57106e 8a226a bc3754 e45a31 f98e09 f9cb35 fcffa4")
"""Nine colours of "inferno" (van der Walt and Smith 2015, CC0): lightness rises evenly, so it reads in grey, too."""

LINES = _ramp("7c5cff 388cff 00bed6 18c878 b0d628 ffc414 ff823c ff508c")
"""Bright colours of many hues, for thin lines on photos."""


def along(ramp: Ramp, shares: npt.NDArray[np.floating]) -> Colours:
    """The colours at ``shares`` in [0, 1] of the way, shape (…, 3), mixed of the two nearest ones of the ramp."""
    steps = np.linspace(0, 1, len(ramp))
    channels = [np.interp(shares, steps, ramp[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
