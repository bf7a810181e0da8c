"""Visual words: each keypoint as the nearest word of a vocabulary and a 64-bit signature relative to that word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

MOST_WORDS = 1 << 16
"""Words are numbered from 0 to below this number."""

_ENTRY_BYTES = 10

Words: TypeAlias = npt.NDArray[np.uint16]
Signatures: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class VisualWords:
    """The points of a catalog picture, in ascending order of their words.

    ``words`` are the numbers of the words nearest to the points; the bits of ``signatures`` say on which side of 64
    planes through its word each point lies. Both have shape (n,).
    """

    words: Words
    signatures: Signatures

    def __len__(self) -> int:
        return len(self.words)

    @classmethod
    def of_points(cls, words: npt.NDArray[np.integer], signatures: Signatures) -> VisualWords:
        """The visual words of points in any order, shape (n,) each."""
        order = np.lexsort((signatures, words))
        return cls(words[order].astype(np.uint16), signatures[order])

    @classmethod
    def from_bytes(cls, data: bytes) -> VisualWords:
        """The visual words that ``to_bytes`` wrote; ``ValueError`` for other bytes."""
        number, rest = divmod(len(data), _ENTRY_BYTES)
        words = np.frombuffer(data, "<u2", number)
        if rest or (words[1:] < words[:-1]).any():
            raise ValueError(f"{len(data)} bytes are not visual words")
        return cls(words, np.frombuffer(data, "<u8", number, offset=2 * number))

    def to_bytes(self) -> bytes:
        """All words and then all signatures, little-endian: 10 bytes a point."""
        return self.words.astype("<u2").tobytes() + self.signatures.astype("<u8").tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class WordsQuery:
    """The points of a photo, each with the m words nearest to it, nearest first; all of shape (points, m).

    ``signatures`` place the point around each of its words. ``weights``, float32, say what a vote by each word counts.
    """

    words: Words
    signatures: Signatures
    weights: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.words)
