"""Stems by language, and which language the texts of a catalog are in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

FUNCTION_WORDS: Mapping[str, tuple[str, ...]] = {
    "english": ("the", "and", "with", "for", "your", "this", "from"),
    "german": ("und", "der", "das", "mit", "für", "ist", "aus"),
    "french": ("les", "avec", "pour", "une", "est", "dans", "sur"),
    "spanish": ("los", "las", "para", "una", "con", "del", "más"),
    "italian": ("gli", "della", "nella", "sono", "per", "più", "che"),
    "dutch": ("het", "een", "voor", "zijn", "deze", "niet", "ook"),
    "portuguese": ("uma", "não", "dos", "com", "mais", "são", "pelo"),
    "swedish": ("och", "för", "att", "från", "är", "med", "till"),
}
"""Frequent words that say nothing else than which language a text is in."""

DEFAULT_LANGUAGE = "english"
ENOUGH = 0.02
"""The share of items in which a language's function words must stand; a lone foreign word decides nothing."""


def choose_language(items_with: Callable[[tuple[str, ...]], int], items: int) -> str:
    """The language whose function words are the most frequent, English where none are.

    ``items_with`` says how many items have some of these words; one that has several may count several times.
    """
    counts = {language: items_with(words) for language, words in FUNCTION_WORDS.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] > ENOUGH * items else DEFAULT_LANGUAGE


@lru_cache(maxsize=200_000)
def stem_of(word: str, language: str) -> str:
    """The word without its endings, by the language's Snowball stemmer."""
    # A stemmer keeps the word that it is at work on, so threads must not share one.
    import snowballstemmer  # type: ignore[import-untyped]

    stem: str = snowballstemmer.stemmer(language).stemWord(word)
    return stem
