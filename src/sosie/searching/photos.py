"""Labelled photos as queries, in batches on every core: for evaluating, adapting and calibrating."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image

from sosie.errors import SosieError
from sosie.evaluation.running import Asked
from sosie.images.decode import Limits
from sosie.indexing.embedding import Incoming, in_order, item_of, open_picture
from sosie.searching.query import Query, Questioner
from sosie.searching.searcher import Searcher
from sosie.types import Item, Rejection

Done = TypeVar("Done")
BATCH = 8


@dataclass(frozen=True, slots=True)
class Photos:
    """A batch of photos with their queries, and those that could not come so far.

    ``seconds`` is what each photo of the batch took on its core.
    """

    items: tuple[Item, ...]
    queries: tuple[Query, ...]
    rejections: tuple[Rejection, ...]
    seconds: float


def ask_photos(
    stream: Iterable[Incoming | Rejection],
    questioner: Questioner,
    limits: Limits,
    then: Callable[[Photos], Done],
    workers: int | None = None,
) -> Iterator[Done]:
    """What ``then`` makes of each batch of photos, on the batch's core; a photo that cannot be used is a rejection."""
    return in_order(stream, lambda batch: then(_photos(batch, questioner, limits)), BATCH, workers)


def answers_to(photos: Photos, searcher: Searcher, depth: int) -> Asked:
    """The answers to a batch of photos, as an evaluation takes them."""
    answers = searcher.answer(photos.queries, depth)
    return Asked(
        photos.items,
        tuple(answer.hits[:depth] for answer in answers),
        tuple(answer.probability for answer in answers),
        photos.rejections,
        photos.seconds,
    )


def _photos(batch: Sequence[Incoming | Rejection], questioner: Questioner, limits: Limits) -> Photos:
    began = time.perf_counter()
    rejections = [one for one in batch if isinstance(one, Rejection)]
    opened: list[tuple[Item, Image.Image]] = []
    for incoming in (one for one in batch if not isinstance(one, Rejection)):
        picture = open_picture(incoming, limits, questioner.shorter_side)
        if isinstance(picture, Rejection):
            rejections.append(picture)
        else:
            opened.append((item_of(incoming), picture))
    items, queries = [], []
    found = questioner.embed([questioner.pixels([picture]) for _, picture in opened])
    for (item, _), query in zip(opened, found, strict=True):
        if isinstance(query, SosieError):
            rejections.append(Rejection(item.item_id, "embed", str(query)))
        else:
            items.append(item)
            queries.append(query)
    return Photos(tuple(items), tuple(queries), tuple(rejections), (time.perf_counter() - began) / len(batch))
