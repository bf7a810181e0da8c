"""Makes queries of labeled photos, in batches on every core, for evaluation, adaptation and calibration."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sosie.errors import ImageError, SosieError
from sosie.images.limits import Limits
from sosie.indexing.embedding import Incoming, item_of, read_picture
from sosie.searching.query import Query, QueryMaker
from sosie.searching.remembering import PhotoMemory
from sosie.searching.searcher import Searcher
from sosie.support.batches import in_order
from sosie.support.timing import Stopwatch
from sosie.types import Item, Rejection

if TYPE_CHECKING:
    from sosie.evaluation.running import AnsweredQueries

Done = TypeVar("Done")
BATCH = 8


@dataclass(frozen=True, slots=True)
class Photos:
    """A batch of photos with their queries, and the rejected photos.

    ``contents`` are the SHA-256 of the photos' bytes. ``seconds`` is the time of one photo on its core.
    """

    items: tuple[Item, ...]
    contents: tuple[str, ...]
    queries: tuple[Query, ...]
    rejections: tuple[Rejection, ...]
    seconds: float


def process_photos(
    stream: Iterable[Incoming | Rejection],
    questioner: QueryMaker,
    then: Callable[[Photos], Done],
    workers: int | None = None,
    memory: PhotoMemory | None = None,
) -> Iterator[Done]:
    """The results of ``then`` for each batch of photos, computed in the batch's worker. Unusable photos are rejections.

    ``memory`` caches the queries of photos.
    """
    ready = in_order(stream, lambda batch: then(_photos(batch, questioner, memory)), BATCH, workers)
    return itertools.chain.from_iterable(ready)


def answers_to(photos: Photos, searcher: Searcher, depth: int) -> AnsweredQueries:
    """The answers to a batch of photos, for an evaluation."""
    from sosie.evaluation.running import AnsweredQueries

    answers = searcher.answer(photos.queries, depth)
    return AnsweredQueries(
        photos.items,
        tuple(answer.hits[:depth] for answer in answers),
        tuple(answer.probability for answer in answers),
        photos.rejections,
        photos.seconds,
    )


@dataclass(frozen=True, slots=True)
class _LoadedPhoto:
    item: Item
    data: bytes


def _photos(batch: Sequence[Incoming | Rejection], questioner: QueryMaker, memory: PhotoMemory | None = None) -> Photos:
    began = time.perf_counter()
    outcomes = [photo if isinstance(photo, Rejection) else _load_photo(photo, questioner.limits) for photo in batch]
    rejections = [photo for photo in outcomes if isinstance(photo, Rejection)]
    loaded = [photo for photo in outcomes if isinstance(photo, _LoadedPhoto)]
    contents = [hashlib.sha256(photo.data).hexdigest() for photo in loaded]
    usable_contents: list[str] = []
    items: list[Item] = []
    queries: list[Query] = []
    for photo, content, query in zip(loaded, contents, _queries(loaded, contents, questioner, memory), strict=True):
        if isinstance(query, SosieError):
            stage = "decode" if isinstance(query, ImageError) else "embed"
            rejections.append(Rejection(photo.item.item_id, stage, str(query)))
        else:
            items.append(photo.item)
            usable_contents.append(content)
            queries.append(query)
    return Photos(
        tuple(items),
        tuple(usable_contents),
        tuple(queries),
        tuple(rejections),
        (time.perf_counter() - began) / len(batch),
    )


def _queries(
    loaded: Sequence[_LoadedPhoto], contents: Sequence[str], questioner: QueryMaker, memory: PhotoMemory | None
) -> list[Query | SosieError]:
    pictures = [photo.data for photo in loaded]
    if memory is None:
        return questioner.queries([[photo] for photo in pictures], None, Stopwatch())
    return memory.queries(pictures, contents, questioner)


def _load_photo(incoming: Incoming, limits: Limits) -> _LoadedPhoto | Rejection:
    item = item_of(incoming)
    try:
        return _LoadedPhoto(item, read_picture(incoming, limits))
    except ImageError as error:
        return Rejection(item.item_id, "read", str(error))
