"""The colors that Sosie draws with."""

from __future__ import annotations

from collections.abc import Mapping

from sosie.sheets.lettering import Color
from sosie.types import Verdict

GROUND: Color = (242, 244, 248)
PAPER: Color = (255, 255, 255)
PALE: Color = (234, 236, 242)
LINE: Color = (226, 229, 237)
QUIET: Color = (110, 117, 134)
INK: Color = (22, 25, 36)
NIGHT: Color = (24, 27, 42)
NIGHT_QUIET: Color = (158, 165, 188)
NIGHT_INK: Color = (240, 242, 250)
ACCENT: Color = (88, 80, 236)
GREEN: Color = (18, 161, 98)

VERDICTS: Mapping[Verdict, tuple[Color, Color]] = {
    "match": (GREEN, PAPER),
    "similar": ((247, 184, 72), (58, 38, 2)),
    "no match": ((92, 99, 122), PAPER),
}
"""Background and text color of each verdict."""
