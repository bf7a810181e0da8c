"""Reads a stream in the background while its entries are processed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")

_PATIENCE = 0.1


def in_background(stream: Iterator[T], size: int) -> Iterator[T]:
    """The entries of ``stream``, read by another thread that is at most ``size`` entries ahead.

    An exception of the stream is raised at its position. Closing the iterator ends the thread.
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
