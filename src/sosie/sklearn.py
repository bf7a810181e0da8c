"""Sosie's embedders as a scikit-learn transformer; needs scikit-learn, which Sosie itself does not.

from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sosie.sklearn import ImageEmbedder

classifier = make_pipeline(ImageEmbedder("trio"), KNeighborsClassifier(5, metric="cosine"))
classifier.fit(paths, labels).predict(["photo.jpg"])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin  # type: ignore[import-untyped]

from sosie.embedders import registry
from sosie.embedders.base import Embedder
from sosie.errors import UsageError
from sosie.images.limits import DEFAULT_LIMITS
from sosie.images.query import QueryImage, load_query
from sosie.images.transform import pixels_of, shorter_side_needed
from sosie.types import Vectors


class ImageEmbedder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer from pictures to unit vectors, one row a picture. It learns nothing.

    - ``embedder``: a name that ``sosie embedders`` lists.
    - ``batch_size``: the number of pictures that are embedded at once; None for the network's default.
    - ``threads``: the number of threads; None for every core.

    Pictures are paths, bytes of files, PIL images, or arrays of shape (h, w), (h, w, 3) or (h, w, 4). An array of shape
    (n, h, w, 3) is n pictures.
    """

    def __init__(
        self, embedder: str = registry.DEFAULT, *, batch_size: int | None = None, threads: int | None = None
    ) -> None:
        self.embedder = embedder
        self.batch_size = batch_size
        self.threads = threads

    def fit(self, X: Iterable[QueryImage], y: object = None) -> Self:  # noqa: N803 (scikit-learn's own name)
        """Learns nothing. Opens the embedder, so that a wrong name is reported here."""
        self._load()
        return self

    def transform(self, X: Iterable[QueryImage]) -> Vectors:  # noqa: N803
        """Unit vectors, shape (n, dim), float32; ``ImageError`` for an unusable picture."""
        if isinstance(X, str | bytes):
            raise UsageError("expected several pictures, got one: put it into a list")
        network, stream = self._load(), iter(X)
        size = self.batch_size or network.batch_size
        batches = [self._embed(network, batch) for batch in iter(lambda: list(islice(stream, size)), [])]
        return np.concatenate(batches) if batches else np.empty((0, network.spec.dim), np.float32)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """``imageembedder0``, ``imageembedder1``, …: one name for each number of a vector."""
        return np.array([f"imageembedder{number}" for number in range(self._load().spec.dim)], dtype=object)

    def _embed(self, network: Embedder, batch: Sequence[QueryImage]) -> Vectors:
        transforms = network.spec.transforms
        side = shorter_side_needed(transforms, 1)
        return network.embed(pixels_of([load_query(image, DEFAULT_LIMITS, side) for image in batch], transforms))

    def _load(self) -> Embedder:
        """The embedder for the current parameters, opened once."""
        wanted = (self.embedder, self.threads)
        held: tuple[tuple[str, int | None], Embedder] | None = getattr(self, "_opened", None)
        if held is None or held[0] != wanted:
            held = self._opened = (wanted, registry.load(self.embedder, threads=self.threads))
        return held[1]

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_opened"}

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags
