"""What a worker does: one part of the source, by the same pipeline and into the same store as all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sosie.catalog import Catalog
from sosie.errors import ClusterError
from sosie.images.fetch.options import FetchOptions
from sosie.sources.base import Source
from sosie.support.version import sosie_version
from sosie.types import IndexReport, Item, Progress, Rejection

VERSION = sosie_version()


@dataclass(frozen=True, slots=True)
class Order:
    """What all workers have in common, and what travels to them.

    ``source`` opens the source, and ``version`` is that of the Sosie that gives the order.
    """

    source: Callable[[], Source]
    uri: str
    embedder: str | None = None
    fetch: FetchOptions | None = None
    details: bool | None = None
    parts: int = 1
    version: str = VERSION


def index_part(order: Order, number: int, on_progress: Callable[[Progress], None]) -> IndexReport:
    """Index the part ``number`` of ``order.parts``; doing it again changes nothing, so a lost worker is no harm.

    One thread: the cores of the cluster are shared out by Ray. A part may be empty. ``ClusterError`` where the worker
    has another Sosie.
    """
    if order.version != VERSION:
        raise ClusterError(
            f"a worker has Sosie {VERSION}, and the work was ordered by {order.version}: install the same "
            "version on every machine of the cluster"
        )
    part = order.source().shard(number, order.parts)
    if next(iter(part), None) is None:
        return IndexReport()
    with Catalog(order.uri, embedder=order.embedder, fetch=order.fetch) as catalog:
        return catalog.index(_Uncounted(part), details=order.details, workers=1, on_progress=on_progress)


class _Uncounted:
    """A source that is not read once more only to be counted."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __str__(self) -> str:
        return str(self._source)

    def __iter__(self) -> Iterator[Item | Rejection]:
        return iter(self._source)

    def count(self) -> int | None:
        return None

    def shard(self, index: int, total: int) -> Source:
        return self._source.shard(index, total)
