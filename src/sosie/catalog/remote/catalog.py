"""``Catalog`` for a catalogue that a Sosie server keeps."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from sosie.catalog.asking import Asking, Crop
from sosie.catalog.contents import Stats
from sosie.catalog.remote.client import Client
from sosie.catalog.remote.indexing import Sending, delete_item
from sosie.catalog.remote.records import result_from_json, to_record
from sosie.errors import UsageError
from sosie.filters import WhereLike, where_from
from sosie.images.crop import box_of
from sosie.images.fetch.options import FetchOptions
from sosie.images.limits import Limits
from sosie.images.query import QueryImage, load_query, query_name
from sosie.images.reading import read_file
from sosie.indexing.pipeline import not_empty
from sosie.indexing.remote import with_pictures
from sosie.searching.ranking import check_k
from sosie.sources.base import Source
from sosie.sources.opening import opened
from sosie.support.urls import is_url
from sosie.types import JSON, IndexReport, Progress, Record, Rejection, SearchResult


class RemoteCatalog(Asking):
    """The words of ``Catalog`` at ``http(s)://host:port``; the server embeds and keeps.

    ``key`` is an API key, from the environment variable SOSIE_API_KEY unless given. Besides what ``Catalog`` raises,
    every call raises ``StoreUnavailable`` where the server does not answer, or does not accept the key. Whatever
    needs the store itself (check, optimize) is done where the server runs.
    """

    def __init__(
        self, uri: str, *, key: str | None = None, limits: Limits | None = None, fetch: FetchOptions | None = None
    ) -> None:
        self.uri = uri
        self._limits = limits or Limits()
        self._fetch = fetch
        self._client = Client(uri, key)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def index(
        self,
        source: Source | str | Path,
        *,
        sync: bool = False,
        swap: bool = False,
        dry_run: bool = False,
        details: bool | None = None,
        codes_in: str | None = None,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        on_rejection: Callable[[Rejection], None] = lambda _: None,
    ) -> IndexReport:
        """Bring the server's catalogue up to date with a source that is read here.

        ``UsageError`` for ``workers``, ``swap``, ``details`` and ``codes_in``, which belong to the machine where
        the store is.
        """
        if swap:
            raise UsageError("--swap is for the machine where the store is: a server changes item by item")
        if details is not None:
            raise UsageError("--details is for the machine where the store is: a server decides itself; leave it out")
        if codes_in is not None:
            raise UsageError("--code-attribute is for the machine where the store is: index there once with it")
        if workers is not None:
            raise UsageError("--workers is for a catalogue on this machine: the server decides on its own threads")
        entries = opened(source)
        stream = not_empty(with_pictures(entries, self._fetch), entries, sync)
        sending = Sending(self._client, self._limits, dry_run, on_rejection)
        return sending.run(stream, entries.count(), sync, on_progress)

    def exists(self) -> bool:
        """A server has made its store before it answers."""
        return True

    def search_together(
        self,
        images: Sequence[QueryImage],
        k: int = 10,
        *,
        where: WhereLike = None,
        crop: Crop = None,
        min_probability: float | None = None,
    ) -> SearchResult:
        """One answer for several pictures of one product."""
        if not images:
            raise UsageError("no picture was given: expected at least one")
        body: dict[str, JSON] = {
            "images": [self._sendable(image) for image in images],
            "k": check_k(k),
            "where": _conditions(where),
            "crop": crop if crop is None or isinstance(crop, str) else str(box_of(crop)),
            "min_probability": min_probability,
        }
        answer = self._client.request("POST", "/v1/search", json=body).json()
        return replace(result_from_json(answer["results"][0]), query=" + ".join(map(query_name, images)))

    def similar(self, item_id: str, k: int = 10, *, where: WhereLike = None) -> SearchResult:
        """The k other products most like an item of the catalogue; ``ItemNotFound`` where it is none."""
        path = f"/v1/items/{quote(item_id, safe='')}/similar"
        return result_from_json(self._client.get(path, k=check_k(k), where=_conditions(where))["results"][0])

    def get(self, item_id: str) -> Record:
        """What the catalogue keeps of an item, without vectors and blobs; ``ItemNotFound`` where it is none."""
        return to_record(self._client.get(f"/v1/items/{quote(item_id, safe='')}"))

    def thumbnail(self, item_id: str) -> bytes:
        """The JPEG of at most 256 × 256 pixels that was made when the item was indexed."""
        return self._client.request("GET", f"/v1/thumbnails/{quote(item_id, safe='')}").content

    def delete(self, item_ids: Sequence[str]) -> int:
        """Remove items; the number that existed."""
        return sum(delete_item(self._client, item_id) for item_id in dict.fromkeys(item_ids))

    def stats(self) -> Stats:
        """How much the catalogue holds."""
        return Stats(**{**self._client.get("/v1/stats"), "store": self.uri})

    def _sendable(self, image: QueryImage) -> dict[str, str]:
        """A URL for the server to fetch, or a picture in base64."""
        if isinstance(image, str) and is_url(image):
            return {"url": image}
        return {"base64": base64.b64encode(self._bytes_of(image)).decode()}

    def _bytes_of(self, image: QueryImage) -> bytes:
        """A file as it is; what is no file yet as PNG, which loses nothing."""
        if isinstance(image, bytes):
            return image
        if isinstance(image, str | os.PathLike):
            return read_file(image, self._limits)
        out = io.BytesIO()
        load_query(image, self._limits).save(out, "PNG")
        return out.getvalue()


def _conditions(where: WhereLike) -> list[str]:
    return [str(condition) for condition in where_from(where).conditions]
