"""Descriptors in a few bytes: product quantization with words that were learned from photos of other people's goods."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sosie.details.base import Descriptors

SHIPPED = Path(__file__).parent / "quantizer.npz"

WORDS = 256

Codes = npt.NDArray[np.uint8]
"""Shape (n, parts): for each part of a descriptor the number of the word nearest to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Quantizer:
    """A descriptor loses its mean, is turned onto the axes that vary most, and each group of axes gets a word.

    ``mean`` has shape (128,), ``axes`` (128, dims) with orthonormal columns, ``words`` (parts, 256, dims / parts); all
    float32. Part p holds axes p, p + parts, p + 2 · parts and so on, so that the parts vary alike. Source: Jégou,
    Douze, Schmid, "Product quantization for nearest neighbor search", 2011.
    """

    mean: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float32]
    words: npt.NDArray[np.float32]

    @property
    def parts(self) -> int:
        """Bytes that a descriptor takes."""
        return len(self.words)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that differ as soon as any number does."""
        digest = hashlib.sha256(repr(self.words.shape).encode())
        for part in (self.mean, self.axes, self.words):
            digest.update(np.ascontiguousarray(part, "<f4").tobytes())
        return digest.hexdigest()[:16]

    def encode(self, descriptors: Descriptors) -> Codes:
        """The codes of descriptors, shape (n, ``parts``)."""
        turned = (descriptors - self.mean) @ self.axes
        cut = turned.reshape(len(turned), self.words.shape[2], self.parts).transpose(2, 0, 1)
        nearness = cut @ self.words.transpose(0, 2, 1) - 0.5 * (self.words**2).sum(axis=2)[:, np.newaxis]
        return np.asarray(nearness.argmax(axis=2).T, np.uint8)

    def decode(self, codes: Codes) -> Descriptors:
        """Descriptors that resemble those encoded, unit length, float32."""
        turned = self.words[np.arange(self.parts), codes].transpose(0, 2, 1).reshape(len(codes), self.axes.shape[1])
        descriptors = turned @ self.axes.T + self.mean
        return np.asarray(
            descriptors / np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), 1e-12), np.float32
        )


@cache
def shipped_quantizer() -> Quantizer:
    """The quantizer that comes with the package; ``scripts/make_details_codebooks.py`` made the file."""
    with np.load(SHIPPED, allow_pickle=False) as parts:
        return Quantizer(*(parts[name].astype(np.float32) for name in ("mean", "axes", "words")))
