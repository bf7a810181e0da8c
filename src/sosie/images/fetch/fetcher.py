"""Fetches pictures for synchronous callers: a single URL, or the pictures of a stream of items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TypeAlias

from sosie.images.fetch import urls
from sosie.images.fetch.ahead import in_background
from sosie.images.fetch.engine import FetchEngine
from sosie.images.fetch.inspection import PictureHeader, inspect_picture
from sosie.images.fetch.messages import Arrived, Body, FetchOutcome, Job
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.fetch.reasons import FetchError, Reason
from sosie.images.fetch.requester import Requester
from sosie.images.fetch.window import Window
from sosie.types import Item, Rejection

QUERY_OPTIONS = FetchOptions(
    attempts=2, longest_backoff=1.0, longest_wait=2.0, connect_timeout=5.0, first_byte_timeout=10.0, total_timeout=15.0
)
"""Short timeouts for queries, because a person waits."""

LOOK_AHEAD = 10_000
"""Number of items that are read ahead. It is large so that a slow host does not delay the items of other hosts."""


AHEAD = 64
"""Maximum number of fetched pictures that wait in memory."""


@dataclass(frozen=True, slots=True)
class FetchedPicture:
    """A completely fetched picture: its bytes as sent, and its URLs without secrets."""

    data: bytes
    header: PictureHeader
    url: str
    final_url: str


Fetched: TypeAlias = tuple[Item, FetchedPicture] | Item | Rejection


class Fetcher:
    """Fetches pictures as ``FetchOptions`` says. Use it in a ``with`` statement. Thread-safe."""

    def __init__(self, options: FetchOptions | None = None, world: World | None = None) -> None:
        self._options = options or FetchOptions()
        self._world = world or World()
        self._requester = Requester(self._options, self._world)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Cancels pending requests and closes all connections."""
        self._requester.close()

    def fetch_one(self, url: str) -> FetchedPicture:
        """The picture at ``url``; ``FetchError`` with a ``Reason`` if there is none."""
        job = Job(0, urls.ready(url))
        engine = FetchEngine(self._requester, self._options, self._world, lambda host, most: [job], _inspected)
        engine.announce(urls.host_of(job.url))
        outcome = next(engine.run())
        if isinstance(outcome.result, Arrived):
            return _picture(outcome, outcome.result)
        raise outcome.result if isinstance(outcome.result, FetchError) else FetchError(Reason.HTTP_OTHER, "status 304")

    def fetch_many(self, items: Iterable[Item | Rejection], look_ahead: int = LOOK_AHEAD) -> Iterator[Fetched]:
        """Every item with its picture, or a ``Rejection``, in the order in which fetches end.

        Rejections, and items with a picture file, are passed on unchanged. The URLs of an item are tried in order, and
        the rejection gives the last reason. At most ``look_ahead`` items, and the pictures of ``options.concurrency``
        responses, are in memory. Fetching pauses until the caller requests the next entry; ``fetch_ahead`` continues in
        the background.
        """
        window = Window(iter(items), look_ahead)
        engine = FetchEngine(self._requester, self._options, self._world, window.take, _inspected)
        window.announce = engine.announce
        yield from window.fill()
        for outcome in engine.run():
            if isinstance(outcome.result, Arrived):
                yield window.arrived(outcome.ticket), _picture(outcome, outcome.result)
            elif isinstance(outcome.result, FetchError) and (lost := window.failed(outcome.ticket, outcome.result)):
                yield lost
            yield from window.fill()

    def fetch_ahead(self, items: Iterable[Item | Rejection], ahead: int = AHEAD) -> Iterator[Fetched]:
        """Like ``fetch_many``, but another thread reads ``items`` and fetches, until ``ahead`` pictures wait."""
        return in_background(self.fetch_many(items), ahead)


def _inspected(body: Body) -> tuple[bytes, PictureHeader]:
    return body.data, inspect_picture(body.data)


def _picture(
    outcome: FetchOutcome[tuple[bytes, PictureHeader]], arrived: Arrived[tuple[bytes, PictureHeader]]
) -> FetchedPicture:
    data, header = arrived.value
    return FetchedPicture(data, header, urls.redact(outcome.url), urls.redact(outcome.final_url))
