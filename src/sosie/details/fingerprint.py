"""What the details of a store can be compared with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache

from sosie.details.base import PHOTO
from sosie.details.quantizing import shipped_quantizer

_FIRST_SETTINGS = {"points": 600, "side": 480, "contrast": 0.02, "surplus": 2.0, "grid": 8}
_AGGREGATOR = "2f0d2fa69c812919"
"""Both are part of what the fingerprint was first made of. They stay, since details kept then can still be compared."""


@cache
def details_fingerprint() -> str:
    """16 hex digits that differ as soon as details are described or packed in another way.

    How many points are sought, and in how large a picture, is no part of it: such details can be compared.
    """
    made_with = [_FIRST_SETTINGS, shipped_quantizer().fingerprint, _AGGREGATOR]
    return hashlib.sha256(json.dumps(made_with, sort_keys=True).encode()).hexdigest()[:16]


def photo_details_fingerprint() -> str:
    """A text that differs as soon as a photo would get other details."""
    return json.dumps([details_fingerprint(), asdict(PHOTO)], sort_keys=True)
