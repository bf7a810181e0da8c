"""A linear change of the embedding, applied to every vector of a store and to every query."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.adaptation.memory import Memory
from sosie.errors import StoreDamaged, UsageError
from sosie.types import Vectors

Matrix: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """A fitted adaptation.

    - ``gallery_mean`` (dim,) is subtracted from vectors of catalog pictures, ``query_mean`` (dim,) from those of
      photos.
    - ``directions`` (dim, m), m ≥ 0, float32, are the learned directions.
    - ``share`` is the part of the cosine that they get. A centered vector v becomes √(1 − share) · unit(v), followed by
      √share · unit(v · directions). So the cosine of two projected vectors is (1 − share) times the centered cosine
      plus share times the cosine along the directions.
    - ``memory`` is what ``evidence`` needs of the labeled photos; None without labels.
    """

    gallery_mean: Matrix
    query_mean: Matrix
    directions: Matrix
    share: float
    memory: Memory | None = None

    @property
    def dim(self) -> int:
        """Length of a projected vector."""
        return len(self.gallery_mean) + int(self.directions.shape[1])

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any number of the projection."""
        digest = hashlib.sha256(repr((self.directions.shape, float(self.share))).encode())
        for part in (self.gallery_mean, self.query_mean, self.directions):
            digest.update(np.ascontiguousarray(part, dtype="<f4").tobytes())
        for name, part in () if self.memory is None else self.memory.parts():
            digest.update(name.encode() + np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()[:16]

    def gallery(self, vectors: Vectors) -> Vectors:
        """Projects unit vectors of catalog pictures, shape (n, dim before), to unit vectors, shape (n, ``dim``)."""
        return self._apply(vectors, self.gallery_mean)

    def query(self, vectors: Vectors) -> Vectors:
        """Projects unit vectors of photos, shape (n, dim before), to unit vectors, shape (n, ``dim``)."""
        return self._apply(vectors, self.query_mean)

    def learned(self, projected: Vectors) -> Vectors:
        """The learned part of projected vectors, shape (n, m), scaled to unit length."""
        return unit(projected[:, len(self.gallery_mean) :])

    def evidence(self, photos: Vectors, gallery: Vectors, products: npt.NDArray[np.str_]) -> dict[str, Matrix]:
        """Features of candidates that the adaptation adds, by name, each of shape (n, m).

        ``photos`` are unit vectors from the embedder, shape (n, dim before). ``gallery`` are projected vectors of m
        catalog pictures, and ``products`` (m,) their products.

        - *learned*: the cosine along the learned directions.
        - *familiar*: see ``Memory.familiar``.
        - *has_labels*: 1.0 for products with labeled photos, else 0.0.

        A feature is absent if the adaptation has not learned it.
        """
        if self.share <= 0.0:
            return {}
        along = np.asarray((photos - self.query_mean) @ self.directions, dtype=np.float32)
        features = {"learned": unit(along) @ self.learned(gallery).T}
        if self.memory is not None:
            features["familiar"] = self.memory.familiar(along, products)
            features["has_labels"] = np.isfinite(features["familiar"]).astype(np.float32)
        return features

    def to_bytes(self) -> bytes:
        """The projection as an npz file."""
        parts: dict[str, npt.NDArray[Any]] = {
            "gallery_mean": self.gallery_mean,
            "query_mean": self.query_mean,
            "directions": self.directions,
            "share": np.asarray(self.share),
        }
        if self.memory is not None:
            parts |= {f"memory_{name}": part for name, part in self.memory.parts()}
        out = io.BytesIO()
        np.savez(out, allow_pickle=False, **parts)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Projection:
        """Reads the projection that ``to_bytes`` wrote; ``StoreDamaged`` for other bytes."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as parts:
                means = (parts["gallery_mean"], parts["query_mean"])
                remembered = {name[len("memory_") :]: parts[name] for name in parts if name.startswith("memory_")}
                memory = Memory.of(remembered) if remembered else None
                return cls(*means, parts["directions"], float(parts["share"]), memory)
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise StoreDamaged(
                f"the adaptation kept in the store cannot be read ({error}); undo it and adapt again"
            ) from error

    def _apply(self, vectors: Vectors, mean: Matrix) -> Vectors:
        if vectors.ndim != 2 or vectors.shape[1] != len(mean):
            raise UsageError(
                f"vectors of shape {vectors.shape} do not fit a projection fitted on {len(mean)} numbers; "
                "use the embedder the store was adapted with"
            )
        centered = vectors - mean
        whole = np.sqrt(1.0 - self.share) * unit(centered)
        along = np.sqrt(self.share) * unit(centered @ self.directions)
        return unit(np.concatenate([whole, along], axis=1))


def unit(vectors: npt.NDArray[np.floating[Any]]) -> Matrix:
    """Rows scaled to length 1, float32; a row of zeros stays unchanged."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    return np.asarray(vectors / np.maximum(lengths, 1e-12)[:, None], dtype=np.float32)
