"""Which calibration speaks for a catalogue: its own where one fits, else the one that came with the embedder."""

from __future__ import annotations

from dataclasses import replace

from sosie.calibration import Calibration
from sosie.calibration.shipped import shipped_for
from sosie.knowledge.details import keeps_details
from sosie.types import EMBEDDING, Manifest

CALIBRATIONS = "calibrations"
"""Key of the manifest's settings: for each generation the calibration that was fitted for it."""

PROVISIONAL = "provisional"
OWN = "own"


def read_calibration(manifest: Manifest) -> Calibration | None:
    """The calibration of the generation that answers now, None where there is none."""
    active, fingerprint = manifest.active[EMBEDDING], manifest.embedder.fingerprint
    kept = manifest.settings.get(CALIBRATIONS, {}).get(active)
    own = Calibration.from_dict(kept) if kept else None
    return own if own and own.fits(fingerprint, active) else read_shipped_calibration(manifest)


def read_shipped_calibration(manifest: Manifest) -> Calibration | None:
    """The calibration that came with the embedder, None where there is none for the generation that answers now."""
    return shipped_for(manifest.embedder.fingerprint, manifest.active[EMBEDDING], keeps_details(manifest))


def calibrated(manifest: Manifest, calibration: Calibration) -> Manifest:
    """The manifest with this calibration in the place of the one of the same generation."""
    kept = {**manifest.settings.get(CALIBRATIONS, {}), calibration.vectors: calibration.to_dict()}
    return replace(manifest, settings={**manifest.settings, CALIBRATIONS: kept})


def name_of(calibration: Calibration) -> str:
    """What an answer calls the calibration that speaks in it."""
    return PROVISIONAL if calibration.provisional else OWN
