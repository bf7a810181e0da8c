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
from sosie.searching.remembering import PhotoMemory
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
    memory: PhotoMemory | None = None,
) -> Iterator[Done]:
    """What ``then`` makes of each batch of photos, on the batch's core; a photo that cannot be used is a rejection.

    ``memory`` spares making queries again of photos that were there before.
    """
    ready = in_order(stream, lambda batch: then(_photos(batch, questioner, memory)), BATCH, workers)
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


def _photos(batch: Sequence[Incoming | Rejection], questioner: Questioner, memory: PhotoMemory | None = None) -> Photos:
    began = time.perf_counter()
    arrived = [one if isinstance(one, Rejection) else _read(one, questioner.limits) for one in batch]
    rejections = [one for one in arrived if isinstance(one, Rejection)]
    read = [one for one in arrived if isinstance(one, _Read)]
    contents = [hashlib.sha256(one.data).hexdigest() for one in read]
    taken: list[str] = []
    items: list[Item] = []
    queries: list[Query] = []
    for one, content, query in zip(read, contents, _queries(read, contents, questioner, memory), strict=True):
        if isinstance(query, SosieError):
            stage = "decode" if isinstance(query, ImageError) else "embed"
            rejections.append(Rejection(one.item.item_id, stage, str(query)))
        else:
            items.append(one.item)
            taken.append(content)
            queries.append(query)
    return Photos(
        tuple(items),
        tuple(taken),
        tuple(queries),
        tuple(rejections),
        (time.perf_counter() - began) / len(batch),
    )


def _queries(
    read: Sequence[_Read], contents: Sequence[str], questioner: Questioner, memory: PhotoMemory | None
) -> list[Query | SosieError]:
    photos = [one.data for one in read]
    if memory is None:
        return questioner.queries([[photo] for photo in photos], None, Stopwatch())
    return memory.queries(photos, contents, questioner)


def _read(incoming: Incoming, limits: Limits) -> _Read | Rejection:
    item = item_of(incoming)
    try:
        return _Read(item, read_picture(incoming, limits))
    except ImageError as error:
        return Rejection(item.item_id, "read", str(error))
