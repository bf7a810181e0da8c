"""Product quantization: encodes a descriptor in a few bytes. The words were learned from photos of other goods."""

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
"""Shape (n, parts): for each part of a descriptor, the number of the nearest word."""


@dataclass(frozen=True, eq=False)
class Quantizer:
    """A product quantizer: subtracts ``mean``, projects onto ``axes``, and replaces each part by its nearest word.

    ``mean`` has shape (128,), ``axes`` (128, dims) with orthonormal columns, ``words`` (parts, 256, dims / parts); all
    float32. Part p holds axes p, p + parts, p + 2 · parts and so on, so that all parts have similar variance. Source:
    Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", 2011.
    """

    mean: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float32]
    words: npt.NDArray[np.float32]

    @property
    def parts(self) -> int:
        """Number of parts, which is the number of bytes of an encoded descriptor."""
        return len(self.words)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any number of the quantizer."""
        digest = hashlib.sha256(repr(self.words.shape).encode())
        for part in (self.mean, self.axes, self.words):
            digest.update(np.ascontiguousarray(part, "<f4").tobytes())
        return digest.hexdigest()[:16]

    def encode(self, descriptors: Descriptors) -> Codes:
        """Encodes descriptors as the numbers of their nearest words, shape (n, ``parts``)."""
        turned = (descriptors - self.mean) @ self.axes
        dims = self.words.shape[2]
        cut = np.ones((self.parts, len(turned), dims + 1), np.float32)
        cut[:, :, :dims] = turned.reshape(len(turned), dims, self.parts).transpose(2, 0, 1)
        # Part by part, so that intermediate results fit into the processor's cache.
        nearest = [(part @ planes).argmax(axis=1) for part, planes in zip(cut, self._planes, strict=True)]
        return np.asarray(np.stack(nearest, axis=1), np.uint8)

    @cached_property
    def _planes(self) -> npt.NDArray[np.float32]:
        """Weights, shape (parts, dims + 1, 256): they rank the words for a part of a descriptor.

        The product with the part and an appended 1 is larger for nearer words.
        """
        half_squares = 0.5 * (self.words**2).sum(axis=2, keepdims=True)
        return np.ascontiguousarray(np.concatenate([self.words, -half_squares], axis=2).transpose(0, 2, 1))

    def decode(self, codes: Codes) -> Descriptors:
        """Approximate descriptors, unit length, float32."""
        rows = codes + np.arange(0, self.parts * WORDS, WORDS)
        turned = self.words.reshape(-1, self.words.shape[2]).take(rows, axis=0).reshape(len(codes), self.axes.shape[1])
        descriptors = turned @ self._axes_by_part + self.mean
        lengths = np.sqrt(np.einsum("ij,ij->i", descriptors, descriptors))
        return np.asarray(descriptors / np.maximum(lengths, 1e-12)[:, np.newaxis], np.float32)

    @cached_property
    def _axes_by_part(self) -> npt.NDArray[np.float32]:
        """The axes in order of the parts: first those of part 0, then those of part 1; shape (dims · parts, 128)."""
        of_dims = self.axes.T.reshape(self.words.shape[2], self.parts, -1)
        return np.ascontiguousarray(of_dims.transpose(1, 0, 2)).reshape(-1, self.axes.shape[0])


@cache
def shipped_quantizer() -> Quantizer:
    """The quantizer that comes with the package; ``scripts/make_details_codebooks.py`` made the file."""
    with np.load(SHIPPED, allow_pickle=False) as parts:
        return Quantizer(*(parts[name].astype(np.float32) for name in ("mean", "axes", "words")))
