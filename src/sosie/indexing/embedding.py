"""The steps from an item to its vector: reading, decoding and embedding. Indexing and searches use them.

In indexing, a worker takes all these steps for a whole batch on its own core (``indexing.batch``). So every core is
busy, and no picture is handed from thread to thread. ``support.batches`` bounds the number of batches in progress, so
memory does not grow with the number of pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image

from sosie.embedders.base import Embedder
from sosie.errors import SosieError
from sosie.images.decode import Limits, decode, read_file
from sosie.images.transform import Resized, resize, shorter_side_needed, to_pixels
from sosie.types import Item


@dataclass(frozen=True, slots=True)
class Fetched:
    """An item with the bytes of its picture.

    >>> from pathlib import Path
    >>> item = sosie.Item("new", "p9", "https://shop.example/new.jpg")
    >>> with sosie.open("shop.sosie") as catalog:
    ...     catalog.upsert([sosie.Fetched(item, Path("photo.jpg").read_bytes())]).added
    1
    """

    item: Item
    data: bytes


Incoming: TypeAlias = Item | Fetched


def item_of(incoming: Incoming) -> Item:
    """The item, whether it comes with the bytes of its picture or not."""
    return incoming.item if isinstance(incoming, Fetched) else incoming


def read_picture(incoming: Incoming, limits: Limits) -> bytes:
    """The bytes of an item's picture, given or read from the disk; ``ImageError`` if there are none."""
    if isinstance(incoming, Fetched):
        return incoming.data
    if incoming.picture is not None:
        return incoming.picture
    references = (incoming.image,) if isinstance(incoming.image, str) else incoming.image
    return read_file(references[0], limits)


def decode_for(embedder: Embedder, data: bytes, limits: Limits, shorter_side: int) -> tuple[Image.Image, Resized]:
    """Two pictures: the upright one, and the same resized for the embedder.

    The shorter side of the first has at least ``shorter_side`` pixels, unless the file's picture is smaller.
    """
    transforms = embedder.spec.transforms
    upright = decode(data, limits, shorter_side=shorter_side_needed(transforms, shorter_side))
    return upright, resize(upright, transforms)


def embed_each(embedder: Embedder, pictures: Sequence[Resized]) -> list[np.ndarray | SosieError]:
    """The vector of each picture, or its error. If a whole batch fails, the pictures are embedded one at a time."""
    if not pictures:
        return []
    try:
        return list(embedder.embed(to_pixels(pictures, embedder.spec.transforms)))
    except SosieError as error:
        if len(pictures) == 1:
            return [error]
        return [vector for picture in pictures for vector in embed_each(embedder, [picture])]
