"""Converts records and results to the JSON of the API. Paths on the server are left out."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

from PIL import Image

from sosie.catalog.remote.addresses import thumbnail_path
from sosie.learning.feedback import Feedback, FeedbackLog, to_row
from sosie.searching.regions import ProductInPhoto
from sosie.server.schemas import FeedbackOut
from sosie.support.urls import is_url
from sosie.types import JSON, Facet, Match, Record, SearchResult

_QUALITY = 88
FEEDBACK_FIELDS = frozenset(FeedbackOut.model_fields)


def picture_version(content_sha256: str) -> str:
    """The version of an item's picture in the URL of its thumbnail."""
    return content_sha256[:16]


def thumbnail_address(item_id: str, content_sha256: str, base: str) -> str:
    """The URL of an item's thumbnail. It changes with the picture, so caches may keep a thumbnail for ever.

    ``base`` is the path under which the caller reaches the server.
    """
    path = base + thumbnail_path(item_id)
    return f"{path}{'&' if '?' in path else '?'}v={picture_version(content_sha256)}" if content_sha256 else path


def addresses(shown: Match | Record, base: str) -> dict[str, JSON]:
    """The fields ``image`` and ``thumbnail``. For a file on the server, ``image`` is the thumbnail's URL."""
    references = (shown.image,) if isinstance(shown.image, str) else shown.image
    urls = tuple(reference for reference in references if is_url(reference))
    thumbnail = thumbnail_address(shown.item_id, shown.content_sha256, base)
    return {"image": urls[0] if len(urls) == 1 else urls or thumbnail, "thumbnail": thumbnail}


def search_answer(result: SearchResult, query: str, base: str) -> JSON:
    """The response ``{"results": [SearchResult]}``."""
    return {"results": [_result(result, query, base)]}


def product(product: ProductInPhoto, base: str) -> JSON:
    """A product in a photo."""
    return {**product.to_dict(), "result": _result(product.result, product.result.query, base)}


def _result(result: SearchResult, query: str, base: str) -> JSON:
    matches = [{**match.to_dict(), **addresses(match, base)} for match in result.matches]
    return {**replace(result, matches=()).to_dict(), "query": query, "matches": matches}


def as_data_uri(picture: Image.Image) -> str:
    """A picture as a JPEG in a data URI."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"


def item(record: Record, base: str) -> JSON:
    """An item without vectors and blobs."""
    return {
        "item_id": record.item_id,
        "product_id": record.product_id,
        **addresses(record, base),
        "links": record.links,
        "attributes": dict(record.attributes),
        "content_sha256": record.content_sha256,
        "updated_at": record.updated_at,
    }


def feedback_json(given: Feedback) -> JSON:
    """Feedback as JSON, without vectors."""
    return {name: value for name, value in to_row(given).items() if name in FEEDBACK_FIELDS}


def feedback_log_json(log: FeedbackLog) -> JSON:
    """The valid feedback, and the numbers of ignored entries."""
    counts = {"superseded": log.superseded, "foreign": log.foreign, "unreadable": log.unreadable}
    return {"entries": list(map(feedback_json, log.entries)), **counts}


def facet_json(facet: Facet) -> JSON:
    """An attribute's values for a filter."""
    return {
        "attribute": facet.attribute,
        "type": facet.type,
        "values": [{"value": value, "items": count} for value, count in facet.values],
        "distinct": facet.distinct,
        "minimum": facet.minimum,
        "maximum": facet.maximum,
    }
