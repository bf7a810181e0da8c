"""The work of one worker: indexes one part of the source into the shared store."""

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
class WorkSettings:
    """Settings that are sent to all workers.

    ``source`` opens the source. ``version`` is the Sosie version of the machine that sends the settings.
    """

    source: Callable[[], Source]
    uri: str
    embedder: str | None = None
    fetch: FetchOptions | None = None
    details: bool | None = None
    parts: int = 1
    version: str = VERSION


def index_part(settings: WorkSettings, number: int, on_progress: Callable[[Progress], None]) -> IndexReport:
    """Indexes the part ``number`` of ``settings.parts``. Repeating it changes nothing, so a part can be retried.

    It uses one thread, because Ray assigns the cores. A part may be empty. ``ClusterError`` if the worker runs another
    version of Sosie.
    """
    if settings.version != VERSION:
        raise ClusterError(
            f"a worker has Sosie {VERSION}, but the job was started by {settings.version}: install the same "
            "version on every machine of the cluster"
        )
    part = settings.source().shard(number, settings.parts)
    if next(iter(part), None) is None:
        return IndexReport()
    with Catalog(settings.uri, embedder=settings.embedder, fetch=settings.fetch) as catalog:
        return catalog.index(_Uncounted(part), details=settings.details, workers=1, on_progress=on_progress)


class _Uncounted:
    """A source without a count of its items, because counting would read it once more."""

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
