"""A catalog behind a Sosie server."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Unpack

from PIL import Image

from sosie.catalog.base import CatalogProtocol, Stats, with_view
from sosie.catalog.exporting import export_catalog, row_of, table_format
from sosie.catalog.indexing import count_entries
from sosie.catalog.options import (
    WEIGHT,
    Crop,
    IndexKeywords,
    IndexOptions,
    SearchKeywords,
    SearchOptions,
    check_k,
    do_nothing,
    refuse_removal,
    words_from,
)
from sosie.catalog.places import After, next_of
from sosie.catalog.reading import facets_of_answer
from sosie.catalog.remote.addresses import item_path, thumbnail_path
from sosie.catalog.remote.client import Client
from sosie.catalog.remote.indexing import Sender, delete_item
from sosie.catalog.remote.reading import every_item, list_remote_items, request_items
from sosie.catalog.remote.records import result_from_json, to_facet, to_feedback, to_identification, to_log, to_record
from sosie.catalog.remote.refusals import refuse_index_options, refuse_options, refused
from sosie.errors import UsageError
from sosie.evaluation.relevance import BY_PRODUCT
from sosie.filters import WhereLike, where_from
from sosie.images.crop import box_of
from sosie.images.fetch.options import FetchOptions
from sosie.images.limits import Limits
from sosie.images.query import QueryImage, load_query, query_name
from sosie.images.reading import read_file
from sosie.indexing.codes import CodeSurvey
from sosie.indexing.coverage import Coverage
from sosie.indexing.embedding import Incoming
from sosie.indexing.pipeline import not_empty
from sosie.indexing.remote import with_pictures
from sosie.indexing.updating import Changes
from sosie.learning.feedback import Feedback, FeedbackLog
from sosie.searching.identify import Identification
from sosie.searching.regions import ProductInPhoto
from sosie.sources.base import SourceLike
from sosie.sources.opening import opened
from sosie.sources.report import Journal
from sosie.sources.streamed import report_of, typed_as
from sosie.support.urls import is_url
from sosie.types import JSON, AttributeType, Facet, IndexReport, Progress, Record, Rejection, SearchResult, Words

REPRESENTATION = {"Prefer": "return=representation"}
"""Header that requests the stored representation in the response (RFC 7240)."""


class RemoteCatalog(CatalogProtocol):
    """A catalog at ``http(s)://host:port``; the server embeds and stores. ``CatalogProtocol`` describes its methods.

    - ``key``: an API key; by default the environment variable SOSIE_API_KEY.
    - ``limits``: the largest picture that is read on this machine.
    - ``fetch``: options for the pictures of a source behind URLs.

    Every call raises the errors of ``Catalog``, and ``StoreUnavailable`` if the server does not answer or does not
    accept the key. Methods and options that need the store itself raise ``UsageError``;
    ``sosie.catalog.remote.refusals`` lists them.

    With a server at ``url``, such as ``http://127.0.0.1:8000``, that ``sosie serve --store shop.sosie`` started:

    >>> with sosie.RemoteCatalog(url) as catalog:
    ...     catalog.search("photo.jpg", k=1).matches[0].product_id
    'p1'
    """

    adapt = refused("adapt")
    calibrate = refused("calibrate")
    check = refused("check")
    duplicates = refused("duplicates")
    duplicates_page = refused("duplicates_page")
    evaluate = refused("evaluate")
    evaluation_page = refused("evaluation_page")
    optimize = refused("optimize")
    retype = refused("retype")
    undo_adaptation = refused("undo_adaptation")
    migrate = refused("migrate")
    undo_migration = refused("undo_migration")
    finish_migration = refused("finish_migration")

    def __init__(
        self, uri: str, *, key: str | None = None, limits: Limits | None = None, fetch: FetchOptions | None = None
    ) -> None:
        self.uri = uri
        self._limits = limits or Limits()
        self._fetch = fetch
        self._key = key
        self._client = Client(uri, key)

    def __reduce__(self) -> tuple[Callable[[], RemoteCatalog], tuple[()]]:
        return partial(RemoteCatalog, self.uri, key=self._key, limits=self._limits, fetch=self._fetch), ()

    def close(self) -> None:
        self._client.close()

    def exists(self) -> bool:
        """True, because a server creates its store before it answers."""
        return True

    def create(self) -> bool:
        """False, because a server creates its store before it answers."""
        return False

    def warm(self) -> None:
        """Checks that the server is ready; it loads its network when it starts."""
        self._client.get("/readyz")

    def stats(self) -> Stats:
        return Stats(**{**self._client.get("/v1/stats"), "store": self.uri})

    def attributes(self) -> Mapping[str, AttributeType]:
        return dict(self._client.get("/v1/stats")["attributes"])

    def get(self, item_id: str) -> Record:
        return to_record(self._client.get(item_path(item_id)))

    def thumbnail(self, item_id: str) -> bytes:
        return self._client.request("GET", thumbnail_path(item_id)).content

    def items(
        self, where: WhereLike = None, after: After = "", limit: int = 50, *, sort: str | None = None
    ) -> list[Record]:
        return list_remote_items(self._client, _conditions(where), after, limit, sort)

    def export(
        self,
        path: str | Path,
        *,
        where: WhereLike = None,
        vectors: bool = False,
        thumbnails: str | Path | None = None,
        on_progress: Callable[[int, int | None], None] = do_nothing,
    ) -> int:
        refuse_options("export", self.uri, ["vectors"] if vectors else [])
        table_format(path)
        rows = map(row_of, every_item(self._client, _conditions(where)))
        return export_catalog(self, rows, path, self.count(where), 0, thumbnails, on_progress)

    def count(self, where: WhereLike = None) -> int:
        return int(request_items(self._client, where=_conditions(where), limit=1)["total"])

    def facets(
        self,
        names: Sequence[str] = (),
        where: WhereLike = None,
        limit: int = 20,
        *,
        disjunctive: bool = False,
        answer: SearchResult | None = None,
    ) -> list[Facet]:
        if answer is not None:
            return facets_of_answer(answer, self.attributes(), names, where, limit)
        parameters: dict[str, JSON] = {"name": list(names), "where": _conditions(where), "limit": limit}
        if disjunctive:
            parameters["disjunctive"] = True
        response = self._client.query("/v1/attributes", "/v1/attributes:query", parameters)
        return list(map(to_facet, response["attributes"]))

    def update(self, changes: Changes) -> int:
        if not changes:
            return 0
        given = {item_id: dict(attributes) for item_id, attributes in changes.items()}
        return int(self._client.post("/v1/items:update", {"items": given})["updated"])

    def delete(self, item_ids: Sequence[str]) -> int:
        return sum(delete_item(self._client, item_id) for item_id in dict.fromkeys(item_ids))

    def index(
        self,
        source: SourceLike,
        options: IndexOptions | None = None,
        *,
        on_progress: Callable[[Progress], None] = do_nothing,
        on_rejection: Callable[[Rejection], None] = do_nothing,
        confirm_removal: Callable[[int, int], bool] = refuse_removal,
        **changes: Unpack[IndexKeywords],
    ) -> IndexReport:
        chosen = IndexOptions.of(options, changes)
        refuse_index_options(self.uri, chosen)
        entries = typed_as(opened(source), self._client.get("/v1/stats")["attributes"])
        coverage = Coverage(entries) if chosen.sync else None
        codes = CodeSurvey()
        stream = not_empty(with_pictures(codes.bring(coverage or entries), self._fetch), entries, coverage)
        removal = chosen.removal(coverage, confirm_removal)
        misfits = Journal()
        sending = Sender(self._client, self._limits, chosen.dry_run, on_rejection, misfits)
        report = sending.run(stream, count_entries(entries, chosen.sync), removal, on_progress)
        return replace(report, notes=(*report.notes, *misfits.report(report_of(entries)).sentences(), *codes.notes()))

    def upsert(self, incoming: Iterable[Incoming]) -> IndexReport:
        return Sender(self._client, self._limits).run(incoming)

    def search_together(
        self,
        images: Sequence[QueryImage],
        options: SearchOptions | int | None = None,
        **changes: Unpack[SearchKeywords],
    ) -> SearchResult:
        chosen = SearchOptions.of(options, changes)
        if not images:
            raise UsageError("no picture was given: expected at least one")
        body: dict[str, JSON] = {
            "images": [self._sendable(image) for image in images],
            "k": chosen.k,
            "where": _conditions(chosen.where),
            "crop": _region(chosen.crop),
            "min_probability": chosen.min_probability,
            **_sorting(chosen.sort),
            **_steering(chosen.words),
        }
        response = self._client.post("/v1/search", body)
        result = result_from_json(response["results"][0])
        names = [*map(query_name, images), *([chosen.words.name] if chosen.words else [])]
        return with_view(self, replace(result, query=" + ".join(names)))

    def search_all(
        self, image: QueryImage, options: SearchOptions | int | None = None, **changes: Unpack[SearchKeywords]
    ) -> list[ProductInPhoto]:
        chosen = SearchOptions.of(options, changes)
        if chosen.words is not None:
            raise UsageError("words were given to a search for all products in a photo; leave them out")
        body: dict[str, JSON] = {
            "image": self._sendable(image),
            "k": chosen.k,
            "where": _conditions(chosen.where),
            "crop": _region(chosen.crop),
            "min_probability": chosen.min_probability,
            **_sorting(chosen.sort),
        }
        answer = self._client.post("/v1/search:all", body)
        return [
            ProductInPhoto(
                box_of(product["region"]), replace(result_from_json(product["result"]), query=query_name(image))
            )
            for product in answer["products"]
        ]

    def more(self, answer: SearchResult | str, k: int = 10) -> SearchResult:
        response = self._client.post("/v1/search:more", {"cursor": next_of(answer), "k": check_k(k)})
        result = result_from_json(response["results"][0])
        return with_view(self, result if isinstance(answer, str) else replace(result, query=answer.query))

    def search_text(
        self, text: str, k: int = 10, *, where: WhereLike = None, minus: str = "", sort: str | None = None
    ) -> SearchResult:
        chosen = SearchOptions(k, where, text=text, minus=minus, sort=sort)
        parameters = {"text": text, "minus": minus, "k": k, "where": _conditions(chosen.where), **_sorting(sort)}
        response = self._client.query("/v1/search", "/v1/search:text", parameters)
        return with_view(self, result_from_json(response["results"][0]))

    def similar(
        self, item_id: str, k: int = 10, *, where: WhereLike = None, text: str | None = None, minus: str = "",
        weight: float = WEIGHT, sort: str | None = None,
    ) -> SearchResult:  # fmt: skip
        words = words_from(text, minus, weight)
        parameters = {
            "item_id": item_id, "k": check_k(k), "where": _conditions(where), **_steering(words), **_sorting(sort),
        }  # fmt: skip
        response = self._client.query("/v1/item/similar", "/v1/items:similar", parameters)
        return with_view(self, result_from_json(response["results"][0]))

    def identify(
        self, image: QueryImage, by: str = BY_PRODUCT, k: int = 10, *, where: WhereLike = None, crop: Crop = None
    ) -> Identification:
        body = {
            "image": self._sendable(image), "by": by, "k": check_k(k), "where": _conditions(where),
            "crop": _region(crop),
        }  # fmt: skip
        return replace(to_identification(self._client.post("/v1/identify", body)), query=query_name(image))

    def explain(self, image: QueryImage, result: SearchResult, *, crop: Crop = None, most: int = 3) -> Image.Image:
        body = {
            "image": self._sendable(image), "result": result.to_dict(), "crop": _region(crop), "most": most,
        }  # fmt: skip
        drawn = self._client.request("POST", "/v1/explain", json=body).content
        return Image.open(io.BytesIO(drawn)).convert("RGB")

    def confirm(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        return self._give_feedback(True, image, item_id, crop)

    def reject(self, image: QueryImage, item_id: str, *, crop: Crop = None) -> Feedback:
        return self._give_feedback(False, image, item_id, crop)

    def feedback(self) -> FeedbackLog:
        """The feedback on answers of the store's current embedder. Its vectors remain on the server."""
        return to_log(self._client.get("/v1/feedback"))

    def _give_feedback(self, confirmed: bool, image: QueryImage, item_id: str, crop: Crop) -> Feedback:
        body = {
            "image": self._sendable(image), "item_id": item_id, "confirmed": confirmed, "crop": _region(crop),
            "name": query_name(image),
        }  # fmt: skip
        return to_feedback(self._client.post("/v1/feedback", body, REPRESENTATION))

    def _sendable(self, image: QueryImage) -> dict[str, str]:
        """A picture as a request contains it: a URL for the server to fetch, or base64."""
        if isinstance(image, str) and is_url(image):
            return {"url": image}
        return {"base64": base64.b64encode(self._bytes_of(image)).decode()}

    def _bytes_of(self, image: QueryImage) -> bytes:
        """The bytes of a file; for a decoded picture, a lossless PNG."""
        if isinstance(image, bytes):
            return image
        if isinstance(image, str | os.PathLike):
            return read_file(image, self._limits)
        out = io.BytesIO()
        load_query(image, self._limits).save(out, "PNG")
        return out.getvalue()


def _steering(words: Words | None) -> dict[str, JSON]:
    return {} if words is None else {"text": words.text, "minus": words.minus, "weight": words.weight}


def _sorting(sort: str | None) -> dict[str, JSON]:
    return {} if sort is None else {"sort": sort}


def _conditions(where: WhereLike) -> list[str]:
    return [str(condition) for condition in where_from(where).conditions]


def _region(crop: Crop) -> str | None:
    return None if crop is None else str(box_of(crop))
