"""Loads query pictures from paths, bytes, Pillow images and arrays."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.errors import UsageError
from sosie.images.decode import Limits, decode, from_array, from_pil, read_file

QueryImage: TypeAlias = str | os.PathLike[str] | bytes | Image.Image | npt.NDArray[Any]


class NamedBytes(bytes):
    """The bytes of a picture with a name for results and messages.

    >>> from pathlib import Path
    >>> photo = sosie.NamedBytes(Path("photo.jpg").read_bytes(), "from a customer")
    >>> with sosie.open("shop.sosie") as catalog:
    ...     catalog.search(photo).query
    'from a customer'
    """

    name: str

    def __new__(cls, data: bytes, name: str) -> NamedBytes:
        """Copies ``data``. Objects with equal bytes are equal, whatever their names."""
        named = super().__new__(cls, data)
        named.name = name
        return named


def load_query(image: QueryImage, limits: Limits, shorter_side: int | None = None) -> Image.Image:
    """The upright RGB picture; ``ImageError`` if it cannot be read, ``UsageError`` for an argument of another type."""
    if isinstance(image, Image.Image):
        return from_pil(image, limits)
    if isinstance(image, np.ndarray):
        return from_array(image, limits)
    if isinstance(image, bytes):
        return decode(image, limits, shorter_side)
    if isinstance(image, str | os.PathLike):
        return decode(read_file(Path(image), limits), limits, shorter_side)
    raise UsageError(f"a {type(image).__name__} is not a picture: expected a path, bytes, a PIL image or an array")


def query_name(image: QueryImage) -> str:
    """The query's name in a result."""
    if isinstance(image, NamedBytes):
        return image.name
    return os.fspath(image) if isinstance(image, str | os.PathLike) else type(image).__name__


def content_sha256(image: QueryImage, limits: Limits) -> str:
    """Identifies the picture, whatever its name: SHA-256 of the file, or of the upright pixels if there is no file."""
    if isinstance(image, str | os.PathLike):
        image = read_file(Path(image), limits)
    if isinstance(image, bytes):
        return hashlib.sha256(image).hexdigest()
    picture = load_query(image, limits)
    return hashlib.sha256(f"{picture.width}x{picture.height}:".encode() + picture.tobytes()).hexdigest()
