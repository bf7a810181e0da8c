"""Converts a server's JSON to records."""

from __future__ import annotations

import numpy as np

from sosie.learning.feedback import Feedback, FeedbackLog
from sosie.searching.identify import Identification, Label
from sosie.types import JSON, Attributes, Facet, Match, Record, SearchResult, evidence_from_dict


def result_from_json(data: JSON) -> SearchResult:
    """A result from an entry of ``results``."""
    return SearchResult(
        matches=tuple(_to_match(match) for match in data["matches"]),
        verdict=data["verdict"],
        query=data["query"],
        embedder=data["embedder"],
        calibration=data["calibration"],
        timings=data["timings"],
        next=data.get("next"),
    )


def to_record(data: JSON) -> Record:
    """A record from an item of ``/v1/items``, without vectors and blobs."""
    return Record(
        item_id=data["item_id"],
        product_id=data["product_id"],
        image=_one_or_several(data["image"]),
        links=tuple(data["links"]),
        attributes=_to_attributes(data["attributes"]),
        content_sha256=data["content_sha256"],
        updated_at=data["updated_at"],
    )


def to_facet(data: JSON) -> Facet:
    """A facet from an attribute of ``/v1/attributes``."""
    values = tuple((entry["value"], entry["items"]) for entry in data["values"])
    return Facet(**{**data, "values": values})


def to_identification(data: JSON) -> Identification:
    """An identification from the response of ``/v1/identify``."""
    fields = {("neighbors" if name == "neighbours" else name): value for name, value in data.items()}
    return Identification(**{**fields, "labels": tuple(Label(**label) for label in data["labels"])})


def to_feedback(data: JSON) -> Feedback:
    """Feedback from an entry of ``/v1/feedback``. Vectors have shape (views, 0), because they remain on the server."""
    described = {name: value for name, value in data.items() if name != "views"}
    return Feedback(**described, vectors=np.empty((data["views"], 0), np.float32))


def to_log(data: JSON) -> FeedbackLog:
    """A feedback log from the response of ``/v1/feedback``."""
    return FeedbackLog(**{**data, "entries": tuple(map(to_feedback, data["entries"]))})


def _to_match(data: JSON) -> Match:
    typed = {
        "image": _one_or_several(data["image"]),
        "links": tuple(data["links"]),
        "attributes": _to_attributes(data["attributes"]),
        "evidence": evidence_from_dict(data["evidence"]),
    }
    return Match(**{**data, **typed})


def _to_attributes(data: JSON) -> Attributes:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


def _one_or_several(image: JSON) -> str | tuple[str, ...]:
    return image if isinstance(image, str) else tuple(image)
