"""The provisional calibrations of the bundled embedders; ``scripts/make_calibrations.py`` made the file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from sosie.calibration.model import Calibration

SHIPPED = Path(__file__).parent / "shipped.json"


def shipped_for(fingerprint: str, vectors: str, details: bool = False) -> Calibration | None:
    """The provisional calibration for this embedder and generation of vectors; None if there is none.

    With ``details``, a calibration with features of details is preferred.
    """
    fitting = [calibration for calibration in _all() if calibration.fits(fingerprint, vectors)]
    return next(
        (calibration for calibration in fitting if calibration.knows_details == details), next(iter(fitting), None)
    )


@cache
def _all() -> tuple[Calibration, ...]:
    return tuple(map(Calibration.from_dict, json.loads(SHIPPED.read_text(encoding="utf-8"))))
