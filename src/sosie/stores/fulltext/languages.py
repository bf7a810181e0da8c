"""Removes endings of words by language, and recognizes a catalog's language."""

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
"""Function words by language, from which a catalog's language is recognized."""

DEFAULT_LANGUAGE = "english"
ENOUGH = 0.02
"""Least share of items with a language's function words. A few foreign words stay below it."""


def choose_language(items_with: Callable[[tuple[str, ...]], int], items: int) -> str:
    """The language whose function words are the most frequent; English if there are none.

    ``items_with`` returns the number of items with some of these words. An item with several of them may count several
    times.
    """
    counts = {language: items_with(words) for language, words in FUNCTION_WORDS.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] > ENOUGH * items else DEFAULT_LANGUAGE


@lru_cache(maxsize=200_000)
def stem_of(word: str, language: str) -> str:
    """The word without its endings, by the Snowball stemmer of the language."""
    # A stemmer has internal state, so threads must not share one.
    import snowballstemmer  # type: ignore[import-untyped]

    stem: str = snowballstemmer.stemmer(language).stemWord(word)
    return stem
