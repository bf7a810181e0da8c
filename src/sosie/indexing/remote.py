"""Fetches the pictures behind URLs, and adds them to the stream as they arrive."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from sosie.images.fetch.options import FetchOptions, World
from sosie.images.fetch.window import is_remote
from sosie.indexing.embedding import Fetched, Incoming
from sosie.types import Item, Rejection


def with_pictures(
    entries: Iterable[Item | Rejection], options: FetchOptions | None = None, world: World | None = None
) -> Iterator[Incoming | Rejection]:
    """The entries. An item with a URL comes with the fetched bytes, or is rejected with the reason.

    From the first URL on, entries come in the order of arrival. Without URLs nothing changes, and no network is used.
    """
    stream = iter(entries)
    for entry in stream:
        if isinstance(entry, Item) and is_remote(entry):
            yield from _fetched(itertools.chain([entry], stream), options, world)
        else:
            yield entry


def _fetched(
    entries: Iterable[Item | Rejection], options: FetchOptions | None, world: World | None
) -> Iterator[Incoming | Rejection]:
    from sosie.images.fetch.fetcher import Fetcher

    with Fetcher(options, world) as fetcher:
        for fetched in fetcher.fetch_ahead(entries):
            yield Fetched(fetched[0], fetched[1].data) if isinstance(fetched, tuple) else fetched
