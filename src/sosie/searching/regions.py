"""Finds every product in a photo: searches each region where details agree separately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from sosie.filters import Where
from sosie.images.crop import Box, crop
from sosie.images.query import QueryImage, load_query, query_name
from sosie.searching.pipeline import Request, SearchPipeline
from sosie.searching.query import Shot
from sosie.support.timing import Stopwatch
from sosie.types import JSON, LooksEvidence, Match, SearchResult

if TYPE_CHECKING:
    from sosie.details.regions import Region


@dataclass(frozen=True, slots=True)
class ProductInPhoto:
    """A product in a photo: its region, and the answer for this region.

    ``region`` is in fractions of the photo, and can be passed as ``crop`` of another search. Polygons in ``result`` are
    in fractions of the region.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     places = catalog.search_all("photo.jpg", k=1)
    >>> [(str(place.region), place.result.matches[0].product_id) for place in places]
    [('0,0,1,1', 'p1')]
    """

    region: Box
    result: SearchResult

    def to_dict(self) -> dict[str, JSON]:
        """The product as plain JSON."""
        box = self.region
        return {"region": [box.x, box.y, box.width, box.height], "result": self.result.to_dict()}


def search_regions(pipeline: SearchPipeline, request: Request, image: QueryImage) -> list[ProductInPhoto]:
    """Finds the verified products in a photo with their regions, most probable first.

    The details of the photo are first compared with more items than for a single product. Each region where they agree
    with an item is then searched separately, and gets its own verdict.
    """
    picture = load_query(pipeline.questioner.fetch(image), pipeline.questioner.limits)
    picture = picture if request.crop is None else crop(picture, request.crop)
    regions = [Box(*region) for region in _regions(pipeline, picture, request.where)]
    crops = [[crop(picture, region)] for region in regions]
    results = pipeline.search(crops, replace(request, crop=None), Stopwatch()) if crops else []
    places = [
        ProductInPhoto(region, replace(result, query=query_name(image)))
        for region, result in zip(regions, results, strict=True)
        if isinstance(result, SearchResult) and result.matches and _is_verified(result.matches[0])
    ]
    return _each_once(places)


def _regions(pipeline: SearchPipeline, picture: Image.Image, where: Where | None) -> list[Region]:
    if not pipeline.knowledge.keeps_details:
        return []
    from sosie.searching.verifying import Verifier

    return Verifier(pipeline.store).regions(Shot.of(picture, "several"), where)


def _is_verified(match: Match) -> bool:
    return not isinstance(match.evidence, LooksEvidence)


def _each_once(places: Sequence[ProductInPhoto]) -> list[ProductInPhoto]:
    """The products, most probable first. Of overlapping regions with the same product, the most probable remains."""
    kept: list[ProductInPhoto] = []
    for place in sorted(places, key=_sureness, reverse=True):
        product = place.result.matches[0].product_id
        if not any(
            previous.result.matches[0].product_id == product and _overlap(previous.region, place.region)
            for previous in kept
        ):
            kept.append(place)
    return kept


def _sureness(place: ProductInPhoto) -> tuple[float, float]:
    first = place.result.matches[0]
    return first.same_product or 0.0, first.score or 0.0


def _overlap(first: Box, second: Box) -> bool:
    """True if the common area of two regions is at least half of the smaller region."""
    width = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    height = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    smaller = min(first.width * first.height, second.width * second.height)
    return width > 0 and height > 0 and width * height >= smaller / 2
