"""Fingerprints of how details are made, to decide whether stored details can be compared with new ones."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache

from sosie.details.base import PHOTO
from sosie.details.quantizing import shipped_quantizer

_FIRST_SETTINGS = {"points": 600, "side": 480, "contrast": 0.02, "surplus": 2.0, "grid": 8}
_AGGREGATOR = "2f0d2fa69c812919"
"""A part of the first version's fingerprint; it stays, so that the details of older stores can still be compared."""


@cache
def details_fingerprint() -> str:
    """16 hex digits that change if details are described or encoded differently.

    The number of points and the size of the picture are not included, because such details remain comparable.
    """
    made_with = [_FIRST_SETTINGS, shipped_quantizer().fingerprint, _AGGREGATOR]
    return hashlib.sha256(json.dumps(made_with, sort_keys=True).encode()).hexdigest()[:16]


def photo_details_fingerprint() -> str:
    """A text that changes if the details of a photo would change."""
    return json.dumps([details_fingerprint(), asdict(PHOTO)], sort_keys=True)
