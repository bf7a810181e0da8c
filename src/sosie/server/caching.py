"""Values of ``Cache-Control``, and the check of ``If-None-Match`` (RFC 9110)."""

from __future__ import annotations

FOREVER = "max-age=31536000, immutable"
FOR_A_MINUTE = "max-age=60"


def is_unchanged(condition: str | None, etag: str) -> bool:
    """True if ``If-None-Match`` has the strong ``etag``: it is ``*``, or a list of tags, including weak ones."""
    if condition is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return condition.strip() == "*" or etag in tags
