"""Holds the part of a stream of items that is in memory, with the waiting URLs of each item."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence

from sosie.images.fetch import urls
from sosie.images.fetch.messages import Job
from sosie.images.fetch.reasons import FetchError, Reason
from sosie.types import Item, Rejection


def urls_of(item: Item) -> tuple[str, ...]:
    """The paths or URLs of ``item.image``, in the order of attempts."""
    return (item.image,) if isinstance(item.image, str) else item.image


def is_remote(item: Item) -> bool:
    """True if the picture of ``item`` is at a URL of any scheme, and not in a file."""
    return any("://" in image for image in urls_of(item))


class Window:
    """At most ``size`` items in progress. ``announce`` is called with each host that has URLs to fetch."""

    announce: Callable[[str], None]

    def __init__(self, items: Iterator[Item | Rejection], size: int) -> None:
        self._stream = items
        self._size = size
        self._tickets = itertools.count()
        self._open: dict[int, tuple[Item, deque[str]]] = {}
        self._waiting: defaultdict[str, deque[Job]] = defaultdict(deque)

    def fill(self) -> Iterator[Item | Rejection]:
        """Reads items until the window is full. Yields entries without a URL, unchanged or as rejections."""
        while len(self._open) < self._size and (entry := next(self._stream, None)) is not None:
            if isinstance(entry, Rejection) or not is_remote(entry):
                yield entry
                continue
            ticket = next(self._tickets)
            self._open[ticket] = (entry, deque(urls_of(entry)))
            if rejection := self.failed(ticket, FetchError(Reason.INVALID_URL, "the item has no URL")):
                yield rejection

    def take(self, host: str, most: int) -> Sequence[Job]:
        """Takes at most ``most`` waiting jobs of ``host``."""
        line = self._waiting[host]
        jobs = [line.popleft() for _ in range(min(most, len(line)))]
        if not line:
            del self._waiting[host]
        return jobs

    def arrived(self, ticket: int) -> Item:
        """Removes the item of a fetched picture, and returns it."""
        return self._open.pop(ticket)[0]

    def failed(self, ticket: int, error: FetchError) -> Rejection | None:
        """Tries the next URL of the item. If there is none, removes the item and returns its rejection."""
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
