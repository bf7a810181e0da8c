"""From pictures to vectors, in batches on every core: what indexing and asking with many photos share.

A worker takes a whole batch through reading, decoding and embedding on its own core, which keeps every core busy
without hand-over between stages. What is in flight is bounded, so memory does not grow with the number of pictures.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from PIL import Image

from sosie.cores import usable_cores
from sosie.embedders.base import Embedder
from sosie.errors import SosieError
from sosie.images.decode import Limits, decode, read_file
from sosie.images.transform import shorter_side_needed, to_pixels
from sosie.types import Item, Pixels


@dataclass(frozen=True, slots=True)
class Fetched:
    """An item whose picture has arrived already."""

    item: Item
    data: bytes


Incoming: TypeAlias = Item | Fetched
One = TypeVar("One")
Done = TypeVar("Done")


def item_of(incoming: Incoming) -> Item:
    """The item, whether its picture has arrived or not."""
    return incoming.item if isinstance(incoming, Fetched) else incoming


def in_order(
    stream: Iterable[One], work: Callable[[Sequence[One]], Done], size: int, workers: int | None = None
) -> Iterator[Done]:
    """What ``work`` makes of each batch of ``size``, in the order of the stream, two batches in flight a worker."""
    count = workers or usable_cores()
    rest = iter(stream)
    pending: deque[Future[Done]] = deque()
    pool = ThreadPoolExecutor(count, thread_name_prefix="sosie-embed")
    try:
        while batch := tuple(itertools.islice(rest, size)):
            pending.append(pool.submit(work, batch))
            if len(pending) >= 2 * count:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def read_picture(incoming: Incoming, limits: Limits) -> bytes:
    """The bytes of an item's picture, arrived already or from the disk; ``ImageError`` where there is none."""
    if isinstance(incoming, Fetched):
        return incoming.data
    references = (incoming.image,) if isinstance(incoming.image, str) else incoming.image
    return read_file(references[0], limits)


def decode_for(embedder: Embedder, data: bytes, limits: Limits) -> tuple[Image.Image, tuple[Pixels, ...]]:
    """The upright picture, large enough for a thumbnail, and its input for the embedder."""
    transforms = embedder.spec.transforms
    upright = decode(data, limits, shorter_side=shorter_side_needed(transforms))
    return upright, to_pixels(upright, transforms)


def embed_each(embedder: Embedder, inputs: Sequence[Sequence[Pixels]]) -> list[np.ndarray | SosieError]:
    """The vector of each input; where a whole batch fails, the pictures are tried alone and the culprit found."""
    if not inputs:
        return []
    try:
        return list(embedder.embed([np.stack(arrays) for arrays in zip(*inputs, strict=True)]))
    except SosieError as error:
        if len(inputs) == 1:
            return [error]
        return [one for pixels in inputs for one in embed_each(embedder, [pixels])]
