"""Labelled photos as queries, in batches on every core: for evaluating, adapting and calibrating."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sosie.errors import ImageError, SosieError
from sosie.evaluation.running import AnsweredQueries
from sosie.images.limits import Limits
from sosie.indexing.embedding import Incoming, item_of, read_picture
from sosie.searching.query import Query, Questioner
from sosie.searching.searcher import Searcher
from sosie.support.batches import in_order
from sosie.support.timing import Stopwatch
from sosie.types import Item, Rejection

Done = TypeVar("Done")
BATCH = 8


@dataclass(frozen=True, slots=True)
class Photos:
    """A batch of photos with their queries, and those that could not come so far.

    ``contents`` are the SHA-256 of the photos' bytes; ``seconds`` is what each photo of the batch took on its core.
    """

    items: tuple[Item, ...]
    contents: tuple[str, ...]
    queries: tuple[Query, ...]
    rejections: tuple[Rejection, ...]
    seconds: float


def ask_photos(
    stream: Iterable[Incoming | Rejection],
    questioner: Questioner,
    then: Callable[[Photos], Done],
    workers: int | None = None,
) -> Iterator[Done]:
    """What ``then`` makes of each batch of photos, on the batch's core; a photo that cannot be used is a rejection."""
    ready = in_order(stream, lambda batch: then(_photos(batch, questioner)), BATCH, workers)
    return itertools.chain.from_iterable(ready)


def answers_to(photos: Photos, searcher: Searcher, depth: int) -> AnsweredQueries:
    """The answers to a batch of photos, as an evaluation takes them."""
    answers = searcher.answer(photos.queries, depth)
    return AnsweredQueries(
        photos.items,
        tuple(answer.hits[:depth] for answer in answers),
        tuple(answer.probability for answer in answers),
        photos.rejections,
        photos.seconds,
    )


@dataclass(frozen=True, slots=True)
class _Read:
    item: Item
    data: bytes


def _photos(batch: Sequence[Incoming | Rejection], questioner: Questioner) -> Photos:
    began = time.perf_counter()
    arrived = [one if isinstance(one, Rejection) else _read(one, questioner.limits) for one in batch]
    rejections = [one for one in arrived if isinstance(one, Rejection)]
    read = [one for one in arrived if isinstance(one, _Read)]
    taken: list[_Read] = []
    queries: list[Query] = []
    for one, query in zip(read, questioner.queries([[one.data] for one in read], None, Stopwatch()), strict=True):
        if isinstance(query, SosieError):
            stage = "decode" if isinstance(query, ImageError) else "embed"
            rejections.append(Rejection(one.item.item_id, stage, str(query)))
        else:
            taken.append(one)
            queries.append(query)
    return Photos(
        tuple(one.item for one in taken),
        tuple(hashlib.sha256(one.data).hexdigest() for one in taken),
        tuple(queries),
        tuple(rejections),
        (time.perf_counter() - began) / len(batch),
    )


def _read(incoming: Incoming, limits: Limits) -> _Read | Rejection:
    item = item_of(incoming)
    try:
        return _Read(item, read_picture(incoming, limits))
    except ImageError as error:
        return Rejection(item.item_id, "read", str(error))
