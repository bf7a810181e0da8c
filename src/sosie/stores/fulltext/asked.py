"""The words of a search, and how well a word of an item matches each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sosie.stores.fulltext.languages import stem_of
from sosie.stores.fulltext.words import words_of

SHORTEST_PREFIX = 3
"""From this many letters on, a word also matches longer words that begin with it."""
SAME, SAME_STEM, PREFIX, ONE_EDIT, TWO_EDITS = 1.0, 0.9, 0.6, 0.5, 0.3
LONGEST_WITH_EDITS = 60


@dataclass(frozen=True, slots=True)
class SearchWord:
    """A word of a search. ``edits`` is the number of typing errors to allow; 0 if an item has the word."""

    text: str
    stem: str
    language: str
    edits: int = 0

    @property
    def is_prefix(self) -> bool:
        """True if the word also matches longer words."""
        return len(self.text) >= SHORTEST_PREFIX

    def quality(self, word: str) -> float:
        """How well a word of an item matches, from 0 to 1."""
        if word == self.text:
            return SAME
        if word[:2] == self.text[:2] and stem_of(word, self.language) == self.stem:
            return SAME_STEM
        if self.is_prefix and word.startswith(self.text):
            return PREFIX
        return self._quality_with_edits(word)

    def _quality_with_edits(self, word: str) -> float:
        if not self.edits or word[0] != self.text[0] or abs(len(word) - len(self.text)) > self.edits:
            return 0.0
        from rapidfuzz.distance import OSA

        distance = OSA.distance(self.text, word, score_cutoff=self.edits)
        return 0.0 if distance > self.edits else ONE_EDIT if distance == 1 else TWO_EDITS


@dataclass(frozen=True, slots=True)
class TextQuery:
    """The words to search for, how many of them must match (``required``), and words that an item must not have."""

    words: tuple[SearchWord, ...]
    minus: tuple[SearchWord, ...]
    required: int


def to_query(words: str, minus: str, language: str, is_held: Callable[[SearchWord], bool]) -> TextQuery:
    """Makes the query for a text. Typing errors are allowed in words that no item has.

    Words with a digit, such as codes and numbers, are never corrected, because another digit means another product.
    """
    search_words = [_search_word(word, language) for word in dict.fromkeys(words_of(words))]
    tolerant = [word if is_held(word) else _with_edits(word) for word in search_words]
    without = [_search_word(word, language) for word in dict.fromkeys(words_of(minus))]
    return TextQuery(tuple(tolerant), tuple(without), _required(words, len(search_words)))


def _required(text: str, count: int) -> int:
    """The number of words that must match: all of one or two, or of a text without spaces; else three quarters."""
    return count if count <= 2 or len(text.split()) == 1 else count * 3 // 4


def _search_word(word: str, language: str) -> SearchWord:
    return SearchWord(word, stem_of(word, language), language)


def _with_edits(word: SearchWord) -> SearchWord:
    return SearchWord(word.text, word.stem, word.language, edits_of(word.text))


def edits_of(word: str) -> int:
    """The number of typing errors allowed: 0 in up to 2 letters or in a code, 1 in up to 5, else 2."""
    if len(word) <= 2 or len(word) > LONGEST_WITH_EDITS or not word.isalpha():
        return 0
    return 1 if len(word) <= 5 else 2
