"""Splits cells with several words: category paths and lists of tags."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

Split: TypeAlias = Callable[[str], tuple[str, ...] | None]
"""Splits a cell; None if it is not a list."""

_STEPS = re.compile(r"\s*(?:>|›|»|→|＞|>)\s*")
_SLASH_STEPS = re.compile(r"\s*/\s*")
_BETWEEN_PATHS = re.compile(r"\s*[|;]\s*")
_COMMA = re.compile(r"\s*(?<!\\)[,、]\s*")
_KEPT = 4096
"""Number of distinct cells in the cache, because categories repeat."""

_TAG_SEPARATORS = (",", ";", "|", "、")


class ListSurvey:
    """Examines the cells of a column that may hold lists, and decides how to split them."""

    def __init__(self, tags: bool, comma_parts_paths: bool) -> None:
        self._tags = tags
        self._comma_parts_paths = comma_parts_paths
        self._seen: set[str] = set()
        self._cells = 0
        self._steps = 0
        self._slashes = 0
        self._paths = 0
        self._roots: Counter[str] = Counter()
        self._commas = 0
        self._rooted = 0
        self._separators: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Counts a cell, unless it was counted before."""
        if text in self._seen:
            return
        if len(self._seen) < _KEPT:
            self._seen.add(text)
        self._cells += 1
        if self._tags:
            self._separators.update(mark for mark in _TAG_SEPARATORS if mark in text)
            return
        self._steps += _STEPS.search(text) is not None
        self._commas += _COMMA.search(text) is not None
        self._rooted += text.startswith("/")
        self._paths += _BETWEEN_PATHS.search(text) is not None
        if "/" in text:
            self._slashes += 1
            if len(self._roots) < 1000:
                self._roots[text.lstrip("/").partition("/")[0].strip()] += 1

    def split(self) -> Split | None:
        """The function that splits a cell; None if no cell has more than one word."""
        if self._tags:
            return _tags_at(self._separators.most_common(1)[0][0]) if self._separators else None
        if self._steps:
            return self._by(_STEPS)
        if self._has_slash_paths():
            return self._by(_SLASH_STEPS)
        return self._by(None) if self._paths or (self._commas and self._comma_parts_paths) else None

    def _has_slash_paths(self) -> bool:
        """True if all cells begin with a slash, or if most have the same root, as in ``Default Category/Gear``."""
        if self._rooted == self._cells:
            return self._cells > 0
        return (
            self._slashes > self._cells * 0.6
            and self._roots.most_common(1)[0][1] > self._slashes * 0.6
            and (self._slashes > 1)
        )

    def _by(self, steps: re.Pattern[str] | None) -> Split:
        between = [_BETWEEN_PATHS, *([_COMMA] if self._comma_parts_paths else [])]
        patterns = [*between, *([steps] if steps else [])]
        return lru_cache(maxsize=_KEPT)(lambda text: _distinct(_split_by(text, patterns)))


def words_in_json(text: str) -> tuple[str, ...] | None:
    """The texts of a JSON list in a cell; None for other cells."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tuple(words) if all(isinstance(word, str) for word in words) else None


def _split_by(text: str, patterns: list[re.Pattern[str]]) -> list[str]:
    pieces = [text]
    for pattern in patterns:
        pieces = [part for piece in pieces for part in pattern.split(piece)]
    return pieces


def _tags_at(separator: str) -> Split:
    return lambda text: _distinct(text.split(separator))


def _distinct(pieces: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece.replace("\\,", ",").strip() for piece in pieces if piece.strip()))
