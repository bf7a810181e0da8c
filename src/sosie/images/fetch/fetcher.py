"""URLs → pictures for callers that are not asynchronous: one, many, or the pictures of a catalogue as it streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TypeAlias

from sosie.images.fetch import urls
from sosie.images.fetch.ahead import in_background
from sosie.images.fetch.engine import FetchEngine
from sosie.images.fetch.looking import PictureHeader, look
from sosie.images.fetch.messages import Arrived, Body, FetchOutcome, Job
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.fetch.reasons import FetchError, Reason
from sosie.images.fetch.requester import Requester
from sosie.images.fetch.window import Window
from sosie.types import Item, Rejection

QUERY_OPTIONS = FetchOptions(
    attempts=2, longest_backoff=1.0, longest_wait=2.0, connect_timeout=5.0, first_byte_timeout=10.0, total_timeout=15.0
)
"""For a person who waits for the answer: little patience."""

LOOK_AHEAD = 10_000
"""Items read ahead of the one that is fetched: enough that a run of one slow host does not hold up those after it."""


AHEAD = 64
"""Pictures that wait in memory for whoever works on them."""


@dataclass(frozen=True, slots=True)
class FetchedPicture:
    """A picture that arrived whole: its bytes as sent, and where they came from, without secrets."""

    data: bytes
    look: PictureHeader
    url: str
    final_url: str


Fetched: TypeAlias = tuple[Item, FetchedPicture] | Item | Rejection


class Fetcher:
    """Fetches pictures by all the rules of ``FetchOptions``; use it in a ``with``. Safe in several threads at once."""

    def __init__(self, options: FetchOptions | None = None, world: World | None = None) -> None:
        self._options = options or FetchOptions()
        self._world = world or World()
        self._requester = Requester(self._options, self._world)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends what is under way and closes all connections."""
        self._requester.close()

    def fetch_one(self, url: str) -> FetchedPicture:
        """The picture at ``url``. Raises ``FetchError`` where it gives none; its ``reason`` is a word of ``Reason``."""
        job = Job(0, urls.ready(url))
        engine = FetchEngine(self._requester, self._options, self._world, lambda host, most: [job], _seen)
        engine.announce(urls.host_of(job.url))
        outcome = next(engine.run())
        if isinstance(outcome.result, Arrived):
            return _picture(outcome, outcome.result)
        raise outcome.result if isinstance(outcome.result, FetchError) else FetchError(Reason.HTTP_OTHER, "status 304")

    def fetch_many(self, items: Iterable[Item | Rejection], look_ahead: int = LOOK_AHEAD) -> Iterator[Fetched]:
        """Every item with its picture, or a ``Rejection``, in the order in which they end.

        Rejections pass through, and so do items whose picture is a file, alone.

        The URLs of an item are tried in order, and the rejection names the last reason. Memory holds at most
        ``look_ahead`` items and the pictures of ``options.concurrency`` answers. Nothing is begun while nobody asks
        for the next one: ``fetch_ahead`` goes on in the background.
        """
        window = Window(iter(items), look_ahead)
        engine = FetchEngine(self._requester, self._options, self._world, window.take, _seen)
        window.announce = engine.announce
        yield from window.fill()
        for outcome in engine.run():
            if isinstance(outcome.result, Arrived):
                yield window.arrived(outcome.ticket), _picture(outcome, outcome.result)
            elif isinstance(outcome.result, FetchError) and (lost := window.failed(outcome.ticket, outcome.result)):
                yield lost
            yield from window.fill()

    def fetch_ahead(self, items: Iterable[Item | Rejection], ahead: int = AHEAD) -> Iterator[Fetched]:
        """The same as ``fetch_many``, fetched and ``items`` read by another thread, until ``ahead`` pictures wait."""
        return in_background(self.fetch_many(items), ahead)


def _seen(body: Body) -> tuple[bytes, PictureHeader]:
    return body.data, look(body.data)


def _picture(
    outcome: FetchOutcome[tuple[bytes, PictureHeader]], arrived: Arrived[tuple[bytes, PictureHeader]]
) -> FetchedPicture:
    data, seen = arrived.value
    return FetchedPicture(data, seen, urls.redact(outcome.url), urls.redact(outcome.final_url))
