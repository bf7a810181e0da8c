"""The server's JSON as the records of the facade."""

from __future__ import annotations

from sosie.types import JSON, Attributes, Match, Record, SearchResult


def result_from_json(data: JSON) -> SearchResult:
    """One entry of ``results``."""
    return SearchResult(
        matches=tuple(_to_match(match) for match in data["matches"]),
        verdict=data["verdict"],
        query=data["query"],
        embedder=data["embedder"],
        calibration=data["calibration"],
        timings=data["timings"],
    )


def to_record(data: JSON) -> Record:
    """An item of ``/v1/items``, without vectors and blobs."""
    return Record(
        item_id=data["item_id"],
        product_id=data["product_id"],
        image=_one_or_several(data["image"]),
        links=tuple(data["links"]),
        attributes=_to_attributes(data["attributes"]),
        content_sha256=data["content_sha256"],
        updated_at=data["updated_at"],
    )


def _to_match(data: JSON) -> Match:
    several = {"links": tuple(data["links"]), "attributes": _to_attributes(data["attributes"])}
    return Match(**{**data, **several, "image": _one_or_several(data["image"])})


def _to_attributes(data: JSON) -> Attributes:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


def _one_or_several(image: JSON) -> str | tuple[str, ...]:
    return image if isinstance(image, str) else tuple(image)
