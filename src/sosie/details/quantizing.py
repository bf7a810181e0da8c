"""Descriptors in a few bytes: product quantization with words that were learned from photos of other people's goods."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sosie.details.base import Descriptors

SHIPPED = Path(__file__).parent / "quantizer.npz"

WORDS = 256

Codes = npt.NDArray[np.uint8]
"""Shape (n, parts): for each part of a descriptor the number of the word nearest to it."""


@dataclass(frozen=True, eq=False)
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
        dims = self.words.shape[2]
        cut = np.ones((self.parts, len(turned), dims + 1), np.float32)
        cut[:, :, :dims] = turned.reshape(len(turned), dims, self.parts).transpose(2, 0, 1)
        # Part by part, so that what is computed stays in the cache of a core.
        nearest = [(part @ planes).argmax(axis=1) for part, planes in zip(cut, self._planes, strict=True)]
        return np.asarray(np.stack(nearest, axis=1), np.uint8)

    @cached_property
    def _planes(self) -> npt.NDArray[np.float32]:
        """Shape (parts, dims + 1, 256): times a part of a descriptor and a 1, the nearness to each word."""
        half_squares = 0.5 * (self.words**2).sum(axis=2, keepdims=True)
        return np.ascontiguousarray(np.concatenate([self.words, -half_squares], axis=2).transpose(0, 2, 1))

    def decode(self, codes: Codes) -> Descriptors:
        """Descriptors that resemble those encoded, unit length, float32."""
        rows = codes + np.arange(0, self.parts * WORDS, WORDS)
        turned = self.words.reshape(-1, self.words.shape[2]).take(rows, axis=0).reshape(len(codes), self.axes.shape[1])
        descriptors = turned @ self._axes_by_part + self.mean
        lengths = np.sqrt(np.einsum("ij,ij->i", descriptors, descriptors))
        return np.asarray(descriptors / np.maximum(lengths, 1e-12)[:, np.newaxis], np.float32)

    @cached_property
    def _axes_by_part(self) -> npt.NDArray[np.float32]:
        """The axes of the first part, then those of the second, and so on; shape (dims · parts, 128)."""
        of_dims = self.axes.T.reshape(self.words.shape[2], self.parts, -1)
        return np.ascontiguousarray(of_dims.transpose(1, 0, 2)).reshape(-1, self.axes.shape[0])


@cache
def shipped_quantizer() -> Quantizer:
    """The quantizer that comes with the package; ``scripts/make_details_codebooks.py`` made the file."""
    with np.load(SHIPPED, allow_pickle=False) as parts:
        return Quantizer(*(parts[name].astype(np.float32) for name in ("mean", "axes", "words")))
