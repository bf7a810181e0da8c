"""Limits on the size of pictures."""

from dataclasses import dataclass
from typing import TypeAlias

from sosie.errors import ImageTooLarge

Size: TypeAlias = tuple[int, int]
"""Width and height in pixels, in the order of Pillow."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on pictures: pixels of a frame as its header declares them, and bytes of the file.

    >>> with sosie.Catalog("shop.sosie", limits=sosie.Limits(max_pixels=10_000)) as catalog:
    ...     catalog.search("photo.jpg")
    Traceback (most recent call last):
        ...
    sosie.errors.ImageTooLarge: the picture declares 160 × 120 pixels and the limit is 10,000: ...
    """

    max_pixels: int = 100_000_000
    max_bytes: int = 256 * 1024 * 1024


DEFAULT_LIMITS = Limits()


def check_bytes(count: int, limits: Limits) -> None:
    """Raises ``ImageTooLarge`` if a file of ``count`` bytes is over the limit."""
    if count > limits.max_bytes:
        raise ImageTooLarge(
            f"the file has {count:,} bytes and the limit is {limits.max_bytes:,}: "
            "send a smaller file or raise max_bytes"
        )


def check_pixel_count(size: Size, max_pixels: int) -> None:
    """Raises ``ImageTooLarge`` for a picture of ``size`` (width, height) with more than ``max_pixels``."""
    width, height = size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"the picture declares {width:,} × {height:,} pixels and the limit is {max_pixels:,}: "
            "send a smaller picture or raise max_pixels"
        )
