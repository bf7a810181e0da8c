"""All descriptors of a picture as one vector, by which pictures with the same details are found among many."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sosie.details.base import Descriptors, Details
from sosie.types import Vectors

SHIPPED = Path(__file__).parent / "aggregator.npz"
FEWEST_POINTS = 8
"""A picture with fewer points has no vector: it would be like everything or like nothing."""

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Aggregator:
    """A whitened VLAD: how the descriptors near each word differ from it, on the whole.

    Descriptors lose ``mean`` (128,) and are turned onto ``axes`` (128, d); ``words`` has shape (k, d). The k · d sums lose
    ``centre`` (k · d,) and are brought to ``dim`` numbers by ``whitening`` (k · d, dim); all float32. Sources: Jégou et
    al., "Aggregating local image descriptors into compact codes", 2012; Arandjelović and Zisserman, "All about VLAD",
    2013 (each word's sum is normalised by itself); Jégou and Chum, "Negative evidences and co-occurences in image
    retrieval: the benefit of PCA and whitening", 2012.
    """

    mean: Matrix
    axes: Matrix
    words: Matrix
    centre: Matrix
    whitening: Matrix

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.whitening.shape[1])

    @property
    def fingerprint(self) -> str:
        """16 hex digits that differ as soon as any number does."""
        digest = hashlib.sha256(repr((self.words.shape, self.dim, FEWEST_POINTS)).encode())
        for part in (self.mean, self.axes, self.words, self.centre, self.whitening):
            digest.update(np.ascontiguousarray(part, "<f4").tobytes())
        return digest.hexdigest()[:16]

    def vector(self, details: Details) -> Vectors | None:
        """The vector of a picture, shape (``dim``,), float32, unit length; None where it has too few points."""
        if len(details) < FEWEST_POINTS:
            return None
        found = (self.sums(details.descriptors) - self.centre) @ self.whitening
        return np.asarray(found / np.linalg.norm(found), np.float32)

    def sums(self, descriptors: Descriptors) -> Matrix:
        """The VLAD before it is whitened, shape (k · d,): unit length, each word's part of one length or zero."""
        turned = (descriptors - self.mean) @ self.axes
        nearest = (turned @ self.words.T - 0.5 * (self.words**2).sum(axis=1)).argmax(axis=1)
        shares = np.zeros((len(self.words), len(turned)), np.float32)
        shares[nearest, np.arange(len(turned))] = 1
        rest = shares @ turned - shares.sum(axis=1, keepdims=True) * self.words
        lengths = np.linalg.norm(rest, axis=1, keepdims=True)
        filled = max(1, np.count_nonzero(lengths))
        return np.asarray((rest / np.maximum(lengths, 1e-12) / np.sqrt(filled)).ravel(), np.float32)


@cache
def shipped_aggregator() -> Aggregator:
    """The aggregator that comes with the package; ``scripts/make_details_codebooks.py`` made the file."""
    with np.load(SHIPPED, allow_pickle=False) as parts:
        return Aggregator(
            *(parts[name].astype(np.float32) for name in ("mean", "axes", "words", "centre")),
            whitening=parts["whitening"].astype(np.float32) * parts["steps"].astype(np.float32),
        )
