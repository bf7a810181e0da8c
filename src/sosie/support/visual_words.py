"""Visual words: for each keypoint the nearest word of a vocabulary, and a 64-bit signature relative to this word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

MOST_WORDS = 1 << 16
"""The number of a word is below this number."""

_ENTRY_BYTES = 10

Words: TypeAlias = npt.NDArray[np.uint16]
Signatures: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class VisualWords:
    """The points of a catalog picture, in ascending order of their words.

    - ``words`` (n,): the number of the nearest word of each point.
    - ``signatures`` (n,): each bit is the side of a plane through the word on which the point lies. There are 64
      planes.
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
        """Reads the visual words that ``to_bytes`` wrote; ``ValueError`` for other bytes."""
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
    """The points of a photo, each with its m nearest words, nearest first; all arrays have shape (points, m).

    ``signatures`` are relative to each of the words. ``weights``, float32, are the weights of votes for each word.
    """

    words: Words
    signatures: Signatures
    weights: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.words)
