"""What the details of a store were made with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache

from sosie.details.base import DEFAULT_SETTINGS
from sosie.details.quantizing import shipped_quantizer

_AGGREGATOR = "2f0d2fa69c812919"
"""Part of what the fingerprint was first made of. It stays, so that details kept since then can still be compared."""


@cache
def details_fingerprint() -> str:
    """16 hex digits that differ as soon as details are found or packed in another way."""
    made_with = [asdict(DEFAULT_SETTINGS), shipped_quantizer().fingerprint, _AGGREGATOR]
    return hashlib.sha256(json.dumps(made_with, sort_keys=True).encode()).hexdigest()[:16]
