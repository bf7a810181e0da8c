"""The part of a stream of items that is in memory: which URLs wait, and which item each belongs to."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence

from sosie.images.fetch import urls
from sosie.images.fetch.messages import Job
from sosie.images.fetch.reasons import FetchError, Reason
from sosie.types import Item, Rejection


def urls_of(item: Item) -> tuple[str, ...]:
    """What ``item.image`` names, in the order in which to try."""
    return (item.image,) if isinstance(item.image, str) else item.image


def is_remote(item: Item) -> bool:
    """Whether the picture of ``item`` is said to lie behind a URL, of whatever scheme, rather than in a file."""
    return any("://" in image for image in urls_of(item))


class Window:
    """At most ``size`` items that have begun and not ended. ``announce`` hears of hosts with URLs to take."""

    announce: Callable[[str], None]

    def __init__(self, items: Iterator[Item | Rejection], size: int) -> None:
        self._stream = items
        self._size = size
        self._tickets = itertools.count()
        self._open: dict[int, tuple[Item, deque[str]]] = {}
        self._waiting: defaultdict[str, deque[Job]] = defaultdict(deque)

    def fill(self) -> Iterator[Item | Rejection]:
        """Reads on until the window is full; yields what has no URL to fetch, as it was read or as a rejection."""
        while len(self._open) < self._size and (entry := next(self._stream, None)) is not None:
            if isinstance(entry, Rejection) or not is_remote(entry):
                yield entry
                continue
            ticket = next(self._tickets)
            self._open[ticket] = (entry, deque(urls_of(entry)))
            if rejection := self.failed(ticket, FetchError(Reason.INVALID_URL, "the item has no URL")):
                yield rejection

    def take(self, host: str, most: int) -> Sequence[Job]:
        """At most ``most`` jobs that wait for ``host``."""
        line = self._waiting[host]
        jobs = [line.popleft() for _ in range(min(most, len(line)))]
        if not line:
            del self._waiting[host]
        return jobs

    def arrived(self, ticket: int) -> Item:
        """The item whose picture is there; it leaves the window."""
        return self._open.pop(ticket)[0]

    def failed(self, ticket: int, error: FetchError) -> Rejection | None:
        """Goes on to the next URL of the item, or lets the item leave with the ``error`` that remains."""
        item, left = self._open[ticket]
        while left:
            try:
                url = urls.ready(left.popleft())
            except FetchError as unusable:
                error = unusable
                continue
            host = urls.host_of(url)
            self._waiting[host].append(Job(ticket, url))
            self.announce(host)
            return None
        del self._open[ticket]
        return Rejection(item.item_id, "read", str(error))
