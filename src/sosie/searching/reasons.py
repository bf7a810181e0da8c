"""Draws explanations: the first matches of an answer beside the photo, with agreeing details."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sosie.embedders.base import Embedder
from sosie.errors import ImageError, StoreDamaged
from sosie.explaining import ItemSide, QuerySide, explain
from sosie.images.decode import Limits, decode, read_file
from sosie.images.transform import pixels_of
from sosie.knowledge.generations import Generations
from sosie.knowledge.knowledge import Knowledge
from sosie.searching.kept import log_damaged_blob, thumbnail_pixels
from sosie.stores.base import Store
from sosie.support.urls import is_url
from sosie.types import DETAILS, THUMBNAIL, Match, Record, SearchResult, Vectors, details_of

SIDE = 640


@dataclass(frozen=True, slots=True)
class ExplanationDrawer:
    """Draws explanations of answers from a store. ``embedder`` is the store's embedder."""

    store: Store
    knowledge: Knowledge
    embedder: Embedder
    limits: Limits

    def draw(self, picture: Image.Image, result: SearchResult, most: int = 3) -> Image.Image:
        """Draws the first ``most`` matches beside the cropped, upright RGB photo; ``UsageError`` if there are none."""
        shown = result.matches[:most]
        generations = self.knowledge.generations
        records = self._records(shown, generations)
        query = self._query(picture, generations, any(DETAILS in record.blobs for record in records.values()))
        items = [self._item(match, records, query, generations) for match in shown]
        return explain(result, query, items, most)

    def _records(self, matches: Sequence[Match], generations: Generations) -> dict[str, Record]:
        """The record of each match; if details of another item agreed, the record of this item."""
        item_ids = [explained_item_id(match) for match in matches]
        return {record.item_id: record for record in self.store.get(item_ids, (generations.active, THUMBNAIL, DETAILS))}

    def _query(self, picture: Image.Image, generations: Generations, detailed: bool) -> QuerySide:
        if not detailed:
            return QuerySide(picture, self._embedding(generations))
        from sosie.details.extract import extract

        return QuerySide(picture, self._embedding(generations), extract(picture))

    def _embedding(self, generations: Generations) -> Callable[[Sequence[Image.Image]], Vectors]:
        transforms = self.embedder.spec.transforms

        def embed(pictures: Sequence[Image.Image]) -> Vectors:
            return generations.query_vectors(self.embedder.embed(pixels_of(pictures, transforms)))

        return embed

    def _item(self, match: Match, records: dict[str, Record], query: QuerySide, generations: Generations) -> ItemSide:
        record = records.get(explained_item_id(match))
        if record is None:
            return ItemSide()
        picture, vector = self._picture(record), record.vectors.get(generations.active)
        if query.details is None or DETAILS not in record.blobs:
            return ItemSide(picture, vector)
        from sosie.details.kept import unpack_details
        from sosie.details.verify import verify

        try:
            details = unpack_details(record.blobs[DETAILS])
        except StoreDamaged as error:
            log_damaged_blob(record.item_id, "details", error)
            return ItemSide(picture, vector)
        return ItemSide(picture, vector, details, verify(query.details, details))

    def _picture(self, record: Record) -> Image.Image | None:
        """The item's picture if its file still exists, else the thumbnail."""
        first = record.image if isinstance(record.image, str) else record.image[0]
        if not is_url(first):
            try:
                return decode(read_file(Path(first), self.limits), self.limits, SIDE)
            except ImageError:
                pass
        return thumbnail_pixels(record)


def explained_item_id(match: Match) -> str:
    """The item of a match that an explanation shows."""
    details = details_of(match.evidence)
    return match.item_id if details is None else details.item_id
