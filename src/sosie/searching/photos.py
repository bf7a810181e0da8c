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
from sosie.images.decode import Limits, decode
from sosie.indexing.embedding import Incoming, item_of, read_picture
from sosie.searching.query import Query, Questioner, Seen
from sosie.searching.searcher import Searcher
from sosie.support.batches import in_order
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
    limits: Limits,
    then: Callable[[Photos], Done],
    workers: int | None = None,
) -> Iterator[Done]:
    """What ``then`` makes of each batch of photos, on the batch's core; a photo that cannot be used is a rejection."""
    ready = in_order(stream, lambda batch: then(_photos(batch, questioner, limits)), BATCH, workers)
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
class _Opened:
    item: Item
    content: str
    seen: Seen


def _photos(batch: Sequence[Incoming | Rejection], questioner: Questioner, limits: Limits) -> Photos:
    began = time.perf_counter()
    looked = [one if isinstance(one, Rejection) else _opened(one, questioner, limits) for one in batch]
    rejections = [one for one in looked if isinstance(one, Rejection)]
    opened = [one for one in looked if isinstance(one, _Opened)]
    taken: list[_Opened] = []
    queries: list[Query] = []
    for one, query in zip(opened, questioner.embed([one.seen for one in opened]), strict=True):
        if isinstance(query, SosieError):
            rejections.append(Rejection(one.item.item_id, "embed", str(query)))
        else:
            taken.append(one)
            queries.append(query)
    return Photos(
        tuple(one.item for one in taken),
        tuple(one.content for one in taken),
        tuple(queries),
        tuple(rejections),
        (time.perf_counter() - began) / len(batch),
    )


def _opened(incoming: Incoming, questioner: Questioner, limits: Limits) -> _Opened | Rejection:
    item = item_of(incoming)
    try:
        data = read_picture(incoming, limits)
    except ImageError as error:
        return Rejection(item.item_id, "read", str(error))
    try:
        picture = decode(data, limits, questioner.shorter_side)
    except ImageError as error:
        return Rejection(item.item_id, "decode", str(error))
    return _Opened(item, hashlib.sha256(data).hexdigest(), questioner.see([picture]))
