"""The colours of everything that Sosie draws."""

from __future__ import annotations

from collections.abc import Mapping

from sosie.sheets.lettering import Colour
from sosie.types import Verdict

GROUND: Colour = (242, 244, 248)
PAPER: Colour = (255, 255, 255)
PALE: Colour = (234, 236, 242)
LINE: Colour = (226, 229, 237)
QUIET: Colour = (110, 117, 134)
INK: Colour = (22, 25, 36)
NIGHT: Colour = (24, 27, 42)
NIGHT_QUIET: Colour = (158, 165, 188)
NIGHT_INK: Colour = (240, 242, 250)
ACCENT: Colour = (88, 80, 236)
GREEN: Colour = (18, 161, 98)

VERDICTS: Mapping[Verdict, tuple[Colour, Colour]] = {
    "match": (GREEN, PAPER),
    "similar": ((247, 184, 72), (58, 38, 2)),
    "no match": ((92, 99, 122), PAPER),
}
"""Ground and letters of each verdict."""
