"""Selects the calibration of a catalog: its own calibration, or else the one that comes with the embedder."""

from __future__ import annotations

from dataclasses import replace

from sosie.calibration.model import Calibration
from sosie.calibration.shipped import shipped_for
from sosie.knowledge.details import keeps_details
from sosie.knowledge.generations import OWN as FIRST
from sosie.knowledge.generations import own_generation
from sosie.types import EMBEDDING, Manifest

CALIBRATIONS = "calibrations"
"""Key of the manifest's settings: the calibration that was fitted for each generation."""

SOURCES = "calibration_sources"
"""Key of the manifest's settings: for each generation, the source of the photos of its calibration."""

FIRST_CALIBRATIONS = "first_calibrations"
"""Key of the manifest's settings: for each adapted generation, the calibration that the adaptation made."""

PROVISIONAL = "provisional"
OWN = "own"


def read_calibration(manifest: Manifest) -> Calibration | None:
    """The calibration of the active generation; None if there is none."""
    return own_calibration(manifest) or read_shipped_calibration(manifest)


def own_calibration(manifest: Manifest) -> Calibration | None:
    """The calibration that was fitted for the active generation; None if there is none."""
    active = manifest.active[EMBEDDING]
    kept = manifest.settings.get(CALIBRATIONS, {}).get(active)
    own = Calibration.from_dict(kept) if kept else None
    return own if own and own.fits(manifest.embedder.fingerprint, active) else None


def read_shipped_calibration(manifest: Manifest) -> Calibration | None:
    """The calibration that comes with the embedder for the active generation; None if there is none."""
    active = manifest.active[EMBEDDING]
    vectors = FIRST if active == own_generation(manifest) else active
    return shipped_for(manifest.embedder.fingerprint, vectors, keeps_details(manifest))


def read_prior_calibration(manifest: Manifest) -> Calibration | None:
    """The prior for a calibration by few photos: the adaptation's calibration, or else the embedder's."""
    active = manifest.active[EMBEDDING]
    kept = manifest.settings.get(FIRST_CALIBRATIONS, {}).get(active)
    first = Calibration.from_dict(kept) if kept else None
    if first and first.fits(manifest.embedder.fingerprint, active):
        return first
    return read_shipped_calibration(manifest)


def calibrated_by_adaptation(manifest: Manifest, calibration: Calibration) -> Manifest:
    """The manifest with the calibration that an adaptation made, which is the prior of later calibrations."""
    kept = {calibration.vectors: calibration.to_dict()}
    now = calibrated(manifest, calibration)
    return replace(now, settings={**now.settings, FIRST_CALIBRATIONS: kept})


def calibrated(manifest: Manifest, calibration: Calibration, source: str | None = None) -> Manifest:
    """The manifest with this calibration, which replaces the previous one of the same generation.

    ``source`` is the source of the photos that it was learned from; None if the source has no name.
    """
    kept = {**manifest.settings.get(CALIBRATIONS, {}), calibration.vectors: calibration.to_dict()}
    sources = {**manifest.settings.get(SOURCES, {}), calibration.vectors: source}
    named = {SOURCES: {name: location for name, location in sources.items() if location is not None}}
    return replace(manifest, settings={**manifest.settings, CALIBRATIONS: kept, **named})


def calibration_source(manifest: Manifest) -> str | None:
    """The source of the photos of the active generation's calibration; None if it is unknown."""
    source: str | None = manifest.settings.get(SOURCES, {}).get(manifest.active[EMBEDDING])
    return source


def name_of(calibration: Calibration) -> str:
    """The name of the calibration as results show it."""
    return PROVISIONAL if calibration.provisional else OWN
