"""Reads the stored thumbnails of items; a damaged thumbnail is logged and skipped."""

from __future__ import annotations

import io
import logging
from functools import lru_cache

from PIL import Image

from sosie.types import THUMBNAIL, Record

_log = logging.getLogger("sosie.searching")


def thumbnail_picture(record: Record) -> Image.Image | None:
    """The thumbnail, decoded on first use; None if it is missing or damaged."""
    thumbnail = record.blobs.get(THUMBNAIL)
    if thumbnail is None:
        return None
    try:
        return Image.open(io.BytesIO(thumbnail))
    except OSError as error:
        log_damaged_blob(record.item_id, "thumbnail", error)
        return None


def thumbnail_pixels(record: Record) -> Image.Image | None:
    """The thumbnail as RGB; None if it is missing or damaged."""
    picture = thumbnail_picture(record)
    try:
        return None if picture is None else picture.convert("RGB")
    except (OSError, SyntaxError) as error:
        log_damaged_blob(record.item_id, "thumbnail", error)
        return None


def log_damaged_blob(item_id: str, what: str, error: Exception) -> None:
    """Logs a warning about an unreadable blob, once a process."""
    _log_once(f"item {item_id!r}: its {what} cannot be read ({error}); `sosie check --repair` makes it again")


@lru_cache(maxsize=1024)
def _log_once(text: str) -> None:
    _log.warning(text)
