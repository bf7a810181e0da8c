"""Reads a source to its end and writes it into the state, before anything is fetched."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sosie.downloading.state import FAILED, WAITING, DownloadState, text_key
from sosie.errors import SourceError
from sosie.images.fetch import urls
from sosie.images.fetch.reasons import FetchError
from sosie.images.fetch.window import urls_of
from sosie.indexing.attributes import AttributeSchema
from sosie.types import AttributeValue, Item, Rejection, attribute_type

_BATCH = 10_000
_to_json = json.JSONEncoder(ensure_ascii=False).encode

_ADD_URL = """
INSERT INTO urls (digest, url, host, status, reason, detail) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING
"""
_ADD_ITEM = """
INSERT INTO items (digest, item_id, product_id, links, attributes, url, urls, position, run)
VALUES (?, ?, ?, ?, ?, (SELECT id FROM urls WHERE digest = ?), ?, 0, ?)
ON CONFLICT (digest) DO UPDATE SET
    product_id = excluded.product_id, links = excluded.links, attributes = excluded.attributes, run = excluded.run,
    url = iif(items.urls = excluded.urls, items.url, excluded.url),
    position = iif(items.urls = excluded.urls, items.position, 0),
    urls = excluded.urls
"""
"""An existing item continues with the same alternative URL, if its URLs are unchanged."""


class Planner:
    """Writes a source into a state. Afterward the state has exactly the items of this source.

    The status of a URL is kept, whatever source it came from. User names and passwords in URLs are not written into the
    state: ``secrets`` holds them as long as the process lives.
    """

    def __init__(self, state: DownloadState) -> None:
        self.secrets: dict[str, str] = {}
        self._state = state
        self._run = int(state.meta("run", "0")) + 1
        self._schema = AttributeSchema({})
        self._columns: dict[str, str] = {}

    def plan(self, source: Iterable[Item | Rejection]) -> None:
        """Reads the whole source. If the source raises an error, the error is raised, and the previous items remain."""
        entries = iter(source)
        state = self._state
        state.execute("DELETE FROM rejected")
        with state.filling():
            while batch := list(itertools.islice(entries, _BATCH)):
                self._add([entry if isinstance(entry, Rejection) else self._admitted(entry) for entry in batch])
                state.commit()
            self._forget_missing_items()
        state.set_meta("run", str(self._run))
        state.set_meta("columns", json.dumps(self._columns))
        state.commit()

    def _admitted(self, item: Item) -> Item | Rejection:
        try:
            attributes = self._schema.admit(item.attributes)
        except SourceError as error:
            return Rejection(item.item_id, "source", str(error))
        for name, value in attributes.items():
            self._columns[name] = _wider(self._columns.get(name), value)
        return item if attributes == item.attributes else replace(item, attributes=attributes)

    def _add(self, entries: Sequence[Item | Rejection]) -> None:
        items = [entry for entry in entries if isinstance(entry, Item)]
        rejected = [(e.item_id, e.stage, e.reason) for e in entries if isinstance(e, Rejection)]
        places = [self._url_rows(item) for item in items]
        execute_many = self._state.connection.executemany
        execute_many("INSERT INTO rejected (item_id, stage, reason) VALUES (?, ?, ?)", rejected)
        execute_many(_ADD_URL, [place[0] for place in places])
        execute_many(_ADD_ITEM, [self._item_row(i, p) for i, p in zip(items, places, strict=True)])

    def _url_rows(self, item: Item) -> list[UrlRow]:
        """The valid URLs of an item. If there are none, the first URL with the reason why it is invalid."""
        rows = [self._url_row(url) for url in urls_of(item) or ("",)]
        return [row for row in rows if row.status == WAITING] or rows[:1]

    def _url_row(self, url: str) -> UrlRow:
        try:
            ready = urls.ready(url)
        except FetchError as error:
            shown = urls.redact(url)[:500]
            return UrlRow(text_key(shown), shown, "", FAILED, error.reason, error.detail)
        shown = urls.without_user(ready)
        if shown != ready:
            self.secrets[shown] = ready
        return UrlRow(text_key(shown), shown, urls.host_of(ready), WAITING, "", "")

    def _item_row(self, item: Item, places: Sequence[UrlRow]) -> tuple[object, ...]:
        links = _to_json([urls.redact(link) for link in item.links])
        attributes = _to_json(dict(item.attributes))
        several = _to_json([place.url for place in places]) if len(places) > 1 else None
        key = text_key(item.item_id)
        return key, item.item_id, item.product_id, links, attributes, places[0].key, several, self._run

    def _forget_missing_items(self) -> None:
        if self._state.execute("DELETE FROM items WHERE run <> ?", (self._run,)).rowcount:
            forget_unwanted(self._state)


def forget_unwanted(state: DownloadState) -> None:
    """Removes waiting URLs that no item refers to, unless their picture was fetched."""
    state.execute("DELETE FROM urls WHERE status = 0 AND sha256 IS NULL AND id NOT IN (SELECT url FROM items)")


class UrlRow(NamedTuple):
    """The initial state of a URL."""

    key: int
    url: str
    host: str
    status: int
    reason: str
    detail: str


def _wider(kind: str | None, value: AttributeValue) -> str:
    """The column type that holds the previous values and ``value``. Integers stay integers if they fit 64 bits."""
    new: str = attribute_type(value)
    if new == "number" and isinstance(value, int) and abs(value) < 2**63:
        new = "integer"
    return "number" if {kind, new} == {"integer", "number"} else new
