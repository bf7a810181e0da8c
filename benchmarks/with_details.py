"""A catalog in memory that is searched by looks and details, for the benchmarks: no store, no command line."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sosie.details.base import CATALOG_PICTURE, Details
from sosie.details.candidates import DetailsCandidate, Geometry, compare_candidates
from sosie.details.codec import pack, unpack
from sosie.details.extract import extract
from sosie.details.joining import joined_scores
from sosie.details.vocabulary import shipped_vocabulary
from sosie.images.transform import encode_thumbnail
from sosie.stores.local.snapshots.inverted import Scores, invert
from sosie.support.visual_words import VisualWords
from sosie.types import Vectors

DEPTH = 20
"""Number of candidates by looks, and by details."""


@dataclass(frozen=True)
class Answer:
    """Rows of the catalog that were candidates, and the geometry of each; ``order`` holds rows, best first."""

    rows: np.ndarray
    cosines: np.ndarray
    geometries: list[Geometry]

    @property
    def first(self) -> Geometry:
        """The geometry of the first row."""
        return self.geometries[int(np.flatnonzero(self.rows == self.order[0])[0])]

    @property
    def order(self) -> np.ndarray:
        return self.rows[np.argsort(-joined_scores(self.cosines, self.geometries), kind="stable")]


class DetailedCatalog:
    """Pictures with their packed details, thumbnails and visual words."""

    def __init__(self, pictures: Sequence[Image.Image], products: Sequence[str]) -> None:
        self.products = np.asarray(products)
        self.blobs = [pack(extract(picture, CATALOG_PICTURE)) for picture in pictures]
        self.thumbnails = [encode_thumbnail(picture) for picture in pictures]
        words = [shipped_vocabulary().describe(unpack(blob)) or VisualWords.from_bytes(b"") for blob in self.blobs]
        self.words = invert(enumerate(words))

    def search(
        self,
        picture: Image.Image,
        query: Details,
        cosines: Vectors,
        shown: np.ndarray | None = None,
        depth: int = DEPTH,
    ) -> Answer:
        """The candidates of both lists among the rows that are shown, compared; ``cosines`` are of looks, one a row."""
        rows = np.flatnonzero(np.ones(len(self.products), bool) if shown is None else shown)
        nearness = self.nearness(query)
        first = [rows[np.argsort(-scores[rows], kind="stable")[:depth]] for scores in (cosines, nearness)]
        chosen = np.unique(np.concatenate(first))
        return Answer(
            chosen, cosines[chosen], compare_candidates(query, picture, [self.candidate(row) for row in chosen])
        )

    def nearness(self, query: Details) -> Scores:
        """The votes of the query's visual words for each row."""
        return self.words.scores(shipped_vocabulary().query(query))

    def candidate(self, row: int) -> DetailsCandidate:
        picture = Image.open(io.BytesIO(self.thumbnails[row]))
        product = str(self.products[row])
        return DetailsCandidate(product, product, unpack(self.blobs[row]), picture)
