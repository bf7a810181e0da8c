"""A catalogue of URLs as a source whose pictures are already there when its items come."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from sosie.images.fetch.fetcher import Fetcher
from sosie.types import Item, Rejection

T = TypeVar("T")

AHEAD = 64
"""Pictures that wait in memory for whoever reads them."""

_PATIENCE = 0.1


class FetchAhead:
    """Iterates items in the order in which their pictures arrive, fetched in the background; ``read`` hands one over.

    Items with a file pass through at their place, and ``read_file`` reads them. An item whose URLs all fail comes as a
    ``Rejection``. At most ``ahead`` pictures wait, beside those under way. Every item's ``read`` may be called once.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        entries: Iterable[Item | Rejection],
        read_file: Callable[[Item], bytes],
        ahead: int = AHEAD,
    ) -> None:
        self._fetcher = fetcher
        self._entries = entries
        self._read_file = read_file
        self._ahead = ahead
        self._pictures: dict[str, bytes] = {}

    def __iter__(self) -> Iterator[Item | Rejection]:
        for arrived in in_background(self._fetcher.fetch_many(self._entries), self._ahead):
            if isinstance(arrived, tuple):
                item, picture = arrived
                self._pictures[item.item_id] = picture.data
                yield item
            else:
                yield arrived

    def read(self, item: Item) -> bytes:
        """The bytes of a picture whose item was handed out; from any thread."""
        data = self._pictures.pop(item.item_id, None)
        return self._read_file(item) if data is None else data


def in_background(stream: Iterator[T], size: int) -> Iterator[T]:
    """What ``stream`` gives, drawn from it by another thread that is at most ``size`` ahead.

    An exception of the stream is raised here, in its place. Leaving early ends the thread.
    """
    line: queue.Queue[T | _End] = queue.Queue(size)
    over = threading.Event()
    thread = threading.Thread(target=_draw, args=(stream, line, over), name="sosie-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(entry := line.get(), _End):
            yield entry
        if entry.error:
            raise entry.error
    finally:
        over.set()
        thread.join()


class _End:
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def _draw(stream: Iterator[T], line: queue.Queue[T | _End], over: threading.Event) -> None:
    end = _End()
    try:
        for entry in stream:
            if not _put(line, entry, over):
                return
    except Exception as error:
        end = _End(error)
    _put(line, end, over)


def _put(line: queue.Queue[T | _End], entry: T | _End, over: threading.Event) -> bool:
    while not over.is_set():
        try:
            line.put(entry, timeout=_PATIENCE)
        except queue.Full:
            continue
        return True
    return False
