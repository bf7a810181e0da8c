"""From pictures to vectors, in batches on every core: what indexing and asking with many photos share.

A worker takes a whole batch through reading, decoding and embedding on its own core, which keeps every core busy
without hand-over between stages. What is in flight is bounded, so memory does not grow with the number of pictures.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from PIL import Image

from sosie.cores import usable_cores
from sosie.embedders.base import Embedder
from sosie.errors import SosieError
from sosie.images.decode import Limits, decode, read_file
from sosie.images.transform import Resized, resize, shorter_side_needed, to_pixels
from sosie.types import Item


@dataclass(frozen=True, slots=True)
class Fetched:
    """An item whose picture has arrived already."""

    item: Item
    data: bytes


Incoming: TypeAlias = Item | Fetched
One = TypeVar("One")
Done = TypeVar("Done")
IN_FLIGHT = 3


def item_of(incoming: Incoming) -> Item:
    """The item, whether its picture has arrived or not."""
    return incoming.item if isinstance(incoming, Fetched) else incoming


def in_order(
    stream: Iterable[One], work: Callable[[Sequence[One]], Done], size: int, workers: int | None = None
) -> Iterator[list[Done]]:
    """What ``work`` makes of each batch of ``size``, in the order of the stream, as many as are ready at a time.

    There is a worker more than cores unless ``workers`` says so: while one waits for a disk, the others compute.
    ``IN_FLIGHT`` batches a worker at most keep all of them busy while the caller writes.
    """
    count = workers or usable_cores() + 1
    batches = _batches(iter(stream), size)
    pending: deque[Future[Done]] = deque()
    pool = ThreadPoolExecutor(count, thread_name_prefix="sosie-embed")
    try:
        while True:
            room = min(count, IN_FLIGHT * count - len(pending))
            new = [pool.submit(work, batch) for batch in itertools.islice(batches, room)]
            pending.extend(new)
            if not pending:
                return
            if not new:
                wait((pending[0],))
            if ready := _ready(pending):
                yield ready
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _batches(rest: Iterator[One], size: int) -> Iterator[tuple[One, ...]]:
    while batch := tuple(itertools.islice(rest, size)):
        yield batch


def _ready(pending: deque[Future[Done]]) -> list[Done]:
    """Take the first ones that are done; a failure is raised once nothing stands before it."""
    taken: list[Done] = []
    while pending and pending[0].done():
        if taken and pending[0].exception():
            break
        taken.append(pending.popleft().result())
    return taken


def read_picture(incoming: Incoming, limits: Limits) -> bytes:
    """The bytes of an item's picture, arrived already or from the disk; ``ImageError`` where there is none."""
    if isinstance(incoming, Fetched):
        return incoming.data
    references = (incoming.image,) if isinstance(incoming.image, str) else incoming.image
    return read_file(references[0], limits)


def decode_for(embedder: Embedder, data: bytes, limits: Limits, shorter_side: int) -> tuple[Image.Image, Resized]:
    """The upright picture, its shorter side at least this long where it can be, and resized for the embedder."""
    transforms = embedder.spec.transforms
    upright = decode(data, limits, shorter_side=shorter_side_needed(transforms, shorter_side))
    return upright, resize(upright, transforms)


def embed_each(embedder: Embedder, pictures: Sequence[Resized]) -> list[np.ndarray | SosieError]:
    """The vector of each picture; where a whole batch fails, the pictures are tried alone and the culprit found."""
    if not pictures:
        return []
    try:
        return list(embedder.embed(to_pixels(pictures, embedder.spec.transforms)))
    except SosieError as error:
        if len(pictures) == 1:
            return [error]
        return [vector for picture in pictures for vector in embed_each(embedder, [picture])]
