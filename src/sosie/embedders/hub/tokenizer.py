"""Converts words to token ids with a repository's ``tokenizer.json``. No other module imports ``tokenizers``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sosie.errors import EmbedderUnavailable
from sosie.types import JSON

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Padding:
    """Padding of token ids. ``length`` is the most tokens of a text; with ``always``, every text is padded to it."""

    length: int
    always: bool = False


class WordTokenizer:
    """Converts a text to ids. Long texts are truncated, special tokens are kept."""

    def __init__(self, path: Path, settings: Mapping[str, JSON], padding: Padding) -> None:
        self._padding = padding
        self._tokenizer = _open(path)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(padding.length)
        self._pad = self._pad_id(settings)

    def encode(self, text: str) -> tuple[Ids, Ids]:
        """Ids and mask, both of shape (1, length). The mask is 0 for padding."""
        ids = list(self._tokenizer.encode(text).ids)
        fill = self._padding.length - len(ids) if self._padding.always else 0
        mask = [1] * len(ids) + [0] * fill
        return np.array([ids + [self._pad] * fill], np.int64), np.array([mask], np.int64)

    def _pad_id(self, settings: Mapping[str, JSON]) -> int:
        """The id of the padding token. SigLIP pads with the end-of-text token that its settings name."""
        token = settings.get("pad_token")
        token = token.get("content") if isinstance(token, Mapping) else token
        return int((token and self._tokenizer.token_to_id(token)) or 0)


def _open(path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise EmbedderUnavailable("words need the package tokenizers: pip install 'sosie[hub]'") from error
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:
        raise EmbedderUnavailable(f"{path} is not a tokenizer: {error}; name another network") from error
