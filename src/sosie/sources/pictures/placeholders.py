"""Recognizes the pictures that shops show for a product without a picture."""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(
    r"(?:(?:(?:woocommerce|product|image|img)[-_ ]?)?placeholder"
    r"|(?:no|missing|kein|sin|pas[-_ ]d|ohne)[-_ ]?(?:product[-_ ]?)?(?:image|img|photo|picture|pic|bild|foto|imagen)s?"
    r"|(?:image|photo|picture)[-_ ]?(?:not[-_ ]?(?:available|found)|unavailable|coming[-_ ]?soon)|coming[-_ ]?soon)"
    r"(?:[-_ ]?(?:available|yet|large|small|thumb|default|\d+(?:x\d+)?))*(?:[-_][a-z]{2})?(?:\.\w{3,4})?(?:[?#]|$)",
    re.IGNORECASE,
)


def is_placeholder(address: str) -> bool:
    """True for an address such as ``…/no_image.jpg`` or ``…/placeholder/default/small.jpg``."""
    return _PLACEHOLDER.match(address, address.rfind("/") + 1) is not None or "/placeholder/" in address
