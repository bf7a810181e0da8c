"""What the details of a store were made with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache

from sosie.details.aggregate import shipped_aggregator
from sosie.details.base import DEFAULT_SETTINGS
from sosie.details.quantizing import shipped_quantizer


@cache
def details_fingerprint() -> str:
    """16 hex digits that differ as soon as details are found, packed or summed up in another way."""
    made_with = [asdict(DEFAULT_SETTINGS), shipped_quantizer().fingerprint, shipped_aggregator().fingerprint]
    return hashlib.sha256(json.dumps(made_with, sort_keys=True).encode()).hexdigest()[:16]
