"""Draws JPEGs of items' original pictures."""

from __future__ import annotations

import hashlib

from sosie.errors import ImageError, ItemNotFound
from sosie.images.decode import decode
from sosie.images.reading import read_file
from sosie.images.transform import encode_thumbnail
from sosie.server.bodies import Picture
from sosie.server.state import ServerState
from sosie.support.urls import is_url
from sosie.types import Record


async def draw_original(state: ServerState, record: Record, side: int) -> bytes:
    """The item's original picture as a JPEG of at most ``side`` pixels a side; ``ItemNotFound`` if it is gone."""
    return await draw(state, await _original(state, record), side)


async def _original(state: ServerState, record: Record) -> bytes:
    """The bytes that were indexed. Other files are refused, because an item could name any path on the server."""
    for reference in (record.image,) if isinstance(record.image, str) else record.image:
        try:
            data = await _bytes_at(state, reference)
        except ImageError:
            continue
        if hashlib.sha256(data).hexdigest() == record.content_sha256:
            return data
    raise ItemNotFound(f"the picture of item {record.item_id!r} cannot be reached any more")


async def _bytes_at(state: ServerState, reference: str) -> bytes:
    if is_url(reference):
        return await state.bytes_of(Picture(reference, reference))
    return await state.work.light(lambda: read_file(reference, state.limits))


async def draw(state: ServerState, data: bytes, side: int) -> bytes:
    """A picture as a JPEG with a longer side of at most ``side`` pixels."""
    return await state.work.heavy(lambda: encode_thumbnail(decode(data, state.limits, side), side))
